//! Reports as files: the whole as Markdown, a table as CSV.

use serde_json::json;
use warp::http::{HeaderValue, header};

use super::{Read, csv, markdown, read};
use crate::model::Section;
use crate::store::audit::What;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response};

/// The whole report.
pub async fn markdown(app: App, request: Request) -> Result<Response, Problem> {
    let read = read(&app, &request).await?;
    note(&app, &read);
    let text = markdown::write(&read.report, &read.facts(), Some(&read.links(&app)));
    Ok(file(text, "text/markdown; charset=utf-8", &format!("{}.md", read.file_name())))
}

/// The table at a place among the report's sections that are tables: `1.csv` is the first.
pub async fn table(app: App, request: Request) -> Result<Response, Problem> {
    let read = read(&app, &request).await?;
    let number = request.param_text("table").strip_suffix(".csv").and_then(|text| text.parse::<usize>().ok());
    let place = number.and_then(|number| number.checked_sub(1)).ok_or_else(Problem::no_report)?;
    let mut tables = read.report.sections.iter().filter_map(|section| match section {
        Section::Table(table) => Some(table),
        _ => None,
    });
    let table = tables.nth(place).ok_or_else(Problem::no_report)?;
    note(&app, &read);
    let text = csv::write(table, &read.links(&app));
    let name = format!("{}-{}.csv", read.file_name(), place + 1);
    Ok(file(text, "text/csv; charset=utf-8; header=present", &name))
}

/// Reports may quote what visitors wrote.
fn note(app: &App, read: &Read) {
    let report = &read.stored.report;
    let detail = json!({ "report": read.stored.id });
    app.looked(app.entry(What::DataExported, Some(report.connection), report.title.clone(), detail));
}

impl Read {
    /// What the files are called: the plugin and the last day. Only letters, digits and
    /// hyphens of the plugin's name are left.
    fn file_name(&self) -> String {
        let plain = |char: &char| char.is_ascii_alphanumeric() || *char == '-';
        let plugin: String = self.stored.report.plugin.chars().filter(plain).collect();
        format!("{plugin}-{}", self.period().last_day())
    }
}

fn file(text: String, kind: &'static str, name: &str) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.expect("a file's name is plain ASCII"));
    response
}
