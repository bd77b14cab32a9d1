//! `/healthz` and `/readyz` say the truth, whatever is wrong.

use std::process::Command;
use std::time::{Duration, Instant};

use hindsight::store;

use crate::command_line::{Process, folder};
use crate::durability::{get, key_of, send};
use crate::erasing::until;
use crate::server::{Answer, NOW, TestServer, page_load, request};

/// The reasons that the server gives for not being ready; `None` when it is.
pub fn reasons(answer: &Answer) -> Option<Vec<String>> {
    let json = answer.json();
    match answer.status {
        200 => {
            assert_eq!(json, serde_json::json!({ "status": "ready" }));
            None
        }
        status => {
            assert_eq!((status, &json["status"]), (503, &"not ready".into()));
            assert_eq!(answer.header("retry-after"), Some("5"));
            let reasons = json["reasons"].as_array().expect("a list");
            Some(reasons.iter().map(|reason| reason.as_str().expect("a name").to_owned()).collect())
        }
    }
}

/// The same of a server in another process.
pub fn not_ready(server: &Process) -> Option<Vec<String>> {
    reasons(&get(&server.url, "/readyz"))
}

#[tokio::test]
async fn a_server_that_is_well_says_so_to_anybody() {
    let server = TestServer::start_with(|settings| {
        settings.accounts.login = hindsight::config::Login::Required;
    })
    .await;
    let alive = server.get("/healthz").await;
    assert_eq!((alive.status, alive.json()), (200, serde_json::json!({ "status": "ok" })));
    assert_eq!(alive.header("cache-control"), Some("no-store"));
    assert_eq!(reasons(&server.get("/readyz").await), None);
}

#[tokio::test]
async fn a_writer_that_stands_still_is_told_and_one_that_goes_on_as_well() {
    let server = TestServer::start().await;
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let store = server.store.clone();
    let stuck = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = waits.recv_timeout(Duration::from_secs(60));
                Ok::<_, store::Error>(())
            })
            .await
    });
    let start = Instant::now();
    let mut told = None;
    while told.is_none() && start.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        told = reasons(&server.get("/readyz").await);
    }
    assert_eq!(told, Some(vec!["writer-stalled".to_owned()]));
    assert!(start.elapsed() > Duration::from_secs(9), "a long transaction is no trouble yet");
    assert_eq!(server.get("/healthz").await.status, 200, "the process lives");
    go_on.send(()).expect("it waits");
    stuck.await.expect("no panic").expect("written");
    assert_eq!(reasons(&server.get("/readyz").await), None);
}

#[tokio::test]
async fn a_queue_that_is_full_is_told() {
    let server = TestServer::start_with(|settings| settings.ingest.queue_batches = 1).await;
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let store = server.store.clone();
    let stuck = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = waits.recv_timeout(Duration::from_secs(60));
                Ok::<_, store::Error>(())
            })
            .await
    });
    let path = server.batch_path("session-of-patience", "stream-of-patience0", 0);
    let body = page_load(NOW, "https://shop.example/", "waits");
    let bytes = request("POST", &path, &[], body.as_bytes());
    let address = server.address;
    let upload = tokio::task::spawn_blocking(move || send(&format!("http://{address}"), &bytes));
    let start = Instant::now();
    while reasons(&server.get("/readyz").await) != Some(vec!["queue-full".to_owned()]) {
        assert!(start.elapsed() < Duration::from_secs(9), "never full");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    go_on.send(()).expect("it waits");
    stuck.await.expect("no panic").expect("written");
    let answer = upload.await.expect("no panic").expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(reasons(&server.get("/readyz").await), None);
}

#[test]
fn a_server_that_is_to_stop_says_so_while_it_goes_on() {
    let data = folder();
    let settings = [("HINDSIGHT_SERVER__DRAIN_SECONDS", "4"), ("HINDSIGHT_PLUGINS__ENABLED", "false")];
    let mut server = Process::start_with(data.path(), &[], &settings);
    let key = key_of(data.path());
    assert_eq!(not_ready(&server), None);
    let asked = Instant::now();
    let told = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status();
    assert!(told.expect("kill runs").success());
    until("not ready", || not_ready(&server) == Some(vec!["stopping".to_owned()]));
    assert!(asked.elapsed() < Duration::from_secs(3), "at once");
    let body = page_load(NOW, "https://shop.example/", "late");
    let path = format!("/ingest/{key}/session-of-lateness/stream-of-lateness0/0");
    let answer = send(&server.url, &request("POST", &path, &[], body.as_bytes())).expect("an answer");
    assert_eq!(answer.status, 200, "what comes meanwhile is taken");
    assert!(server.child.wait().expect("it ends").success());
    assert!(asked.elapsed() >= Duration::from_secs(4));
}
