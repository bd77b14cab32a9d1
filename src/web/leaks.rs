//! What should not have been recorded: looked for, listed by its place, and taken away.

mod live;

use serde::Serialize;
use serde_json::json;
use warp::http::Method;

use super::audited::changed;
use super::confirm::Confirm;
use super::filter::address;
use super::form::Form;
use super::page::{Frame, sessions_url};
use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::settings::{self, Tab, append_if_any, settings_entry};
use super::{App, Response, delete, format, see_other};
use crate::model::recording::Recording;
use crate::model::text_rules::Kind;
use crate::model::{ConnectionId, selector};
use crate::privacy::leaks::Leak;
use crate::store::audit::{self, Entry, What};
use crate::store::erasing::Selection;
use crate::store::leaks::{self, Listed, Place, Scan, State};
use crate::store::{Db, connection_settings};

const PATH: &str = "/connections/{connection}/leaks";

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let below = |place: &str| format!("{PATH}/{place}");
    vec![
        Route::new(Method::GET, PATH, Access::Admin, Surface::Page, page),
        Route::new(Method::POST, PATH, Access::Admin, Surface::Page, start),
        Route::new(Method::GET, below("live"), Access::Admin, Surface::Data, live::answer),
        Route::new(Method::POST, below("cancel"), Access::Admin, Surface::Page, cancel),
        Route::new(Method::GET, below("act"), Access::Admin, Surface::Page, ask),
        Route::new(Method::POST, below("act"), Access::Admin, Surface::Page, act),
    ]
}

/// Where the page of a connection is.
pub fn url(connection: ConnectionId) -> String {
    PATH.replace("{connection}", &connection.to_string())
}

#[derive(Serialize)]
struct LeaksPage {
    #[serde(flatten)]
    frame: Frame,
    tabs: Vec<Tab>,
    done: Option<String>,
    action: String,
    progress_version: String,
    found_version: String,
    scan: Option<Progress>,
    places: Vec<Item>,
    /// Whether there may be more places than are listed.
    is_cut: bool,
    /// What is being written anew, in words.
    remasking: String,
}

/// How far a scan has come.
#[derive(Serialize)]
struct Progress {
    is_running: bool,
    words: String,
    sessions: i64,
    done: i64,
    started: String,
    started_exact: String,
    failed: String,
}

/// What was found in one place.
#[derive(Serialize)]
struct Item {
    label: &'static str,
    selector: String,
    field: String,
    sample: String,
    sessions: String,
    times: String,
    page: String,
    more_pages: String,
    session_url: String,
    remask_url: String,
    delete_url: String,
    rule_url: String,
    /// Where the element as such can be masked, or its field kept to the page.
    element_url: String,
}

async fn page(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let done = done(&request)?;
    // Read before what is shown, so that a page is rather told too often than not.
    let live::Versions { progress: progress_version, found: found_version } =
        live::versions(&app, connection).await?;
    let (scan, listed, remasking) = app
        .store
        .read(move |conn| {
            let listed = leaks::list(conn, connection)?;
            Ok((leaks::find(conn, connection)?, listed, leaks::remasking(conn, connection)?))
        })
        .await?;
    let page = LeaksPage {
        frame,
        tabs: settings::tabs(connection, "Leaks"),
        done,
        action: url(connection),
        progress_version,
        found_version,
        scan: scan.map(|scan| progress(&scan, app.clock.now())),
        is_cut: listed.len() as i64 >= leaks::MOST_PLACES,
        places: listed.into_iter().map(|listed| item(connection, listed)).collect(),
        remasking: match remasking {
            0 => String::new(),
            count => {
                format!("{} to be written anew without what was found.", format::count(count, "session"))
            }
        },
    };
    app.templates.page("pages/leaks.html", &page)
}

fn done(request: &Request) -> Result<Option<String>, Problem> {
    Ok(match request.query("done")?.as_deref() {
        Some("started") => Some("The recordings are being looked through.".to_owned()),
        Some("cancelled") => Some("Cancelled. What was found so far stays listed.".to_owned()),
        Some("remask") => Some("The recordings are being written anew without it.".to_owned()),
        Some("element") => Some("From now on the element is hidden.".to_owned()),
        Some("rule") => Some("From now on the server replaces it before anything is written.".to_owned()),
        _ => None,
    })
}

fn progress(scan: &Scan, now: i64) -> Progress {
    let sessions = format::count(scan.sessions, "session");
    let words = match scan.state {
        State::Running if scan.by_command => "A command looks through the recordings.".to_owned(),
        State::Running => format!("{} of {sessions} looked through.", format::grouped(scan.done)),
        State::Done => format!("{sessions} looked through, {}.", format::bytes(scan.bytes)),
        State::Cancelled => format!("Cancelled after {} of {sessions}.", format::grouped(scan.done)),
    };
    let failed = match scan.failed {
        0 => String::new(),
        failed => format!("{} could not be read; the log says why.", format::count(failed, "session")),
    };
    Progress {
        is_running: scan.state == State::Running,
        words,
        sessions: scan.sessions,
        done: scan.done,
        started: format::relative(scan.started_at, now),
        started_exact: format::exact(scan.started_at),
        failed,
    }
}

