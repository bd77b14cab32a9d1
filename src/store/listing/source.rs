//! What a list can be read from, and which of that fits a filter.

use super::{Filter, Order, Prompts};
use crate::model::{Severity, Status};
use crate::store::search;

/// What a list is read from: all sessions, or an index of some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Table,
    Active,
    Completed,
    Words,
    Url,
    Visitor,
    Browser,
    Os,
    Device,
    Country,
    WithPrompts,
    Unanswered,
    WithErrors,
    Found,
    FoundMedium,
    FoundHigh,
    Kind,
    Tag,
    Pinned,
    Watched,
    Longest,
    MostEvents,
    MostErrors,
    HighestScore,
}

/// How a source is written.
pub(super) struct Text {
    /// Where it stands, and what it asks. Between the two the sessions are joined, if it
    /// is not their own index.
    pub(super) from: [&'static str; 2],
    pub(super) join: &'static str,
    /// The session's id there.
    pub(super) row: &'static str,
    /// What its order is, if it is not that of ids.
    pub(super) value: Option<&'static str>,
    /// Whether a session stands there more than once.
    pub(super) repeats: bool,
}

const DURATION: &str = "(session.last_event_at - session.first_event_at)";

impl Source {
    pub(super) fn text(self) -> Text {
        let of_sessions = |[from, asks]: [&'static str; 2]| Text {
            from: [from, asks],
            join: "",
            row: "session.id",
            value: None,
            repeats: false,
        };
        if let Some(text) = self.of_others() {
            return text;
        }
        match self.ordered() {
            Some((from, value)) => Text { value: Some(value), ..of_sessions(from) },
            None => of_sessions(self.of_sessions()),
        }
    }

    /// Tables and indexes of their own, in the order of sessions.
    fn of_others(self) -> Option<Text> {
        let (from, join, asks, row) = match self {
            Self::Words => (
                "session_words",
                " CROSS JOIN session ON session.id = session_words.rowid",
                "session_words MATCH :words",
                "session_words.rowid",
            ),
            Self::Url => (
                "session_search",
                " CROSS JOIN session ON session.id = session_search.rowid",
                "session_search MATCH :trigrams",
                "session_search.rowid",
            ),
            Self::Kind => (
                "finding INDEXED BY finding_kind",
                " CROSS JOIN session ON session.id = finding.session_id",
                "finding.kind = :kind",
                "finding.session_id",
            ),
            Self::Tag => (
                "session_tag",
                " CROSS JOIN session ON session.id = session_tag.session_id",
                "session_tag.connection_id = :connection AND session_tag.tag = :tag",
                "session_tag.session_id",
            ),
            Self::Watched => (
                "watched",
                " CROSS JOIN session ON session.id = watched.session_id",
                "watched.viewer = :viewer",
                "watched.session_id",
            ),
            _ => return None,
        };
        // A session may have several findings of a kind.
        Some(Text { from: [from, asks], join, row, value: None, repeats: self == Self::Kind })
    }

