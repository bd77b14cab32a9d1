//! Asking for a report.

use serde_json::json;

use super::period::Period;
use crate::finish::reports::Refused;
use crate::model::ConnectionId;
use crate::store::audit::What;
use crate::web::form::Form;
use crate::web::page::{Frame, reports_url};
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, see_other};

/// Takes an order and leads back to the list, which shows how far it is.
pub async fn order(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "reports", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let period = Period::of(&form, app.clock.now())?;
    match app.reports.request(connection, form.text("plugin"), period.from, period.to) {
        Ok(()) => {
            let detail = json!({ "from": period.from, "to": period.to });
            app.looked(app.entry(What::ReportOrdered, Some(connection), form.text("plugin"), detail));
            Ok(see_other(&reports_url(connection)))
        }
        Err(Refused::UnknownPlugin) => Err(Problem::bad_query(
            "plugin is the name of a plugin that makes reports; the Reports page lists them.",
        )),
        Err(refused @ Refused::Full) => {
            Err(Problem::busy(&format!("So {refused}. Ask for this one once some of them are made.")))
        }
    }
}
