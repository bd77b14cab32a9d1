//! Who may do what: the roles that somebody can have in a connection.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody may do in a connection. Each role may do all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Watches visits in which nobody wrote to the widget, and reads figures; sees no prompts.
    ViewerWithoutPrompts,
    /// Sees everything, and writes notes.
    Viewer,
    /// Tags, pins, shares and deletes sessions, and asks for reports.
    Editor,
    /// Changes the connection: its settings, keys, plugins and people.
    Admin,
}

impl Role {
    /// All roles, from the one that may least.
    pub const ALL: [Self; 4] = [Self::ViewerWithoutPrompts, Self::Viewer, Self::Editor, Self::Admin];

    /// As it is stored, and written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ViewerWithoutPrompts => "viewer-without-prompts",
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

/// A word that is the name of no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer-without-prompts, viewer, editor or admin")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(name: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(NoRole)
    }
}
