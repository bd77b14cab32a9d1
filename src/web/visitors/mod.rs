//! One visitor whom the page has named: all sessions, and the ways to take them along or away.

mod export;
mod show;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use warp::http::Method;

use super::filter::Filter;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use crate::model::ConnectionId;

/// The address of the page.
const PAGE: &str = "/connections/{connection}/visitors/{visitor}";

/// What stands in a segment of a path as it is.
const SEGMENT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, PAGE, Access::Member, Surface::Page, show::show),
        Route::new(Method::GET, format!("{PAGE}/export.zip"), Access::Viewer, Surface::Data, export::export),
    ]
}

/// The address of a visitor's page. Who is called a dot or two has none, since browsers
/// take these for folders: all their sessions are listed instead.
pub fn url_of(connection: ConnectionId, visitor: &str) -> String {
    if matches!(visitor, "" | "." | "..") {
        return Filter { visitor: visitor.to_owned(), ..Filter::default() }
            .list_url(connection, Default::default());
    }
    format!("/connections/{connection}/visitors/{}", utf8_percent_encode(visitor, &SEGMENT))
}

/// The visitor that a path names.
pub fn visitor_of(request: &Request) -> Result<String, Problem> {
    let decoded = percent_decode_str(request.param_text("visitor")).decode_utf8();
    Ok(decoded.map_err(|_| Problem::no_visitor())?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_stands_in_an_address() {
        let url = |visitor| url_of(ConnectionId(3), visitor);
        assert_eq!(url("ada@example.org"), "/connections/3/visitors/ada%40example.org");
        assert_eq!(url("a/b?c#d é%"), "/connections/3/visitors/a%2Fb%3Fc%23d%20%C3%A9%25");
        assert_eq!(url(".."), "/connections/3/sessions?visitor=..");
        for visitor in ["ada", "a/b", "é +%", "…"] {
            let url = url(visitor);
            let segment = url.rsplit('/').next().unwrap_or_default();
            assert_eq!(percent_decode_str(segment).decode_utf8().expect("UTF-8"), visitor);
        }
    }
}
