//! People: names, roles, password hashes.

use super::identity::{Identity, Means};
use super::role::Role;
use super::{Accounts, AccountsError, password};
use serde::{Deserialize, Serialize};
use std::fmt;

const FILE: &str = "users.json";

/// One person with an account.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// Argon2id hash of the password, a PHC string.
    password: String,
    /// When roles or password last changed, in milliseconds since 1970 (UTC);
    /// sign-ins from before do not count any more.
    pub changed_unix_ms: i64,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl User {
    /// The user as somebody who has signed in.
    pub fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            roles: self.roles.clone(),
            means: Means::Password,
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Users {
    users: Vec<User>,
}

impl Users {
    fn find(&mut self, name: &str) -> Result<&mut User, AccountsError> {
        self.users
            .iter_mut()
            .find(|u| u.name == name)
            .ok_or_else(|| AccountsError::NoUser { name: name.into() })
    }

    fn add(
        &mut self,
        name: &str,
        roles: Vec<Role>,
        password: String,
        now_unix_ms: i64,
    ) -> Result<User, AccountsError> {
        if self.users.iter().any(|u| u.name == name) {
            return Err(AccountsError::Taken { name: name.into() });
        }
        let user = User {
            name: name.to_owned(),
            roles,
            password,
            changed_unix_ms: now_unix_ms,
        };
        self.users.push(user.clone());
        Ok(user)
    }
}

impl Accounts {
    /// Adds a person.
    ///
    /// # Errors
    /// By what is wrong with name, roles or password; failures of the disk.
    pub fn add_user(
        &self,
        name: &str,
        roles: Vec<Role>,
        password: &str,
        now_unix_ms: i64,
    ) -> Result<User, AccountsError> {
        check_name(name)?;
        check_roles(name, &roles)?;
        let hash = password::hash(password)?;
        self.change(FILE, |all: &mut Users| {
            all.add(name, roles, hash, now_unix_ms)
        })
    }

    /// Makes the first administrator by the one-time token.
    ///
    /// # Errors
    /// Where the token does not count or there is a user already, and as for
    /// [`Accounts::add_user`].
    pub fn set_up(
        &self,
        token: &str,
        name: &str,
        mut roles: Vec<Role>,
        password: &str,
        now_unix_ms: i64,
    ) -> Result<User, AccountsError> {
        self.check_setup(token, now_unix_ms)?;
        check_name(name)?;
        if !roles.contains(&Role::Administrator) {
            roles.push(Role::Administrator);
        }
        check_roles(name, &roles)?;
        let hash = password::hash(password)?;
        let user = self.change(FILE, |all: &mut Users| {
            // Two who use the link at once: one comes first.
            if let Some(first) = all.users.first() {
                let name = first.name.clone();
                return Err(AccountsError::Taken { name });
            }
            all.add(name, roles, hash, now_unix_ms)
        })?;
        self.end_setup(now_unix_ms)?;
        Ok(user)
    }

    /// Everybody with an account, in the order in which they were added.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn users(&self) -> Result<Vec<User>, AccountsError> {
        Ok(self.read::<Users>(FILE)?.users)
    }

    /// The user of a name, if there is one.
    ///
    /// # Errors
    /// Where users cannot be read.
    pub fn user(&self, name: &str) -> Result<Option<User>, AccountsError> {
        Ok(self.users()?.into_iter().find(|u| u.name == name))
    }

    /// Removes a person.
    ///
    /// # Errors
    /// [`AccountsError::NoUser`], [`AccountsError::LastAdministrator`], and
    /// failures of the disk.
    pub fn remove_user(&self, name: &str) -> Result<(), AccountsError> {
        self.change(FILE, |all: &mut Users| {
            all.find(name)?;
            let others = |u: &&User| u.name != name && u.roles.contains(&Role::Administrator);
            let last = all.users.iter().filter(others).count() == 0;
            let user = all.find(name)?;
            if last && user.roles.contains(&Role::Administrator) {
                return Err(AccountsError::LastAdministrator { name: name.into() });
            }
            all.users.retain(|u| u.name != name);
            Ok(())
        })
    }

    /// Gives a person another password; whoever is signed in by the old one
    /// is out.
    ///
    /// # Errors
    /// As for [`Accounts::add_user`].
    pub fn set_password(
        &self,
        name: &str,
        password: &str,
        now_unix_ms: i64,
    ) -> Result<(), AccountsError> {
        let hash = password::hash(password)?;
        self.change(FILE, |all: &mut Users| {
            let user = all.find(name)?;
            user.password = hash;
            user.changed_unix_ms = now_unix_ms;
            Ok(())
        })
    }

    /// The user of this name and password. It takes as long for a name that
    /// there is not; it takes long, so not in an asynchronous task.
    ///
    /// # Errors
    /// [`AccountsError::SignIn`], and failures of the disk.
    pub fn sign_in(&self, name: &str, password: &str) -> Result<User, AccountsError> {
        let user = self.user(name)?;
        let hash = user.as_ref().map(|u| u.password.as_str());
        if password::verify(password, hash) {
            user.ok_or(AccountsError::SignIn)
        } else {
            Err(AccountsError::SignIn)
        }
    }
}

