//! What a run was given, as a file for `hindsight plugin test --replay`.

use futures_util::stream;
use serde_json::Value;
use warp::Reply;
use warp::http::{HeaderValue, header};

use super::Asked;
use crate::finish::{self, chosen};
use crate::plugins::run::SessionInfo;
use crate::store::{runs, timelines};
use crate::timeline::Kinds;
use crate::web::held_back::find_shown;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::{App, Response};

/// Downloads the input of an analyzer's run over a session: what it may see of it, after maskers.
pub async fn download(app: App, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(&app, &request).await?;
    let plugin = asked.entry()?.plugin.clone().ok_or_else(Problem::no_plugin)?;
    if plugin.manifest.analyzer.is_none() {
        let sentence = "Only what looks at sessions has such an input; this plugin is no analyzer.";
        return Err(Problem::bad_query(sentence));
    }
    let session = find_shown(&app, &request).await?;
    app.downloads(&session, "input.json");
    let row = session.row;
    let read = app.store.read(move |conn| Ok((runs::subject(conn, row)?, timelines::bodies(conn, row)?)));
    let (subject, bodies) = read.await?;
    let info = finish::info(&subject.ok_or_else(Problem::no_session)?);
    let settings = chosen::with_settings(asked.entry()?, &asked.choice).ok();
    let settings = settings.and_then(|chosen| serde_json::from_str(&chosen.settings.json).ok());
    let name = format!("{}-{}.json", asked.name, session.id);
    Ok(file(&name, &info, &settings.unwrap_or(Value::Null), plugin.wanted(), bodies))
}

/// The file, read from the timeline block by block as it is sent.
fn file(name: &str, info: &SessionInfo, settings: &Value, wanted: Kinds, bodies: Vec<Vec<u8>>) -> Response {
    let session = serde_json::to_string(info).expect("plain values are always JSON");
    let head = format!("{{\"session\":{session},\n\"settings\":{settings},\n\"events\":[");
    let mut is_first = true;
    let blocks = bodies.into_iter().map(move |body| {
        let events = finish::events(vec![body], wanted);
        let mut text = String::new();
        for event in events {
            text.push_str(if std::mem::take(&mut is_first) { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(&event).expect("plain values are always JSON"));
        }
        text
    });
    let chunks = std::iter::once(head).chain(blocks).chain(std::iter::once("\n]}\n".to_owned()));
    let chunks = chunks.filter(|chunk| !chunk.is_empty()).map(Ok::<_, std::convert::Infallible>);
    let mut response = warp::reply::stream(stream::iter(chunks)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.expect("ids are plain ASCII"));
    response
}
