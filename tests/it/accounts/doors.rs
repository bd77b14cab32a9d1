//! The ways in: the setup link, the login, and what guards them.

use std::time::{Duration, Instant};

use hindsight::accounts::password;
use hindsight::config::Login;
use hindsight::model::Role;
use hindsight::store::{Db, accounts};

use super::{PASSWORD, add, cookie_of, get, login, send, setup_token, start, start_with, try_login};
use crate::server::{TestServer, request};

const SETUP: [(&str, &str); 3] = [("name", "Ada"), ("password", PASSWORD), ("again", PASSWORD)];

async fn users(server: &TestServer) -> Vec<(String, Option<Role>)> {
    let all = server.store.read(accounts::all).await.expect("read");
    all.into_iter().map(|user| (user.name, user.role)).collect()
}

#[tokio::test]
async fn the_setup_link_adds_the_first_administrator_once() {
    let server = start().await;
    let token = setup_token(&server).await;
    for path in ["/setup", "/setup?token=", "/setup?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(get(&server, path, "").await.status, 404, "{path}");
    }
    let page = get(&server, &format!("/setup?token={token}"), "").await;
    assert!(page.status == 200 && page.text().contains("first administrator"), "{}", page.text());

    let form = |token: &str| {
        let mut fields = SETUP.map(|(name, value)| (name, value.to_owned())).to_vec();
        fields.push(("token", token.to_owned()));
        fields
    };
    let with = |token: String| {
        let server = &server;
        async move {
            let fields = form(&token);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(server, "/setup", "", &fields).await
        }
    };
    assert_eq!(with("wrong".to_owned()).await.status, 404);
    let (one, other) = tokio::join!(with(token.clone()), with(token.clone()));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404], "two at once make one user");
    assert_eq!(users(&server).await, [("Ada".to_owned(), Some(Role::Admin))]);
    assert_eq!(get(&server, &format!("/setup?token={token}"), "").await.status, 404);
    assert_eq!(with(token).await.status, 404);

    let cookie = cookie_of(if one.status == 303 { &one } else { &other }).expect("logged in at once");
    assert_eq!(get(&server, "/storage", &cookie).await.status, 200);
}

#[tokio::test]
async fn a_setup_that_will_not_do_says_what_to_do() {
    let server = start().await;
    let token = setup_token(&server).await;
    for (change, says) in [
        (("name", "  "), "1 to 100 characters"),
        (("password", "short"), "at least 12 characters"),
        (("password", "password1234"), "first that anybody would try"),
        (("again", "something else"), "not the same"),
        (("role", "admin"), "another was sent"),
    ] {
        let mut fields = vec![("token", token.as_str())];
        fields.extend(SETUP.iter().filter(|(name, _)| *name != change.0));
        fields.push(change);
        let answer = send(&server, "/setup", "", &fields).await;
        assert_eq!(answer.status, 422, "{change:?}");
        assert!(answer.text().contains(says), "{change:?}: {}", answer.text());
    }
    assert!(users(&server).await.is_empty());
}

