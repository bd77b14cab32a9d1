//! What stands behind a link: the replay of one session, without the dashboard around it.

use serde::Serialize;
use warp::http::{HeaderValue, Method, StatusCode, header};

use super::super::form::Form;
use super::super::manifest::Manifest;
use super::super::problem::Problem;
use super::super::replay::{heard_at, json, playback, stage_page};
use super::super::request::Request;
use super::super::router::{Access, Route, Surface};
use super::super::row::{Beside, Row};
use super::super::{App, Response, part, see_other, story};
use super::{LINK, Opened, open, open_locked, password};
use crate::accounts::password::is_right;
use crate::model::StyleHash;
use crate::store::audit::{self, What};
use crate::store::shares;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let below = |path: &str| format!("{LINK}/{path}");
    let (get, post, who) = (Method::GET, Method::POST, Access::Share);
    vec![
        Route::new(get.clone(), LINK, who, Surface::Share, page),
        Route::new(post.clone(), LINK, who, Surface::Share, unlock),
        Route::new(post, below("opened"), who, Surface::Share, opened),
        Route::new(get.clone(), below("stage"), who, Surface::Stage, stage),
        Route::new(get.clone(), below("manifest.json"), who, Surface::Data, manifest),
        Route::new(get.clone(), below("story.json"), who, Surface::Data, told),
        Route::new(get.clone(), below("streams/{stream}/batches/{seq}"), who, Surface::Data, batch),
        Route::new(get.clone(), below("segments/{segment}"), who, Surface::Data, segment),
        Route::new(get, below("styles/{style}"), who, Surface::Data, style),
    ]
}

#[derive(Serialize)]
struct SharePage {
    session: Row,
    url: String,
    story: bool,
    start_ms: i64,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, share, session, url, proof } = open_locked(&app, &request).await?;
    if proof.is_some_and(|proof| !password::is_proven(&request, &proof)) {
        return password_page(&app, url, false);
    }
    let page = SharePage {
        start_ms: share.start_ms,
        story: share.story,
        url,
        session: Row::of(session, Beside::default(), app.clock.now()),
    };
    app.templates.page("pages/share.html", &page)
}

#[derive(Serialize)]
struct PasswordPage {
    url: String,
    wrong: bool,
}

fn password_page(app: &App, url: String, wrong: bool) -> Result<Response, Problem> {
    let mut response = app.templates.page("pages/share_password.html", &PasswordPage { url, wrong })?;
    *response.status_mut() = if wrong { StatusCode::FORBIDDEN } else { StatusCode::OK };
    Ok(response)
}

/// Takes the password, and remembers in the browser that it was right.
async fn unlock(app: App, mut request: Request) -> Result<Response, Problem> {
    let Opened { app, share, url, proof, .. } = open_locked(&app, &request).await?;
    let (Some(proof), Some(hash)) = (proof, share.password) else { return Ok(see_other(&url)) };
    let form = Form::read(&app, &mut request).await?;
    let password = form.text("password").to_owned();
    if password.is_empty() {
        return password_page(&app, url, false);
    }
    app.guests.count(share.id.to_be_bytes(), app.clock.now())?;
    let fits = password.chars().count() <= password::MOST_CHARS;
    if !fits || !is_right(password, Some(hash)).await? {
        return password_page(&app, url, true);
    }
    app.guests.forget(share.id.to_be_bytes());
    let secure = if request.is_secure() { "; Secure" } else { "" };
    let cookie = format!("{}={proof}; Path={url}; HttpOnly; SameSite=Lax{secure}", password::COOKIE);
    let mut response = see_other(&url);
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| Problem::no_share())?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The page says that somebody has it before them. What only looks at the link, such as a
/// chat that shows what it leads to, does not.
async fn opened(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, share, .. } = open(&app, &request).await?;
    let now = app.clock.now();
    let entry = app.guest_entry(What::ShareOpened, &share);
    app.store
        .write(move |conn| {
            shares::count_opened(conn, share.id, now)?;
            audit::append(conn, &entry)
        })
        .await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

async fn stage(app: App, request: Request) -> Result<Response, Problem> {
    open(&app, &request).await?;
    stage_page(&app)
}

async fn manifest(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, session, url, share, .. } = open(&app, &request).await?;
    app.looked(app.guest_entry(What::SessionWatched, &share));
    let playback = playback(&app, &session).await?;
    let heard_at = heard_at(&app, &session).await?;
    json(&Manifest::below(&url, format!("{url}/styles/"), &session, playback, heard_at))
}

async fn told(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, share, session, .. } = open(&app, &request).await?;
    if !share.story {
        return Err(Problem::not_found());
    }
    let playback = playback(&app, &session).await?;
    json(&story::lines(&app, &session, &playback).await?)
}

async fn batch(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, session, .. } = open(&app, &request).await?;
    part::batch(&app, &request, session).await
}

async fn segment(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, session, .. } = open(&app, &request).await?;
    part::segment(&app, &request, session).await
}

/// Stylesheets are kept for a whole connection: here only those that this session refers to.
async fn style(app: App, request: Request) -> Result<Response, Problem> {
    let Opened { app, session, .. } = open(&app, &request).await?;
    let hash: StyleHash = request.param("style")?;
    let playback = playback(&app, &session).await?;
    let mut parts = playback.streams.iter().flat_map(|stream| &stream.parts);
    if !parts.any(|part| part.styles.contains(&hash)) {
        return Err(Problem::not_found());
    }
    part::style(&app, &request, session.connection).await
}
