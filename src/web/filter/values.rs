//! The words that a filter is written with in an address.

use crate::model::{Severity, TimestampMs};
use crate::store::listing::{Order, Prompts};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A range of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// Since midnight in UTC.
    Today,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl Last {
    /// When it starts.
    pub fn start(self, now: TimestampMs) -> TimestampMs {
        match self {
            Self::Today => now - now.rem_euclid(DAY_MS),
            Self::Day => now - DAY_MS,
            Self::Week => now - 7 * DAY_MS,
            Self::Month => now - 30 * DAY_MS,
        }
    }
}

/// A choice that stands in an address as one of some words, with what people read.
pub trait Word: Copy + PartialEq + 'static {
    /// All that there is.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// Reads the word of an address.
    fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(value, ..)| *value)
    }

    /// The word for an address.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(_, word, _)| word)
    }

    /// What people read.
    fn label(self) -> &'static str {
        Self::ALL.iter().find(|(value, ..)| *value == self).map_or("", |(.., label)| label)
    }
}

impl Word for Last {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Today, "today", "Today"),
        (Self::Day, "24h", "Last 24 hours"),
        (Self::Week, "7d", "Last 7 days"),
        (Self::Month, "30d", "Last 30 days"),
    ];
}

impl Word for Order {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Newest, "newest", "Newest first"),
        (Self::Longest, "longest", "Longest first"),
        (Self::MostEvents, "events", "Most events first"),
        (Self::MostErrors, "errors", "Most errors first"),
        (Self::HighestScore, "score", "Highest score first"),
    ];
}

impl Word for Prompts {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Any, "any", "With prompts"), (Self::Unanswered, "unanswered", "With unanswered ones")];
}

impl Word for Severity {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Info, "any", "Any"),
        (Self::Low, "low", "Low or graver"),
        (Self::Medium, "medium", "Medium or graver"),
        (Self::High, "high", "High"),
    ];
}

/// Whether something is the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The viewer has watched it.
    Yes,
    /// The viewer has not.
    No,
}

impl Word for Watched {
    const ALL: &'static [(Self, &'static str, &'static str)] =
        &[(Self::No, "no", "Not watched"), (Self::Yes, "yes", "Watched")];
}

/// Reads a length of time: `90`, `90s`, `1:30`, `1:00:00`, `5m` or `2h`. In seconds.
pub fn seconds(text: &str) -> Option<i64> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    if let Some((number_of, unit)) = [('s', 1), ('m', 60), ('h', 3600)]
        .into_iter()
        .find_map(|(letter, unit)| Some((text.strip_suffix(letter)?, unit)))
    {
        return Some(number(number_of.trim_end())? * unit);
    }
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    parts.into_iter().try_fold(0, |seconds, part| Some(seconds * 60 + number(part)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, expected) in [
            ("90", Some(90)),
            ("90s", Some(90)),
            ("1:30", Some(90)),
            ("1:00:00", Some(3600)),
            ("5m", Some(300)),
            ("2 h", Some(7200)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("1:2:3:4", None),
            ("9999999", None),
            ("soon", None),
        ] {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for (last, word, _) in Last::ALL {
            assert_eq!((Last::read(word), last.word()), (Some(*last), *word));
        }
        assert_eq!((Order::read("score"), Order::read("")), (Some(Order::HighestScore), None));
        assert_eq!(Severity::read("high").map(Word::label), Some("High"));
    }
}
