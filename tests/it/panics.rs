//! What comes of a handler that panics: the request fails, and nothing else.

use hindsight::store::{Db, connections};
use hindsight::web::{Access, App, Request, Response, Route, Router, Surface};
use warp::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::server::{TestServer, request};

/// Handlers that do what no handler of ours may, in the table that all requests go through.
fn table(app: &App) -> Router {
    let fine = |_: App, _: Request| async { Ok(Response::new("fine".into())) };
    let at_once = |_: App, request: Request| async move {
        let nothing: [u8; 0] = [];
        Ok(Response::new(nothing[request.path.len()].to_string().into()))
    };
    let later = |_: App, _: Request| async {
        tokio::task::yield_now().await;
        panic!("secret-of-the-inside")
    };
    let reading = |app: App, _: Request| async move {
        let read = |_: &Db| -> hindsight::store::Result<()> { panic!("secret-of-the-inside") };
        app.store.read(read).await?;
        Ok(Response::default())
    };
    let writing = |app: App, _: Request| async move {
        let write = |conn: &Db| -> hindsight::store::Result<()> {
            connections::add(conn, "half", "hk_half", 0)?;
            panic!("secret-of-the-inside")
        };
        app.store.write(write).await?;
        Ok(Response::default())
    };
    let get = |path, handler| Route::new(Method::GET, path, Access::Public, Surface::Page, handler);
    let rows = vec![
        get("/fine", fine),
        Route::new(Method::GET, "/at-once", Access::Public, Surface::Page, at_once),
        Route::new(Method::GET, "/later", Access::Public, Surface::Page, later),
        Route::new(Method::GET, "/reading", Access::Public, Surface::Data, reading),
        Route::new(Method::GET, "/writing", Access::Public, Surface::Api, writing),
    ];
    Router::of(app.clone(), rows).expect("a table")
}

async fn ask(router: &Router, path: &str) -> (u16, HeaderMap, String) {
    use http_body_util::BodyExt;

    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("host"), HeaderValue::from_static("localhost"));
    let answer = router.answer(Request::of(Method::GET, path, headers, Vec::new())).await;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_request_and_no_other() {
    let server = TestServer::start().await;
    let router = table(&server.app);
    for path in ["/at-once", "/later", "/reading", "/writing"] {
        // More often than there are readers or threads that could be lost.
        for _ in 0..20 {
            let (status, headers, body) = ask(&router, path).await;
            assert_eq!(status, 500, "{path}: {body}");
            assert!(
                headers.contains_key("content-security-policy") && headers.contains_key("x-frame-options")
            );
            assert!(!body.contains("secret-of-the-inside") && !body.contains(".rs"), "{path}: {body}");
        }
        assert_eq!(ask(&router, "/fine").await.2, "fine", "after {path}");
    }
    let half = server.store.read(|conn: &Db| connections::named(conn, "half")).await.expect("it reads");
    assert!(half.is_none(), "what a panic interrupted is not written");
    let stored = server.post(&server.batch_path("session-0000000001", "stream-0000000001", 0), "[]").await;
    assert!(stored.status < 500, "uploads go on: {}", stored.text());
    assert_eq!(server.send(&request("GET", "/connections", &[], b"")).await.status, 200);
}

#[test]
fn a_panic_is_caught_in_the_binary_that_is_released() {
    let manifest =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).expect("there");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let profiles = manifest.get("profile").and_then(toml::Value::as_table).into_iter().flatten();
    for (name, profile) in profiles {
        assert_ne!(profile.get("panic").and_then(toml::Value::as_str), Some("abort"), "profile {name}");
    }
}
