//! How often may be asked, and how many at once.

use std::time::Duration;

use serde_json::json;

use super::agent::{Agent, Step, whole};
use super::{ask, decide, private, read};
use crate::server::{Answer, TestServer};

fn refused(answer: &Answer) -> (u16, String) {
    let seconds: u32 = answer.header("retry-after").expect("when to come again").parse().expect("seconds");
    assert!((1..=60).contains(&seconds));
    (answer.status, answer.json()["type"].as_str().expect("a type").to_owned())
}

#[tokio::test]
async fn questions_of_an_address_and_of_a_connection_have_a_rate() {
    for of_address in [true, false] {
        let server = TestServer::start_with(|settings| {
            settings.server.limit_private_addresses = of_address;
            settings.answers.asks_per_minute_per_address = 6;
            settings.answers.burst_per_address = 2;
            if !of_address {
                settings.answers.asks_per_minute_per_connection = 6;
                settings.answers.burst_per_connection = 2;
            }
        })
        .await;
        for _ in 0..2 {
            assert_eq!(ask(&server, "Open?").await.status, 200);
        }
        assert_eq!(refused(&ask(&server, "Open?").await), (429, "/problems/asked-too-often".to_owned()));
        server.clock.advance(Duration::from_secs(10));
        assert_eq!(ask(&server, "Open?").await.status, 200);
    }
}

#[tokio::test]
async fn only_so_many_are_answered_at_once_and_turns_come_back() {
    let answer = vec![
        Step::Wait(Duration::from_millis(800)),
        Step::Send(whole(200, "application/json", r#"{"text":"Yes."}"#)),
    ];
    let agent = Agent::start(vec![answer]).await;
    let server = TestServer::start_with(|settings| {
        private(settings);
        settings.answers.asks_at_once = 2;
    })
    .await;
    decide(&server, json!({ "kind": "webhook", "webhook": { "url": agent.url() } })).await;
    let asked = futures_util::future::join_all((0..4).map(|_| ask(&server, "Open?"))).await;
    let (answered, rest): (Vec<&Answer>, Vec<&Answer>) =
        asked.iter().partition(|answer| answer.status == 200);
    assert_eq!((answered.len(), rest.len()), (2, 2));
    for answer in rest {
        assert_eq!(refused(answer), (503, "/problems/too-many-questions".to_owned()));
    }
    assert_eq!(read(&ask(&server, "Open?").await).0, "Yes.");
}
