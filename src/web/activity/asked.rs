//! What of the feed an address asks for.

use url::form_urlencoded;

use crate::model::ConnectionId;
use crate::store::feed::{Filter, Kind, Place, Step};
use crate::web::chart::Span;
use crate::web::filter::address;
use crate::web::moment::Moment;
use crate::web::page::activity_url;
use crate::web::problem::Problem;
use crate::web::request::Request;

/// The kinds as addresses and tabs have them.
pub const KINDS: [(Kind, &str, &str); 5] = [
    (Kind::All, "", "All"),
    (Kind::Prompts, "prompts", "Prompts"),
    (Kind::Sessions, "sessions", "Sessions"),
    (Kind::Unanswered, "unanswered", "Unanswered"),
    (Kind::Disliked, "disliked", "Found bad"),
];

/// What is asked of the feed, besides a place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which kind of entries.
    pub kind: Kind,
    /// What happened then at the earliest.
    pub from: Option<Moment>,
    /// What happened then at the latest.
    pub to: Option<Moment>,
    /// What the chart shows.
    pub span: Span,
}

impl Asked {
    /// Reads it from an address. What cannot be read names its field.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let show = request.query("show")?.unwrap_or_default();
        let show = if show == "all" { "" } else { &show };
        let kind =
            KINDS.iter().find(|(_, name, _)| *name == show).map(|(kind, ..)| *kind).ok_or_else(|| {
                Problem::bad_query("show is one of all, prompts, sessions, unanswered and disliked.")
            })?;
        let moment = |name: &str| match request.query(name)?.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => Moment::read(&text).map(Some).ok_or_else(|| {
                Problem::bad_query(&format!(
                    "{name} is a date or a time in UTC, such as 2026-11-01 or 2026-11-01T10:00Z."
                ))
            }),
        };
        Ok(Self { kind, from: moment("from")?, to: moment("to")?, span: Span::of(request)? })
    }

    /// What the store is asked.
    pub fn filter(&self) -> Filter {
        Filter { kind: self.kind, from: self.from.map(Moment::start), to: self.to.map(Moment::end) }
    }

    /// Whether nothing but prompts is asked for.
    pub fn is_about_prompts(&self) -> bool {
        matches!(self.kind, Kind::Prompts | Kind::Unanswered | Kind::Disliked)
    }

    /// Whether a range of time is asked for.
    pub fn is_of_a_time(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The same of another range of time.
    pub fn of_time(self, from: Option<Moment>, to: Option<Moment>) -> Self {
        Self { from, to, ..self }
    }

    /// Its address, with a place in the feed if there is one.
    pub fn url(&self, connection: ConnectionId, place: Option<(&str, Place)>) -> String {
        let place = place.map(|(side, place)| (side, written(place)));
        let query = self.query(place);
        address(&activity_url(connection), &query)
    }

    /// Where its prompts are to be had as a file.
    pub fn csv_url(&self, connection: ConnectionId) -> String {
        let plain = Self { span: Span::default(), ..*self };
        address(&format!("{}/prompts.csv", activity_url(connection)), &plain.query(None))
    }

    fn query(&self, place: Option<(&str, String)>) -> String {
        let name = KINDS.iter().find(|(kind, ..)| *kind == self.kind).map_or("", |(_, name, _)| name);
        let fields = [
            ("show", name.to_owned()),
            ("from", self.from.map(Moment::address).unwrap_or_default()),
            ("to", self.to.map(Moment::address).unwrap_or_default()),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(self.span.field());
        query.extend_pairs(place);
        query.finish()
    }
}

/// A place as it stands in an address: `p` and the row of a prompt, `s` and that of a session.
pub fn written(place: Place) -> String {
    format!("{}{}", if place.is_prompt { 'p' } else { 's' }, place.row)
}

/// Which way an address goes in the feed.
pub fn step_of(request: &Request) -> Result<Step, Problem> {
    let bad = || Problem::bad_query("before and after are places in the feed, as its own links have them.");
    let place = |text: String| {
        let is_prompt = text.starts_with('p');
        let row = text.strip_prefix(['p', 's']).and_then(|row| row.parse().ok()).ok_or_else(bad)?;
        Ok::<_, Problem>(Place { row, is_prompt })
    };
    match (request.query("before")?, request.query("after")?) {
        (None, None) => Ok(Step::First),
        (Some(text), None) => place(text).map(Step::OlderThan),
        (None, Some(text)) => place(text).map(Step::NewerThan),
        (Some(_), Some(_)) => Err(bad()),
    }
}
