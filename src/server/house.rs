//! What every request of an engine shares: the engine, its seams, its
//! limits, its figures, and which connections hold which session.

use super::access::Reads;
use super::fanout::{FanOuts, InProcess};
use super::glance::Glances;
use super::limits::{Addresses, Limits};
use super::metrics::Metrics;
use super::passes::Passes;
use super::registry::{LocalFolder, Map, Registry, Shelf};
use super::signins::SignIns;
use super::{Engine, Serving, Witness};
use crate::accounts::Throttle;
use crate::record::sessions_dir;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{RwLock, Semaphore};
use tokio_util::sync::CancellationToken;

/// How long a connection that is taken over may need to let go.
const LET_GO_WITHIN: Duration = Duration::from_secs(5);

/// Shared by every request.
pub(super) struct House {
    pub(super) engine: Engine,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) fan_outs: Arc<dyn FanOuts>,
    pub(super) shelf: Arc<dyn Shelf>,
    pub(super) witness: Option<Witness>,
    pub(super) limits: Limits,
    pub(super) metrics: Metrics,
    pub(super) sign_ins: SignIns,
    /// By what each open socket came in.
    pub(super) passes: Passes,
    /// Held alone while something that lets people in is taken back.
    pub(super) taking_back: RwLock<()>,
    pub(super) throttle: Mutex<Throttle>,
    pub(super) addresses: Addresses,
    /// Whether pages are reached by TLS, here or at the proxy before us.
    pub(super) secure: bool,
    pub(super) behind_proxy: bool,
    /// Whether the records lie where the search index looks.
    pub(super) indexed: bool,
    /// One permit for each call that is held.
    pub(super) calls: Arc<Semaphore>,
    /// Whether records are opened for a stated reason only.
    pub(super) reason_required: bool,
    /// Which reads were logged lately.
    pub(super) reads: Reads,
    /// How sessions ended, for lists.
    pub(super) glances: Arc<Glances>,
    held: Mutex<BTreeMap<String, Hold>>,
}

/// One connection's hold on a session.
#[derive(Clone, Default)]
pub(super) struct Hold {
    /// Asks the connection to let go.
    pub(super) let_go: CancellationToken,
    /// It has.
    gone: CancellationToken,
}

impl House {
    pub(super) fn new(engine: Engine, serving: &Serving) -> Self {
        let shelf = LocalFolder(engine.sessions_dir());
        Self {
            registry: serving
                .registry
                .clone()
                .unwrap_or_else(|| Arc::new(Map::default())),
            fan_outs: serving
                .fan_outs
                .clone()
                .unwrap_or_else(|| Arc::new(InProcess)),
            shelf: serving.shelf.clone().unwrap_or_else(|| Arc::new(shelf)),
            witness: serving.witness.clone(),
            limits: serving.limits,
            metrics: Metrics::new(),
            sign_ins: SignIns::default(),
            passes: Passes::default(),
            taking_back: RwLock::default(),
            throttle: Mutex::default(),
            addresses: Addresses::default(),
            secure: serving.tls.is_some() || serving.behind_proxy,
            behind_proxy: serving.behind_proxy,
            indexed: serving.shelf.is_none()
                && engine.sessions_dir() == sessions_dir(&engine.data_dir),
            calls: Arc::new(Semaphore::new(serving.limits.sessions)),
            reason_required: serving.reason_required,
            reads: Reads::default(),
            glances: Arc::default(),
            held: Mutex::default(),
            engine,
        }
    }

    /// Waits until no call is held any more: their records are sealed or
    /// marked then.
    pub(super) async fn emptied(&self) {
        let all = u32::try_from(self.limits.sessions).unwrap_or(u32::MAX);
        // Only a closed semaphore fails, and nobody closes it.
        let _ = self.calls.acquire_many(all).await;
    }

    /// A session is over: whoever follows it is told.
    pub(super) fn retire(&self, session: &str) {
        if let Some(live) = self.registry.find(session) {
            live.over().cancel();
        }
        self.registry.remove(session);
    }

    /// Notes that a connection holds this session from now on.
    pub(super) fn hold(&self, id: &str) -> Hold {
        let hold = Hold::default();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.to_owned(), hold.clone());
        hold
    }

    /// Makes the connection that holds this session let go of it: its
    /// candidate comes by a new one, and the old one may only not know yet
    /// that it is cut.
    pub(super) async fn take_over(&self, id: &str) {
        let hold = {
            let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.get(id).cloned()
        };
        if let Some(hold) = hold {
            hold.let_go.cancel();
            // Where it does not, the session's lock says so.
            let _ = tokio::time::timeout(LET_GO_WITHIN, hold.gone.cancelled()).await;
        }
    }

    pub(super) fn release(&self, id: &str, hold: &Hold) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // A new hold is in its place already where the session was resumed.
        if hold.gone.is_cancelled() {
            return;
        }
        held.remove(id);
        hold.gone.cancel();
    }
}
