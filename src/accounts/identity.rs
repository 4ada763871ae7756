//! Who somebody was found to be.

use super::role::{Act, Role};

/// By what somebody was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// Name and password.
    Password,
    /// A token for programs.
    Token {
        /// Its id.
        id: String,
    },
    /// An invitation to one interview.
    Invitation {
        /// Its id.
        id: String,
    },
    /// The secret of an engine that was started for one call.
    Secret,
}

/// Who somebody is, and what that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A user's name, a token's label, or what else is to stand on a log.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// By what means.
    pub means: Means,
}

impl Identity {
    /// Whether any of the roles has this right.
    pub fn may(&self, act: Act) -> bool {
        self.roles.iter().any(|role| role.may(act))
    }

    /// The role that gives this right, for the log.
    pub fn role_for(&self, act: Act) -> Option<Role> {
        self.roles.iter().copied().find(|role| role.may(act))
    }
}
