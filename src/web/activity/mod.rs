//! The Activity page: what visitors asked, and their sessions, as one feed.

pub mod asked;
pub mod entry;
mod export;
mod list;
mod live;

use warp::http::Method;

use super::router::{Access, Route, Surface};

/// The address of the page.
const PAGE: &str = "/connections/{connection}/activity";

/// The routes of this folder.
pub fn routes() -> Vec<Route> {
    let below = |path: &str| format!("{PAGE}/{path}");
    vec![
        Route::new(Method::GET, PAGE, Access::Member, Surface::Page, list::list),
        Route::new(Method::GET, below("live"), Access::Member, Surface::Data, live::live),
        Route::new(Method::GET, below("prompts.csv"), Access::Viewer, Surface::Data, export::csv),
    ]
}
