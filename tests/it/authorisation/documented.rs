//! `docs/roles.md` says which role each address asks for.

use std::path::Path;

use hindsight::web::{Access, Router};

use super::is_for_people;
use crate::server::TestServer;

/// The roles as the page has them, from the one that may least.
const HEADINGS: [(Access, &str); 6] = [
    (Access::LoggedIn, "Whoever has logged in"),
    (Access::Member, "Viewer without prompts"),
    (Access::Viewer, "Viewer"),
    (Access::Editor, "Editor"),
    (Access::Admin, "Admin of the connection"),
    (Access::Server, "Admin of everything"),
];

/// What stands before the list, which is the last thing on the page.
const BEFORE: &str = "## Every address\n";

fn list(router: &Router) -> String {
    let mut text = String::new();
    for (access, heading) in HEADINGS {
        text += &format!("\n### {heading}\n\n");
        let mut rows: Vec<String> = router
            .routes()
            .iter()
            .filter(|route| is_for_people(route) && route.access == access)
            .map(|route| format!("- `{} {}`\n", route.method, route.path))
            .collect();
        rows.sort_by(|a, b| {
            a.split('/').collect::<Vec<_>>()[1..].cmp(&b.split('/').collect::<Vec<_>>()[1..])
        });
        text += &rows.concat();
    }
    text
}

#[tokio::test]
async fn the_page_about_roles_lists_every_address() {
    let server = TestServer::start().await;
    let wanted = list(&Router::new(server.app.clone()).expect("routes"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roles.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (start, listed) = page.split_once(BEFORE).expect("a list of addresses");
    if listed != wanted && std::env::var_os("HINDSIGHT_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{start}{BEFORE}{wanted}")).expect("written");
        return;
    }
    assert_eq!(listed, wanted, "HINDSIGHT_WRITE_DOCS=1 writes the list anew");
}
