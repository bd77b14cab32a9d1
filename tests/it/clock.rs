//! A wall clock that is moved: what is old by a clock that is wrong is not erased.

use std::time::Duration;

use hindsight::finish::Worker;
use hindsight::store::{Scope, connections};

use crate::server::{NOW, TestServer, page_load};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A server that keeps sessions for a day and has one, and the worker that erases.
async fn recorded() -> (TestServer, Worker) {
    let server = TestServer::start_with(|settings| settings.retention.keep_days = 1).await;
    let path = server.batch_path("session-of-the-clock", "stream-of-the-clock", 0) + "?end=1";
    assert_eq!(server.post(&path, &page_load(NOW, "https://shop.example/", "hello")).await.status, 200);
    let mut worker = Worker::new(
        server.store.clone(),
        server.clock.clone(),
        server.settings.clone(),
        server.plugins.clone(),
    );

    server.clock.advance(Duration::from_secs(60));
    worker.catch_up(&server.stopping).await.expect("nothing fails");
    assert_eq!(sessions(&server).await, 1);
    (server, worker)
}

async fn sessions(server: &TestServer) -> i64 {
    let connection = server.connection.id;
    let read = server.store.read(move |conn| connections::totals(conn, &Scope::everything(), connection));
    read.await.expect("read").total
}

#[tokio::test]
async fn a_clock_that_is_moved_and_moved_back_costs_nothing() {
    let (server, mut worker) = recorded().await;
    for step in [10 * DAY_MS, -10 * DAY_MS] {
        server.clock.set_forward(step);
        worker.catch_up(&server.stopping).await.expect("nothing fails");
        server.clock.advance(Duration::from_secs(30 * 60));
        worker.catch_up(&server.stopping).await.expect("nothing fails");
    }
    server.clock.advance(Duration::from_secs(2 * 60 * 60));
    worker.catch_up(&server.stopping).await.expect("nothing fails");
    assert_eq!(sessions(&server).await, 1, "it is two hours old");
}

#[tokio::test]
async fn a_clock_that_stays_where_it_was_moved_to_is_believed_after_an_hour() {
    let (server, mut worker) = recorded().await;
    server.clock.set_forward(10 * DAY_MS);
    worker.catch_up(&server.stopping).await.expect("nothing fails");
    server.clock.advance(Duration::from_secs(59 * 60));
    worker.catch_up(&server.stopping).await.expect("nothing fails");
    assert_eq!(sessions(&server).await, 1);
    server.clock.advance(Duration::from_secs(2 * 60));
    worker.catch_up(&server.stopping).await.expect("nothing fails");
    assert_eq!(sessions(&server).await, 0);
}
