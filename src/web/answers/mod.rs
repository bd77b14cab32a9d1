//! The page that says where a connection's answers come from, with a question to try.

mod field;
mod form;
mod show;
mod trying;

use serde_json::Value;
use warp::http::Method;

use super::audited::changed;
use super::form::Form;
use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::{append_if_any, settings_entry};
use super::{App, Response, ask, see_other};
use crate::answers::Plan;
use crate::model::{Connection, ConnectionId};
use crate::store::answering;
use show::{Said, page};

const PAGE: &str = "/connections/{connection}/settings/answers";

/// The routes of these files.
pub fn routes() -> Vec<Route> {
    let (admin, page) = (Access::Admin, Surface::Page);
    vec![
        Route::new(Method::GET, PAGE, admin, page, show_page),
        Route::new(Method::POST, PAGE, admin, page, save),
        Route::new(Method::POST, format!("{PAGE}/try"), admin, page, trying::try_question),
    ]
}

/// The connection that a path names, with its plan.
struct Asked {
    frame: Frame,
    connection: Connection,
    plan: Plan,
}

impl Asked {
    async fn of(app: &App, request: &Request) -> Result<Self, Problem> {
        let id: ConnectionId = request.param("connection")?;
        let frame = Frame::about(app, "settings", id).await?;
        let (connection, plan) = ask::plan(app, id).await?;
        Ok(Self { frame, connection, plan })
    }

    fn url(&self) -> String {
        format!("/connections/{}/settings/answers", self.connection.id)
    }
}

async fn show_page(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let said = if request.query("done")?.as_deref() == Some("saved") { Said::Saved } else { Said::Nothing };
    page(&app, asked, said).await
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let (plan, wrong) = form::read(&form, &asked.plan);
    if !wrong.is_empty() {
        return page(&app, asked, Said::Wrong(form, wrong)).await;
    }
    let (id, plan_json) = (asked.connection.id, plan.to_json());
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let fields = changed(&value(&asked.plan.to_json()), &value(&plan_json));
    let entry = settings_entry(&app, id, "answers", fields);
    app.store
        .write(move |conn| {
            answering::set_plan(conn, id, &plan_json)?;
            append_if_any(conn, entry)
        })
        .await?;
    Ok(see_other(&format!("{}?done=saved", asked.url())))
}
