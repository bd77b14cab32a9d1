//! Where a connection's answers come from, as its owner decided.
//!
//! Each kind has its own part, so that changing the kind back and forth loses nothing and
//! sends no secret to where it does not belong.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Failure;
use crate::model::Connection;

/// The longest of each text.
const MAX_FOLDER_CHARS: usize = 80;
const MAX_URL_BYTES: usize = 2048;
const MAX_SECRET_BYTES: usize = 4096;
const MAX_MODEL_CHARS: usize = 200;
const MAX_INSTRUCTIONS_CHARS: usize = 8000;
const MAX_WORDS_CHARS: usize = 500;

/// What a model may be told to write at most, in tokens.
const MAX_TOKENS: u32 = 100_000;
const HOTTEST: f64 = 2.0;

/// What is decided about a connection's answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Who answers.
    pub kind: Kind,
    /// The folder of documents, below the server's folder of them. Empty: named like the connection.
    pub folder: String,
    /// What is said when nothing fits. Empty: [`super::UNANSWERED`].
    pub unanswered: String,
    /// See [`Webhook`].
    pub webhook: Webhook,
    /// See [`OpenAi`].
    pub openai: OpenAi,
}

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Documents in a folder, quoted.
    #[default]
    Documents,
    /// The team's own agent.
    Webhook,
    /// A language model behind an interface like OpenAI's, with documents to go by.
    OpenAi,
    /// Nobody.
    None,
}

/// The team's own agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Webhook {
    /// Where it is asked.
    pub url: String,
    /// What requests are signed with. Empty: they are not.
    pub secret: String,
}

/// A language model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenAi {
    /// What `/chat/completions` is appended to.
    pub url: String,
    /// Empty: none is sent.
    pub key: String,
    /// Its name there.
    pub model: String,
    /// What it is told besides what it always is.
    pub instructions: String,
    /// As the model has it, if it is not set.
    pub temperature: Option<f64>,
    /// See `temperature`.
    pub max_tokens: Option<u32>,
}

/// A field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Wrong {
    /// Its name: `kind`, `folder`, `webhook.url` and so on.
    pub field: &'static str,
    /// What is wrong with it, and what to write.
    pub problem: String,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Documents, Self::Webhook, Self::OpenAi, Self::None];

    /// As it is stored and written in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Webhook => "webhook",
            Self::OpenAi => "openai",
            Self::None => "none",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Plan {
    /// Reads what is stored.
    pub fn read(json: &str) -> Result<Self, Failure> {
        serde_json::from_str(json).map_err(|error| Failure::Plan(error.to_string()))
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain values are always JSON")
    }

    /// What cannot be used of it. What belongs to another kind may be unfinished, not wrong.
    pub fn check(&self) -> Vec<Wrong> {
        let mut found = Vec::new();
        let mut check = |field, problem: Option<String>| {
            found.extend(problem.map(|problem| Wrong { field, problem }));
        };
        check("folder", folder_problem(&self.folder));
        check("unanswered", too_long(&self.unanswered, MAX_WORDS_CHARS));
        let (webhook, openai) = (&self.webhook, &self.openai);
        check("webhook.url", address_problem(&webhook.url, self.kind == Kind::Webhook));
        check("webhook.secret", secret_problem(&webhook.secret));
        check("openai.url", address_problem(&openai.url, self.kind == Kind::OpenAi));
        check("openai.key", secret_problem(&openai.key));
        let no_model = (self.kind == Kind::OpenAi && openai.model.is_empty())
            .then(|| "Write the model's name, as the service calls it.".to_owned());
        check("openai.model", no_model.or_else(|| too_long(&openai.model, MAX_MODEL_CHARS)));
        check("openai.instructions", too_long(&openai.instructions, MAX_INSTRUCTIONS_CHARS));
        let is_warm = |heat: f64| (0.0..=HOTTEST).contains(&heat);
        let too_hot = openai.temperature.is_some_and(|heat| !is_warm(heat));
        check("openai.temperature", too_hot.then(|| "Write a number from 0 to 2, or nothing.".to_owned()));
        let too_many = openai.max_tokens.is_some_and(|tokens| !(1..=MAX_TOKENS).contains(&tokens));
        check(
            "openai.max_tokens",
            too_many.then(|| format!("Write a whole number from 1 to {MAX_TOKENS}, or nothing.")),
        );
        found
    }

    /// Its folder of documents: one name, never a path.
    pub fn folder_of(&self, connection: &Connection) -> String {
        if !self.folder.is_empty() {
            return self.folder.clone();
        }
        let words = connection.name.split(|char: char| !char.is_alphanumeric());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        if words.is_empty() { format!("connection-{}", connection.id) } else { words.join("-") }
    }

    /// What is said when nothing fits.
    pub fn unanswered(&self) -> &str {
        if self.unanswered.is_empty() { super::UNANSWERED } else { &self.unanswered }
    }
}

