//! By what each open websocket came in. Once that does not count any more
//! (taken back, signed out, another password, expired), the socket is closed:
//! at once where it happens here, and within [`LOOK_EVERY`] where another
//! process did it, such as `viva token revoke`.

use super::Admission;
use super::health::blocking;
use super::house::House;
use super::problem::Problem;
use crate::accounts::{Identity, Means, TokenError};
use crate::clock::unix_millis;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked at what other processes did.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// By what a request came in, in a form that can be asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Something that each request brings: a token, an invitation, a secret.
    Means(Means),
    /// A sign-in, by its key.
    SignIn(String),
}

/// Why a socket has to close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ousted {
    /// Its name; counted by it.
    pub(super) code: &'static str,
    /// One sentence for a person.
    pub(super) message: String,
    /// Who did it, where that is known.
    pub(super) by: Option<String>,
}

/// What the holder of a socket waits on.
#[derive(Debug, Default)]
struct Exit {
    why: OnceLock<Ousted>,
    now: CancellationToken,
}

/// Every open socket.
#[derive(Debug, Default)]
pub(super) struct Passes {
    next: Mutex<u64>,
    held: Arc<Mutex<BTreeMap<u64, Held>>>,
}

#[derive(Debug)]
struct Held {
    pass: Pass,
    /// Calls that have begun outlive what only expires.
    call: bool,
    exit: Arc<Exit>,
}

/// One open socket, until dropped.
#[derive(Debug)]
pub(super) struct Seat {
    id: u64,
    exit: Arc<Exit>,
    held: Arc<Mutex<BTreeMap<u64, Held>>>,
}

