//! Being told to end from outside: a terminal must be given back as it was,
//! and a file must be whole, even then.

use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Notes signals for as long as it, or a clone of it, lives. Once noted, a
/// signal never again ends the program by itself: whoever watches must look
/// until the program's end.
#[derive(Clone)]
pub(in crate::cli) struct Signals {
    came: watch::Receiver<Came>,
    /// So many came before those that count.
    before: u64,
    _waiting: Arc<Waiting>,
}

/// What came so far.
#[derive(Clone, Copy, Default)]
struct Came {
    /// The newest signal's number.
    number: u8,
    /// How many came.
    count: u64,
}

/// Waits for signals.
struct Waiting(Option<Runtime>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // The last clone may be dropped inside a task, which must not wait.
            runtime.shutdown_background();
        }
    }
}

impl Signals {
    /// Begins to note interrupts, the order to end and the terminal's end,
    /// instead of dying of them.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::cli) fn watch() -> std::io::Result<Self> {
        Self::note(true)
    }

    /// The same for interrupts alone: the others end the program at once, as
    /// they do by default.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::cli) fn watch_interrupts() -> std::io::Result<Self> {
        Self::note(false)
    }

    fn note(all: bool) -> std::io::Result<Self> {
        let (tell, came) = watch::channel(Came::default());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let inside = runtime.enter();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [
                SignalKind::interrupt(),
                SignalKind::terminate(),
                SignalKind::hangup(),
            ];
            for kind in kinds.into_iter().take(if all { 3 } else { 1 }) {
                let mut signal = signal(kind)?;
                let tell = tell.clone();
                let value = kind.as_raw_value() as u8;
                runtime.spawn(async move {
                    while signal.recv().await.is_some() {
                        note(&tell, value);
                    }
                });
            }
        }
        #[cfg(not(unix))]
        {
            let _ = all;
            runtime.spawn(async move {
                while tokio::signal::ctrl_c().await.is_ok() {
                    note(&tell, 2);
                }
            });
        }
        drop(inside);
        Ok(Self {
            came,
            before: 0,
            _waiting: Arc::new(Waiting(Some(runtime))),
        })
    }

    /// The same, without what came so far.
    pub(in crate::cli) fn afresh(&self) -> Self {
        let mut after = self.clone();
        after.before = self.came.borrow().count;
        after
    }

    /// The exit status that a signal asks for, once one came.
    pub(in crate::cli) fn status(&self) -> Option<u8> {
        let came = *self.came.borrow();
        (came.count > self.before).then_some(128 + came.number)
    }

    /// Does this unless a signal came or comes, which gives the exit status
    /// that it asks for.
    pub(in crate::cli) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, u8> {
        tokio::select! {
            biased;
            status = self.told() => Err(status),
            done = work => Ok(done),
        }
    }

    /// Waits for a signal; the exit status that it asks for.
    async fn told(&self) -> u8 {
        let mut came = self.came.clone();
        let told = came.wait_for(|came| came.count > self.before).await;
        let number = told.ok().map(|came| came.number);
        match number {
            Some(number) => 128 + number,
            // Nobody waits for signals any more.
            None => std::future::pending().await,
        }
    }
}

fn note(tell: &watch::Sender<Came>, number: u8) {
    tell.send_modify(|came| {
        came.number = number;
        came.count += 1;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_goes_on_until_a_signal_comes_and_later_work_is_not_stopped_by_it() {
        let (tell, came) = watch::channel(Came::default());
        let signals = Signals {
            came,
            before: 0,
            _waiting: Arc::new(Waiting(None)),
        };
        assert_eq!(signals.or(async { 5 }).await, Ok(5));
        assert_eq!(signals.status(), None);
        let held = signals.clone();
        let waits = tokio::spawn(async move { held.or(std::future::pending::<()>()).await });
        note(&tell, 2);
        assert_eq!(waits.await.unwrap(), Err(130));
        assert_eq!(signals.status(), Some(130));
        assert_eq!(signals.or(async { 5 }).await, Err(130));
        let after = signals.afresh();
        assert_eq!((after.status(), after.or(async { 5 }).await), (None, Ok(5)));
        note(&tell, 15);
        assert_eq!(after.status(), Some(143));
    }
}
