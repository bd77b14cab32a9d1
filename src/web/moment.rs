//! Days and times as they stand in the address of a page, all in UTC.

use jiff::Timestamp;

use crate::model::TimestampMs;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How a whole day is written: `2026-11-01`.
const DAY_CHARS: usize = 10;

/// A whole day, or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The day that starts at this time.
    Day(TimestampMs),
    /// This time.
    Time(TimestampMs),
}

impl Moment {
    /// Reads `2026-11-01`, `2026-11-01T10:00` or a time with an offset, such as `2026-11-01T10:00Z`.
    pub fn read(text: &str) -> Option<Self> {
        let at = |text: &str| text.parse().ok().map(Timestamp::as_millisecond);
        match text.len() {
            DAY_CHARS => at(&format!("{text}T00:00Z")).map(Self::Day),
            _ => at(text).or_else(|| at(&format!("{text}Z"))).map(Self::Time),
        }
    }

    /// When it begins.
    pub fn start(self) -> TimestampMs {
        let (Self::Day(at) | Self::Time(at)) = self;
        at
    }

    /// When it is over: a day at the next midnight, a time at once.
    pub fn end(self) -> TimestampMs {
        match self {
            Self::Day(at) => at + DAY_MS,
            Self::Time(at) => at,
        }
    }

    /// As it stands in an address.
    pub fn address(self) -> String {
        match self {
            Self::Day(_) => self.form("%Y-%m-%d"),
            Self::Time(at) if at % 60_000 == 0 => self.form("%Y-%m-%dT%H:%MZ"),
            Self::Time(_) => self.form("%Y-%m-%dT%H:%M:%SZ"),
        }
    }

    /// As a field of a form holds it.
    pub fn field(self) -> String {
        self.address().trim_end_matches('Z').to_owned()
    }

    /// As people read it.
    pub fn words(self) -> String {
        match self {
            Self::Day(_) => self.form("%-d %b %Y"),
            Self::Time(_) => self.form("%-d %b %Y, %H:%M UTC"),
        }
    }

    fn form(self, form: &str) -> String {
        let at = Timestamp::from_millisecond(self.start()).unwrap_or_default();
        at.strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: TimestampMs = 1_793_491_200_000;

    #[test]
    fn days_and_times_are_read_and_written_in_utc() {
        for (text, moment, address, words) in [
            ("2026-11-01", Moment::Day(NOVEMBER), "2026-11-01", "1 Nov 2026"),
            (
                "2026-11-01T10:05",
                Moment::Time(NOVEMBER + 36_300_000),
                "2026-11-01T10:05Z",
                "1 Nov 2026, 10:05 UTC",
            ),
            (
                "2026-11-01T10:05Z",
                Moment::Time(NOVEMBER + 36_300_000),
                "2026-11-01T10:05Z",
                "1 Nov 2026, 10:05 UTC",
            ),
            (
                "2026-11-01T10:05:07+10:05",
                Moment::Time(NOVEMBER + 7000),
                "2026-11-01T00:00:07Z",
                "1 Nov 2026, 00:00 UTC",
            ),
        ] {
            let read = Moment::read(text).expect(text);
            assert_eq!(
                (read, read.address().as_str(), read.words().as_str()),
                (moment, address, words),
                "{text}"
            );
            assert_eq!(Moment::read(&read.address()), Some(read));
            assert_eq!(Moment::read(&read.field()), Some(read));
        }
        for bad in
            ["", "yesterday", "2026-13-01", "2026-02-30", "2026-11-01T25:00Z", "1.11.2026", "ä026-11-01"]
        {
            assert_eq!(Moment::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_ends_at_the_next_midnight() {
        assert_eq!(Moment::Day(NOVEMBER).end(), NOVEMBER + DAY_MS);
        assert_eq!(Moment::Time(NOVEMBER).end(), NOVEMBER);
    }
}