fn item(connection: ConnectionId, listed: Listed) -> Item {
    let act = |what: &str| {
        let fields = fields_of(&listed.place, what);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        address(&format!("{}/act", url(connection)), &query)
    };
    Item {
        label: Leak::named(&listed.place.kind).map_or("", Leak::label),
        remask_url: act("remask"),
        delete_url: act("delete"),
        rule_url: kind_of(&listed.place).map(|_| act("rule")).unwrap_or_default(),
        element_url: element_of(&listed.place).map(|_| act("element")).unwrap_or_default(),
        session_url: format!("{}/{}", sessions_url(connection), listed.session),
        sessions: format::grouped(listed.sessions),
        times: format::grouped(listed.times),
        more_pages: match listed.pages - 1 {
            ..=0 => String::new(),
            more => format!("and {}", format::count(more, "other page")),
        },
        page: listed.page,
        sample: listed.sample,
        selector: listed.place.selector,
        field: listed.place.field,
    }
}

fn fields_of(place: &Place, what: &str) -> Vec<(&'static str, String)> {
    vec![
        ("what", what.to_owned()),
        ("kind", place.kind.clone()),
        ("selector", place.selector.clone()),
        ("field", place.field.clone()),
    ]
}

/// The kind that a rule can name.
fn kind_of(place: &Place) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == place.kind)
}

/// What can be set of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    /// Its text is masked.
    MaskText,
    /// What is typed into it stays with the page.
    IgnoreInput,
}

/// The selector by which the place's element is found on a page, and what can be set of it.
fn element_of(place: &Place) -> Option<(String, Setting)> {
    let setting = match place.field.split(' ').next()? {
        "text" => Setting::MaskText,
        "field" => Setting::IgnoreInput,
        _ => return None,
    };
    // Within a shadow root or a frame the element is looked for from there.
    let selector = place.selector.rsplit(" >>> ").next().unwrap_or_default().to_owned();
    // Nobody means the whole page.
    let is_one =
        !matches!(&*selector, "" | "body" | "html" | "html > body") && selector::check(&selector).is_ok();
    is_one.then_some((selector, setting))
}

/// Has an element hidden by the recorders of a connection, and by the server as far as it can.
fn hide_element(recording: &mut Recording, selector: &str, setting: Setting) -> Result<(), &'static str> {
    let list = match setting {
        Setting::MaskText => &mut recording.mask_text_selector,
        Setting::IgnoreInput => &mut recording.ignore_selector,
    };
    if list.split(',').any(|one| one.trim() == selector) {
        return Ok(());
    }
    let longer = if list.trim().is_empty() { selector.to_owned() } else { format!("{list}, {selector}") };
    selector::check(&longer)?;
    *list = longer;
    Ok(())
}

async fn start(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let now = app.clock.now();
    let entry = app.entry(What::LeakScan, Some(connection), "", json!({ "done": "started" }));
    app.store
        .write(move |conn| {
            leaks::start(conn, connection, false, now)?;
            audit::append(conn, &entry)
        })
        .await?;
    Ok(see_other(&format!("{}?done=started", url(connection))))
}

async fn cancel(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let now = app.clock.now();
    let entry = app.entry(What::LeakScan, Some(connection), "", json!({ "done": "cancelled" }));
    app.store
        .write(move |conn| {
            if leaks::set_state(conn, connection, State::Cancelled, now)? {
                audit::append(conn, &entry)?;
            }
            Ok(())
        })
        .await?;
    Ok(see_other(&format!("{}?done=cancelled", url(connection))))
}

/// What is to be done about a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Remask,
    Delete,
    Rule,
    Element,
}

impl Deed {
    fn read(word: &str) -> Result<Self, Problem> {
        match word {
            "remask" => Ok(Self::Remask),
            "delete" => Ok(Self::Delete),
            "rule" => Ok(Self::Rule),
            "element" => Ok(Self::Element),
            _ => Err(Problem::bad_query("what is one of remask, delete, rule and element.")),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Remask => "remask",
            Self::Delete => "delete",
            Self::Rule => "rule",
            Self::Element => "element",
        }
    }
}

fn place(read: impl Fn(&str) -> Result<String, Problem>) -> Result<Place, Problem> {
    let kind = read("kind")?;
    if Leak::named(&kind).is_none() {
        return Err(Problem::bad_query("kind is one of email, card, iban, phone, token and national-id."));
    }
    Ok(Place { kind, selector: read("selector")?, field: read("field")? })
}

