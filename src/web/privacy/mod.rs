//! The page that says what is recorded, where it lies, who may see it and how it goes, from the
//! settings that hold; and, where it is switched on, the same for anybody.

mod notice;
mod statement;

use serde::Serialize;
use warp::http::Method;

use super::page::Frame;
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::Tab;
use super::{App, Response};
use crate::store::Scope;
use statement::{Section, Site};

const URL: &str = "/privacy";
const PUBLIC: &str = "/privacy/public";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, URL, Access::LoggedIn, Surface::Page, page),
        Route::new(Method::GET, PUBLIC, Access::Public, Surface::Page, public),
    ]
}

/// The pages about privacy that the asker may see; `current` is the name of the one that is shown.
pub fn tabs(app: &App, current: &str) -> Vec<Tab> {
    let mut tabs = vec![Tab::new("Privacy", URL, current == "Privacy")];
    if app.scope().is_everything() {
        let more = [("Erase or export", "/erase"), ("Receipts", "/receipts"), ("Audit log", "/audit")];
        tabs.extend(more.map(|(label, url)| Tab::new(label, url, current == label)));
    }
    tabs
}

#[derive(Serialize)]
struct PrivacyPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    sections: Vec<Section>,
    sites: Vec<Site>,
    /// For the notice of a site. Not `notice`: the frame has one, which every page shows.
    site_notice: String,
    record: String,
    /// Where anybody may read it.
    public_url: Option<String>,
}

async fn page(app: App, _: Request) -> Result<Response, Problem> {
    let scope = app.scope();
    let sites = statement::sites(&app, &scope).await?;
    let page = PrivacyPage {
        tabs: tabs(&app, "Privacy"),
        sections: statement::sections(&app, scope.is_everything()),
        site_notice: notice::for_site(&app, &sites),
        record: notice::record(&app, &sites),
        public_url: app.settings.privacy.public.then(|| format!("{}{PUBLIC}", app.public_url)),
        frame: Frame::of_server(&app, "privacy"),
        sites,
    };
    app.templates.page("pages/privacy.html", &page)
}

#[derive(Serialize)]
struct PublicPage {
    sections: Vec<Section>,
    sites: Vec<Site>,
}

/// The same without paths and without what is only for those who run it.
async fn public(app: App, _: Request) -> Result<Response, Problem> {
    if !app.settings.privacy.public {
        return Err(Problem::not_found());
    }
    // Whoever reads it sees no recording: only what is recorded of which site.
    let sites = statement::sites(&app, &Scope::everything()).await?;
    let page = PublicPage { sections: statement::sections(&app, false), sites };
    app.templates.page("pages/privacy_public.html", &page)
}
