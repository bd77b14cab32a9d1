//! What the page states. Nothing here promises more than the server does.

use serde::Serialize;

use crate::config::Login;
use crate::finish::chosen;
use crate::model::Role;
use crate::model::recording::{Begin, Consent, Recording};
use crate::model::text_rules::TextRules;
use crate::store::connections::Rules;
use crate::store::members::{self, Member};
use crate::store::{Scope, choices, connection_settings, connections};
use crate::web::problem::Problem;
use crate::web::{App, format, persons, retention};

/// A heading with what stands below it.
#[derive(Serialize)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// Paragraphs.
    pub sentences: Vec<String>,
}

/// What holds for the pages of a connection.
#[derive(Serialize)]
pub struct Site {
    /// What the connection is called.
    pub name: String,
    /// Each fact with its name.
    pub facts: Vec<(&'static str, String)>,
    /// How long its sessions are kept, in words.
    pub kept: String,
}

/// What holds for each connection that may be seen.
pub async fn sites(app: &App, scope: &Scope) -> Result<Vec<Site>, Problem> {
    let (viewing, scope) = (app.clone(), scope.clone());
    let read = app.store.read(move |conn| {
        let mut sites = Vec::new();
        for (connection, rules) in connections::with_rules(conn, &scope)? {
            let settings = connection_settings::find(conn, connection.id)?.unwrap_or_default();
            let choices = choices::of_connection(conn, connection.id)?;
            let maskers = chosen::maskers(&viewing.plugins, &choices);
            let maskers =
                maskers.map(|found| found.iter().map(|each| each.plugin.id().to_string()).collect());
            let settings = (&settings.recording, &settings.texts);
            let mut site = site(&viewing, connection.name, &rules, settings, maskers.ok());
            if viewing.settings.accounts.login == Login::Required {
                let people = members::of_connection(conn, &scope, connection.id)?;
                site.facts.push(("May watch", by_role(&people)));
            }
            sites.push(site);
        }
        Ok(sites)
    });
    Ok(read.await?)
}

/// How many people have each role, those with a role in all connections among them.
fn by_role(people: &[Member]) -> String {
    let count = |role: Role| {
        let has = |member: &&Member| member.role.max(member.everywhere) == Some(role);
        i64::try_from(people.iter().filter(has).count()).unwrap_or(i64::MAX)
    };
    let all = Role::ALL.into_iter().rev().filter(|role| count(*role) > 0);
    let texts: Vec<String> = all.map(|role| format!("{} × {}", count(role), role.name())).collect();
    if texts.is_empty() { "Nobody".to_owned() } else { texts.join(", ") }
}

fn site(
    app: &App,
    name: String,
    rules: &Rules,
    (recording, texts): (&Recording, &TextRules),
    maskers: Option<Vec<String>>,
) -> Site {
    let server_days = i64::from(app.settings.retention.keep_days);
    let kept = retention::words(rules.keep_days.unwrap_or(server_days));
    let yes = |is_so: bool, text: &str, other: &str| if is_so { text.to_owned() } else { other.to_owned() };
    let mut facts = vec![
        ("State", yes(rules.paused, "Paused: nothing is recorded", "Recording")),
        ("Hidden before it is sent", hidden(recording)),
        ("Hidden before it is written", hidden_on_server(recording, texts)),
        ("Visits", visits(recording)),
        (
            "Starts",
            yes(
                recording.start == Some(Begin::Manual),
                "When the page asks for it, such as after consent",
                "As the page says: with the page, unless it waits for consent",
            ),
        ),
        (
            "Consent",
            match recording.consent {
                None => "As the page says: asked for where it says so",
                Some(Consent::Required) => "Nothing is recorded before the visitor agrees",
                Some(Consent::Ask) => "Nothing is recorded before the visitor agrees; a notice asks",
            }
            .to_owned(),
        ),
        (
            "Global Privacy Control",
            yes(rules.honour_gpc, "Honoured: such visitors are not recorded", "Not looked at"),
        ),
        (
            "Do Not Track",
            yes(recording.honour_dnt, "Honoured: such visitors are not recorded", "Not looked at"),
        ),
        ("Kept", kept.clone()),
    ];
    let masked = match maskers {
        None => "A masker does not work: recordings are held back until it does".to_owned(),
        Some(maskers) if maskers.is_empty() => "No".to_owned(),
        Some(maskers) => format!("By {}, before anybody can watch it", maskers.join(", ")),
    };
    facts.insert(3, ("Masked by plugins", masked));
    Site { name, facts, kept }
}

fn hidden(recording: &Recording) -> String {
    let mut parts = vec![match recording.privacy {
        Some(preset) => format!("At least {}: {}", preset.name(), preset.meaning()),
        None => "As the page says; where it says nothing, what visitors see and type is recorded.".to_owned(),
    }];
    if recording.mask_all_inputs {
        parts.push("Whatever is typed into fields is masked.".to_owned());
    }
    let selectors = [&recording.mask_text_selector, &recording.block_selector, &recording.ignore_selector];
    if selectors.iter().any(|selector| !selector.is_empty()) {
        parts.push("Parts of the page that the site chose are masked or left out.".to_owned());
    }
    parts.push("Passwords, one-time codes, card data and hidden fields are never recorded.".to_owned());
    parts.join(" ")
}

/// What the server hides once more, whatever the page sent.
fn hidden_on_server(recording: &Recording, texts: &TextRules) -> String {
    let mut parts = vec![match recording.privacy {
        Some(preset) => format!("The same by {}, as far as a single element tells.", preset.name()),
        None => "Passwords, one-time codes and card fields alone: no preset is set here.".to_owned(),
    }];
    if !texts.kinds.is_empty() {
        let kinds: Vec<&str> = texts.kinds.iter().map(|kind| kind.label()).collect();
        parts.push(format!("In texts: {}.", kinds.join(", ").to_lowercase()));
    }
    if !texts.words.trim().is_empty() {
        parts.push("Words that the site chose.".to_owned());
    }
    parts.join(" ")
}

fn visits(recording: &Recording) -> String {
    match recording.sample {
        None => "All, unless the page says less".to_owned(),
        Some(share) => format!("At most {:.0}% of them", share * 100.0),
    }
}

/// What holds for the whole server. `with_paths`: for those who run it.
pub fn sections(app: &App, with_paths: bool) -> Vec<Section> {
    vec![
        Section { title: "What is recorded", sentences: recorded(app) },
        Section { title: "Who is responsible", sentences: responsible(app) },
        Section { title: "Where it lies", sentences: place(app, with_paths) },
        Section { title: "Who can watch", sentences: watching(app) },
        Section { title: "How long it is kept, and what erasing reaches", sentences: kept(app) },
        Section { title: "What masking cannot promise", sentences: masking() },
        Section { title: "Consent and your duties", sentences: consent() },
    ]
}

fn recorded(app: &App) -> Vec<String> {
    let country = match app.settings.server.country_header.as_str() {
        "" => "No country is kept.",
        _ => "The country is kept that a proxy in front of the server names.",
    };
    let agent = if app.settings.sessions.whole_user_agents {
        "the whole user agent of the browser is kept"
    } else {
        "the browser with its major version, and the system, are kept"
    };
    vec![
        "The pages of the sites below, as visitors see them: the document and how it changes, movements of the mouse, \
         clicks, scrolling, what is typed as far as it is not masked, messages of the console, errors, what is copied as far as it is not masked, and addresses \
         of requests without their queries and without what was sent. Questions to the chat and the answers, where a \
         site uses it. The id and the traits of a person, where a site names them with hindsight.identify()."
            .to_owned(),
        "An example: somebody opens /cart, types an address and a card number, and presses Pay. A replay shows the \
         page, the mouse and the press. It never shows the card number; it shows the address only where fields are \
         not masked."
            .to_owned(),
        format!(
            "Of each visit {agent}. The internet address is used in memory, to limit how \
             often uploads come, and is not stored. {country} The recorder sets no cookie and takes no fingerprint."
        ),
        "A replay shows what was recorded and nothing else: images and fonts of other servers are not fetched, so it \
         may look different from what the visitor saw."
            .to_owned(),
    ]
}

fn responsible(app: &App) -> Vec<String> {
    let privacy = &app.settings.privacy;
    let who = match (privacy.operator.as_str(), privacy.contact.as_str()) {
        ("", "") => {
            "Whoever runs this server decides what is recorded; who that is was not filled in.".to_owned()
        }
        (operator, "") => format!("{operator} runs this server and decides what is recorded."),
        ("", contact) => format!("Whoever runs this server decides what is recorded. Contact: {contact}."),
        (operator, contact) => {
            format!("{operator} runs this server and decides what is recorded. Contact: {contact}.")
        }
    };
    vec![
        who,
        "The makers of the software receive nothing: it sends no telemetry and asks for no updates. Data leaves the \
         server only where its operator set that up, such as an agent or a model that answers visitors' questions."
            .to_owned(),
    ]
}

fn place(app: &App, with_paths: bool) -> Vec<String> {
    let mut sentences = vec![
        "In one database on the server's disk, in clear text: the software does not encrypt it, the operator may \
         encrypt the disk."
            .to_owned(),
    ];
    if with_paths {
        let folder = &app.settings.server.data_dir;
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        sentences.push(format!(
            "The folder is {}: hindsight.db, its write-ahead log beside it, and backups that upgrades make in backups.",
            folder.display()
        ));
    }
    sentences
}

fn watching(app: &App) -> Vec<String> {
    let days = app.settings.audit.keep_days;
    let kept = if days == 0 {
        "for ever".to_owned()
    } else {
        format!("for {}", format::count(i64::from(days), "day"))
    };
    let who = match app.settings.accounts.login {
        Login::None => "The server asks nobody who they are: whoever reaches its pages can watch.",
        Login::Required => {
            "Those can watch who have an account with a role in the connection, after logging in."
        }
    };
    vec![
        format!(
            "{who} A link to a session shows that one session to whoever has the link, until it expires."
        ),
        format!(
            "Each view of a session is noted in an audit log, as are downloads, exports, deletions, links, logins and \
             changes of settings, accounts and roles. The log is kept {kept}, and shows when it was tampered with. It names visitors by a keyed \
             hash, never by their id."
        ),
    ]
}

fn kept(app: &App) -> Vec<String> {
    let days = i64::from(app.settings.retention.keep_days);
    let budget = match i64::try_from(app.settings.retention.max_bytes).unwrap_or(i64::MAX) {
        0 => String::new(),
        bytes => format!(" Above {} in all the oldest go earlier.", format::bytes(bytes)),
    };
    vec![
        format!(
            "Sessions are kept {}, unless a site below says otherwise; pinned ones stay.{budget}",
            retention::words(days)
        ),
        "Erasing a person, a session or a time takes recordings, search, prompts, findings, notes and links out of \
         the database and overwrites them on the disk."
            .to_owned(),
        format!(
            "It does not reach copies outside of the database. {} Neither does it reach replicas and files that people \
             downloaded before, nor recordings in which the site did not name the person.",
            persons::backups(app)
        ),
    ]
}

fn masking() -> Vec<String> {
    vec![
        "Masking is a best effort. Text that is drawn in pictures or a canvas, fields that a page builds by itself, \
         text that styles put into the page, and parts of addresses can slip through. Watch recordings of your own \
         pages after each change, and choose what is left out under Settings, Recording."
            .to_owned(),
    ]
}

fn consent() -> Vec<String> {
    vec![
        "In the European Union the law very likely asks for consent before a visit is recorded, since watching how \
         people use a page is not needed to show it. Let recording start when the page asks, and ask after a yes. \
         This is no legal advice."
            .to_owned(),
        "Recording whole visits may call for an impact assessment before it begins: think of what people type, of \
         children, and of pages about health, money or belief; record a share of visits, or some pages, where that \
         is enough."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_that_cannot_be_kept() {
        let text = [masking(), consent()].concat().join(" ").to_lowercase();
        for promise in ["gdpr compliant", "anonymous", "no personal data", "military"] {
            assert!(!text.contains(promise), "{promise}");
        }
    }

    #[test]
    fn what_is_hidden_is_told_from_the_settings() {
        let open = hidden(&Recording::default());
        assert!(open.contains("where it says nothing, what visitors see and type is recorded"), "{open}");
        let strict =
            Recording { privacy: Some(crate::model::recording::Privacy::Strict), ..Recording::default() };
        assert!(hidden(&strict).starts_with("At least strict: All text is masked"));
        assert!(hidden_on_server(&Recording::default(), &TextRules::default()).contains("no preset is set"));
        let texts = TextRules { words: "Falcon".to_owned(), ..TextRules::default() };
        assert!(hidden_on_server(&strict, &texts).ends_with("Words that the site chose."));
        assert_eq!(visits(&Recording { sample: Some(0.25), ..Recording::default() }), "At most 25% of them");
    }
}
