//! What plugins say, written through the store as the server writes it.

use hindsight::model::{Analysis, Finding, Report, Severity};
use hindsight::segment::frame::Press;
use hindsight::store::findings::Found;
use hindsight::store::reports::{self, NewReport};
use hindsight::store::runs::{self, Outcome};
use hindsight::store::timelines::{Block, Reading};
use hindsight::store::{Db, Scope, findings, finishing, sessions};
use hindsight::timeline::block::Writer;
use hindsight::timeline::{Event, Facts};

use crate::server::{NOW, TestServer, page_load};

pub const SESSION: &str = "session-0000000001";
pub const DIGEST: [u8; 16] = [7; 16];

/// Records a visit of two page loads a minute apart and finishes it; answers its row.
pub async fn finished_session(server: &TestServer) -> i64 {
    for (stream, at, url) in [
        ("stream-a-000000001", NOW, "https://shop.example/"),
        ("stream-b-000000001", NOW + 60_000, "https://shop.example/cart"),
    ] {
        let body = page_load(at, url, "hello");
        assert_eq!(server.post(&server.batch_path(SESSION, stream, 0), &body).await.status, 200);
    }
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.finish().await;
    let (connection, id) = (server.connection.id, SESSION.parse().expect("an id"));
    let read = move |conn: &Db| sessions::find(conn, &Scope::everything(), connection, &id);
    let session = server.store.read(read).await.expect("the store reads").expect("it is there");
    assert!(session.finished);
    session.row
}

/// A finding of the shop's visit.
pub fn finding(kind: &str, severity: Severity, at: u32, title: &str, detail: &str) -> Finding {
    Finding {
        kind: kind.to_owned(),
        severity,
        title: title.to_owned(),
        detail: detail.to_owned(),
        at,
        until: None,
        selector: None,
        fields: Default::default(),
    }
}

/// Stores what an analyzer said about a session.
pub async fn analysed(server: &TestServer, row: i64, analysis: Analysis) -> Vec<Found> {
    let outcome = Outcome {
        findings: analysis.findings,
        facts: analysis.facts,
        score: analysis.score,
        ..Outcome::default()
    };
    let stored = server.store.write(move |conn| {
        runs::begin(conn, row, "friction", &DIGEST, NOW)?;
        runs::finish(conn, row, "friction", &DIGEST, &outcome)?;
        findings::findings(conn, row)
    });
    stored.await.expect("the store writes")
}

/// Stores a timeline of a session.
pub async fn read(server: &TestServer, row: i64, events: &[Event]) {
    let (mut writer, mut facts) = (Writer::default(), Facts::default());
    for event in events {
        writer.push(event);
        facts.add(event);
    }
    let mut press = Press::fast().expect("a press");
    let block = |block: hindsight::timeline::Block| Block {
        first_ms: block.first_at.into(),
        last_ms: block.last_at.into(),
        events: block.events.into(),
        body: press.compress(&block.bytes).expect("compressed"),
    };
    let reading = Reading {
        blocks: writer.finish().into_iter().map(block).collect(),
        pages: facts.pages.into(),
        clicks: facts.clicks.into(),
        prompts: facts.prompts.into(),
        errors: facts.errors.into(),
        text: facts.search_text,
        unread_styles: Vec::new(),
    };
    let stored = server.store.write(move |conn| {
        let revision = runs::subject(conn, row)?.expect("it is there").revision;
        finishing::put_reading(conn, row, revision, &reading, NOW)
    });
    assert!(stored.await.expect("the store writes"));
}

/// Stores a report about the last week; answers its number.
pub async fn reported(server: &TestServer, plugin: &str, report: Report) -> i64 {
    let new = NewReport {
        connection: server.connection.id,
        plugin: plugin.to_owned(),
        from: NOW - 7 * 24 * 60 * 60 * 1000,
        to: NOW,
        sessions: 1234,
        cpu_us: 5,
        title: report.title,
        summary: report.summary,
        sections: serde_json::to_string(&report.sections).expect("JSON"),
    };
    server.store.write(move |conn| reports::add(conn, &new, NOW)).await.expect("the store writes")
}
