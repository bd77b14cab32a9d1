//! Why a question could not be put, or its answer not be had.

use std::time::Duration;

/// What went wrong, for the operator. Visitors read words of their own.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The connection's assistant is switched off.
    #[error("answers are switched off for this connection")]
    Off,
    /// What is stored for the connection cannot be read.
    #[error("the connection's settings cannot be read: {0}")]
    Plan(String),
    /// The documents could not be read or searched.
    #[error("the documents could not be searched: {0}")]
    Documents(String),
    /// The address is none that is asked.
    #[error("{0}")]
    Address(String),
    /// The name leads nowhere.
    #[error("the name {host} was not found; check the address")]
    NoSuchName {
        /// The host.
        host: String,
    },
    /// The name leads to where nothing is asked.
    #[error("{host} leads to {address}, {why}")]
    Forbidden {
        /// The host.
        host: String,
        /// One of the addresses that it has.
        address: std::net::IpAddr,
        /// Why that is not asked, and what to do.
        why: &'static str,
    },
    /// Nobody listens there.
    #[error("{host} did not take the connection: {cause}")]
    Connect {
        /// The host.
        host: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The connection was taken, and came to nothing.
    #[error("{host} broke the connection off before it answered")]
    Broken {
        /// The host.
        host: String,
    },
    /// It took too long.
    #[error("{what} did not come within {} seconds", .within.as_secs())]
    Slow {
        /// What was waited for.
        what: &'static str,
        /// How long.
        within: Duration,
    },
    /// It leads somewhere else, which is not followed.
    #[error("the address leads on to another (status {status}), which is not followed; write the final one")]
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// It says that it failed.
    #[error("it was answered with status {status}{}", meaning(*.status))]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is larger than is read.
    #[error("the answer has more than {limit} bytes (`answers.max_answer_bytes`)")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The answer ended in its middle.
    #[error("the answer was cut off")]
    CutOff,
    /// The answer is not in a form that is known.
    #[error("the answer cannot be used: {0}")]
    NotUnderstood(String),
    /// The service says that it failed, in its own words.
    #[error("the service broke off")]
    BrokeOff {
        /// Its words, which may repeat what was asked.
        words: String,
    },
    /// The agent itself says that it failed, in words for the visitor.
    #[error("the agent says that it failed")]
    Said {
        /// Its words; may be empty.
        text: String,
    },
}

impl Failure {
    /// Whether the same may be asked once more: nothing has come of it yet.
    pub fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Broken { .. } | Self::Status { status: 502..=504 })
    }
}

impl Failure {
    /// All that is known, for the operator's own eyes. What is logged is the error itself,
    /// which never repeats what was asked.
    pub fn in_full(&self) -> String {
        match self {
            Self::BrokeOff { words } => format!("{self}: {words}"),
            Self::Said { text } if !text.is_empty() => format!("{self}: {text}"),
            _ => self.to_string(),
        }
    }

    /// What the visitor reads.
    pub fn for_visitors(&self) -> &str {
        match self {
            Self::Said { text } if !text.trim().is_empty() => text,
            _ => super::FAILED,
        }
    }
}

/// What the operator most likely has to do.
fn meaning(status: u16) -> &'static str {
    match status {
        401 | 403 => "; the key or secret was not accepted",
        404 => "; nothing is at this address, or the model does not exist",
        429 => "; it is asked too often, or its quota is used up",
        _ => "",
    }
}
