//! Who gives an order, for statements that are signed and kept.

/// Who is at the keyboard.
#[derive(clap::Args, Debug)]
pub(super) struct Who {
    /// Who gives the order; the system's user name if not given
    #[arg(long, env = "VIVA_BY", value_name = "NAME")]
    by: Option<String>,
}

impl Who {
    /// The name that is kept.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn name(&self) -> anyhow::Result<String> {
        let system = || {
            ["USER", "LOGNAME", "USERNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
        };
        self.by
            .clone()
            .or_else(system)
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .ok_or_else(|| anyhow::anyhow!("The system names no user: say who you are with --by"))
    }
}

/// A reason that is kept: something must stand in it.
pub(super) fn parse_why(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("found nothing, expected a reason in a few words".into());
    }
    Ok(text.to_owned())
}
