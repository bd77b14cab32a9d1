//! Saved views: filters of the list that have a name. They stand beside the tabs.

use serde::Serialize;
use url::form_urlencoded;
use warp::http::Method;

use super::chart::Span;
use super::filter::{Filter, address};
use super::form::Form;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response, see_other};
use crate::model::ConnectionId;
use crate::store::views::{self, Kept, MAX_NAME_CHARS, MOST, View};

const ALL: &str = "/connections/{connection}/views";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let below = |path: &str| format!("{ALL}/{{view}}/{path}");
    vec![
        Route::new(Method::POST, ALL, Access::Editor, Surface::Page, add),
        Route::new(Method::POST, below("rename"), Access::Editor, Surface::Page, rename),
        Route::new(Method::POST, below("delete"), Access::Editor, Surface::Page, delete),
    ]
}

/// What the list shows of saved views.
#[derive(Serialize)]
pub struct Views {
    tabs: Vec<Tab>,
    /// The one whose filter is on.
    current: Option<Current>,
    /// Whether the filter that is on could be saved.
    can_save: bool,
    save_url: String,
    /// The filter that is on, for what is sent.
    query: String,
    /// The name of the view that was just deleted.
    deleted: Option<String>,
}

#[derive(Serialize)]
struct Tab {
    name: String,
    url: String,
    current: bool,
}

#[derive(Serialize)]
struct Current {
    name: String,
    rename_url: String,
    delete_url: String,
}

impl Views {
    /// The views of a connection, with the filter that is on.
    pub fn of(connection: ConnectionId, saved: Vec<View>, filter: &Filter, deleted: Option<String>) -> Self {
        let query = filter.query();
        let list = sessions_url(connection);
        let base = format!("/connections/{connection}/views");
        let current = saved.iter().find(|view| view.query == query).map(|view| Current {
            name: view.name.clone(),
            rename_url: format!("{base}/{}/rename", view.id),
            delete_url: format!("{base}/{}/delete", view.id),
        });
        let tab = |view: View| Tab {
            url: address(&list, &view.query),
            current: view.query == query,
            name: view.name,
        };
        Self {
            can_save: current.is_none() && !query.is_empty() && !filter.has_problem(),
            current,
            tabs: saved.into_iter().map(tab).collect(),
            save_url: base,
            query,
            deleted,
        }
    }

    /// Whether the filter that is on has a name.
    pub fn has_current(&self) -> bool {
        self.current.is_some()
    }
}

async fn add(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "views", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let name = read_name(form.text("name"))?;
    let filter = read_query(form.text("query"))?;
    let (query, now) = (filter.query(), app.clock.now());
    let kept = app.store.write(move |conn| views::add(conn, connection, &name, &query, now)).await?;
    lead_back(kept, connection, &filter)
}

async fn rename(app: App, mut request: Request) -> Result<Response, Problem> {
    let (connection, id) = (request.param("connection")?, request.param("view")?);
    let form = Form::read(&app, &mut request).await?;
    let name = read_name(form.text("name"))?;
    let filter = read_query(form.text("query"))?;
    let kept = app.store.write(move |conn| views::rename(conn, connection, id, &name)).await?;
    lead_back(kept, connection, &filter)
}

/// What was deleted stays on the page, and can be saved again by one click.
async fn delete(app: App, request: Request) -> Result<Response, Problem> {
    let (connection, id) = (request.param("connection")?, request.param("view")?);
    let deleted = app.store.write(move |conn| views::delete(conn, connection, id)).await?;
    let view = deleted.ok_or_else(Problem::not_found)?;
    let mut query = form_urlencoded::Serializer::new(view.query);
    query.append_pair("forgotten", &view.name);
    Ok(see_other(&address(&sessions_url(connection), &query.finish())))
}

/// The name of the view that was deleted by the page before, as the address says.
pub fn deleted(request: &Request) -> Result<Option<String>, Problem> {
    Ok(request.query("forgotten")?.filter(|name| read_name(name).is_ok()))
}

fn lead_back(kept: Kept, connection: ConnectionId, filter: &Filter) -> Result<Response, Problem> {
    match kept {
        Kept::Yes => Ok(see_other(&filter.list_url(connection, Span::default()))),
        Kept::Gone => Err(Problem::not_found()),
        Kept::NameTaken => {
            Err(Problem::bad_query("name is that of another view: go back and choose another one."))
        }
        Kept::TooMany => {
            Err(Problem::bad_query(&format!("There are {MOST} views already: delete one of them first.")))
        }
    }
}

fn read_name(text: &str) -> Result<String, Problem> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_fine = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let bad = || Problem::bad_query(&format!("name is a text of 1 to {MAX_NAME_CHARS} characters."));
    is_fine.then_some(name).ok_or_else(bad)
}

fn read_query(text: &str) -> Result<Filter, Problem> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    Filter::read(|name| field(name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_known_by_what_it_asks() {
        let filter = read_query("findings=high&url=a%26b&chart=month&before=7").unwrap_or_default();
        assert_eq!(filter.query(), "url=a%26b&findings=high");
        let view = View { id: 3, name: "Bad".to_owned(), query: filter.query() };
        let views = Views::of(ConnectionId(1), vec![view.clone()], &filter, None);
        assert!(views.has_current() && !views.can_save && views.tabs[0].current);
        let views = Views::of(ConnectionId(1), vec![view], &Filter::default(), None);
        assert!(!views.has_current() && !views.can_save && !views.tabs[0].current);
    }

    #[test]
    fn a_name_is_a_short_line() {
        assert_eq!(read_name("  Rage   clicks ").ok().as_deref(), Some("Rage clicks"));
        for bad in ["", " ", "a\u{7}", &"x".repeat(61)] {
            assert!(read_name(bad).is_err(), "{bad:?}");
        }
    }
}
