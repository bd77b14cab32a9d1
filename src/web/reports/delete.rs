//! Deleting a report, after asking.

use serde_json::json;

use super::period::Period;
use super::{find, url_of};
use crate::store::audit::{self, What};
use crate::store::{Db, reports};
use crate::web::confirm::Confirm;
use crate::web::moment::Moment;
use crate::web::page::{Frame, reports_url};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, format, see_other};

pub async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let stored = find(&app, &request).await?;
    let url = url_of(&stored);
    let report = stored.report;
    Confirm {
        frame: Frame::about(&app, "reports", report.connection).await?,
        title: "Delete this report?".to_owned(),
        facts: vec![
            ("Report", report.title),
            ("Made by", report.plugin),
            ("Period", Period { from: report.from, to: report.to }.words()),
            ("Sessions", format::grouped(report.sessions)),
            ("Made", Moment::Time(stored.made_at).words()),
        ],
        sentences: vec![
            "The report goes; the sessions that it is about stay, and it can be made again from them."
                .to_owned(),
        ],
        action: format!("{url}/delete"),
        fields: Vec::new(),
        button: Some("Delete report".to_owned()),
        cancel_url: url,
    }
    .page(&app)
}

pub async fn delete(app: App, request: Request) -> Result<Response, Problem> {
    let stored = find(&app, &request).await?;
    let connection = stored.report.connection;
    let detail = json!({ "report": stored.id });
    let entry = app.entry(What::ReportDeleted, Some(connection), stored.report.title.clone(), detail);
    let delete = move |conn: &Db| {
        let deleted = reports::delete(conn, connection, stored.id)?;
        if deleted {
            audit::append(conn, &entry)?;
        }
        Ok(deleted)
    };
    let deleted = app.store.write(delete).await?;
    Ok(see_other(&format!("{}?deleted={}", reports_url(connection), u8::from(deleted))))
}
