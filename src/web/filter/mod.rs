//! Which part of the list of sessions a page shows: all of it stands in the address.

pub mod chips;
pub mod form;
pub mod values;

#[cfg(test)]
mod tests;

use url::form_urlencoded;

use super::chart::Span;
use super::moment::Moment;
use super::page::sessions_url;
use super::problem::Problem;
use super::request::Request;
use super::viewer::Viewer;
use crate::model::{ConnectionId, Severity, Status, TimestampMs};
use crate::store::erasing::Selection;
use crate::store::listing::{Filter as Wanted, Order, Place, Prompts};
use crate::store::search::MIN_CHARS;
use crate::store::{tags, words};
use values::{Last, Watched, Word};

/// Longer texts are not sought: addresses are hardly longer, and each three letters cost a look-up.
const MAX_CHARS: usize = 200;

const URL_TOO_SHORT: &str = "Type 3 characters or more.";
const TOO_LONG: &str = "Type 200 characters or fewer.";
const NO_WORD: &str = "Type a word: a letter or a digit at least.";
const _: () = assert!(MIN_CHARS == 3 && MAX_CHARS == 200, "the sentences say so");

/// The fields of an address, in their order there.
pub const NAMES: [&str; 25] = [
    "status",
    "q",
    "url",
    "page",
    "visitor",
    "last",
    "from",
    "to",
    "browser",
    "os",
    "device",
    "country",
    "min_duration",
    "max_duration",
    "min_events",
    "max_events",
    "prompts",
    "errors",
    "findings",
    "kind",
    "score",
    "tag",
    "pinned",
    "watched",
    "sort",
];

/// What is asked of the list, besides a place in it. Empty texts ask nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<Status>,
    /// Words and "phrases" of what was seen, clicked, said and visited.
    pub words: String,
    /// What their landing URL contains.
    pub url: String,
    /// Words of the URL of a page that was visited, one after the other.
    pub page: String,
    /// Whom the page said the visitor is.
    pub visitor: String,
    /// When they started at the earliest, counted back from now. Then the next two are not there.
    pub last: Option<Last>,
    /// When they started at the earliest.
    pub from: Option<Moment>,
    /// When they started at the latest.
    pub to: Option<Moment>,
    pub browser: String,
    pub os: String,
    pub device: String,
    pub country: String,
    /// In seconds.
    pub min_duration: Option<i64>,
    pub max_duration: Option<i64>,
    pub min_events: Option<i64>,
    pub max_events: Option<i64>,
    pub prompts: Option<Prompts>,
    pub errors: bool,
    pub findings: Option<Severity>,
    pub kind: String,
    pub score: Option<i64>,
    pub tag: String,
    pub pinned: bool,
    pub watched: Option<Watched>,
    pub order: Order,
}

