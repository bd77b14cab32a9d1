//! What programs may do: the scopes of a token.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::Role;

/// The longest name of a token that is shown well.
pub const MAX_TOKEN_NAME_CHARS: usize = 80;

/// A token works no longer than this.
pub const MAX_TOKEN_DAYS: i64 = 365;

/// How long one works unless somebody says otherwise.
pub const USUAL_TOKEN_DAYS: i64 = 90;

/// One thing that a token is for. None holds another: a token names each that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum TokenScope {
    /// Sessions, what happened in them, findings and visitors; not what visitors wrote to the widget.
    #[serde(rename = "read")]
    Read,
    /// Sessions with prompts, conversations, recordings, notes and reports as well.
    #[serde(rename = "read:prompts")]
    ReadPrompts,
    /// Tags, pins, notes, and reports that are asked for.
    #[serde(rename = "write")]
    Write,
    /// Erases sessions for good.
    #[serde(rename = "erase")]
    Erase,
    /// Adds and changes connections.
    #[serde(rename = "admin")]
    Admin,
}

impl TokenScope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::ReadPrompts, Self::Write, Self::Erase, Self::Admin];

    /// As it is stored and written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadPrompts => "read:prompts",
            Self::Write => "write",
            Self::Erase => "erase",
            Self::Admin => "admin",
        }
    }

    /// What it is for, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Read => "Sessions without prompts, what happened in them, findings, visitors and figures.",
            Self::ReadPrompts => {
                "What visitors wrote: sessions with prompts, conversations, recordings, notes and reports."
            }
            Self::Write => "Tags, pins and notes, and asking for reports.",
            Self::Erase => "Erasing sessions for good.",
            Self::Admin => "Adding connections and changing their settings.",
        }
    }

    /// The role that somebody needs to give it to a token, and as which a token acts by it.
    pub fn role(self) -> Role {
        match self {
            Self::Read => Role::ViewerWithoutPrompts,
            Self::ReadPrompts => Role::Viewer,
            Self::Write | Self::Erase => Role::Editor,
            Self::Admin => Role::Admin,
        }
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is the name of no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, read:prompts, write, erase or admin")]
pub struct NoScope;

impl FromStr for TokenScope {
    type Err = NoScope;

    fn from_str(name: &str) -> Result<Self, NoScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == name).ok_or(NoScope)
    }
}

/// The scopes of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenScopes(u8);

impl TokenScopes {
    /// Whether it is one of them.
    pub fn has(self, scope: TokenScope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = TokenScope> {
        TokenScope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The role that does for all of them; `None`: there is none.
    pub fn role(self) -> Option<Role> {
        self.iter().map(TokenScope::role).max()
    }

    /// Their names, with spaces between them.
    pub fn names(self) -> String {
        self.iter().map(TokenScope::name).collect::<Vec<_>>().join(" ")
    }

    fn bit(scope: TokenScope) -> u8 {
        1 << scope as u8
    }
}

impl FromIterator<TokenScope> for TokenScopes {
    fn from_iter<I: IntoIterator<Item = TokenScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | Self::bit(scope)))
    }
}

impl FromStr for TokenScopes {
    type Err = NoScope;

    fn from_str(names: &str) -> Result<Self, NoScope> {
        names.split_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_and_read() {
        let some: TokenScopes = [TokenScope::Erase, TokenScope::Read].into_iter().collect();
        assert_eq!(some.names(), "read erase");
        assert_eq!("erase read".parse(), Ok(some));
        assert!(some.has(TokenScope::Erase) && !some.has(TokenScope::ReadPrompts));
        assert_eq!(some.role(), Some(Role::Editor));
        assert_eq!("read everything".parse::<TokenScopes>(), Err(NoScope));
        assert_eq!(TokenScopes::default().role(), None);
    }
}