#[tokio::test]
async fn a_page_leads_to_the_login_and_the_login_back() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let asked = get(&server, "/storage?x=1", "").await;
    assert_eq!((asked.status, asked.header("location")), (303, Some("/login?next=%2Fstorage%3Fx%3D1")));
    let page = get(&server, "/login?next=%2Fstorage%3Fx%3D1", "").await;
    assert!(
        page.text().contains("value=\"&#x2F;storage?x=1\"") || page.text().contains("value=\"/storage?x=1\"")
    );
    let fields = [("name", "ada"), ("password", PASSWORD), ("next", "/storage?x=1")];
    let answer = send(&server, "/login", "", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/storage?x=1")));
    let foreign = [("name", "ada"), ("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(send(&server, "/login", "", &foreign).await.header("location"), Some("/"));
    // Programs are told, not led.
    let data =
        server.send(&request("GET", &format!("/connections/{}/live", server.connection.id), &[], b"")).await;
    assert_eq!((data.status, data.json()["type"].as_str()), (401, Some("/problems/login-needed")));
}

#[tokio::test]
async fn the_cookie_is_for_the_server_alone() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let answer = try_login(&server, "Ada", PASSWORD).await;
    let set = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(set.starts_with("sid=") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    let token = cookie_of(&answer).expect("a cookie").split_once('=').expect("a value").1.to_owned();
    assert_eq!(token.len(), 43);
    let stored = server.store.read(move |conn: &Db| {
        let mut statement = conn.prepare("SELECT hex(token_hash) FROM user_session")?;
        Ok(statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?)
    });
    let hex: String = token.bytes().map(|byte| format!("{byte:02X}")).collect();
    assert!(stored.await.expect("read").iter().all(|stored| *stored != hex), "only its hash is kept");
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let server = start_with(|settings| settings.server.limit_private_addresses = false).await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let id = add(&server, "Bob", Some(Role::Viewer)).await;
    let disabled = server.store.write(move |conn| accounts::set_disabled(conn, id, Some(1))).await;
    disabled.expect("written");
    server.store.write(|conn| accounts::add(conn, "Eve", None, None, 1)).await.expect("written");
    let long = "x".repeat(5000);
    let mut texts = Vec::new();
    let mut fastest = Vec::new();
    for (name, password) in [
        ("Ada", "not the password"),
        ("Nobody", PASSWORD),
        ("Bob", PASSWORD),
        ("Eve", PASSWORD),
        ("Ada", &*long),
    ] {
        let mut took = Duration::MAX;
        for _ in 0..2 {
            let start = Instant::now();
            let answer = try_login(&server, name, password).await;
            took = took.min(start.elapsed());
            assert_eq!(answer.status, 403, "{name}");
            assert_eq!(answer.header("set-cookie"), None);
            texts.push(answer.text().replace(&format!("value=\"{name}\""), ""));
        }
        fastest.push(took);
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    // Without the work of a hash it would be some hundred times as fast. A machine that has
    // other things to do makes it slower, and never faster.
    let mut hash = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        password::hash(PASSWORD.to_owned()).await.expect("hashed");
        hash = hash.min(start.elapsed());
    }
    assert!(fastest.iter().all(|took| *took * 10 > hash), "{fastest:?}, and a hash alone {hash:?}");
}

#[tokio::test]
async fn guessing_is_slow_and_ends_in_no_lock() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    for _ in 0..5 {
        assert_eq!(try_login(&server, "ada", "not the password").await.status, 403);
    }
    let answer = try_login(&server, "ADA", PASSWORD).await;
    assert_eq!(answer.status, 429, "the right one waits as well");
    let seconds: u64 = answer.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((60..=15 * 60 + 1).contains(&seconds), "{seconds}");
    assert!(
        answer.text().contains("Wait 16 minutes") || answer.text().contains("Wait 15 minutes"),
        "{}",
        answer.text()
    );
    assert_eq!(try_login(&server, "bob", PASSWORD).await.status, 403, "another name is another matter");
    server.clock.advance(Duration::from_secs(seconds));
    login(&server, "Ada").await;
}

#[tokio::test]
async fn guessing_does_not_begin_anew_with_the_server() {
    let mut server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    for _ in 0..5 {
        assert_eq!(try_login(&server, "ada", "not the password").await.status, 403);
    }
    server.start_anew().await;
    assert_eq!(try_login(&server, "Ada", PASSWORD).await.status, 429);
    assert_eq!(try_login(&server, "Bob", PASSWORD).await.status, 403);
    server.clock.advance(Duration::from_secs(15 * 60));
    login(&server, "Ada").await;
    server.start_anew().await;
    let kept = server.store.read(|conn| hindsight::store::attempts::of_door(conn, "name"));
    assert!(kept.await.expect("read").is_empty(), "what is outdated or was right is forgotten");
}

#[tokio::test]
async fn guessing_many_names_from_one_network_is_slow() {
    let server = start_with(|settings| settings.server.limit_private_addresses = true).await;
    add(&server, "Ada", Some(Role::Admin)).await;
    for name in 0..20 {
        assert_eq!(try_login(&server, &format!("user {name}"), "not the password").await.status, 403);
    }
    assert_eq!(try_login(&server, "Ada", PASSWORD).await.status, 429);
    server.clock.advance(Duration::from_secs(15 * 60));
    for _ in 0..25 {
        login(&server, "Ada").await;
    }
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_are_refused() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Viewer)).await;
    let fields = [("name", "Ada"), ("password", PASSWORD), ("role", "admin")];
    assert_eq!(send(&server, "/login", "", &fields).await.status, 422);
    let twice = [("name", "Ada"), ("name", "Eve"), ("password", PASSWORD)];
    assert_eq!(send(&server, "/login", "", &twice).await.status, 303, "the first counts, everywhere");
}

#[tokio::test]
async fn who_asks_nobody_answers_to_its_own_names_only() {
    let server = TestServer::start_with(|settings| settings.accounts.login = Login::None).await;
    for (host, status) in [("localhost", 200), ("127.0.0.1:7700", 200), ("test", 200), ("evil.example", 421)]
    {
        let asked = format!("GET /storage HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.send(asked.as_bytes()).await.status, status, "{host}");
    }
    for path in ["/setup", "/invitation", "/account", "/users"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    assert_eq!(server.get("/login?next=/storage").await.header("location"), Some("/storage"));
    assert!(!server.get("/storage").await.text().contains("Log out"));
}