/// An address that may be asked. Where it leads is looked at each time it is.
pub fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url.filter(|_| text.len() <= MAX_URL_BYTES) else {
        return Err("Write a web address, such as \"https://agent.example.org/ask\".".to_owned());
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "Write the address without name and password; there is a field for the secret.".to_owned()
        );
    }
    if url.fragment().is_some() {
        return Err("Write the address without what follows the \"#\".".to_owned());
    }
    Ok(url)
}

fn address_problem(text: &str, is_needed: bool) -> Option<String> {
    if text.is_empty() && !is_needed { None } else { address(text).err() }
}

fn folder_problem(folder: &str) -> Option<String> {
    let is_plain = |char: char| char.is_alphanumeric() || " -_.".contains(char);
    let is_name = folder.chars().all(is_plain)
        && !folder.starts_with(['.', ' '])
        && !folder.ends_with(['.', ' '])
        && folder.chars().count() <= MAX_FOLDER_CHARS;
    (!is_name).then(|| {
        "Write the name of one folder, with letters, digits, ' ', '-', '_' and '.', and no path.".to_owned()
    })
}

fn secret_problem(secret: &str) -> Option<String> {
    let is_plain = secret.bytes().all(|byte| byte.is_ascii_graphic()) && secret.len() <= MAX_SECRET_BYTES;
    (!is_plain).then(|| "Write letters, digits and signs of ASCII, without spaces.".to_owned())
}

fn too_long(text: &str, max_chars: usize) -> Option<String> {
    (text.chars().count() > max_chars).then(|| format!("Write at most {max_chars} characters."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConnectionId;

    #[test]
    fn a_plan_is_kept_as_json_and_an_empty_one_asks_the_documents() {
        assert_eq!(Plan::read("{}").expect("a plan"), Plan::default());
        let plan = Plan { kind: Kind::OpenAi, folder: "shop".to_owned(), ..Plan::default() };
        assert_eq!(Plan::read(&plan.to_json()).expect("a plan"), plan);
        assert!(Plan::read("{\"kind\":\"oracle\"}").is_err());
    }

    #[test]
    fn folders_are_names_and_never_paths() {
        for bad in ["..", ".", ".git", "a/b", "a\\b", "/etc", "a\0", "a\n", " a", "a:", "C:"] {
            assert!(folder_problem(bad).is_some(), "{bad:?}");
        }
        for good in ["", "shop", "Käse 2", "a.b-c_d"] {
            assert!(folder_problem(good).is_none(), "{good}");
        }
        let named = |name: &str| {
            let connection =
                Connection { id: ConnectionId(7), name: name.to_owned(), write_key: String::new() };
            Plan::default().folder_of(&connection)
        };
        assert_eq!(named("Demo shop"), "demo-shop");
        assert_eq!(named("../../etc/passwd"), "etc-passwd");
        assert_eq!(named("Bücher & Käse"), "bücher-käse");
        assert_eq!(named("..."), "connection-7");
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let plan = Plan {
            kind: Kind::OpenAi,
            folder: "../x".to_owned(),
            webhook: Webhook { url: "ftp://x".to_owned(), secret: "two words".to_owned() },
            openai: OpenAi {
                url: "https://me@x.example/v1".to_owned(),
                temperature: Some(f64::NAN),
                max_tokens: Some(0),
                ..OpenAi::default()
            },
            ..Plan::default()
        };
        let fields: Vec<_> = plan.check().into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(
            fields,
            [
                "folder",
                "webhook.url",
                "webhook.secret",
                "openai.url",
                "openai.model",
                "openai.temperature",
                "openai.max_tokens"
            ]
        );
        assert!(Plan::default().check().is_empty());
    }
}