impl Filter {
    /// Reads it from an address. What cannot be read names its field.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        for name in NAMES {
            request.query(name)?;
        }
        Self::read(|name| request.query(name).ok().flatten().unwrap_or_default())
    }

    /// Reads it from its fields.
    pub fn read(field: impl Fn(&str) -> String) -> Result<Self, Problem> {
        let text = |name| line(field(name), name);
        let last = match field("last").as_str() {
            "" | "custom" => None,
            word => Some(Last::read(word).ok_or_else(|| one_of::<Last>("last"))?),
        };
        let days = |name| if last.is_some() { Ok(None) } else { read_moment(&field(name), name) };
        let status = read_status(&field("status"))?;
        let order = read_word(&field("sort"), "sort")?.unwrap_or_default();
        Ok(Self {
            status,
            words: text("q")?,
            url: text("url")?,
            page: text("page")?,
            // Another text is another visitor: nothing of it is cut off.
            visitor: field("visitor"),
            last,
            from: days("from")?,
            to: days("to")?,
            browser: text("browser")?,
            os: text("os")?,
            device: text("device")?,
            country: text("country")?.to_ascii_uppercase(),
            min_duration: read_seconds(&field("min_duration"), "min_duration")?,
            max_duration: read_seconds(&field("max_duration"), "max_duration")?,
            min_events: read_number(&field("min_events"), "min_events")?,
            max_events: read_number(&field("max_events"), "max_events")?,
            prompts: read_word(&field("prompts"), "prompts")?,
            errors: read_flag(&field("errors"), "errors", "any")?,
            findings: read_word(&field("findings"), "findings")?,
            kind: text("kind")?,
            score: read_number(&field("score"), "score")?,
            tag: tags::normal(&text("tag")?).unwrap_or_default(),
            pinned: read_flag(&field("pinned"), "pinned", "yes")?,
            watched: read_word(&field("watched"), "watched")?,
            // What still lasts has no length yet, and was not read.
            order: if status == Some(Status::Active) { Order::Newest } else { order },
        })
    }

    /// Why the text of the landing URL cannot be sought, for people.
    pub fn url_problem(&self) -> Option<&'static str> {
        match self.url.chars().count() {
            0 => None,
            count if count < MIN_CHARS => Some(URL_TOO_SHORT),
            count if count > MAX_CHARS => Some(TOO_LONG),
            _ => None,
        }
    }

    /// Why the words cannot be sought, for people.
    pub fn words_problem(&self) -> Option<&'static str> {
        words_problem(&self.words)
    }

    /// Why the page cannot be sought, for people.
    pub fn page_problem(&self) -> Option<&'static str> {
        words_problem(&self.page)
    }

    /// Whether something of it cannot be sought.
    pub fn has_problem(&self) -> bool {
        self.url_problem().or(self.words_problem()).or(self.page_problem()).is_some()
    }

    /// What the store is asked. `None` when it cannot be: see [`Filter::has_problem`].
    pub fn wanted(&self, now: TimestampMs, viewer: &Viewer) -> Option<Wanted> {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (!self.has_problem()).then(|| Wanted {
            status: self.status,
            from: self.last.map(|last| last.start(now)).or(self.from.map(Moment::start)),
            to: self.to.map(Moment::end),
            words: words::query(&self.words, &self.page),
            url: text(&self.url),
            visitor: text(&self.visitor),
            browser: text(&self.browser),
            os: text(&self.os),
            device: text(&self.device),
            country: text(&self.country),
            min_duration_ms: self.min_duration.map(|seconds| seconds * 1000),
            max_duration_ms: self.max_duration.map(|seconds| seconds * 1000),
            min_events: self.min_events,
            max_events: self.max_events,
            prompts: self.prompts,
            errors: self.errors,
            severity: self.findings,
            kind: text(&self.kind),
            min_score: self.score,
            tag: text(&self.tag),
            pinned: self.pinned,
            watched: self.watched.map(|watched| (viewer.id.clone(), watched == Watched::Yes)),
            finished: false,
            unsaid: false,
            order: self.order,
        })
    }

    /// Whether anything but the status and the order is asked.
    pub fn is_narrow(&self) -> bool {
        Self { status: None, order: Order::Newest, ..self.clone() } != Self::default()
    }

    /// What all the listed sessions are when they are erased, if they can be as a whole:
    /// those of one visitor, or of a range of time up to now.
    pub fn selection(&self, now: TimestampMs) -> Option<Selection> {
        let in_time = Self { order: Order::Newest, ..self.clone() };
        let anybody = Self { visitor: String::new(), ..in_time.clone() };
        let any_time = Self { last: None, from: None, to: None, ..in_time };
        if !self.is_narrow() {
            None
        } else if anybody == Self::default() {
            Some(Selection::Visitor(self.visitor.clone()))
        } else if any_time == Self::default() {
            // Sessions that start while these are erased are not among them.
            let to = self.to.map_or(TimestampMs::MAX, Moment::end).min(now + 1);
            let from = self.last.map(|last| last.start(now)).or(self.from.map(Moment::start));
            Some(Selection::Started(from.unwrap_or(0), to))
        } else {
            None
        }
    }

    /// The filter without some of its fields.
    pub fn without(&self, names: &[&str]) -> Self {
        let rest: Vec<(&str, String)> =
            self.fields().into_iter().filter(|(name, _)| !names.contains(name)).collect();
        let field =
            |name: &str| rest.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Self::read(|name| field(name).unwrap_or_default()).unwrap_or_default()
    }

    /// Its fields as they stand in an address, in their order; those that ask nothing are left out.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let moment = |moment: Option<Moment>| moment.map(Moment::address).unwrap_or_default();
        let flag = |set: bool, word: &str| if set { word.to_owned() } else { String::new() };
        let values = [
            self.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            self.words.clone(),
            self.url.clone(),
            self.page.clone(),
            self.visitor.clone(),
            word(self.last),
            moment(self.from),
            moment(self.to),
            self.browser.clone(),
            self.os.clone(),
            self.device.clone(),
            self.country.clone(),
            number(self.min_duration),
            number(self.max_duration),
            number(self.min_events),
            number(self.max_events),
            word(self.prompts),
            flag(self.errors, "any"),
            word(self.findings),
            self.kind.clone(),
            number(self.score),
            self.tag.clone(),
            flag(self.pinned, "yes"),
            word(self.watched),
            word(Some(self.order).filter(|order| *order != Order::Newest)),
        ];
        NAMES.into_iter().zip(values).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Its fields as they stand in an address, in one text.
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.fields()).finish()
    }

    /// The address of the list that it lets through, with the chart over a span.
    pub fn list_url(&self, connection: ConnectionId, span: Span) -> String {
        self.list_url_at(connection, span, None)
    }

    /// The same, from a place in the list on.
    pub fn list_url_at(&self, connection: ConnectionId, span: Span, place: Option<(&str, Place)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        query.extend_pairs(span.field());
        query.extend_pairs(place.map(|(side, place)| (side, self.write(place))));
        address(&sessions_url(connection), &query.finish())
    }

    /// A place as it stands in an address.
    pub fn write(&self, place: Place) -> String {
        match self.order {
            Order::Newest => place.row.to_string(),
            _ => format!("{}.{}", place.value, place.row),
        }
    }
}

