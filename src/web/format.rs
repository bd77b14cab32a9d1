//! How numbers, times and addresses are written on pages.

use jiff::Timestamp;
use url::Url;

use crate::model::TimestampMs;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `1234567` as `1,234,567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with at most two decimals, grouped: `1,234.5`. One too large to be read as digits has an exponent.
pub fn number(value: f64) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:e}");
    }
    let rounded = (value * 100.0).round() / 100.0;
    let whole = grouped(rounded.trunc() as i64);
    let sign = if rounded < 0.0 && rounded > -1.0 { "-" } else { "" };
    let decimals = format!("{:.2}", rounded.fract().abs());
    let decimals = decimals.trim_start_matches('0').trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{whole}{decimals}")
}

/// A number in four characters at most, for where there is little room: `9,999` is `10k`.
pub fn short(number: i64) -> String {
    match number {
        ..1000 => number.to_string(),
        1000..999_500 => format!("{}k", (number + 500) / 1000),
        _ => "1M+".to_owned(),
    }
}

/// A number with its unit: `12.5%`, `1,234 visits`.
pub fn figure(value: f64, unit: &str) -> String {
    let number = number(value);
    match unit.trim() {
        "" => number,
        "%" => format!("{number}%"),
        unit => format!("{number} {unit}"),
    }
}

/// A number of things: `1 session`, `1,234 sessions`.
pub fn count(number: i64, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{} {thing}s", grouped(number)),
    }
}

/// A size in bytes, in three digits at least: `999 B`, `1.25 kB`, `340 MB`.
pub fn bytes(bytes: i64) -> String {
    let mut size = bytes.max(0) as f64;
    let mut units = ["B", "kB", "MB", "GB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    // What would round up to a thousand of a unit is one of the next.
    while size >= 999.5 {
        let Some(next) = units.next() else { break };
        size /= 1000.0;
        unit = next;
    }
    match size {
        _ if unit == "B" => format!("{size} B"),
        size if size < 9.995 => format!("{size:.2} {unit}"),
        size if size < 99.95 => format!("{size:.1} {unit}"),
        size => format!("{} {unit}", grouped(size.round() as i64)),
    }
}

/// A length of time as `3:21` or `1:02:03`.
pub fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / SECOND;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// ISO 8601 in UTC. Empty for what no calendar holds.
pub fn exact(at: TimestampMs) -> String {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

/// How long ago, in the largest unit that fits; the date when that is long ago.
pub fn relative(at: TimestampMs, now: TimestampMs) -> String {
    let ago = |count: i64, unit: &str| match count {
        1 => format!("1 {unit} ago"),
        _ => format!("{count} {unit}s ago"),
    };
    match now - at {
        ..0 => "just now".to_owned(),
        past if past < 10 * SECOND => "just now".to_owned(),
        past if past < MINUTE => format!("{} sec ago", past / SECOND),
        past if past < HOUR => format!("{} min ago", past / MINUTE),
        past if past < DAY => ago(past / HOUR, "hour"),
        past if past < 30 * DAY => ago(past / DAY, "day"),
        _ => exact(at).split('T').next().unwrap_or_default().to_owned(),
    }
}

/// A URL as its domain (with the port, if it has one) and the rest.
pub fn domain_and_path(address: &str) -> (String, String) {
    let Ok(url) = Url::parse(address) else { return (String::new(), address.to_owned()) };
    let Some(host) = url.host_str() else { return (String::new(), address.to_owned()) };
    let domain = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    (domain, url[url::Position::BeforePath..].to_owned())
}

/// Names as somebody could ask one of them: `Ada, Bob or Cleo`.
pub fn either(names: &[String]) -> String {
    listed(names, "or")
}

/// Names of those who are all meant: `Ada, Bob and Cleo`.
pub fn all(names: &[String]) -> String {
    listed(names, "and")
}

fn listed(names: &[String], before_last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {before_last} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn figures_have_at_most_two_decimals() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-0.001, "0"),
            (-0.5, "-0.5"),
            (12.0, "12"),
            (1234.5, "1,234.5"),
            (-1234.567, "-1,234.57"),
            (0.999, "1"),
            (99.05, "99.05"),
            (3e15, "3e15"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn short_numbers_have_four_characters_at_most() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1k"), (1499, "1k"), (999_499, "999k"), (999_500, "1M+")]
        {
            assert_eq!(short(number), text);
        }
        assert_eq!((figure(12.5, "%").as_str(), figure(3.0, " visits ").as_str()), ("12.5%", "3 visits"));
    }

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        for (size, text) in [
            (-1, "0 B"),
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_995, "10.0 kB"),
            (99_949, "99.9 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (1_250_000_000, "1.25 GB"),
            (12_345_678_900_000, "12,346 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
        assert_eq!(
            (count(1, "session").as_str(), count(2000, "session").as_str()),
            ("1 session", "2,000 sessions")
        );
    }

    #[test]
    fn durations_are_clock_like() {
        for (ms, text) in [(0, "0:00"), (201_000, "3:21"), (3_723_000, "1:02:03"), (-5, "0:00")] {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn times_are_relative_and_exact() {
        let now = 1_700_000_000_000;
        for (past, text) in [
            (-5 * MINUTE, "just now"),
            (3 * SECOND, "just now"),
            (45 * SECOND, "45 sec ago"),
            (3 * MINUTE, "3 min ago"),
            (HOUR, "1 hour ago"),
            (5 * DAY, "5 days ago"),
            (300 * DAY, "2023-01-18"),
        ] {
            assert_eq!(relative(now - past, now), text);
        }
        assert_eq!(exact(now), "2023-11-14T22:13:20Z");
        assert_eq!(exact(i64::MAX), "");
    }

    #[test]
    fn addresses_are_split_after_the_domain() {
        for (address, domain, path) in [
            ("https://shop.example/cart?x=1#y", "shop.example", "/cart?x=1#y"),
            ("http://127.0.0.1:8080/", "127.0.0.1:8080", "/"),
            ("about:blank", "", "about:blank"),
            ("", "", ""),
            ("javascript:alert(1)", "", "javascript:alert(1)"),
        ] {
            assert_eq!(domain_and_path(address), (domain.to_owned(), path.to_owned()));
        }
    }
}
