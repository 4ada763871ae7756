//! How what happens in a session reaches those who watch it: one of three
//! seams (the others: [`super::Registry`], [`super::Shelf`]). Who publishes
//! never waits; who is slow is told how much was missed and goes on from
//! there. The default stays inside this process.

use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::broadcast;

/// What comes next to somebody who follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Something that was published.
    Item(T),
    /// So many were published and are gone; what comes next is newer.
    Missed(u64),
    /// Nothing will come any more.
    Over,
}

/// Where things are published.
pub trait FanOut<T>: Send + Sync {
    /// Publishes; never waits, and nobody has to follow.
    fn publish(&self, item: T);
    /// Follows from now on.
    fn follow(&self) -> Box<dyn Feed<T>>;
}

/// What somebody follows.
pub trait Feed<T>: Send {
    /// What comes next. Safe to drop and call again.
    fn next(&mut self) -> BoxFuture<'_, Next<T>>;
}

/// Makes the two fan-outs of a session.
pub trait FanOuts: Send + Sync {
    /// For what is shown.
    fn updates(&self, session: &str) -> Arc<dyn FanOut<Arc<super::live::Stamped>>>;
    /// For what is heard: encoded audio frames.
    fn sound(&self, session: &str) -> Arc<dyn FanOut<Arc<super::live::Sound>>>;
}

/// Updates that are held for a slow viewer. Full means that the oldest goes
/// and the viewer is told: about a minute of a call with its levels.
const UPDATES: usize = 512;
/// Audio frames that are held for a slow viewer: a few seconds of both sides.
const FRAMES: usize = 512;

/// The default: a ring in this process for each session.
#[derive(Debug, Default)]
pub struct InProcess;

impl FanOuts for InProcess {
    fn updates(&self, _session: &str) -> Arc<dyn FanOut<Arc<super::live::Stamped>>> {
        Arc::new(broadcast::channel(UPDATES).0)
    }

    fn sound(&self, _session: &str) -> Arc<dyn FanOut<Arc<super::live::Sound>>> {
        Arc::new(broadcast::channel(FRAMES).0)
    }
}

impl<T: Clone + Send + 'static> FanOut<T> for broadcast::Sender<T> {
    fn publish(&self, item: T) {
        // An error only says that nobody follows.
        let _ = self.send(item);
    }

    fn follow(&self) -> Box<dyn Feed<T>> {
        Box::new(self.subscribe())
    }
}

impl<T: Clone + Send + 'static> Feed<T> for broadcast::Receiver<T> {
    fn next(&mut self) -> BoxFuture<'_, Next<T>> {
        Box::pin(async {
            match self.recv().await {
                Ok(item) => Next::Item(item),
                Err(broadcast::error::RecvError::Lagged(n)) => Next::Missed(n),
                Err(broadcast::error::RecvError::Closed) => Next::Over,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_slow_is_told_how_much_was_missed_and_holds_nobody_up() {
        let out: Arc<dyn FanOut<u32>> = Arc::new(broadcast::channel(4).0);
        out.publish(0);
        let mut slow = out.follow();
        let mut quick = out.follow();
        for n in 1..=10 {
            out.publish(n);
            assert_eq!(quick.next().await, Next::Item(n));
        }
        assert_eq!(slow.next().await, Next::Missed(6));
        assert_eq!(slow.next().await, Next::Item(7));
        drop(out);
        for n in 8..=10 {
            assert_eq!(slow.next().await, Next::Item(n));
        }
        assert_eq!(slow.next().await, Next::Over);
    }
}
