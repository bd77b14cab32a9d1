//! The time that a report is about, as people choose and read it, in UTC.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::TimestampMs;
use crate::web::form::Form;
use crate::web::moment::Moment;
use crate::web::problem::Problem;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A report about more would be about everything, and take its time.
const MAX_DAYS: i64 = 366;

/// The spans of days that end today.
const SPANS: [i64; 3] = [7, 30, 90];

/// From a time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its begin, a midnight.
    pub from: TimestampMs,
    /// Its end.
    pub to: TimestampMs,
}

/// A span that the form offers.
#[derive(Serialize)]
pub struct Choice {
    value: String,
    label: String,
    checked: bool,
}

/// What the form offers before the days themselves.
pub fn choices() -> Vec<Choice> {
    let choice = |days: i64| Choice {
        value: days.to_string(),
        label: format!("Last {days} days"),
        checked: days == SPANS[0],
    };
    SPANS.into_iter().map(choice).collect()
}

impl Period {
    /// What a form asks for: a number of days up to now, or two days, both included.
    pub fn of(form: &Form, now: TimestampMs) -> Result<Self, Problem> {
        match form.text("period") {
            "custom" => Self::between(form.text("from"), form.text("to"), now),
            days => {
                let known = days.parse().ok().filter(|days| SPANS.contains(days));
                let bad = || Problem::bad_query("period is one of 7, 30, 90 and custom.");
                known.map(|days| Self::last(days, now)).ok_or_else(bad)
            }
        }
    }

    /// Whole days, of which the last one is today.
    fn last(days: i64, now: TimestampMs) -> Self {
        Self { from: now - now.rem_euclid(DAY_MS) - (days - 1) * DAY_MS, to: now }
    }

    /// From a day to another, both included.
    pub fn between(from: &str, to: &str, now: TimestampMs) -> Result<Self, Problem> {
        let day = |name: &str, text: &str| match Moment::read(text) {
            Some(day @ Moment::Day(_)) => Ok(day),
            _ => Err(Problem::bad_query(&format!(
                "{name} is a day, such as 2026-11-01; a period of your own has a first and a last one."
            ))),
        };
        let (first, last) = (day("from", from)?, day("to", to)?);
        if first.start() > last.start() {
            return Err(Problem::bad_query("from is a day after to: the period would end before it begins."));
        }
        if first.start() > now {
            return Err(Problem::bad_query("from is in the future, where no session has started yet."));
        }
        if last.end() - first.start() > MAX_DAYS * DAY_MS {
            return Err(Problem::bad_query(&format!(
                "from and to are more than {MAX_DAYS} days apart; ask for a shorter period."
            )));
        }
        Ok(Self { from: first.start(), to: last.end().min(now) })
    }

    /// `1–7 Nov 2026`, `28 Oct – 3 Nov 2026`, `1 Nov 2026`.
    pub fn words(self) -> String {
        let (first, last) = (self.from, (self.to - 1).max(self.from));
        let written = |at, form: &str| match Timestamp::from_millisecond(at) {
            Ok(at) => at.strftime(form).to_string(),
            Err(_) => String::new(),
        };
        let differs = |form| written(first, form) != written(last, form);
        let end = written(last, "%-d %b %Y");
        match () {
            () if differs("%Y") => format!("{} – {end}", written(first, "%-d %b %Y")),
            () if differs("%m") => format!("{} – {end}", written(first, "%-d %b")),
            () if differs("%d") => format!("{}–{end}", written(first, "%-d")),
            () => end,
        }
    }

    /// The last day, as it stands in the name of a file.
    pub fn last_day(self) -> String {
        Moment::Day((self.to - 1).max(self.from)).address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: TimestampMs = 1_767_225_600_000;
    const NOON: TimestampMs = NEW_YEAR + DAY_MS / 2;

    #[test]
    fn periods_are_whole_days_up_to_now() {
        let week = Period::last(7, NOON);
        assert_eq!((week.from, week.to), (NEW_YEAR - 6 * DAY_MS, NOON));
        assert_eq!(week.words(), "26 Dec 2025 – 1 Jan 2026");
        assert_eq!(week.last_day(), "2026-01-01");
    }

    #[test]
    fn days_of_ones_own_are_checked() {
        let period = Period::between("2025-12-28", "2025-12-30", NOON).expect("fine");
        assert_eq!(period, Period { from: NEW_YEAR - 4 * DAY_MS, to: NEW_YEAR - DAY_MS });
        assert_eq!(period.words(), "28–30 Dec 2025");
        assert_eq!(Period::between("2026-01-01", "2026-01-31", NOON).expect("fine").to, NOON);
        assert_eq!(Period::between("2026-01-01", "2026-01-01", NOON).expect("fine").words(), "1 Jan 2026");
        assert_eq!(
            Period::between("2025-11-30", "2025-12-01", NOON).expect("fine").words(),
            "30 Nov – 1 Dec 2025"
        );
        for (from, to, says) in [
            ("", "2025-12-30", "from is a day"),
            ("2025-12-28", "soon", "to is a day"),
            ("2025-12-28T10:00", "2025-12-30", "from is a day"),
            ("2025-12-30", "2025-12-28", "from is a day after to"),
            ("2026-02-01", "2026-02-02", "in the future"),
            ("2020-01-01", "2026-01-01", "more than 366 days"),
        ] {
            let problem = Period::between(from, to, NOON).expect_err(says);
            assert!(problem.detail.contains(says), "{}", problem.detail);
        }
    }
}
