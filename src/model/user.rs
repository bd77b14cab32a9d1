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

/// A user's name as it is kept: one line without space around it. `None` for one that cannot be.
pub fn user_name(text: &str) -> Option<String> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=MAX_USER_NAME_CHARS).contains(&name.chars().count());
    (fits && !name.chars().any(char::is_control)).then_some(name)
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
        assert_eq!(user_name("  Ada   Lovelace ").as_deref(), Some("Ada Lovelace"));
        assert_eq!(user_name("ada@shop.example").as_deref(), Some("ada@shop.example"));
        for bad in ["", "  ", "a\u{0}b", &"x".repeat(101)] {
            assert_eq!(user_name(bad), None, "{bad:?}");
        }
    }
}
