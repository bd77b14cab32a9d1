//! People with an account, and what they may be called.

use super::{Role, TimestampMs};

/// The longest name of a user: long enough for a mail address.
pub const MAX_USER_NAME_CHARS: usize = 100;

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number, which nobody else ever gets.
    pub id: i64,
    /// What they log in with, and are called by.
    pub name: String,
    /// Their role in all connections, those to come included.
    pub role: Option<Role>,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// Who vouches for them, if anybody does (`Vouched::by`).
    pub vouched_by: Option<String>,
    /// Whether they are asked for a second factor.
    pub has_totp: bool,
    /// What was given out under another number is void.
    pub epoch: i64,
    /// When the account was made.
    pub created_at: TimestampMs,
    /// When they last asked for anything.
    pub seen_at: Option<TimestampMs>,
    /// When somebody shut them out.
    pub disabled_at: Option<TimestampMs>,
}

/// How often something was tried since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// The first time.
    pub since: TimestampMs,
    /// How often.
    pub count: u32,
}

/// Names that the audit log has for those who are no users.
const RESERVED: [&str; 4] = ["server", "anyone", "command line", "proxy"];

/// Beginnings of such names, before a number.
const RESERVED_BEFORE_NUMBERS: [&str; 2] = ["link ", "token "];

/// Why a text can be no user's name, with what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Too long, empty, or on several lines.
    #[error("Write 1 to {MAX_USER_NAME_CHARS} characters on one line.")]
    Form,
    /// The audit log could not be read any more.
    #[error("The audit log calls something else by this name. Choose another one.")]
    Reserved,
}

/// A user's name as it is kept: one line without space around it.
pub fn user_name(text: &str) -> Result<String, BadName> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=MAX_USER_NAME_CHARS).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        return Err(BadName::Form);
    }
    let known = known_as(&name);
    let is_numbered = RESERVED_BEFORE_NUMBERS.iter().any(|word| {
        known.strip_prefix(word).is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
    });
    if RESERVED.contains(&&*known) || is_numbered { Err(BadName::Reserved) } else { Ok(name) }
}

/// How two names are compared: no two users differ by capital letters only.
pub fn known_as(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_some_characters() {
        assert_eq!(user_name("  Ada   Lovelace ").as_deref(), Ok("Ada Lovelace"));
        assert_eq!(user_name("ada@shop.example").as_deref(), Ok("ada@shop.example"));
        for bad in ["", "  ", "a\u{0}b", &"x".repeat(101)] {
            assert_eq!(user_name(bad), Err(BadName::Form), "{bad:?}");
        }
    }

    #[test]
    fn nobody_is_called_what_the_audit_log_calls_others() {
        for bad in ["server", "Anyone", " COMMAND  line ", "proxy", "link 7", "Token 3 (Nightly)"] {
            assert_eq!(user_name(bad), Err(BadName::Reserved), "{bad:?}");
        }
        for good in ["serverless", "link", "Token Smith", "linker 7"] {
            assert!(user_name(good).is_ok(), "{good:?}");
        }
    }
}