fn check_name(name: &str) -> Result<(), AccountsError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(AccountsError::Name { found: name.into() });
    }
    Ok(())
}

fn check_roles(name: &str, roles: &[Role]) -> Result<(), AccountsError> {
    if roles.contains(&Role::Candidate) {
        return Err(AccountsError::CandidateAccount);
    }
    if roles.is_empty() {
        return Err(AccountsError::NoRole { name: name.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "a long enough one";

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(dir.path()).unwrap();
        (dir, accounts)
    }

    #[test]
    fn a_user_signs_in_by_name_and_password_and_no_other_way() {
        let (dir, accounts) = accounts();
        accounts
            .add_user("rita", vec![Role::Recruiter], GOOD, 1)
            .unwrap();
        assert_eq!(accounts.sign_in("rita", GOOD).unwrap().name, "rita");
        for (name, password) in [("rita", "a long enough two"), ("carl", GOOD), ("rita", "")] {
            let refused = accounts.sign_in(name, password).unwrap_err();
            // Whether the name or the password is wrong is not told.
            assert_eq!(refused.to_string(), "Name or password is wrong");
        }
        accounts
            .set_password("rita", "another good one", 2)
            .unwrap();
        assert!(accounts.sign_in("rita", GOOD).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = dir.path().join(FILE);
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let text = std::fs::read_to_string(file).unwrap();
            assert!(text.contains("$argon2id$") && !text.contains("another"));
        }
    }

    #[test]
    fn what_is_no_account_is_refused_by_name() {
        let (_dir, accounts) = accounts();
        let admin = || vec![Role::Administrator];
        accounts.add_user("ada", admin(), GOOD, 1).unwrap();
        let add = |name: &str, roles, password: &str| {
            let refused = accounts.add_user(name, roles, password, 1).unwrap_err();
            refused.to_string()
        };
        assert!(add("ada", admin(), GOOD).contains("`ada` already"));
        assert!(add("../ada", admin(), GOOD).contains("`../ada`"));
        assert!(add("bob", vec![], GOOD).contains("no role"));
        assert!(add("bob", vec![Role::Candidate], GOOD).contains("invitation"));
        assert!(add("bob", admin(), "short").contains("5 characters"));
        let refused = accounts.remove_user("ada").unwrap_err().to_string();
        assert!(refused.contains("last administrator"), "{refused}");
        let refused = accounts.remove_user("bob").unwrap_err().to_string();
        assert!(refused.contains("no user `bob`"), "{refused}");
        assert_eq!(accounts.users().unwrap().len(), 1);
    }
}
