//! The fields of the form, in groups: what all answers have, and what each kind has.

use serde::Serialize;

use crate::answers::plan::{Kind, Plan, Wrong};
use crate::answers::{FAILED, UNANSWERED};
use crate::web::form::Form;

/// Who may answer, as a choice.
#[derive(Serialize)]
pub struct Choice {
    value: &'static str,
    label: &'static str,
    about: &'static str,
    chosen: bool,
}

/// Fields that belong together.
#[derive(Serialize)]
pub struct Group {
    /// The kind that they belong to; "both" for documents, which two kinds have.
    kind: &'static str,
    title: &'static str,
    about: String,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: &'static str,
    label: &'static str,
    about: String,
    input: &'static str,
    value: String,
    placeholder: String,
    /// For a secret: whether there is one.
    is_set: bool,
    problem: String,
}

/// What the form shows.
pub struct Values<'a> {
    /// What is stored.
    pub plan: &'a Plan,
    /// What was sent and is wrong, in its place.
    pub sent: Option<&'a Form>,
    /// What is wrong.
    pub wrong: &'a [Wrong],
    /// Where the connection's documents are looked for.
    pub folder: String,
    /// The folder when none is named.
    pub default_folder: String,
}

impl Values<'_> {
    fn field(&self, name: &'static str, label: &'static str, about: &str, stored: &str) -> Field {
        let problem = self.wrong.iter().find(|wrong| wrong.field == name);
        Field {
            name,
            label,
            about: about.to_owned(),
            input: "text",
            value: self.sent.map_or(stored, |form| form.text(name)).to_owned(),
            placeholder: String::new(),
            is_set: false,
            problem: problem.map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn secret(&self, name: &'static str, label: &'static str, about: &str, stored: &str) -> Field {
        let field = self.field(name, label, about, "");
        Field { input: "secret", value: String::new(), is_set: !stored.is_empty(), ..field }
    }
}

/// The choices, with what is chosen.
pub fn choices(values: &Values<'_>) -> Vec<Choice> {
    let sent = values.sent.and_then(|form| Kind::named(form.text("kind")));
    let chosen = sent.unwrap_or(values.plan.kind);
    let choice = |kind: Kind| {
        let (label, about) = match kind {
            Kind::Documents => {
                ("Documents", "Quotes Markdown files in a folder. Nothing leaves this server.")
            }
            Kind::Webhook => {
                ("Your own agent", "Each question is posted to an address of yours, which answers.")
            }
            Kind::OpenAi => (
                "A language model",
                "Any service with OpenAI's interface, such as Ollama; it goes by the documents.",
            ),
            Kind::None => ("Nobody", "Questions are refused."),
        };
        Choice { value: kind.name(), label, about, chosen: kind == chosen }
    };
    Kind::ALL.into_iter().map(choice).collect()
}

/// All groups of fields.
pub fn groups(values: &Values<'_>) -> Vec<Group> {
    vec![documents(values), webhook(values), openai(values)]
}

/// What holds whoever answers.
pub fn words(values: &Values<'_>) -> Group {
    let about = "What visitors read when nothing fits their question.";
    let unanswered = values.field("unanswered", "When nothing fits", about, &values.plan.unanswered);
    let unanswered = Field { input: "lines", placeholder: UNANSWERED.to_owned(), ..unanswered };
    let about = format!("When the answer cannot be had at all, visitors read: “{FAILED}”");
    Group { kind: "", title: "Words", about, fields: vec![unanswered] }
}

fn documents(values: &Values<'_>) -> Group {
    let folder =
        values.field("folder", "Folder", &format!("Read from {}.", values.folder), &values.plan.folder);
    let folder = Field { placeholder: values.default_folder.clone(), ..folder };
    let about = "Markdown files (.md), cut at their headings. They are watched: what you save is answered from at once.";
    Group { kind: "both", title: "Documents", about: about.to_owned(), fields: vec![folder] }
}

fn webhook(values: &Values<'_>) -> Group {
    let webhook = &values.plan.webhook;
    let about = "It gets a POST with JSON and answers with JSON or a stream; docs/answers.md has an example.";
    let url = values.field("webhook.url", "Address", about, &webhook.url);
    let url = Field { input: "url", placeholder: "https://agent.example.org/ask".to_owned(), ..url };
    let about = "Requests are signed with it, so that your agent can tell ours from others.";
    let secret = values.secret("webhook.secret", "Secret", about, &webhook.secret);
    Group { kind: "webhook", title: "Your own agent", about: String::new(), fields: vec![url, secret] }
}

fn openai(values: &Values<'_>) -> Group {
    let openai = &values.plan.openai;
    let about = "What /chat/completions is appended to.";
    let url = values.field("openai.url", "Base address", about, &openai.url);
    let url = Field { input: "url", placeholder: "https://api.openai.com/v1".to_owned(), ..url };
    let key = values.secret("openai.key", "Key", "Leave it empty where the service needs none.", &openai.key);
    let model = values.field("openai.model", "Model", "Its name there.", &openai.model);
    let about = "What the model is told besides going by the documents: who it is, how it speaks, what it leaves alone.";
    let instructions = values.field("openai.instructions", "Instructions", about, &openai.instructions);
    let number = |name, label, about, stored: Option<String>| Field {
        input: "number",
        placeholder: "as the model has it".to_owned(),
        ..values.field(name, label, about, &stored.unwrap_or_default())
    };
    let heat = openai.temperature.map(|heat| heat.to_string());
    let tokens = openai.max_tokens.map(|tokens| tokens.to_string());
    let fields = vec![
        url,
        key,
        model,
        Field { input: "lines", ..instructions },
        number("openai.temperature", "Temperature", "0 is sober, 2 is wild.", heat),
        number("openai.max_tokens", "Longest answer, in tokens", "", tokens),
    ];
    Group { kind: "openai", title: "A language model", about: String::new(), fields }
}
