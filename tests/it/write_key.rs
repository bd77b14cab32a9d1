//! The write key stands in every recorded page: whoever has it can write, and read nothing.

use hindsight::web::{Access, routes};

use crate::accounts;
use crate::routes::filled;
use crate::server::{NOW, page_load, request};

/// What was recorded, on a page and in its address.
const MARKER: &str = "zebrafish";

#[tokio::test]
async fn the_write_key_reads_and_changes_nothing_however_it_is_given() {
    let server = accounts::start().await;
    let visit = page_load(NOW, &format!("https://shop.example/{MARKER}"), MARKER);
    let upload = server.batch_path("session-0000000001", "stream-0000000001", 0);
    assert_eq!(server.post(&upload, &visit).await.status, 200);
    server.clock.advance(server.settings.sessions.idle_after() + std::time::Duration::from_secs(1));
    server.catch_up().await;
    let key = server.connection.write_key.clone();
    let (bearer, cookie) =
        (format!("Authorization: Bearer {key}"), format!("Cookie: sid={key}; __Host-sid={key}"));
    let (mut refused, mut wrong) = (0, Vec::new());
    for route in routes(&server.app) {
        let is_open = matches!(route.access, Access::Public | Access::WriteKey | Access::Share);
        let path = filled(&route.path, &server);
        for address in [path.clone(), format!("{path}?key={key}&token={key}&connection={key}")] {
            for headers in
                [[bearer.as_str(), "Accept: text/html"], [cookie.as_str(), "Sec-Fetch-Site: same-origin"]]
            {
                let answer = server.send(&request(route.method.as_str(), &address, &headers, b"")).await;
                let what = format!("{} {address}: {}", route.method, answer.status);
                if answer.text().contains(MARKER) || !is_open && ![303, 401, 403].contains(&answer.status) {
                    wrong.push(what);
                }
                refused += usize::from(!is_open);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{refused} askings with the key were refused");
}