async fn ask(app: App, request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    let frame = Frame::about(&app, "settings", connection).await?;
    let deed = Deed::read(&request.query("what")?.unwrap_or_default())?;
    let place = place(|name| Ok(request.query(name)?.unwrap_or_default()))?;
    let asked = place.clone();
    let count = app.store.read(move |conn| Ok(leaks::sessions(conn, connection, &asked)?.len())).await?;
    let sessions = format::count(count as i64, "session");
    let label = Leak::named(&place.kind).map_or("", Leak::label);
    let (title, button, sentence) = words(deed, &sessions);
    let element = element_of(&place).map(|(selector, _)| selector).unwrap_or(place.selector.clone());
    let facts = [("Found", label.to_owned()), ("In", place.field.clone()), ("Element", element)];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty()).collect();
    Confirm {
        frame,
        title,
        facts,
        sentences: vec![sentence.to_owned()],
        action: format!("{}/act", url(connection)),
        fields: fields_of(&place, deed.word()),
        button: (count > 0 || matches!(deed, Deed::Rule | Deed::Element)).then_some(button),
        cancel_url: url(connection),
    }
    .page(&app)
}

/// The question, the button, and what comes of it.
fn words(deed: Deed, sessions: &str) -> (String, String, &'static str) {
    match deed {
        Deed::Remask => (
            format!("Write {sessions} anew without it?"),
            format!("Re-mask {sessions}"),
            "In these recordings every such value becomes asterisks, wherever it stands, and so does what the \
             connection's rules name. Visits that still last are written anew when they are over. This cannot be \
             undone; backups, exports and reports that were made before keep what they have.",
        ),
        Deed::Delete => (
            format!("Delete {sessions}?"),
            format!("Delete {sessions}"),
            "The recordings go with all that was found in them. This cannot be undone: what is deleted is \
             overwritten on the disk.",
        ),
        Deed::Rule => (
            "Replace it from now on?".to_owned(),
            "Add the rule".to_owned(),
            "The server replaces every such value in new recordings of this connection before anything is \
             written. What is recorded already stays as it is.",
        ),
        Deed::Element => (
            "Hide this element from now on?".to_owned(),
            "Hide the element".to_owned(),
            "Recorders mask the text of this element, or keep to the page what is typed into it, and the server does \
             so again as far as one element tells by itself. The selector is added under Settings, Recording, where \
             it can be changed. What is recorded already stays as it is.",
        ),
    }
}

async fn act(app: App, mut request: Request) -> Result<Response, Problem> {
    let connection: ConnectionId = request.param("connection")?;
    Frame::about(&app, "settings", connection).await?;
    let form = Form::read(&app, &mut request).await?;
    let deed = Deed::read(form.text("what"))?;
    let place = place(|name| Ok(form.text(name).to_owned()))?;
    match deed {
        Deed::Delete => {
            let ids = app.store.read(move |conn| leaks::sessions(conn, connection, &place)).await?;
            let entry = app.entry(What::SessionsDeleted, Some(connection), "", json!({ "by": "leak" }));
            return delete::delete(&app, connection, Selection::Sessions(ids), entry).await;
        }
        Deed::Remask => {
            let entry = app.entry(What::LeakRemasked, Some(connection), place.kind.clone(), json!({}));
            let remask = move |conn: &Db| {
                let sessions = leaks::remask(conn, connection, &place)?;
                audit::append(conn, &Entry { detail: json!({ "sessions": sessions }), ..entry })
            };
            app.store.write(remask).await?;
        }
        Deed::Element => hide(&app, connection, &place).await?,
        Deed::Rule => {
            let kind = kind_of(&place)
                .ok_or_else(|| Problem::bad_query("A rule names email, card, iban or phone."))?;
            let noting = app.clone();
            let add = move |conn: &Db| {
                let mut texts = connection_settings::find(conn, connection)?.unwrap_or_default().texts;
                let before = texts.clone();
                if !texts.kinds.contains(&kind) {
                    texts.kinds.push(kind);
                    texts.kinds.sort();
                }
                connection_settings::set_texts(conn, connection, &texts)?;
                append_if_any(
                    conn,
                    settings_entry(&noting, connection, "recording", changed(&before, &texts)),
                )
            };
            app.store.write(add).await?;
        }
    }
    Ok(see_other(&format!("{}?done={}", url(connection), deed.word())))
}

async fn hide(app: &App, connection: ConnectionId, place: &Place) -> Result<(), Problem> {
    let (selector, setting) = element_of(place).ok_or_else(|| {
        Problem::bad_query("This place has no element whose text or field could be hidden.")
    })?;
    let noting = app.clone();
    let add = move |conn: &Db| {
        let mut recording = connection_settings::find(conn, connection)?.unwrap_or_default().recording;
        let before = recording.clone();
        if let Err(why) = hide_element(&mut recording, &selector, setting) {
            return Ok(Some(why));
        }
        connection_settings::set_recording(conn, connection, &recording)?;
        append_if_any(conn, settings_entry(&noting, connection, "recording", changed(&before, &recording)))?;
        Ok(None)
    };
    match app.store.write(add).await? {
        None => Ok(()),
        Some(why) => {
            Err(Problem::bad_form(&format!("The list of selectors does not take another one. {why}")))
        }
    }
}
