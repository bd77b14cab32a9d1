//! The page that says who did what: all of it for administrators of the server, that of a
//! connection for its own.

mod detail;
mod entries;
mod export;

use warp::http::Method;

use super::App;
use super::filter::address;
use super::moment::Moment;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use crate::model::ConnectionId;
use crate::store::audit::{Filter, What};
use crate::store::pseudonym;
pub use export::{csv_head, csv_line};

const ALL: &str = "/audit";
const OF_CONNECTION: &str = "/connections/{connection}/audit";

/// Names in a filter are cut by the store as well.
const MOST_CHARS: usize = 256;

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let csv = |path: &str| format!("{path}/audit.csv");
    let (page, data) = (Surface::Page, Surface::Data);
    vec![
        Route::new(Method::GET, ALL, Access::Server, page, entries::page),
        Route::new(Method::GET, csv(ALL), Access::Server, data, export::csv),
        Route::new(Method::GET, OF_CONNECTION, Access::Admin, page, entries::page),
        Route::new(Method::GET, csv(OF_CONNECTION), Access::Admin, data, export::csv),
    ]
}

/// Where the page of a connection is, or that of the server.
pub fn url_of(connection: Option<ConnectionId>) -> String {
    connection.map_or(ALL.to_owned(), |connection| format!("/connections/{connection}/audit"))
}

/// What a page's address asks for.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// The connection that the path names.
    place: Option<ConnectionId>,
    who: String,
    what: Option<What>,
    /// Another connection to narrow to, on the page of the server.
    connection: Option<ConnectionId>,
    subject: String,
    from: Option<Moment>,
    to: Option<Moment>,
}

impl Asked {
    fn of(request: &Request) -> Result<Self, Problem> {
        let place = match request.param_text("connection") {
            "" => None,
            _ => Some(request.param("connection")?),
        };
        let text = |name: &str| -> Result<String, Problem> {
            let text = request.query(name)?.unwrap_or_default().trim().to_owned();
            if text.chars().count() > MOST_CHARS {
                return Err(Problem::bad_query(&format!("{name} is at most {MOST_CHARS} characters long.")));
            }
            Ok(text)
        };
        let moment = |name: &str| match text(name)?.as_str() {
            "" => Ok(None),
            written => Moment::read(written).map(Some).ok_or_else(|| {
                Problem::bad_query(&format!(
                    "{name} is a day such as 2026-01-31, or a time such as 2026-01-31T10:00Z."
                ))
            }),
        };
        let what = match text("what")?.as_str() {
            "" => None,
            name => Some(What::named(name).ok_or_else(|| {
                Problem::bad_query(
                    "what is a kind of entry, such as session-watched; the page's list has all.",
                )
            })?),
        };
        let connection = match text("connection")?.as_str() {
            "" => None,
            number => {
                Some(number.parse().map_err(|_| Problem::bad_query("connection is the number of one."))?)
            }
        };
        Ok(Self {
            place,
            who: text("who")?,
            what,
            connection,
            subject: text("subject")?,
            from: moment("from")?,
            to: moment("to")?,
        })
    }

    fn url(&self) -> String {
        url_of(self.place)
    }

    /// Whether the list is narrowed.
    fn is_narrowed(&self) -> bool {
        !self.query().is_empty()
    }

    /// What stands in the address.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("who", self.who.clone()),
            ("what", self.what.map(What::name).unwrap_or_default().to_owned()),
            ("connection", self.connection.map(|connection| connection.to_string()).unwrap_or_default()),
            ("subject", self.subject.clone()),
            ("from", self.from.map(Moment::address).unwrap_or_default()),
            ("to", self.to.map(Moment::address).unwrap_or_default()),
        ];
        query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    /// The page with entries older than one.
    fn url_before(&self, id: i64) -> String {
        let query = self.query();
        let gap = if query.is_empty() { "" } else { "&" };
        address(&self.url(), &format!("{query}{gap}before={id}"))
    }

    /// What the store is asked. Whoever seeks a visitor's id finds what was done to them.
    async fn filter(&self, app: &App) -> Result<Filter, Problem> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let subject = some(&self.subject);
        let named = subject.clone();
        let or_subject = match named {
            Some(visitor) => Some(app.store.read(move |conn| pseudonym::of(conn, &visitor)).await?),
            None => None,
        };
        Ok(Filter {
            who: some(&self.who),
            what: self.what,
            connection: self.place.or(self.connection),
            subject,
            or_subject,
            from: self.from.map(Moment::start),
            to: self.to.map(Moment::end),
        })
    }
}