    /// Indexes that have another order.
    fn ordered(self) -> Option<([&'static str; 2], &'static str)> {
        Some(match self {
            Self::Longest => (
                [
                    "session INDEXED BY session_longest",
                    "session.connection_id = :connection AND session.completed_at IS NOT NULL",
                ],
                DURATION,
            ),
            Self::MostEvents => (
                [
                    "session INDEXED BY session_most_events",
                    "session.connection_id = :connection AND session.completed_at IS NOT NULL",
                ],
                "session.events",
            ),
            Self::MostErrors => (
                [
                    "session INDEXED BY session_most_errors",
                    "session.connection_id = :connection AND session.errors > 0",
                ],
                "session.errors",
            ),
            Self::HighestScore => (
                [
                    "session INDEXED BY session_highest_score",
                    "session.connection_id = :connection AND session.score IS NOT NULL",
                ],
                "session.score",
            ),
            _ => return None,
        })
    }

    /// All sessions, or those in one index of them.
    fn of_sessions(self) -> [&'static str; 2] {
        match self {
            Self::Active => ["session INDEXED BY session_active", "session.completed_at IS NULL"],
            Self::Completed => ["session INDEXED BY session_completed", "session.completed_at IS NOT NULL"],
            Self::Visitor => [
                "session INDEXED BY session_visitor",
                "session.connection_id = :connection AND session.visitor = :visitor AND session.visitor IS NOT NULL",
            ],
            Self::Browser => [
                "session INDEXED BY session_browser",
                "session.connection_id = :connection AND session.browser = :browser",
            ],
            Self::Os => {
                ["session INDEXED BY session_os", "session.connection_id = :connection AND session.os = :os"]
            }
            Self::Device => [
                "session INDEXED BY session_device",
                "session.connection_id = :connection AND session.device = :device",
            ],
            Self::Country => [
                "session INDEXED BY session_country",
                "session.connection_id = :connection AND session.country = :country AND session.country <> ''",
            ],
            Self::WithPrompts => ["session INDEXED BY session_with_prompts", "session.prompts > 0"],
            Self::Unanswered => ["session INDEXED BY session_unanswered", "session.unanswered > 0"],
            Self::WithErrors => ["session INDEXED BY session_with_errors", "session.errors > 0"],
            Self::Found => ["session INDEXED BY session_found", "session.findings > 0"],
            Self::FoundMedium => ["session INDEXED BY session_found_medium", "session.severity >= 2"],
            Self::FoundHigh => ["session INDEXED BY session_found_high", "session.severity >= 3"],
            Self::Pinned => ["session INDEXED BY session_pinned", "session.pinned = 1"],
            _ => ["session NOT INDEXED", "true"],
        }
    }

    /// The index that has an order, if it is not that of time.
    pub(super) fn of_order(order: Order) -> Option<Self> {
        match order {
            Order::Newest => None,
            Order::Longest => Some(Self::Longest),
            Order::MostEvents => Some(Self::MostEvents),
            Order::MostErrors => Some(Self::MostErrors),
            Order::HighestScore => Some(Self::HighestScore),
        }
    }
}

/// What a list can be read from, with what most often leaves the least first. Words can be
/// looked up in their own index only.
pub(super) fn fitting(filter: &Filter) -> Vec<Source> {
    if filter.words.is_some() {
        return vec![Source::Words];
    }
    let has_watched = filter.watched.as_ref().is_some_and(|(_, watched)| *watched);
    let could_be = [
        (filter.visitor.is_some(), Source::Visitor),
        (filter.tag.is_some(), Source::Tag),
        (filter.pinned, Source::Pinned),
        (has_watched, Source::Watched),
        (filter.url.as_deref().and_then(search::all_trigrams).is_some(), Source::Url),
        (filter.kind.is_some(), Source::Kind),
        (filter.severity == Some(Severity::High), Source::FoundHigh),
        (filter.severity == Some(Severity::Medium), Source::FoundMedium),
        (matches!(filter.severity, Some(Severity::Info | Severity::Low)), Source::Found),
        (filter.status == Some(Status::Active), Source::Active),
        (filter.prompts == Some(Prompts::Unanswered), Source::Unanswered),
        (filter.prompts == Some(Prompts::Any), Source::WithPrompts),
        (filter.errors || filter.order == Order::MostErrors, Source::WithErrors),
        (filter.country.is_some(), Source::Country),
        (filter.browser.is_some(), Source::Browser),
        (filter.os.is_some(), Source::Os),
        (filter.device.is_some(), Source::Device),
        (filter.status == Some(Status::Completed), Source::Completed),
    ];
    let mut fitting: Vec<Source> =
        could_be.into_iter().filter_map(|(could, source)| could.then_some(source)).collect();
    if fitting.is_empty() {
        fitting.push(Source::Table);
    }
    fitting
}
