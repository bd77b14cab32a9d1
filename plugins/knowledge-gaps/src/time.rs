//! The two halves of a period.

/// Seconds since 1970 of an RFC 3339 time; `None` when it is none.
pub fn seconds(time: &str) -> Option<i64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days since 1970 in the proleptic Gregorian calendar, with years that begin in March.
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = march_year * 365 + march_year.div_euclid(4) - march_year.div_euclid(100)
        + march_year.div_euclid(400)
        + (march_month * 153 + 2) / 5
        + day
        - 719_469;
    let plain = days * 86_400 + hour * 3600 + minute * 60 + second;
    Some(plain - offset(&time[19..]))
}

/// How far local time is ahead, in seconds.
fn offset(rest: &str) -> i64 {
    let Some(at) = rest.find(['+', '-']) else { return 0 };
    let part = |from: usize| {
        rest.get(at + from..at + from + 2).and_then(|part| part.parse::<i64>().ok()).unwrap_or(0)
    };
    let ahead = part(1) * 3600 + part(4) * 60;
    if rest[at..].starts_with('-') { -ahead } else { ahead }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2024-02-29T12:30:15.250Z"), Some(1_709_209_815));
        assert_eq!(seconds("2024-02-29T14:30:15+02:00"), Some(1_709_209_815));
        assert_eq!(seconds("yesterday"), None);
    }
}
