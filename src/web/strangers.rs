//! How often somebody may ask who has not said who they are.
//!
//! Uploads and questions have limits of their own; whoever has logged in has none. What is
//! over the limit is asked to come again, so a page that is loaded anew after that is whole.

use super::App;
use super::ingest::check_rate_of_address;
use super::problem::Problem;
use super::request::Request;
use crate::ingest::Refused;

/// Takes a token of the sender's network.
pub fn count(app: &App, request: &Request) -> Result<(), Problem> {
    check_rate_of_address(app, &app.request_rates, request.peer()).map_err(|refused| match refused {
        Refused::RateLimited { after_seconds } => Problem::too_many_requests(after_seconds),
        other => other.into(),
    })
}
