//! Which keys there are, in a file as in the environment, and what was meant by
//! one that there is not.

use super::ConfigError;
use toml::{Table, Value};

/// Whether every key of a table is one that there is.
pub(super) fn check_keys(
    table: &Table,
    known: &Table,
    at: &str,
    place: &str,
) -> Result<(), ConfigError> {
    for (key, value) in table {
        match (known.get(key), value) {
            (Some(Value::Table(inner)), Value::Table(found)) => {
                check_keys(found, inner, &format!("{at}{key}."), place)?;
            }
            (Some(_), _) => {}
            (None, _) => {
                return Err(ConfigError::UnknownKey {
                    place: place.to_owned(),
                    key: format!("{at}{key}"),
                    nearest: nearest(key, known.keys()).map(|n| format!("{at}{n}")),
                });
            }
        }
    }
    Ok(())
}

/// Puts what stands in the environment over what stands in the file.
pub(super) fn overlay_env(
    table: &mut Table,
    known: &Table,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let mut names: Vec<(String, &str, &str, &Value)> = Vec::new();
    for (section, keys) in known {
        for (key, example) in keys.as_table().into_iter().flatten() {
            let name = format!("VIVA_{section}_{key}").to_uppercase();
            names.push((name, section, key, example));
        }
    }
    for (name, text) in env {
        // Other names beginning with VIVA_ are not settings.
        let is_setting = known
            .keys()
            .any(|section| name.starts_with(&format!("VIVA_{}_", section.to_uppercase())));
        if !is_setting {
            continue;
        }
        let Some((_, section, key, example)) = names.iter().find(|n| n.0 == name) else {
            return Err(ConfigError::UnknownKey {
                place: "Environment".into(),
                nearest: nearest(&name, names.iter().map(|n| &n.0)),
                key: name,
            });
        };
        let value = match example {
            Value::String(_) => Some(Value::String(text.clone())),
            Value::Integer(_) => text.parse().ok().map(Value::Integer),
            Value::Float(_) => text.parse().ok().map(Value::Float),
            Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
            _ => None,
        };
        let value = value.ok_or_else(|| ConfigError::Value {
            place: format!("Environment, {name}"),
            message: format!("found `{text}`, expected a value like `{example}`"),
        })?;
        let slot = table
            .entry(*section)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(slot) = slot {
            slot.insert((*key).to_owned(), value);
        }
    }
    Ok(())
}

/// The most similar of `names`, if any is similar at all.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a String>) -> Option<String> {
    names
        .into_iter()
        .map(|n| (strsim::jaro_winkler(name, n), n))
        .filter(|(similar, _)| *similar > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| n.clone())
}
