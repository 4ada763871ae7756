//! What this build is made of, for `viva --version`.

use crate::speech::voices;
use crate::speech::whisper::engine_facts;
use std::sync::OnceLock;

/// Version, commit, speech engine, target, processor features and voices.
pub(super) fn long_version() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        format!(
            "{}\ncommit     {}\nspeech     {} ({})\ntarget     {} {}\nprocessor  {}\nvoices     {}",
            env!("CARGO_PKG_VERSION"),
            env!("VIVA_COMMIT"),
            engine_facts(),
            env!("VIVA_GGML"),
            env!("VIVA_TARGET"),
            env!("VIVA_PROFILE"),
            env!("VIVA_CPU_FEATURES"),
            voices::built_in().join(", "),
        )
    })
}
