//! Which model to load, and where it lies.

use super::SpeechError;
use super::catalogue::{self, KNOWN};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// File of the model that comes with Viva. It was trained on synthetic
/// voices and hears people badly: good for a demonstration, no more.
pub const STARTER_FILE: &str = "ggml-starter-q5_1.bin";

/// One sentence for a user whose machine has only the starter model.
pub const STARTER_NOTICE: &str = "Using the starter model, which knows synthetic voices only; \
     for people, fetch a real one: viva models get base.en";

/// A model file to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundModel {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name, such as `base.en` or `starter-q5_1`.
    pub name: String,
    /// Whether it is the starter model; the program says so then.
    pub starter: bool,
    /// Where was looked, in order.
    pub tried: Vec<PathBuf>,
}

impl FoundModel {
    fn at(path: PathBuf, tried: Vec<PathBuf>) -> Self {
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = catalogue::short_name(&name).to_owned();
        Self {
            starter: name.starts_with("starter"),
            name,
            path,
            tried,
        }
    }
}

/// Where models are kept, in the order in which they are looked for:
/// `models` beside the working directory, `models` beside the executable,
/// the user's data folder, and last the source tree that the program was
/// built from.
pub fn places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("models")];
    if let Some(beside) = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("models")))
    {
        places.push(beside);
    }
    places.extend(user_folder());
    places.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    places
}

/// The user's own model folder, where downloads go.
pub fn user_folder() -> Option<PathBuf> {
    Some(
        directories::BaseDirs::new()?
            .data_dir()
            .join("viva")
            .join("models"),
    )
}

/// Finds the model that `request` (the command line's) or else `configured`
/// (the config file's) names, as a path or by name; without either, the best
/// installed one that the catalogue knows, else the starter model.
///
/// # Errors
///
/// [`SpeechError::NoModel`] with the places that were looked into.
pub fn find(request: Option<&str>, configured: Option<&str>) -> Result<FoundModel, SpeechError> {
    find_in(&places(), request.or(configured))
}

/// As [`find`], in `places` only.
///
/// # Errors
///
/// [`SpeechError::NoModel`] with the places that were looked into.
pub fn find_in(places: &[PathBuf], wanted: Option<&str>) -> Result<FoundModel, SpeechError> {
    let Some(wanted) = wanted.map(str::trim).filter(|w| !w.is_empty()) else {
        return best_in(places);
    };
    let path = Path::new(wanted);
    if path.is_file() {
        return Ok(FoundModel::at(path.to_owned(), vec![path.to_owned()]));
    }
    if wanted.contains(['/', MAIN_SEPARATOR]) {
        return Err(SpeechError::NoModel(format!(
            "there is no file {}",
            path.display()
        )));
    }
    let file = if catalogue::short_name(wanted) == "starter" {
        STARTER_FILE.to_owned()
    } else {
        catalogue::file_name(wanted)
    };
    let mut tried = Vec::new();
    for place in places {
        let path = place.join(&file);
        tried.push(path.clone());
        if path.is_file() {
            return Ok(FoundModel::at(path, tried));
        }
    }
    let advice = if catalogue::known(wanted).is_some() {
        format!("; fetch it with: viva models get {wanted}")
    } else {
        nearest(wanted)
            .map(|name| format!("; did you mean {name}?"))
            .unwrap_or_default()
    };
    Err(SpeechError::NoModel(format!(
        "{wanted} is not installed (looked for {}){advice}",
        listed(&tried)
    )))
}

fn best_in(places: &[PathBuf]) -> Result<FoundModel, SpeechError> {
    let files = KNOWN.iter().map(catalogue::KnownModel::file);
    for file in files.chain([STARTER_FILE.to_owned()]) {
        for place in places {
            let path = place.join(&file);
            if path.is_file() {
                return Ok(FoundModel::at(path, places.to_vec()));
            }
        }
    }
    Err(SpeechError::NoModel(format!(
        "looked into {}; fetch one with: viva models get base.en",
        listed(places)
    )))
}

/// All model files in `places`, each name once, in the order of the places.
pub fn installed(places: &[PathBuf]) -> Vec<FoundModel> {
    let mut found: Vec<FoundModel> = Vec::new();
    for place in places {
        let mut here: Vec<PathBuf> = std::fs::read_dir(place)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
                name.is_some_and(|n| n.starts_with("ggml-") && n.ends_with(".bin"))
                    && path.is_file()
            })
            .collect();
        here.sort();
        for path in here {
            let model = FoundModel::at(path, Vec::new());
            if found.iter().all(|m| m.name != model.name) {
                found.push(model);
            }
        }
    }
    found
}

fn nearest(wanted: &str) -> Option<&'static str> {
    let distance = |name: &str| strsim::damerau_levenshtein(catalogue::short_name(wanted), name);
    KNOWN
        .iter()
        .map(|model| model.name)
        .min_by_key(|name| distance(name))
        .filter(|name| distance(name) <= 3)
}

fn listed(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two places with the given files in them.
    fn with(first: &[&str], second: &[&str]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let dir = tempfile::tempdir().unwrap();
        let places = vec![dir.path().join("a"), dir.path().join("b")];
        for (place, files) in places.iter().zip([first, second]) {
            std::fs::create_dir(place).unwrap();
            for file in files {
                std::fs::write(place.join(file), b"x").unwrap();
            }
        }
        (dir, places)
    }

    #[test]
    fn the_best_known_model_is_taken_before_the_starter() {
        let (_dir, places) = with(
            &[STARTER_FILE, "ggml-tiny.en.bin", "ggml-own.bin"],
            &["ggml-base.en-q5_1.bin", "ggml-large-v3-turbo.bin"],
        );
        let found = find_in(&places, None).unwrap();
        assert_eq!(
            (found.name.as_str(), found.starter),
            ("base.en-q5_1", false)
        );
        assert_eq!(installed(&places).len(), 5);
    }

    #[test]
    fn the_starter_is_named_as_such() {
        let (_dir, places) = with(&[], &[STARTER_FILE]);
        for wanted in [None, Some("starter"), Some("starter-q5_1"), Some(" ")] {
            let found = find_in(&places, wanted).unwrap();
            assert!(found.starter, "{wanted:?}");
            assert_eq!(found.name, "starter-q5_1");
        }
    }

    #[test]
    fn a_request_is_met_by_path_or_name_and_by_nothing_else() {
        let (_dir, places) = with(&["ggml-small.en.bin", "mine.bin"], &[STARTER_FILE]);
        let by_path = places[0].join("mine.bin");
        let found = find_in(&places, by_path.to_str()).unwrap();
        assert_eq!((found.path, found.name.as_str()), (by_path, "mine"));
        assert_eq!(find_in(&places, Some("small.en")).unwrap().name, "small.en");

        let told = |wanted| find_in(&places, Some(wanted)).unwrap_err().to_string();
        assert!(told("base.en").contains("viva models get base.en"));
        assert!(told("bas.en").contains("did you mean base.en?"));
        assert!(told("./absent.bin").contains("there is no file ./absent.bin"));
    }

    #[test]
    fn nothing_found_names_every_place() {
        let (_dir, places) = with(&[], &[]);
        let text = find_in(&places, None).unwrap_err().to_string();
        for place in &places {
            assert!(text.contains(&*place.to_string_lossy()), "{text}");
        }
    }
}
