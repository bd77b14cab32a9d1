//! The Operations page: what the server does, how fast, and what is in its way.

mod backups;
mod config;
mod live;
mod pace;
mod page;
mod reloads;

pub use pace::{Pace, keep_pace};
pub use reloads::{Reload, Reloads};
use warp::http::Method;

use super::router::{Access, Route, Surface};

/// Where the page is.
const URL: &str = "/operations";

/// Where it hears of changes.
const LIVE_URL: &str = "/operations/live";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, URL, Access::Server, Surface::Page, page::show),
        Route::new(Method::POST, backups::URL, Access::Server, Surface::Page, backups::make),
        Route::new(Method::GET, LIVE_URL, Access::Server, Surface::Data, live::changes),
    ]
}
