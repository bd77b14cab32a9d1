//! Whoever listens to what happens hears no more of it once they may not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hindsight::model::Role;
use hindsight::store::accounts;
use hindsight::store::members::{self, Actor};
use hindsight::web::{Access, Route, routes};
use tokio::task::JoinHandle;

use super::{add, login, send, start};
use crate::routes::filled;
use crate::server::{NOW, TestServer, request};

/// Longer than it takes until whoever listens is asked for again.
const LONG_ENOUGH: Duration = Duration::from_secs(12);

/// Begins to listen.
fn listen(server: &TestServer, path: &str, cookie: &str) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).expect("the server accepts");
    socket.set_read_timeout(Some(LONG_ENOUGH)).expect("a timeout");
    let cookie = format!("Cookie: {cookie}");
    socket.write_all(&request("GET", path, &[&cookie], b"")).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{path}: {}", String::from_utf8_lossy(&head));
    socket
}

/// Whether what is listened to ends.
fn ends(mut socket: TcpStream) -> JoinHandle<bool> {
    tokio::task::spawn_blocking(move || socket.read_to_end(&mut Vec::new()).is_ok())
}

fn is_of_connection(route: &Route) -> bool {
    route.path.ends_with("/live") && route.access != Access::Server
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_admin_any_more_hears_no_more_of_the_server() {
    let server = start().await;
    let mut listeners = Vec::new();
    for name in ["stays", "lowered"] {
        let id = add(&server, name, Some(Role::Admin)).await;
        let cookie = login(&server, name).await;
        listeners.push((name, id, listen(&server, "/operations/live", &cookie)));
    }
    let lowered = listeners[1].1;
    let done = server.store.write(move |conn| accounts::set_role(conn, lowered, Some(Role::Viewer)));
    done.await.expect("the store writes");
    let (_, _, socket) = listeners.pop().expect("the second");
    assert!(ends(socket).await.expect("a thread"), "lowered");
    let (_, _, mut socket) = listeners.pop().expect("the first");
    let hears = tokio::task::spawn_blocking(move || {
        // What came so far is nothing to this.
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        while socket.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
        socket.set_read_timeout(Some(LONG_ENOUGH)).expect("a timeout");
        socket.read(&mut [0; 1]).is_ok_and(|read| read > 0)
    });
    assert!(hears.await.expect("a thread"), "stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_on_who_is_logged_out_shut_out_or_without_a_role() {
    let server = start().await;
    let connection = server.connection.id;
    let people = ["stays", "leaves", "removed", "lowered", "disabled"];
    let mut listeners = Vec::new();
    let (mut ids, mut cookies) = (Vec::new(), Vec::new());
    for name in people {
        let id = add(&server, name, None).await;
        let set =
            server.store.write(move |conn| members::set(conn, Actor::Server, connection, id, Role::Admin));
        assert_eq!(set.await.expect("written"), members::Outcome::Done(None));
        let cookie = login(&server, name).await;
        for route in routes(&server.app).iter().filter(|route| is_of_connection(route)) {
            let path = filled(&route.path, &server);
            listeners.push((name, path.clone(), listen(&server, &path, &cookie)));
        }
        ids.push(id);
        cookies.push(cookie);
    }
    assert!(listeners.len() >= 4 * people.len(), "{} listen", listeners.len());
    assert_eq!(send(&server, "/logout", &cookies[1], &[]).await.status, 303);
    let done = server.store.write(move |conn| {
        members::remove(conn, Actor::Server, connection, ids[2])?;
        members::set(conn, Actor::Server, connection, ids[3], Role::ViewerWithoutPrompts)?;
        accounts::set_disabled(conn, ids[4], Some(NOW))
    });
    done.await.expect("the store writes");
    let waiting: Vec<_> =
        listeners.into_iter().map(|(name, path, socket)| (name, path, ends(socket))).collect();
    for (name, path, ended) in waiting {
        assert_eq!(ended.await.expect("a thread"), name != "stays", "{name} at {path}");
    }
}
