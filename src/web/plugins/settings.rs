//! Saving what is set for a connection, checked against the plugin's schema.

use serde_json::{Value, json};

use super::{Asked, field, show};
use crate::store::audit::{self, What};
use crate::store::{choices, held_back};
use crate::web::audited::changed;
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response, see_other};

/// Saves the settings, or shows the form again with what is wrong.
pub async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let form = Form::read(&app, &mut request).await?;
    let settings = if form.text("defaults") == "1" {
        None
    } else {
        let entry = asked.entry()?;
        let plugin = entry.plugin.as_ref().ok_or_else(Problem::no_plugin)?;
        let (layer, mut problems) = field::read(plugin.manifest.schema.json(), &form);
        if problems.is_empty() {
            problems = entry.settings(&layer).err().unwrap_or_default();
        }
        if !problems.is_empty() {
            return show::page(&app, asked, show::Said::Wrong(form, problems)).await;
        }
        layer.as_object().is_some_and(|layer| !layer.is_empty()).then(|| layer.to_string())
    };
    let done = if settings.is_some() { "saved" } else { "defaults" };
    let (name, connection) = (asked.name.clone(), asked.connection);
    let parse = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let fields = changed(
        &parse(asked.choice.settings.as_deref()).unwrap_or_else(|| json!({})),
        &parse(settings.as_deref()).unwrap_or_else(|| json!({})),
    );
    let entry = app.entry(What::PluginChanged, Some(connection), name.clone(), json!({ "fields": fields }));
    app.store
        .write(move |conn| {
            audit::append(conn, &entry)?;
            choices::set(conn, &name, connection, settings.as_deref())?;
            held_back::retry(conn, Some(connection)).map(drop)
        })
        .await?;
    Ok(see_other(&format!("{}?done={done}", asked.url())))
}
