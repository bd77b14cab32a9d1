//! Connections with something of everything in them, and requests about it.

use std::collections::BTreeMap;

use hindsight::accounts::password;
use hindsight::config::Login;
use hindsight::ingest::new_key;
use hindsight::model::{ConnectionId, SessionId, StyleHash, TokenScope};
use hindsight::segment::frame::Press;
use hindsight::store::members::{self, Actor};
use hindsight::store::reports::{self, NewReport};
use hindsight::store::reruns::{self, Work};
use hindsight::store::webhooks::{self, Wanted};
use hindsight::store::{Db, Scope, connections, notes, persons, sessions, shares, tags, views};
use hindsight::web::{Asker, Request, Route, Router, Who};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use warp::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::accounts::PASSWORD;
use crate::server::{NOW, TestServer, page_load};

/// The account of everybody who asks: what they may do is said with each request.
pub const ASKER: i64 = 1;

/// Where programs come to, with a token.
const API: &str = "/api/v1/";

/// How notes know [`ASKER`].
const VIEWER: &str = "user-1";

/// What a visitor asks, a plugin finds, a report quotes.
pub const MARKER: &str = "zebrafish";

/// The ids of a connection and of what is in it, by the names that paths have for them.
#[derive(Clone, Debug)]
pub struct Ids {
    pub connection: ConnectionId,
    by_name: BTreeMap<&'static str, String>,
    /// A session that is not finished, which still has batches.
    live: String,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// The address that it leads to.
    pub leads_to: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The text, or of a page its title.
    pub fn told(&self) -> String {
        let text = self.text();
        let title = text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        title.map_or_else(|| text.clone(), str::to_owned)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The same without the name of the request, which no two have.
    pub fn without_id(&self) -> String {
        let text = self.text();
        let Some((before, rest)) = text.split_once(",\"request_id\":\"") else { return text };
        rest.split_once('"').map_or_else(|| before.to_owned(), |(_, after)| format!("{before}{after}"))
    }
}

impl Ids {
    pub fn get(&self, name: &str) -> &str {
        self.by_name.get(name).unwrap_or_else(|| panic!("{{{name}}} of a new route stands for nothing yet"))
    }

    /// The path with these ids. Only sessions that still last have batches.
    pub fn fill(&self, path: &str) -> String {
        let mut ids = self.clone();
        if path.contains("/streams/") && !path.starts_with("/share/") {
            ids.by_name.insert("session", self.live.clone());
        }
        let mut filled = path.to_owned();
        for name in names(path) {
            filled = filled.replace(&format!("{{{name}}}"), ids.get(name.trim_start_matches('*')));
        }
        filled
    }

    /// The same with another id in one place.
    pub fn with(&self, name: &str, id: &str) -> Self {
        let mut ids = self.clone();
        let (name, _) = ids.by_name.remove_entry(name).unwrap_or_else(|| panic!("no {name}"));
        ids.by_name.insert(name, id.to_owned());
        if name == "session" {
            id.clone_into(&mut ids.live);
        }
        ids
    }
}

/// What stands in braces in a path.
pub fn names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

/// An id that nothing has.
pub fn absent(name: &str) -> &'static str {
    match name {
        "session" => "session-of-nobody-00",
        "stream" => "stream-of-nobody-000",
        "style" => "00000000000000000000000000000000",
        "table" => "9.csv",
        "plugin" | "kind" | "visitor" | "token" | "key" => "nobody-has-this",
        _ => "987654321",
    }
}

fn stream_of(session: &str) -> String {
    session.replacen("session", "stream0", 1)
}

