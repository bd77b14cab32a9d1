//! Prometheus' text format, as far as it is used here.

use std::fmt::{Display, Write};

use crate::measure::{BOUNDS, Seen};

/// What kind of figure it is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Durations by their length.
    Histogram,
}

/// The text that is being written.
#[derive(Default)]
pub struct Text(String);

/// The samples of one figure.
pub struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

/// Names with their values.
type Labels<'a> = &'a [(&'a str, &'a str)];

impl Text {
    /// Begins a figure.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let text = &mut self.0;
        put(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        Family { text, name }
    }

    /// A counter without labels.
    pub fn counter(&mut self, name: &'static str, help: &str, value: u64) {
        self.family(name, Kind::Counter, help).add(&[], value);
    }

    /// A gauge without labels.
    pub fn gauge(&mut self, name: &'static str, help: &str, value: impl Display) {
        self.family(name, Kind::Gauge, help).add(&[], value);
    }

    /// A histogram without labels.
    pub fn durations(&mut self, name: &'static str, help: &str, seen: &Seen) {
        self.family(name, Kind::Histogram, help).durations(&[], seen);
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// One sample.
    pub fn add(&mut self, labels: Labels<'_>, value: impl Display) {
        sample(self.text, (self.name, ""), labels, None, value);
    }

    /// A histogram.
    pub fn durations(&mut self, labels: Labels<'_>, seen: &Seen) {
        let (text, name) = (&mut *self.text, self.name);
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(&seen.buckets) {
            below += count;
            sample(text, (name, "_bucket"), labels, Some(&seconds(*bound)), below);
        }
        sample(text, (name, "_bucket"), labels, Some("+Inf"), seen.count());
        sample(text, (name, "_sum"), labels, None, seconds(seen.sum_us));
        sample(text, (name, "_count"), labels, None, seen.count());
    }
}

/// Microseconds as seconds.
fn seconds(us: u64) -> String {
    (us as f64 / 1e6).to_string()
}

fn sample(
    text: &mut String,
    (name, ending): (&str, &str),
    labels: Labels<'_>,
    below: Option<&str>,
    value: impl Display,
) {
    put(text, format_args!("{name}{ending}"));
    let labels = labels.iter().copied().chain(below.map(|below| ("le", below)));
    let mut before = '{';
    for (label, value) in labels {
        put(text, format_args!("{before}{label}=\"{}\"", escaped(value)));
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
    put(text, format_args!(" {value}\n"));
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a text takes everything");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::Durations;

    #[test]
    fn samples_stand_below_their_names() {
        let mut text = Text::default();
        text.counter("a_total", "How many.", 3);
        text.family("b", Kind::Gauge, "How much.").add(&[("x", "a\"b\\c\n"), ("y", "d")], 1.5);
        assert_eq!(
            text.finish(),
            "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n\
             # HELP b How much.\n# TYPE b gauge\nb{x=\"a\\\"b\\\\c\\n\",y=\"d\"} 1.5\n"
        );
    }

    #[test]
    fn buckets_hold_all_that_is_shorter() {
        let durations = Durations::new();
        [1, 3, 70_000].into_iter().for_each(|ms| durations.note(Duration::from_millis(ms)));
        let mut text = Text::default();
        text.durations("a_seconds", "How long.", &durations.seen());
        let text = text.finish();
        for line in [
            "a_seconds_bucket{le=\"0.0005\"} 0",
            "a_seconds_bucket{le=\"0.001\"} 1",
            "a_seconds_bucket{le=\"0.005\"} 2",
            "a_seconds_bucket{le=\"30\"} 2",
            "a_seconds_bucket{le=\"+Inf\"} 3",
            "a_seconds_sum 70.004",
            "a_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
