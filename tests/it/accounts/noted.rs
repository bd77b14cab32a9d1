//! What the audit log hears of accounts.

use std::time::Duration;

use hindsight::accounts::totp;
use hindsight::model::Role;

use super::own::turn_on;
use super::users::{choose, link_in};
use super::{PASSWORD, add, cookie_of, login, send, start, try_login};
use crate::audit::entries;
use crate::command_line::{folder, stdout};
use crate::server::TestServer;

/// All entries without their details.
async fn noted(server: &TestServer) -> Vec<String> {
    let all = entries(server).await;
    all.iter().map(|entry| entry.split(" {").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_administrators_and_users_do_with_accounts_is_noted() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let ada = login(&server, "Ada").await;
    let added = send(&server, "/users", &ada, &[("name", "Bob"), ("role", "viewer")]).await;
    choose(&server, &link_in(&added), PASSWORD).await;
    for (path, fields) in [
        ("role", &[("role", "editor")][..]),
        ("role", &[("role", "editor")]),
        ("state", &[("disabled", "1")]),
        ("state", &[("disabled", "0")]),
        ("second-factor/off", &[]),
        ("link", &[]),
        ("remove", &[]),
    ] {
        let answer = send(&server, &format!("/users/2/{path}"), &ada, fields).await;
        assert!([200, 303].contains(&answer.status), "{path}: {}", answer.text());
    }
    login(&server, "Ada").await;
    send(&server, "/account/logins/others/end", &ada, &[]).await;
    send(&server, "/account/logins/others/end", &ada, &[]).await;
    let other = "kettle tea whistles loud";
    let fields = [("current", PASSWORD), ("password", other), ("again", other)];
    let answer = send(&server, "/account/password", &ada, &fields).await;
    send(&server, "/logout", &cookie_of(&answer).expect("another token"), &[]).await;
    let expected = [
        "Ada login Ada",
        "Ada user-added Bob",
        "Bob password-changed Bob",
        "Bob login Bob",
        "Ada role-changed Bob",
        "Ada user-changed Bob",
        "Ada user-changed Bob",
        "Ada user-changed Bob",
        "Ada user-removed Bob",
        "Ada login Ada",
        "Ada session-ended Ada",
        "Ada password-changed Ada",
        "Ada logout Ada",
    ];
    assert_eq!(noted(&server).await, expected);
    let all = entries(&server).await;
    assert!(all[0].contains(r#""network":"127.0.0.0/24""#), "{}", all[0]);
    assert!(all[4].ends_with(r#"{"from":"viewer","to":"editor"}"#), "{}", all[4]);
    assert!(!all.join("").contains("kettle"), "{all:#?}");
}

#[tokio::test]
async fn who_is_not_let_in_is_noted_once_a_minute() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    for _ in 0..3 {
        try_login(&server, "ada", "geheimnis geheimnis").await;
    }
    server.clock.advance(Duration::from_secs(61));
    for _ in 0..3 {
        try_login(&server, "ada", "geheimnis geheimnis").await;
    }
    let all = entries(&server).await;
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(
        all[0].starts_with("anyone login-failed ada {") && all[0].contains("name or password"),
        "{}",
        all[0]
    );
    assert!(all[1].contains(r#""left_out":2"#), "{}", all[1]);
    assert!(!all.join("").contains("geheimnis"), "{all:#?}");
}

#[tokio::test]
async fn a_second_factor_is_noted_and_so_is_a_code_that_is_wrong() {
    let server = start().await;
    add(&server, "Ada", Some(Role::Admin)).await;
    let mut cookie = login(&server, "Ada").await;
    let (key, _) = turn_on(&server, &mut cookie).await;
    let page = try_login(&server, "Ada", PASSWORD).await.text();
    let step = page.split("name=\"step\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let wrong = [("step", step.expect("a step")), ("code", "000000"), ("next", "/")];
    assert_eq!(send(&server, "/login/code", "", &wrong).await.status, 403);
    assert_ne!(totp::code_at(&key, server.clock.now()), "000000");
    assert_eq!(noted(&server).await, ["Ada login Ada", "Ada totp-on Ada", "anyone login-failed Ada"]);
    send(&server, "/account/second-factor/off", &cookie, &[("password", PASSWORD)]).await;
    assert_eq!(noted(&server).await.last().map(String::as_str), Some("Ada totp-off Ada"));
}

#[test]
fn what_the_command_line_does_with_accounts_is_noted() {
    use super::command_line::user;
    let data = folder();
    let data = data.path();
    assert!(crate::command_line::run(data, &["connection", "add", "Shop"]).status.success());
    user(data, &["add", "Ada", "--role", "admin"], "tea kettle whistles\n");
    let added = user(data, &["add", "Bob", "--role", "editor", "--connection", "Shop", "--generate"], "");
    assert!(added.status.success());
    let list = stdout(&user(data, &["list"], ""));
    assert!(list.contains("Bob\tnone\tactive"), "a role in a connection is none in all: {list}");
    for refused in [
        &["add", "Eve", "--role", "viewer", "--connection", "Nothing", "--generate"][..],
        &["add", "Eve", "--connection", "Shop", "--generate"],
    ] {
        assert!(!user(data, refused, "").status.success(), "{refused:?}");
    }
    for arguments in [
        &["role", "Bob", "viewer"][..],
        &["disable", "Bob"],
        &["disable", "Bob"],
        &["password", "Bob", "--generate"],
        &["totp-off", "Bob"],
        &["remove", "Bob"],
    ] {
        user(data, arguments, "");
    }
    let exported = stdout(&crate::command_line::run(data, &["audit", "export"]));
    let mut all: Vec<serde_json::Value> =
        exported.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    all.sort_by_key(|entry| entry["id"].as_i64());
    let told: Vec<String> = all
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {}", text("who"), text("what"), text("subject"), entry["connection"])
        })
        .collect();
    let expected = [
        "connection-added Shop 1",
        "user-added Ada null",
        "user-added Bob null",
        "role-changed Bob 1",
        "role-changed Bob null",
        "user-changed Bob null",
        "password-changed Bob null",
        "user-removed Bob null",
    ];
    assert_eq!(told, expected.map(|entry| format!("command line {entry}")));
}
