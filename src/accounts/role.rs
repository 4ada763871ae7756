//! Roles and what each may do: one table, and nothing outside it is allowed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What somebody is to this engine.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes an interview.
    Candidate,
    /// Invites, watches and steers calls, reads what came of them.
    Recruiter,
    /// Reviews records: hears, checks and annotates them, and watches calls.
    Compliance,
    /// Manages accounts, tokens and invitations. Hears and reads no interview.
    Administrator,
    /// A program that watches the engine's figures, and nothing else.
    Operator,
}

/// Something that needs a right.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Take an interview: one's own session only.
    TakeInterview,
    /// See which sessions there are, live ones too.
    ListSessions,
    /// Read a session's facts, transcript and documents.
    ReadSession,
    /// Hear a session's recording.
    HearAudio,
    /// Check that a record is whole.
    VerifyRecord,
    /// State notes and bookmarks about a record.
    Annotate,
    /// Take a copy of a recording or a document away. Who may not reads and
    /// hears them in the pages.
    Download,
    /// Compare the candidates of one job, and study many interviews.
    Compare,
    /// Watch and hear a call.
    WatchLive,
    /// Steer a call.
    Steer,
    /// Make, list and revoke invitations.
    Invite,
    /// Manage people and tokens.
    ManageAccounts,
    /// Read the engine's figures.
    ReadMetrics,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Candidate,
        Self::Recruiter,
        Self::Compliance,
        Self::Administrator,
        Self::Operator,
    ];

    /// Whether this role has a right. What does not stand here is denied.
    pub const fn may(self, act: Act) -> bool {
        use Act as A;
        match self {
            Self::Candidate => matches!(act, A::TakeInterview),
            Self::Recruiter => matches!(
                act,
                A::ListSessions
                    | A::ReadSession
                    | A::HearAudio
                    | A::Annotate
                    | A::Compare
                    | A::WatchLive
                    | A::Steer
                    | A::Invite
            ),
            Self::Compliance => matches!(
                act,
                A::ListSessions
                    | A::ReadSession
                    | A::HearAudio
                    | A::VerifyRecord
                    | A::Annotate
                    | A::Download
                    | A::Compare
                    | A::WatchLive
            ),
            Self::Administrator => {
                matches!(act, A::Invite | A::ManageAccounts | A::ReadMetrics)
            }
            Self::Operator => matches!(act, A::ReadMetrics),
        }
    }

    /// Its name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Recruiter => "recruiter",
            Self::Compliance => "compliance",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        }
    }
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 13] = [
        Self::TakeInterview,
        Self::ListSessions,
        Self::ReadSession,
        Self::HearAudio,
        Self::VerifyRecord,
        Self::Annotate,
        Self::Download,
        Self::Compare,
        Self::WatchLive,
        Self::Steer,
        Self::Invite,
        Self::ManageAccounts,
        Self::ReadMetrics,
    ];
}

impl fmt::Display for Act {
    /// What it is, in a few words, to complete "may not ...".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TakeInterview => "take an interview",
            Self::ListSessions => "list sessions",
            Self::ReadSession => "read sessions",
            Self::HearAudio => "hear recordings",
            Self::VerifyRecord => "verify records",
            Self::Annotate => "annotate records",
            Self::Download => "download recordings and documents",
            Self::Compare => "compare candidates",
            Self::WatchLive => "watch calls",
            Self::Steer => "steer calls",
            Self::Invite => "manage invitations",
            Self::ManageAccounts => "manage accounts",
            Self::ReadMetrics => "read metrics",
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("found `{text}`, expected one of {names}")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_table_says_and_nothing_else() {
        let table = [
            (Act::TakeInterview, "candidate"),
            (Act::ListSessions, "recruiter compliance"),
            (Act::ReadSession, "recruiter compliance"),
            (Act::HearAudio, "recruiter compliance"),
            (Act::VerifyRecord, "compliance"),
            (Act::Annotate, "recruiter compliance"),
            (Act::Download, "compliance"),
            (Act::Compare, "recruiter compliance"),
            (Act::WatchLive, "recruiter compliance"),
            (Act::Steer, "recruiter"),
            (Act::Invite, "recruiter administrator"),
            (Act::ManageAccounts, "administrator"),
            (Act::ReadMetrics, "administrator operator"),
        ];
        assert_eq!(table.len(), Act::ALL.len());
        for (act, allowed) in table {
            let found: Vec<_> = Role::ALL
                .into_iter()
                .filter(|role| role.may(act))
                .map(Role::name)
                .collect();
            assert_eq!(found.join(" "), allowed, "{act:?}");
        }
    }

    #[test]
    fn roles_are_read_by_their_names() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        let error = "root".parse::<Role>().unwrap_err();
        assert!(
            error.contains("`root`") && error.contains("recruiter"),
            "{error}"
        );
    }
}
