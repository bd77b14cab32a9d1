//! A connection's name, what it takes, its keys, and its end.

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::keys::Keys;
use super::{
    Field, FormPage, Group, Head, Problems, append_if_any, refused, route, saved, settings_entry, url,
};
use crate::model::{ConnectionId, MAX_NAME_CHARS, connection_name};
use crate::store::connections::{self, Rules};
use crate::store::write_keys;
use crate::web::audited::changed;
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response};

const MB: i64 = 1_000_000;

/// More than any disk takes in a day.
const MAX_DAILY_MB: i64 = 1_000_000_000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::GET, "", page), route(Method::POST, "", save)]
}

#[derive(Serialize)]
struct GeneralPage {
    #[serde(flatten)]
    form: FormPage,
    paused: bool,
    state_url: String,
    keys: Keys,
    delete_url: String,
}

/// What stands in the form.
struct Typed {
    name: String,
    origins: String,
    gpc: bool,
    daily_mb: String,
}

impl Typed {
    fn of(name: &str, rules: &Rules) -> Self {
        Self {
            name: name.to_owned(),
            origins: rules.allowed_origins.join("\n"),
            gpc: rules.honour_gpc,
            daily_mb: rules.daily_bytes.map(|bytes| (bytes / MB).to_string()).unwrap_or_default(),
        }
    }

    fn from(form: &Form) -> Self {
        Self {
            name: form.text("name").to_owned(),
            origins: form.text("origins").to_owned(),
            gpc: form.text("gpc") == "1",
            daily_mb: form.text("daily_mb").to_owned(),
        }
    }

    /// The name and the rules that it means, or what is wrong.
    fn read(&self, rules: Rules) -> Result<(String, Rules), Problems> {
        let mut problems = Problems::new();
        let name = connection_name(&self.name).unwrap_or_default();
        if name.is_empty() {
            problems.push(("name", format!("Write 1 to {MAX_NAME_CHARS} characters on one line.")));
        }
        let allowed_origins = super::read_origins("origins", &self.origins, &mut problems);
        let daily_bytes = match self.daily_mb.trim() {
            "" => None,
            text => {
                let mb = text.parse::<i64>().ok().filter(|mb| (1..=MAX_DAILY_MB).contains(mb));
                if mb.is_none() {
                    problems.push((
                        "daily_mb",
                        "Write a whole number from 1, or nothing for no limit.".to_owned(),
                    ));
                }
                mb.map(|mb| mb * MB)
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok((name, Rules { allowed_origins, honour_gpc: self.gpc, daily_bytes, ..rules }))
    }

    fn groups(&self, problems: &Problems) -> Vec<Group> {
        let basics = vec![Field::text("name", "Name", &self.name, MAX_NAME_CHARS)];
        let taken = vec![
            Field::lines("origins", "Allowed origins", &self.origins, 3)
                .hint("One a line, scheme and host. Pages elsewhere are refused. Empty: pages of any site may send.")
                .placeholder("https://shop.example"),
            Field::switch("gpc", "Leave visitors alone whose browser sends Global Privacy Control", self.gpc),
            Field::number("daily_mb", "Daily limit", &self.daily_mb, "MB as sent")
                .hint("What comes after that on a day (UTC) is refused. Empty: no limit.")
                .placeholder("no limit"),
        ];
        vec![Group::new("", "", basics, problems), Group::new("What it takes", "", taken, problems)]
    }
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "General").await?;
    show(&app, head, connection, None).await
}

async fn show(
    app: &App,
    head: Head,
    connection: ConnectionId,
    tried: Option<(Typed, Problems)>,
) -> Result<Response, Problem> {
    let read = move |conn: &crate::store::Db| {
        Ok((connections::rules(conn, connection)?.unwrap_or_default(), write_keys::former(conn, connection)?))
    };
    let (rules, former) = app.store.read(read).await?;
    let present = head.frame.connection.clone().ok_or_else(Problem::not_found)?;
    let wrong = tried.is_some();
    let (typed, problems) = tried.unwrap_or_else(|| (Typed::of(&present.name, &rules), Problems::new()));
    let page = GeneralPage {
        form: FormPage {
            head: Head { wrong, ..head },
            title: "General",
            about: "",
            action: url(connection),
            groups: typed.groups(&problems),
            preview_url: None,
        },
        paused: rules.paused,
        state_url: format!("{}/state", url(connection)),
        keys: Keys::of(&present, former, app.clock.now()),
        delete_url: format!("{}/delete", url(connection)),
    };
    let answer = app.templates.page("pages/settings_general.html", &page)?;
    Ok(if wrong { refused(answer) } else { answer })
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "General").await?;
    let typed = Typed::from(&Form::read(&app, &mut request).await?);
    let rules = app.store.read(move |conn| connections::rules(conn, connection)).await?.unwrap_or_default();
    let before = rules.clone();
    let (name, rules) = match typed.read(rules) {
        Ok(read) => read,
        Err(problems) => return show(&app, head, connection, Some((typed, problems))).await,
    };
    let present = head.frame.connection.as_ref().map(|present| present.name.clone()).unwrap_or_default();
    let fields =
        changed(&(json!({ "name": present, "rules": before })), &json!({ "name": name, "rules": rules }));
    let entry = settings_entry(&app, connection, "general", fields);
    let renamed = app
        .store
        .write(move |conn| {
            let renamed = connections::rename(conn, connection, &name)?;
            if renamed {
                connections::set_rules(conn, connection, &rules)?;
                append_if_any(conn, entry)?;
            }
            Ok(renamed)
        })
        .await?;
    if !renamed {
        let problems = vec![("name", "Another connection is called this. Choose another name.".to_owned())];
        return show(&app, head, connection, Some((typed, problems))).await;
    }
    Ok(saved(&url(connection), "1"))
}
