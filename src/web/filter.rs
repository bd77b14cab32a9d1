//! Which part of the list of sessions a page shows: all of it stands in the address.

use url::form_urlencoded;

use super::chart::Span;
use super::moment::Moment;
use super::page::sessions_url;
use super::problem::Problem;
use super::request::Request;
use crate::model::{ConnectionId, Status, TimestampMs};
use crate::store::erasing::Selection;
use crate::store::search::MIN_CHARS;
use crate::store::sessions::Filter as Wanted;

/// Longer texts are not sought: addresses are hardly longer, and each three letters cost a look-up.
const MAX_CHARS: usize = 200;

const URL_TOO_SHORT: &str = "Type 3 characters or more.";
const URL_TOO_LONG: &str = "Type 200 characters or fewer.";
const _: () = assert!(MIN_CHARS == 3 && MAX_CHARS == 200, "the two sentences say so");

/// What is asked of the list, besides a place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only sessions of this status.
    pub status: Option<Status>,
    /// What their landing URL contains. Empty: anything.
    pub url: String,
    /// Whom the page said the visitor is. Empty: anybody.
    pub visitor: String,
    /// When they started at the earliest.
    pub from: Option<Moment>,
    /// When they started at the latest.
    pub to: Option<Moment>,
}

/// A part of a [`Filter`] that can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The text in the landing URL.
    Url,
    /// The visitor.
    Visitor,
    /// The start of the range of time.
    From,
    /// The end of the range of time.
    To,
}

impl Filter {
    /// Reads it from an address. What cannot be read names its field.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let text = |name| Ok::<_, Problem>(request.query(name)?.unwrap_or_default());
        Self::read(&text("status")?, &text("url")?, &text("visitor")?, &text("from")?, &text("to")?)
    }

    /// Reads it from its fields.
    pub fn read(status: &str, url: &str, visitor: &str, from: &str, to: &str) -> Result<Self, Problem> {
        // The search would end its text at the first NUL; no address has any of these.
        if url.chars().any(char::is_control) {
            return Err(Problem::bad_query("url is a text on one line."));
        }
        Ok(Self {
            status: read_status(status)?,
            url: url.trim().to_owned(),
            visitor: visitor.to_owned(),
            from: read_moment(from, "from")?,
            to: read_moment(to, "to")?,
        })
    }

    /// Why the text cannot be sought, for people.
    pub fn url_problem(&self) -> Option<&'static str> {
        match self.url.chars().count() {
            0 => None,
            count if count < MIN_CHARS => Some(URL_TOO_SHORT),
            count if count > MAX_CHARS => Some(URL_TOO_LONG),
            _ => None,
        }
    }

    /// What the store is asked. `None` when it cannot be: see [`Filter::url_problem`].
    pub fn wanted(&self) -> Option<Wanted> {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        self.url_problem().is_none().then(|| Wanted {
            status: self.status,
            from: self.from.map(Moment::start),
            to: self.to.map(Moment::end),
            url: text(&self.url),
            visitor: text(&self.visitor),
            finished: false,
        })
    }

    /// Whether anything but the status is asked.
    pub fn is_narrow(&self) -> bool {
        Self { status: None, ..self.clone() } != Self::default()
    }

    /// What all the listed sessions are when they are erased, if they can be as a whole:
    /// those of one visitor, or of a range of time up to now.
    pub fn selection(&self, now: TimestampMs) -> Option<Selection> {
        let anybody = Self { visitor: String::new(), ..self.clone() };
        let any_time = Self { from: None, to: None, ..self.clone() };
        if !self.is_narrow() {
            None
        } else if anybody == Self::default() {
            Some(Selection::Visitor(self.visitor.clone()))
        } else if any_time == Self::default() {
            // Sessions that start while these are erased are not among them.
            let to = self.to.map_or(TimestampMs::MAX, Moment::end).min(now + 1);
            Some(Selection::Started(self.from.map_or(0, Moment::start), to))
        } else {
            None
        }
    }

    /// The filter without one of its parts.
    pub fn without(&self, part: Part) -> Self {
        let mut rest = self.clone();
        match part {
            Part::Url => rest.url.clear(),
            Part::Visitor => rest.visitor.clear(),
            Part::From => rest.from = None,
            Part::To => rest.to = None,
        }
        rest
    }

    /// Its fields as they stand in an address, in their order; those that ask nothing are left out.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("status", self.status.map(Status::as_str).unwrap_or_default().to_owned()),
            ("url", self.url.clone()),
            ("visitor", self.visitor.clone()),
            ("from", self.from.map(Moment::address).unwrap_or_default()),
            ("to", self.to.map(Moment::address).unwrap_or_default()),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The address of the list that it lets through, with the chart over a span.
    pub fn list_url(&self, connection: ConnectionId, span: Span) -> String {
        self.list_url_at(connection, span, None)
    }

    /// The same, from a place in the list on.
    pub fn list_url_at(&self, connection: ConnectionId, span: Span, place: Option<(&str, i64)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        query.extend_pairs(span.field());
        query.extend_pairs(place.map(|(side, row)| (side, row.to_string())));
        address(&sessions_url(connection), &query.finish())
    }
}