/// A place as an address has it.
pub fn read_place(text: &str) -> Option<Place> {
    let (value, row) = text.split_once('.').unwrap_or(("0", text));
    Some(Place { value: value.parse().ok()?, row: row.parse().ok()? })
}

/// A path with a query, if there is one.
pub fn address(path: &str, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{path}{mark}{query}")
}

/// Whether a field of the form was sent with nothing in it, or with what an address does not say.
pub fn is_of_form(request: &Request) -> bool {
    let empty = |name| matches!(request.query(name), Ok(Some(value)) if value.is_empty());
    NAMES.into_iter().chain(["chart"]).any(empty)
        || matches!(request.query("last"), Ok(Some(value)) if value == "custom")
}

fn words_problem(text: &str) -> Option<&'static str> {
    match text {
        "" => None,
        text if text.chars().count() > MAX_CHARS => Some(TOO_LONG),
        text if !words::has_word(text) => Some(NO_WORD),
        _ => None,
    }
}

fn word<W: Word>(value: Option<W>) -> String {
    value.map(Word::word).unwrap_or_default().to_owned()
}

/// A text without the space around it. Control characters would end the search's text.
fn line(text: String, name: &str) -> Result<String, Problem> {
    if text.chars().any(char::is_control) {
        return Err(Problem::bad_query(&format!("{name} is a text on one line.")));
    }
    Ok(text.trim().to_owned())
}

fn one_of<W: Word>(name: &str) -> Problem {
    let words: Vec<&str> = W::ALL.iter().map(|(_, word, _)| *word).collect();
    Problem::bad_query(&format!("{name} is one of {}.", words.join(", ")))
}

fn read_word<W: Word>(text: &str, name: &str) -> Result<Option<W>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    W::read(text).map(Some).ok_or_else(|| one_of::<W>(name))
}

fn read_flag(text: &str, name: &str, word: &str) -> Result<bool, Problem> {
    match text {
        "" => Ok(false),
        text if text == word => Ok(true),
        _ => Err(Problem::bad_query(&format!("{name} is {word}, or left out."))),
    }
}

fn read_number(text: &str, name: &str) -> Result<Option<i64>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.trim().parse::<u32>().map(i64::from);
    number.map(Some).map_err(|_| Problem::bad_query(&format!("{name} is a whole number, such as 50.")))
}

fn read_seconds(text: &str, name: &str) -> Result<Option<i64>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let bad = || Problem::bad_query(&format!("{name} is a length of time, such as 90, 1:30 or 5m."));
    values::seconds(text.trim()).map(Some).ok_or_else(bad)
}

fn read_status(text: &str) -> Result<Option<Status>, Problem> {
    match text {
        "" | "all" => Ok(None),
        "active" => Ok(Some(Status::Active)),
        "completed" => Ok(Some(Status::Completed)),
        _ => Err(Problem::bad_query("status is one of all, active and completed.")),
    }
}

fn read_moment(text: &str, name: &str) -> Result<Option<Moment>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let bad = || {
        Problem::bad_query(&format!(
            "{name} is a date or a time in UTC, such as 2026-11-01 or 2026-11-01T10:00Z."
        ))
    };
    Moment::read(text).map(Some).ok_or_else(bad)
}
