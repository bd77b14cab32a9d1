//! What stands in the fields of the filter.

use serde::Serialize;

use super::values::{Watched, Word};
use super::{Filter, Moment};
use crate::model::{ConnectionId, Severity};
use crate::store::facets::Facets;
use crate::store::listing::Prompts;
use crate::web::chart::Span;
use crate::web::format;
use crate::web::may::May;
use crate::web::page::sessions_url;

/// The form of the filter.
#[derive(Serialize)]
pub struct Form {
    action: String,
    /// What the form keeps of the address without showing it.
    kept: Vec<(&'static str, String)>,
    words: Text,
    last: Select,
    /// Whether days of one's own are asked.
    own_days: bool,
    from: MomentField,
    to: MomentField,
    order: Select,
    /// Where they went and who they are.
    texts: Vec<Text>,
    /// What they used, did, and what became of it.
    selects: Vec<Select>,
    /// From, to.
    ranges: Vec<Range>,
    tag: String,
    tags: Vec<String>,
    /// How many of the fields that are not always shown ask something.
    used: usize,
    /// Whether one of them cannot be sought.
    has_problem: bool,
}

#[derive(Serialize)]
struct Text {
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    problem: Option<&'static str>,
}

#[derive(Serialize)]
struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// Two fields of one number, or one.
#[derive(Serialize)]
struct Range {
    label: &'static str,
    from: Number,
    to: Option<Number>,
}

#[derive(Serialize)]
struct Number {
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
}

#[derive(Serialize)]
struct MomentField {
    /// The kind of the field: a day, unless a time is asked for.
    kind: &'static str,
    value: String,
}

/// The fields that are always shown, or kept without.
const SHOWN: [&str; 6] = ["status", "q", "last", "from", "to", "sort"];

impl Form {
    /// The form with what a filter asks, and what it could ask of the connection.
    pub fn of(connection: ConnectionId, filter: &Filter, span: Span, facets: Facets, may: May) -> Self {
        let status = Filter { status: filter.status, ..Filter::default() };
        let hidden = filter.fields().into_iter().filter(|(name, _)| !SHOWN.contains(name));
        Self {
            action: sessions_url(connection),
            kept: status.fields().into_iter().chain(span.field()).collect(),
            words: Text {
                name: "q",
                label: "Search sessions",
                value: filter.words.clone(),
                hint: if may.read_prompts {
                    "Search pages, labels, prompts, errors, visitors…"
                } else {
                    "Search pages, labels, errors, visitors…"
                },
                problem: filter.words_problem(),
            },
            last: times(filter),
            own_days: filter.from.is_some() || filter.to.is_some(),
            from: MomentField::of(filter.from),
            to: MomentField::of(filter.to),
            order: Select { name: "sort", label: "Order", options: words_of(Some(filter.order)) },
            texts: texts(filter),
            selects: selects(filter, &facets)
                .into_iter()
                .filter(|select| may.read_prompts || select.name != "prompts")
                .collect(),
            ranges: ranges(filter),
            tag: filter.tag.clone(),
            tags: facets.tags,
            used: hidden.count(),
            has_problem: filter.url_problem().or(filter.page_problem()).is_some(),
        }
    }
}

impl MomentField {
    fn of(moment: Option<Moment>) -> Self {
        Self {
            kind: if matches!(moment, Some(Moment::Time(_))) { "datetime-local" } else { "date" },
            value: moment.map(Moment::field).unwrap_or_default(),
        }
    }
}

fn times(filter: &Filter) -> Select {
    let own = filter.from.is_some() || filter.to.is_some();
    let mut options = vec![choice("", "Any time", filter.last.is_none() && !own)];
    options.extend(words_of(filter.last));
    options.push(choice("custom", "Days of your own…", own));
    Select { name: "last", label: "Started", options }
}

fn texts(filter: &Filter) -> Vec<Text> {
    let text = |name, label, value: &String, hint, problem| Text {
        name,
        label,
        value: value.clone(),
        hint,
        problem,
    };
    vec![
        text("url", "Landing URL contains", &filter.url, "", filter.url_problem()),
        text("page", "Visited page", &filter.page, "/checkout", filter.page_problem()),
        text("visitor", "Visitor", &filter.visitor, "As the page identifies them", None),
    ]
}

fn selects(filter: &Filter, facets: &Facets) -> Vec<Select> {
    let any = |mut options: Vec<Choice>| {
        let is_chosen = !options.iter().any(|option| option.chosen);
        options.insert(0, choice("", "Any", is_chosen));
        options
    };
    let values = |chosen: &String, values: &[String], label: fn(&str) -> String| {
        let mut options: Vec<Choice> =
            values.iter().map(|value| choice(value, &label(value), value == chosen)).collect();
        // An old address may ask for what is not there any more.
        if !chosen.is_empty() && !values.contains(chosen) {
            options.push(choice(chosen, &label(chosen), true));
        }
        any(options)
    };
    let as_is: fn(&str) -> String = str::to_owned;
    let select = |name, label, options| Select { name, label, options };
    let mut selects = vec![
        select("browser", "Browser", values(&filter.browser, &facets.browsers, as_is)),
        select("os", "System", values(&filter.os, &facets.systems, as_is)),
        select("device", "Device", values(&filter.device, &facets.devices, as_is)),
    ];
    if !facets.countries.is_empty() || !filter.country.is_empty() {
        selects.push(select("country", "Country", values(&filter.country, &facets.countries, as_is)));
    }
    selects.extend([
        select("prompts", "Prompts", any(words_of::<Prompts>(filter.prompts))),
        select("errors", "Errors", any(vec![choice("any", "With errors", filter.errors)])),
        select("findings", "Findings", any_finding(words_of::<Severity>(filter.findings))),
        select("kind", "Kind of finding", values(&filter.kind, &facets.kinds, |kind| kind.replace('-', " "))),
        select("pinned", "Pinned", any(vec![choice("yes", "Pinned", filter.pinned)])),
        select("watched", "Watched", any(words_of::<Watched>(filter.watched))),
    ]);
    selects
}

/// Here one of the words is "any" by itself.
fn any_finding(mut options: Vec<Choice>) -> Vec<Choice> {
    let is_chosen = !options.iter().any(|option| option.chosen);
    for option in &mut options {
        if option.value == "any" {
            "With findings".clone_into(&mut option.label);
        }
    }
    options.insert(0, choice("", "Any", is_chosen));
    options
}

fn ranges(filter: &Filter) -> Vec<Range> {
    let number = |name, label, value: Option<i64>, hint| Number {
        name,
        label,
        value: value.map(|value| value.to_string()).unwrap_or_default(),
        hint,
    };
    let length = |name, label, value: Option<i64>, hint| Number {
        name,
        label,
        value: value.map(|seconds| format::duration(seconds * 1000)).unwrap_or_default(),
        hint,
    };
    vec![
        Range {
            label: "Duration",
            from: length("min_duration", "Shortest duration", filter.min_duration, "0:30"),
            to: Some(length("max_duration", "Longest duration", filter.max_duration, "any")),
        },
        Range {
            label: "Events",
            from: number("min_events", "Fewest events", filter.min_events, "0"),
            to: Some(number("max_events", "Most events", filter.max_events, "any")),
        },
        Range {
            label: "Score, at least",
            from: number("score", "Lowest score", filter.score, "0 to 100"),
            to: None,
        },
    ]
}

fn words_of<W: Word>(chosen: Option<W>) -> Vec<Choice> {
    W::ALL.iter().map(|(value, word, label)| choice(word, label, chosen == Some(*value))).collect()
}

fn choice(value: &str, label: &str, chosen: bool) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), chosen }
}
