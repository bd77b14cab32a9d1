//! What a form of the dashboard sends.

use url::form_urlencoded;

use super::App;
use super::body::Pace;
use super::problem::Problem;
use super::request::Request;

/// Our forms hold a few short fields.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The fields of a form that was sent by POST.
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads the request's body as a form.
    pub async fn read(app: &App, request: &mut Request) -> Result<Self, Problem> {
        let read = request.body.read(MAX_FORM_BYTES, Pace::from(&app.settings.ingest)).await;
        let body = match read {
            Ok(body) => body,
            Err(refused) => {
                let mut problem = refused.into();
                request.let_go(&mut problem).await;
                return Err(problem);
            }
        };
        Ok(Self { fields: form_urlencoded::parse(&body).into_owned().collect() })
    }

    /// Refuses a form with other fields than these: whoever sends one means something that it does not do.
    pub fn takes_only(&self, names: &[&str]) -> Result<(), Problem> {
        if self.fields.iter().all(|(key, _)| names.contains(&&**key)) {
            return Ok(());
        }
        Err(Problem::bad_form(&format!(
            "The fields of this form are {}; another was sent.",
            names.join(", ")
        )))
    }

    /// All fields of that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// A form with these fields.
    #[cfg(test)]
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields }
    }

    /// The first field of that name; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}
