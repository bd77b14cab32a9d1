//! `hindsight connection answers`: where a connection's answers come from.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::connection::existing;
use super::noted;
use crate::answers::{self, Kind, Plan};
use crate::config::Settings;
use crate::model::Connection;
use crate::store::audit::{self, What};
use crate::store::{Store, answering};
use crate::web::changed;

/// A secret is one line.
const MAX_SECRET_BYTES: u64 = 8192;

/// What is to change. Nothing: what holds is printed.
#[derive(Debug, Args)]
pub struct Changes {
    /// Who answers.
    #[arg(long, value_name = "WHO")]
    kind: Option<Answerer>,
    /// The folder of documents, within the server's; "" for one named like the connection.
    #[arg(long, value_name = "NAME")]
    folder: Option<String>,
    /// The address of the agent, or the base address of the model's service.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with the agent's secret, or the key of the model's service; "-" reads it from the input.
    #[arg(long, value_name = "FILE", conflicts_with = "no_secret")]
    secret_file: Option<PathBuf>,
    /// Forgets the secret or key.
    #[arg(long)]
    no_secret: bool,
    /// The model's name.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// What the model is told besides going by the documents.
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// What visitors read when nothing fits.
    #[arg(long, value_name = "TEXT")]
    unanswered: Option<String>,
}

/// Who answers.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Answerer {
    /// Quotes of documents.
    Documents,
    /// An agent of your own.
    Webhook,
    /// A language model behind an interface like OpenAI's.
    Openai,
    /// Nobody.
    None,
}

impl From<Answerer> for Kind {
    fn from(answerer: Answerer) -> Self {
        match answerer {
            Answerer::Documents => Self::Documents,
            Answerer::Webhook => Self::Webhook,
            Answerer::Openai => Self::OpenAi,
            Answerer::None => Self::None,
        }
    }
}

impl Changes {
    fn is_empty(&self) -> bool {
        let texts = [&self.folder, &self.url, &self.model, &self.instructions, &self.unanswered];
        self.kind.is_none()
            && self.secret_file.is_none()
            && !self.no_secret
            && texts.into_iter().all(Option::is_none)
    }

    fn apply(self, plan: &mut Plan) -> anyhow::Result<()> {
        plan.kind = self.kind.map_or(plan.kind, Kind::from);
        let secret = match &self.secret_file {
            Some(file) => Some(read_secret(file)?),
            None => self.no_secret.then(String::new),
        };
        let places = match plan.kind {
            Kind::Webhook => Some((&mut plan.webhook.url, &mut plan.webhook.secret)),
            Kind::OpenAi => Some((&mut plan.openai.url, &mut plan.openai.key)),
            Kind::Documents | Kind::None => None,
        };
        match places {
            Some((url, key)) => {
                set(url, self.url);
                set(key, secret);
            }
            None if self.url.is_some() || secret.is_some() => {
                bail!("an address and a secret belong to --kind webhook or --kind openai");
            }
            None => {}
        }
        set(&mut plan.folder, self.folder);
        set(&mut plan.openai.model, self.model);
        set(&mut plan.openai.instructions, self.instructions);
        set(&mut plan.unanswered, self.unanswered);
        if let Some(wrong) = plan.check().into_iter().next() {
            bail!("{}: {wrong}", wrong.field);
        }
        Ok(())
    }
}

fn set(place: &mut String, value: Option<String>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Secrets are not arguments, which every program on the machine can read.
fn read_secret(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(MAX_SECRET_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_SECRET_BYTES).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read the secret from {}", file.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        bail!("{} holds no secret; --no-secret forgets the one that is set", file.display());
    }
    Ok(secret.to_owned())
}

/// Runs the command.
pub async fn run(store: &Store, settings: &Settings, name: &str, changes: Changes) -> anyhow::Result<()> {
    let connection = existing(store, name).await?;
    let id = connection.id;
    let stored = store.read(move |conn| answering::plan(conn, id)).await?;
    let (connection, json) = stored.with_context(|| format!("the connection {name:?} is being erased"))?;
    let mut plan = Plan::read(&json)?;
    if !changes.is_empty() {
        changes.apply(&mut plan)?;
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let (before, json) = (value(&json), plan.to_json());
        let detail = json!({ "fields": changed(&before, &value(&json)) });
        let entry = noted::entry(What::SettingsChanged, Some(id), "answers", detail);
        store
            .write(move |conn| {
                answering::set_plan(conn, id, &json)?;
                audit::append(conn, &entry)
            })
            .await?;
    }
    print(settings, &connection, &plan)
}

fn print(settings: &Settings, connection: &Connection, plan: &Plan) -> anyhow::Result<()> {
    let folder = || answers::documents_dir(settings).join(plan.folder_of(connection)).display().to_string();
    let is_set = |secret: &str| if secret.is_empty() { "no" } else { "a" };
    let says = match plan.kind {
        Kind::Documents => format!("documents in {}", folder()),
        Kind::Webhook => {
            format!("the agent at {}, with {} secret", plan.webhook.url, is_set(&plan.webhook.secret))
        }
        Kind::OpenAi => format!(
            "the model {} at {}, with {} key, going by documents in {}",
            plan.openai.model,
            plan.openai.url,
            is_set(&plan.openai.key),
            folder()
        ),
        Kind::None => "nobody".to_owned(),
    };
    writeln!(std::io::stdout(), "{}: answered by {says}", connection.name)?;
    Ok(())
}
