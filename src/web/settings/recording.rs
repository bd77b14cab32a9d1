//! What is recorded of a connection's pages.

use warp::http::Method;

use super::{
    Field, FormPage, Group, Head, Problems, append_if_any, route, saved, settings_entry, text_rules, url,
};
use crate::model::ConnectionId;
use crate::model::recording::{Begin, Consent, Privacy, Recording};
use crate::model::text_rules::TextRules;
use crate::store::connection_settings;
use crate::web::audited::changed;
use crate::web::form::Form;
use crate::web::problem::Problem;
use crate::web::request::Request;
use crate::web::router::Route;
use crate::web::{App, Response};

const ABOUT: &str = "This reaches your pages within a minute; they need not be touched. Where a page's own attributes \
    are stricter, those hold.";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![route(Method::GET, "/recording", page), route(Method::POST, "/recording", save)]
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "Recording").await?;
    let settings = app.store.read(move |conn| connection_settings::find(conn, connection)).await?;
    let settings = settings.ok_or_else(Problem::not_found)?;
    let share = share_of(&settings.recording);
    show(&app, head, connection, (&settings.recording, &settings.texts), &share, &Problems::new())
}

fn show(
    app: &App,
    head: Head,
    connection: ConnectionId,
    (recording, texts): (&Recording, &TextRules),
    share: &str,
    problems: &Problems,
) -> Result<Response, Problem> {
    FormPage {
        head: Head { wrong: !problems.is_empty(), ..head },
        title: "Recording",
        about: ABOUT,
        action: format!("{}/recording", url(connection)),
        groups: groups(recording, texts, share, problems),
        preview_url: None,
    }
    .show(app)
}

fn groups(recording: &Recording, texts: &TextRules, share: &str, problems: &Problems) -> Vec<Group> {
    let to_page = ("", "As the page says", "Its data-privacy attribute, or open where there is none.");
    let presets = Privacy::ALL.map(|preset| (preset.name(), preset.name(), preset.meaning()));
    let preset = recording.privacy.map_or("", Privacy::name);
    let preset = Field::cards("privacy", "At least", [to_page].into_iter().chain(presets), preset);
    let mut hidden = vec![preset];
    hidden.extend(text_rules::confirmation(problems));
    hidden.extend([
        Field::switch(
            "mask_all_inputs",
            "Mask what is typed into fields, whatever the preset",
            recording.mask_all_inputs,
        ),
        Field::selector("mask_text_selector", "Mask the text of", &recording.mask_text_selector)
            .hint("CSS selectors. Text there is replaced by asterisks.")
            .placeholder(".customer-name, [data-private]"),
        Field::selector("block_selector", "Leave out", &recording.block_selector)
            .hint("CSS selectors. Of what is there only a box of the same size is recorded.")
            .placeholder("#invoices, .map"),
        Field::selector("ignore_selector", "Keep to the page what is typed into", &recording.ignore_selector)
            .hint("CSS selectors. The fields are recorded without anything that they hold.")
            .placeholder("input.iban"),
    ]);
    vec![
        Group::new(
            "What is hidden",
            "Passwords, one-time codes, card data and hidden fields are never recorded.",
            hidden,
            problems,
        ),
        Group::new(
            "What the server replaces in texts",
            "Before anything is written, whatever the page's recorder sent. Balanced and strict replace all five \
             kinds in any case.",
            text_rules::fields(texts),
            problems,
        ),
        Group::new("How much, and when", "", amount(recording, share), problems),
    ]
}

/// The fields about which visits are recorded, and from when on.
fn amount(recording: &Recording, share: &str) -> Vec<Field> {
    let starts = [
        ("", "As the page says", "Its data-start attribute, or with the page where there is none."),
        (
            "manual",
            "When the page asks",
            "Nothing is recorded before the page calls hindsight.start(), such as after a yes to a consent banner.",
        ),
    ];
    let start = if recording.start == Some(Begin::Manual) { "manual" } else { "" };
    let consents = [
        ("", "As the page says", "Its data-consent attribute, or none is asked for where there is none."),
        (
            "required",
            "Required, the page asks",
            "Nothing is recorded before the page calls hindsight.consent(true), or the visitor has agreed in the widget.",
        ),
        (
            "ask",
            "Required, a notice asks",
            "A small notice of Hindsight's asks in the visitor's language. A page opens it again with hindsight.notice().",
        ),
    ];
    let consent = match recording.consent {
        None => "",
        Some(Consent::Required) => "required",
        Some(Consent::Ask) => "ask",
    };
    vec![
        Field::number("sample", "Share of visits", share, "% are recorded")
            .hint("A visit is recorded whole or not at all.")
            .placeholder("100"),
        Field::cards("start", "Recording starts", starts, start),
        Field::cards("consent", "Consent", consents, consent),
        Field::switch("dnt", "Leave visitors alone whose browser sends Do Not Track", recording.honour_dnt),
    ]
}

fn share_of(recording: &Recording) -> String {
    let percent = |share: f64| {
        let text = format!("{:.2}", share * 100.0);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    recording.sample.map(percent).unwrap_or_default()
}

async fn save(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let head = Head::of(&app, &request, connection, "Recording").await?;
    let form = Form::read(&app, &mut request).await?;
    let share = form.text("sample").trim().trim_end_matches('%').trim().to_owned();
    let (recording, mut problems) = read(&form, &share);
    problems.extend(recording.problems());
    let texts = text_rules::read(&form, &mut problems);
    let before = app.store.read(move |conn| connection_settings::find(conn, connection)).await?;
    let before = before.ok_or_else(Problem::not_found)?;
    text_rules::check_open(&form, before.recording.privacy, recording.privacy, &mut problems);
    if !problems.is_empty() {
        return show(&app, head, connection, (&recording, &texts), form.text("sample"), &problems);
    }
    let mut fields = changed(&before.recording, &recording);
    fields.extend(changed(&before.texts, &texts));
    let entry = settings_entry(&app, connection, "recording", fields);
    app.store
        .write(move |conn| {
            connection_settings::set_recording(conn, connection, &recording)?;
            connection_settings::set_texts(conn, connection, &texts)?;
            append_if_any(conn, entry)
        })
        .await?;
    Ok(saved(&format!("{}/recording", url(connection)), "1"))
}

fn read(form: &Form, share: &str) -> (Recording, Problems) {
    let mut problems = Problems::new();
    let selector = |name| form.text(name).trim().to_owned();
    let sample = match share {
        "" => None,
        text => {
            let percent = text.parse::<f64>().ok().filter(|percent| percent.is_finite());
            if percent.is_none() {
                problems.push(("sample", "Write a number from 0 to 100.".to_owned()));
            }
            percent.map(|percent| percent / 100.0)
        }
    };
    let privacy = Privacy::named(form.text("privacy"));
    if privacy.is_none() && !form.text("privacy").is_empty() {
        problems.push(("privacy", "Choose one of the four.".to_owned()));
    }
    let recording = Recording {
        privacy,
        sample,
        start: (form.text("start") == "manual").then_some(Begin::Manual),
        consent: match form.text("consent") {
            "required" => Some(Consent::Required),
            "ask" => Some(Consent::Ask),
            _ => None,
        },
        honour_dnt: form.text("dnt") == "1",
        mask_all_inputs: form.text("mask_all_inputs") == "1",
        mask_text_selector: selector("mask_text_selector"),
        block_selector: selector("block_selector"),
        ignore_selector: selector("ignore_selector"),
    };
    (recording, problems)
}