async fn post(server: &TestServer, key: &str, session: &str, seq: i64, body: &str) {
    let path = format!("/ingest/{key}/{session}/{}/{seq}", stream_of(session));
    let mut answer = server.post(&path, body).await;
    for _ in 0..100 {
        // The machine is busy, or has looked for many keys in this second: a recorder comes again, too.
        if answer.status != 503 {
            break;
        }
        server.clock.advance(std::time::Duration::from_secs(1));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        answer = server.post(&path, body).await;
    }
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Uploads a visit of somebody who has a name.
async fn record(server: &TestServer, key: &str, session: &str, visitor: &str) {
    post(server, key, session, 0, &page_load(NOW, "https://shop.example/", "hello")).await;
    let named = format!(
        r#"[{{"type":5,"data":{{"tag":"hindsight.identify","payload":{{"id":"{visitor}"}}}},"timestamp":{}}}]"#,
        NOW + 2100
    );
    post(server, key, session, 1, &named).await;
}

/// Has the visitor of a session ask something.
pub async fn ask(server: &TestServer, ids: &Ids, session: &str) {
    let event = |at: i64, tag: &str, payload: &str| {
        format!(r#"{{"type":5,"data":{{"tag":"hindsight.{tag}","payload":{payload}}},"timestamp":{at}}}"#)
    };
    let asked = event(NOW + 2200, "prompt", &format!(r#"{{"id":"a","text":"Where is my {MARKER}?"}}"#));
    let told = event(NOW + 2300, "reply", &format!(r#"{{"to":"a","text":"No {MARKER} here."}}"#));
    post(server, ids.get("key"), session, 2, &format!("[{asked},{told}]")).await;
}

/// A server that asks who one is, and knows [`ASKER`].
pub async fn start() -> TestServer {
    let server = TestServer::start_with(|settings| {
        settings.accounts.login = Login::Required;
        settings.backup.folder = settings.server.data_dir.join("copies");
        // Nobody asks it anything.
        settings.accounts.oidc.issuer = "https://auth.example".to_owned();
    })
    .await;
    let hash = password::hash(PASSWORD.to_owned()).await.expect("hashed");
    let added = server.store.write(move |conn| {
        let role = Some(hindsight::model::Role::Admin);
        hindsight::store::accounts::add(conn, "asker", role, Some(&hash), NOW)
    });
    assert_eq!(added.await.expect("the store writes"), Some(ASKER));
    server
}

/// A new connection with something of everything in it. Its first session is finished
/// where the server is told to by `finish`.
pub async fn populate(server: &TestServer, name: &str, finish: bool) -> Ids {
    let key = new_key();
    let (called, its_key) = (name.to_owned(), key.clone());
    let added = server.store.write(move |conn| connections::add(conn, &called, &its_key, NOW)).await;
    let connection = added.expect("the store writes").expect("a new name").id;
    let (session, live) = (format!("session-{name}-0000000"), format!("session-{name}-live000"));
    let visitor = format!("ada-of-{name}");
    record(server, &key, &session, &visitor).await;
    if finish {
        server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
        server.finish().await;
    }
    record(server, &key, &live, &visitor).await;
    let token = format!("token-of-{name}");
    let (of, its_token, user) = (session.clone(), token.clone(), format!("member-of-{name}"));
    let stored = server.store.write(move |conn| {
        let id: SessionId = of.parse().expect("an id");
        let row = sessions::find(conn, &Scope::everything(), connection, &id)?.expect("it is there").row;
        let mut ids = fill(conn, connection, row, &of, &its_token, &user)?;
        ids.extend(fill_access(conn, connection, &of)?);
        Ok(ids)
    });
    let mut by_name = stored.await.expect("the store writes");
    by_name.extend([
        ("connection", connection.to_string()),
        ("stream", stream_of(&live)),
        ("session", session),
        ("visitor", visitor),
        ("key", key.clone()),
        ("address", key),
        ("token", token),
        ("seq", "0".to_owned()),
        ("table", "1.csv".to_owned()),
        ("plugin", "friction".to_owned()),
        ("kind", "busy".to_owned()),
        ("hash", "0".to_owned()),
        ("name", "none.css".to_owned()),
    ]);
    Ids { connection, by_name, live }
}

/// All that people and plugins add to a session and its connection.
fn fill(
    conn: &Db,
    connection: ConnectionId,
    row: i64,
    session: &str,
    token: &str,
    user: &str,
) -> hindsight::store::Result<BTreeMap<&'static str, String>> {
    let note = notes::Draft {
        stream: stream_of(session),
        at: 0,
        text: "a note".to_owned(),
        author: String::new(),
        viewer: VIEWER.to_owned(),
    };
    let share = shares::Draft {
        token_hash: Sha256::digest(token).into(),
        start_ms: 0,
        story: true,
        password: None,
        author: String::new(),
        expires_at: i64::MAX,
    };
    let table =
        r#"[{"section":"table","title":"Asked","columns":[{"title":"What"}],"rows":[["zebrafish"]]}]"#;
    let report = NewReport {
        connection,
        plugin: "friction".to_owned(),
        from: NOW - 1000,
        to: NOW,
        sessions: 1,
        cpu_us: 1,
        title: format!("About a {MARKER}"),
        summary: format!("They ask for a {MARKER}."),
        sections: table.to_owned(),
    };
    views::add(conn, connection, "Pinned", "pinned=yes", NOW)?;
    tags::set(conn, connection, &[session.parse().expect("an id")], "seen", true)?;
    let number = |sql: &str| conn.query_row(sql, [connection.0], |row| row.get::<_, i64>(0));
    let segment = number(
        "SELECT coalesce((SELECT segment.id FROM segment JOIN stream ON stream.id = segment.id >> 20
                          WHERE stream.connection_id = ?), 0)",
    )?;
    let sheet = format!("\"p{{color:{session}}}\"");
    let hash: [u8; 16] = Sha256::digest(&sheet)[..16].try_into().expect("16 bytes");
    let body = Press::fast().expect("a press").compress(sheet.as_bytes()).expect("compressed");
    conn.execute(
        "INSERT INTO style (connection_id, hash, uses, bytes, body) VALUES (?, ?, 1, ?, ?)",
        (connection.0, &hash, body.len() as i64, &body),
    )?;
    conn.execute("INSERT INTO user (name, known_as, created_at) VALUES (?1, ?1, 0)", [user])?;
    let user = members::user_named(conn, user)?.expect("it is there");
    members::set(conn, Actor::Server, connection, user, hindsight::model::Role::Viewer)?;
    Ok(BTreeMap::from([
        ("note", notes::add(conn, row, &note, NOW)?.expect("room").to_string()),
        ("share", shares::add(conn, row, &share, NOW)?.expect("room").to_string()),
        ("report", reports::add(conn, &report, NOW)?.to_string()),
        ("view", number("SELECT id FROM saved_view WHERE connection_id = ?")?.to_string()),
        ("rerun", reruns::start(conn, "friction", connection, Work::Analyze, (0, NOW), NOW)?.to_string()),
        ("segment", segment.to_string()),
        ("style", StyleHash(hash).to_string()),
        ("user", user.to_string()),
    ]))
}

/// What is about who looks, who hears and who was handed out what.
fn fill_access(
    conn: &Db,
    connection: ConnectionId,
    name: &str,
) -> hindsight::store::Result<Vec<(&'static str, String)>> {
    // Nothing is sent to it.
    let wanted = Wanted { url: "https://hooks.example/x".to_owned(), sessions: true, ..Wanted::default() };
    let webhook = webhooks::add(conn, connection, &wanted, "whsec_c2VjcmV0", NOW)?.expect("room");
    let person = persons::Person { id: name.to_owned(), connection: Some(connection) };
    let counts = persons::Counts { sessions: 1, ..persons::Counts::default() };
    let counted = [persons::Counted { connection: connection.0, name: name.to_owned(), counts }];
    let receipt = persons::begin_exporting(conn, &person, &counted, "asker", NOW)?;
    conn.execute(
        "INSERT INTO token (name, token_hash, scopes, every_connection, user_id, credential_epoch, made_at, expires_at)
         VALUES ('program', randomblob(32), 'read', 1, ?1, 0, ?2, ?2)",
        [ASKER, NOW],
    )?;
    let token = conn.last_insert_rowid();
    conn.execute(
        "INSERT INTO user_session
            (user_id, token_hash, credential_epoch, made_at, rotated_at, seen_at, browser, network)
         VALUES (?1, randomblob(32), 0, ?2, ?2, ?2, '', '')",
        [ASKER, NOW],
    )?;
    let login = conn.last_insert_rowid();
    let ids = [("webhook", webhook), ("receipt", receipt), ("token_id", token), ("login", login)];
    Ok(ids.map(|(name, id)| (name, id.to_string())).to_vec())
}

/// What follows the path of a page that cannot do without.
pub fn query(route: &Route, ids: &Ids) -> String {
    match route.path.as_str() {
        "/connections/{connection}/sessions/delete" if route.method == Method::GET => {
            format!("?visitor={}", ids.get("visitor"))
        }
        "/connections/{connection}/plugins/{plugin}/reruns/mask" => format!("?after={}", ids.get("rerun")),
        "/connections/{connection}/leaks/act" if route.method == Method::GET => format!("?{LEAK}"),
        "/api/v1/connections/{connection}/erasures" if route.method == Method::GET => {
            format!("?visitor={}", ids.get("visitor"))
        }
        _ => String::new(),
    }
}

/// What is done about a leak.
const LEAK: &str = "what=rule&kind=email&selector=&field=";

/// What a program sends to do what a route is for.
fn json(route: &Route, ids: &Ids, number: usize) -> String {
    let place = route.path.strip_prefix("/api/v1/connections/{connection}").unwrap_or(&route.path);
    match place {
        "/api/v1/connections" => format!(r#"{{"name":"New {number}"}}"#),
        "/sessions/{session}/notes" => r#"{"at_ms":0,"text":"seen"}"#.to_owned(),
        "" => r#"{"honour_gpc":false}"#.to_owned(),
        "/sessions/{session}" if route.method == Method::PATCH => r#"{"pinned":true}"#.to_owned(),
        "/webhooks" => r#"{"url":"https://hooks.example/y"}"#.to_owned(),
        "/webhooks/{webhook}" if route.method == Method::PATCH => r#"{"prompts":true}"#.to_owned(),
        "/webhooks/{webhook}" | "/webhooks/{webhook}/secret" | "/webhooks/{webhook}/redeliveries" => {
            String::new()
        }
        "/sessions/{session}" => String::new(),
        "/reports" => r#"{"plugin":"friction","from":"2025-12-01","to":"2025-12-31"}"#.to_owned(),
        "/erasures" => format!(r#"{{"visitor":"{}"}}"#, ids.get("visitor")),
        other => panic!("{} {other} is new: say what does what it is for", route.method),
    }
}

/// What is done by asking for it: nothing is filled in.
const WITHOUT_FORM: [&str; 39] = [
    "/account/openid",
    "/account/openid/end",
    "/account/second-factor",
    "/account/logins/others/end",
    "/account/logins/{login}/end",
    "/users/{user}/link",
    "/users/{user}/second-factor/off",
    "/users/{user}/remove",
    "/tokens/{token_id}/revoke",
    "/settings/webhooks/{webhook}/test",
    "/settings/webhooks/{webhook}/again",
    "/settings/webhooks/{webhook}/secret",
    "/settings/webhooks/{webhook}/delete",
    "/sessions/{session}/look-again",
    "/leaks",
    "/leaks/cancel",
    "/login",
    "/login/code",
    "/logout",
    "/setup",
    "/invitation",
    "/settings/recording",
    "/settings/widget",
    "/settings/key/end",
    "/settings/delete",
    "/settings/people/{user}/remove",
    "/sessions/{session}/delete",
    "/sessions/{session}/watched",
    "/sessions/{session}/share",
    "/sessions/{session}/notes/{note}/delete",
    "/sessions/{session}/notes/{note}/restore",
    "/shares/{share}/revoke",
    "/shares/{share}/restore",
    "/views/{view}/delete",
    "/reports/{report}/delete",
    "/plugins/{plugin}/try-again",
    "/share/{token}",
    "/share/{token}/opened",
    "/operations/backup",
];

/// A form that does what a route is for. One for each route that changes something.
pub fn body(route: &Route, ids: &Ids, number: usize) -> String {
    if route.method == Method::GET || route.method == Method::OPTIONS {
        return String::new();
    }
    if route.path.starts_with(API) {
        return json(route, ids, number);
    }
    let (session, name) = (ids.get("session"), format!("name=New+{number}"));
    let password = PASSWORD.replace(' ', "+");
    let place = route.path.strip_prefix("/connections/{connection}").unwrap_or(&route.path);
    match place {
        "/connections" => format!("{name}&privacy=balanced"),
        "/sessions/{session}/pin" => "pinned=1".to_owned(),
        "/sessions/{session}/notes" => "at_ms=0&text=seen".to_owned(),
        "/sessions/{session}/notes/{note}" => "text=seen+again".to_owned(),
        "/sessions/delete" => format!("visitor={}", ids.get("visitor")),
        "/sessions/chosen" => format!("do=pin&session={session}"),
        "/views" => format!("{name}&query=url%3Dcart"),
        "/views/{view}/rename" => name,
        "/retention" => "keep=forever".to_owned(),
        "/reports" => "plugin=friction&period=7".to_owned(),
        "/plugins/{plugin}/switch" => "on=1".to_owned(),
        "/plugins/{plugin}/settings" => "defaults=1".to_owned(),
        "/plugins/{plugin}/reruns" => "work=analyze&period=all".to_owned(),
        "/plugins/{plugin}/reruns/{rerun}" => "state=paused".to_owned(),
        "/settings" => name,
        "/settings/state" => "paused=1".to_owned(),
        "/settings/key" => "days=7".to_owned(),
        "/settings/answers" => "kind=none".to_owned(),
        "/settings/answers/try" => "question=Where".to_owned(),
        "/settings/moving" => super::sent_file::upload(),
        "/settings/people" => "name=member-of-shop&role=editor".to_owned(),
        "/settings/people/{user}" => "role=editor".to_owned(),
        "/account/password" => format!("current={password}&password={password}&again={password}"),
        "/account/second-factor/off" | "/account/second-factor/recovery-codes" => {
            format!("password={password}")
        }
        "/users" => format!("{name}&role=viewer"),
        "/users/{user}/role" => "role=editor".to_owned(),
        "/users/{user}/state" => "disabled=1".to_owned(),
        "/tokens" => format!("{name}&scope=read&every=1&days=7"),
        "/settings/webhooks" | "/settings/webhooks/{webhook}" => {
            "url=https%3A%2F%2Fhooks.example%2Fy&sessions=1".to_owned()
        }
        "/leaks/act" => LEAK.to_owned(),
        "/erase" | "/erase/export" => format!("person={}&confirmed=1", ids.get("visitor")),
        place if WITHOUT_FORM.contains(&place) => String::new(),
        other if other.starts_with("/ingest/") => "[]".to_owned(),
        other => panic!("{} {other} is new: say what form does what it is for", route.method),
    }
}

/// Whoever asks, as a program that they made for everything.
fn program(who: &Who) -> Who {
    let asker = match who.asker.clone() {
        Asker::User { id, name } => {
            Asker::Token { id, name, user: Some(id), scopes: TokenScope::ALL.into_iter().collect() }
        }
        known => known,
    };
    Who { asker, scope: who.scope.clone() }
}

/// Asks for a path as somebody, or as a program of theirs where those come; of what does not
/// end, only the head.
pub async fn send(router: &Router, who: Option<&Who>, method: &Method, path: &str, body: String) -> Answer {
    let who = who.map(|who| if path.starts_with(API) { program(who) } else { who.clone() });
    send_as(router, who, method, path, body).await
}

/// Asks for a path as just this somebody.
pub async fn send_as(router: &Router, who: Option<Who>, method: &Method, path: &str, body: String) -> Answer {
    let form = match path {
        _ if path.starts_with(API) => "application/json".to_owned(),
        _ if path.ends_with("/moving") => super::sent_file::CONTENT_TYPE.to_owned(),
        _ => "application/x-www-form-urlencoded".to_owned(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "test".to_owned()),
        ("sec-fetch-site", "same-origin".to_owned()),
        ("authorization", "Bearer hk_test_shop".to_owned()),
        ("accept", if path.ends_with(".json") { "*/*" } else { "text/html" }.to_owned()),
        ("content-type", form),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("ASCII"));
    }
    let request = Request::of(method.clone(), path, headers, body.into_bytes());
    let response = router.answer_as(who, request).await;
    let status = response.status().as_u16();
    let leads_to = response.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
    if path.ends_with("/live") && status == 200 {
        return Answer { status, leads_to, body: Vec::new() };
    }
    let body = response.into_body().collect().await.map(|body| body.to_bytes().to_vec());
    Answer { status, leads_to, body: body.unwrap_or_default() }
}