impl Seat {
    /// Waits until the socket has to close, and says why. Safe to drop and
    /// call again.
    pub(super) async fn ousted(&self) -> Ousted {
        self.exit.now.cancelled().await;
        // Said before the signal.
        self.exit.why.get().cloned().unwrap_or(Ousted {
            code: "signed_out",
            message: String::new(),
            by: None,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Passes {
    fn enter(&self, pass: Pass, call: bool) -> Seat {
        let id = {
            let mut next = lock(&self.next);
            *next += 1;
            *next
        };
        let exit = Arc::<Exit>::default();
        let held = Held {
            pass,
            call,
            exit: exit.clone(),
        };
        lock(&self.held).insert(id, held);
        Seat {
            id,
            exit,
            held: self.held.clone(),
        }
    }

    /// Each pass that is in use, once.
    fn used(&self) -> Vec<Pass> {
        let mut used = Vec::new();
        for held in lock(&self.held).values() {
            if !used.contains(&held.pass) {
                used.push(held.pass.clone());
            }
        }
        used
    }

    /// Closes what came in by this; how many sockets that were.
    fn oust(&self, pass: &Pass, expired: bool, why: &Ousted) -> usize {
        let held = lock(&self.held);
        let found = held
            .values()
            .filter(|h| h.pass == *pass && !(expired && h.call));
        let mut closed = 0;
        for one in found {
            if one.exit.why.set(why.clone()).is_ok() {
                one.exit.now.cancel();
                closed += 1;
            }
        }
        closed
    }
}

impl House {
    /// Notes that a socket is open, and by what it came in. `call` for a
    /// candidate's.
    pub(super) async fn seat(self: &Arc<Self>, pass: Pass, call: bool) -> Seat {
        let seat = self.passes.enter(pass.clone(), call);
        // It may have been taken back between the request and now.
        let _nothing_changes = self.taking_back.read().await;
        let house = self.clone();
        let _ = blocking(move || house.look_at(&pass, None)).await;
        seat
    }

    /// Takes something back that lets people in, by `change`, and closes the
    /// sockets that came in by it. Nobody looks in between, who would not
    /// know that it was `by`.
    ///
    /// # Errors
    /// Those of the change: then nothing was taken back.
    pub(super) async fn take_back<T>(
        self: &Arc<Self>,
        by: Option<&Identity>,
        change: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let _alone = self.taking_back.write().await;
        let done = change.await?;
        self.review(by).await;
        Ok(done)
    }

    /// Looks at everything that sockets came in by, while nothing is taken
    /// back here.
    pub(super) async fn look_round(self: &Arc<Self>) {
        let _nothing_changes = self.taking_back.read().await;
        self.review(None).await;
    }

    /// Looks at everything that sockets came in by; `by` is whoever has just
    /// taken something back.
    async fn review(self: &Arc<Self>, by: Option<&Identity>) {
        let (house, by) = (self.clone(), by.map(|who| who.name.clone()));
        let _ = blocking(move || {
            for pass in house.passes.used() {
                house.look_at(&pass, by.as_deref());
            }
        })
        .await;
    }

    /// Looks again and again at what other processes do.
    pub(super) async fn review_always(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look_round().await;
        }
    }

    fn look_at(&self, pass: &Pass, by: Option<&str>) {
        let Admission::Accounts(accounts) = &self.engine.admission else {
            return;
        };
        let now = unix_millis();
        let (code, expired, message) = match pass {
            Pass::SignIn(key) => {
                match self.sign_ins.of_key(accounts, key, now) {
                    // What cannot be read now is no reason to sign out.
                    Ok(Some(_)) | Err(_) => return,
                    Ok(None) => {}
                }
                (
                    "signed_out",
                    false,
                    "The sign-in is over: sign in again".to_owned(),
                )
            }
            Pass::Means(means) => match accounts.still(means, now) {
                // What cannot be read now is no reason to end a call.
                Ok(()) | Err(TokenError::Store { .. }) => return,
                Err(error) => match (&error, means) {
                    (TokenError::Expired { .. }, _) => ("token_expired", true, error.to_string()),
                    (_, Means::Invitation { .. }) => {
                        let text = "The invitation was taken back: the interview ends here, and \
                                    its record is kept";
                        ("invitation_revoked", false, text.to_owned())
                    }
                    _ => ("token_revoked", false, error.to_string()),
                },
            },
        };
        let why = Ousted {
            code,
            message,
            by: by.map(str::to_owned),
        };
        let sockets = self.passes.oust(pass, expired, &why);
        if sockets > 0 {
            tracing::info!(code, sockets, "what let them in does not count any more");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Accounts, Role};
    use crate::server::{Engine, Serving};
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_look_in_the_middle_of_a_change_does_not_forget_who_made_it() {
        let home = tempfile::tempdir().unwrap();
        let accounts = Arc::new(Accounts::open(home.path()).unwrap());
        let now = unix_millis();
        let made = accounts.add_token("otto", Role::Recruiter, now + 60_000, now);
        let (token, _) = made.unwrap();
        let engine = Engine {
            data_dir: home.path().to_owned(),
            sessions_dir: None,
            clock: None,
            local: false,
            admission: Admission::Accounts(accounts.clone()),
            similarity: None,
            stop: CancellationToken::new(),
        };
        let house = Arc::new(House::new(engine, &Serving::default()));
        let id = token.id.clone();
        let seat = house.seat(Pass::Means(Means::Token { id }), false).await;
        let rita = Identity {
            name: "rita".into(),
            roles: vec![Role::Administrator],
            means: Means::Password,
        };
        let change = async {
            accounts.revoke_token(&token.id, now)?;
            let house = house.clone();
            let look = tokio::spawn(async move { house.look_round().await });
            // It gets as far as it can.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            Ok(look)
        };
        let look = house.take_back(Some(&rita), change).await.unwrap();
        look.await.unwrap();
        let told = seat.ousted().await;
        assert_eq!(
            (told.code, told.by.as_deref()),
            ("token_revoked", Some("rita"))
        );
    }

    #[test]
    fn only_what_came_in_by_the_same_is_closed_and_a_call_outlives_an_expiry() {
        let passes = Passes::default();
        let pass = |id: &str| Pass::Means(Means::Token { id: id.into() });
        let call = passes.enter(pass("A"), true);
        let viewer = passes.enter(pass("A"), false);
        let other = passes.enter(pass("B"), false);
        assert_eq!(passes.used(), [pass("A"), pass("B")]);
        let why = |code| Ousted {
            code,
            message: String::new(),
            by: None,
        };
        assert_eq!(passes.oust(&pass("A"), true, &why("token_expired")), 1);
        let told = viewer.ousted().now_or_never().unwrap();
        assert_eq!(told.code, "token_expired");
        assert_eq!(call.ousted().now_or_never(), None);
        assert_eq!(passes.oust(&pass("A"), false, &why("token_revoked")), 1);
        let told = call.ousted().now_or_never().unwrap();
        assert_eq!(told.code, "token_revoked");
        assert_eq!(other.ousted().now_or_never(), None);
        drop((call, viewer, other));
        assert_eq!(passes.used(), []);
    }
}