/// A path with a query, if there is one.
pub fn address(path: &str, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{path}{mark}{query}")
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: ConnectionId = ConnectionId(3);

    fn filter(url: &str, visitor: &str, from: &str, to: &str) -> Filter {
        Filter::read("", url, visitor, from, to).unwrap_or_else(|problem| panic!("{}", problem.detail))
    }

    #[test]
    fn an_address_holds_what_is_asked_and_no_more() {
        assert_eq!(Filter::default().list_url(SHOP, Span::Day), "/connections/3/sessions");
        let all =
            Filter::read("active", " a&b ", "ada", "2026-11-01", "2026-11-02T10:00Z").expect("a filter");
        assert_eq!(
            all.list_url_at(SHOP, Span::Month, Some(("before", 7))),
            "/connections/3/sessions?status=active&url=a%26b&visitor=ada&from=2026-11-01&to=2026-11-02T10%3A00Z&chart=month&before=7"
        );
        assert_eq!(
            all.without(Part::Url).without(Part::From).list_url(SHOP, Span::Day),
            "/connections/3/sessions?status=active&visitor=ada&to=2026-11-02T10%3A00Z"
        );
    }

    #[test]
    fn a_bare_end_includes_its_day() {
        let day = filter("", "", "2026-11-01", "2026-11-01").wanted().expect("it can be asked");
        assert_eq!(day.to.zip(day.from).map(|(to, from)| to - from), Some(24 * 60 * 60 * 1000));
    }

    #[test]
    fn the_store_is_not_asked_for_what_it_cannot_seek() {
        for (url, problem) in [
            ("", None),
            ("  ", None),
            ("ab", Some(URL_TOO_SHORT)),
            ("äö", Some(URL_TOO_SHORT)),
            ("abc", None),
            (&"x".repeat(200), None),
            (&"x".repeat(201), Some(URL_TOO_LONG)),
        ] {
            let filter = filter(url, "", "", "");
            assert_eq!(
                (filter.url_problem(), filter.wanted().is_none()),
                (problem, problem.is_some()),
                "{url}"
            );
        }
    }

    #[test]
    fn only_a_visitor_or_a_range_of_time_is_erased_as_a_whole() {
        let (from, to) = ("2026-11-01", "2026-11-02");
        let now = Moment::read("2026-11-02T12:00").expect("a time").start();
        let by = |url, visitor, from, to| filter(url, visitor, from, to).selection(now);
        assert_eq!(by("", "", "", ""), None);
        assert_eq!(by("", "ada", "", ""), Some(Selection::Visitor("ada".to_owned())));
        let start = Moment::read(from).expect("a day").start();
        assert_eq!(by("", "", from, from), Some(Selection::Started(start, start + 24 * 60 * 60 * 1000)));
        assert_eq!(by("", "", from, to), Some(Selection::Started(start, now + 1)));
        assert_eq!(by("", "", "", from).map(|_| ()), Some(()));
        assert_eq!((by("cart", "", from, to), by("", "ada", from, "")), (None, None));
        let active = Filter { status: Some(Status::Active), ..filter("", "ada", "", "") };
        assert_eq!(active.selection(now), None);
    }
}
