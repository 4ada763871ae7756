//! Being told to end from outside: a terminal must be given back as it was,
//! and a file must be whole, even then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::runtime::Runtime;

/// Notes signals for as long as it lives.
pub(in crate::cli) struct Signals {
    number: Arc<AtomicU8>,
    // Waits for them.
    _runtime: Runtime,
}

impl Signals {
    /// Begins to note them instead of dying of them.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::cli) fn watch() -> std::io::Result<Self> {
        let number = Arc::new(AtomicU8::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let inside = runtime.enter();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            for kind in [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
            ] {
                let mut signal = signal(kind)?;
                let number = number.clone();
                let value = kind.as_raw_value() as u8;
                runtime.spawn(async move {
                    signal.recv().await;
                    number.store(value, Ordering::Release);
                });
            }
        }
        #[cfg(not(unix))]
        {
            let number = number.clone();
            runtime.spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    number.store(2, Ordering::Release);
                }
            });
        }
        drop(inside);
        Ok(Self {
            number,
            _runtime: runtime,
        })
    }

    /// The exit status that a signal asks for, once one came.
    pub(in crate::cli) fn status(&self) -> Option<u8> {
        match self.number.load(Ordering::Acquire) {
            0 => None,
            number => Some(128 + number),
        }
    }
}
