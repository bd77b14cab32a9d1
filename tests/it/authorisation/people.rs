//! Settings, People: roles are given, changed and taken, and hold from the next request on.

use hindsight::model::Role;
use hindsight::store::{Scope, members};
use hindsight::web::{Asker, Who};
use warp::http::Method;

use super::world::{Answer, Ids, send};
use super::{Person, two_worlds};
use crate::server::TestServer;

/// Somebody with an account, with the roles that they have now.
async fn account(server: &TestServer, name: &'static str) -> Person {
    let read = server.store.read(move |conn| {
        let id = members::user_named(conn, name)?.expect("an account");
        Ok((id, members::scope_of(conn, id, None)?))
    });
    let (id, scope): (i64, Scope) = read.await.expect("the store reads");
    Person { name, who: Some(Who { asker: Asker::User { id, name: name.to_owned() }, scope }) }
}

async fn add_accounts(server: &TestServer, ids: &Ids) {
    let connection = ids.connection;
    let added = server.store.write(move |conn| {
        // Nobody else is left to administer the connection.
        conn.execute("UPDATE user SET role = NULL", [])?;
        for name in ["ada", "bob"] {
            conn.execute("INSERT INTO user (name, known_as, created_at) VALUES (?1, ?1, 0)", [name])?;
        }
        let ada = members::user_named(conn, "ada")?.expect("it is there");
        members::set(conn, members::Actor::Server, connection, ada, Role::Admin)
    });
    assert_eq!(added.await.expect("the store writes"), members::Outcome::Done(None));
}

#[tokio::test]
async fn an_admin_gives_changes_and_takes_roles() {
    let (server, router, shop, _) = two_worlds().await;
    add_accounts(&server, &shop).await;
    let people = shop.fill("/connections/{connection}/settings/people");
    let post = async |name: &'static str, path: &str, form: &str| -> Answer {
        let person = account(&server, name).await;
        send(&router, person.who.as_ref(), &Method::POST, path, form.to_owned()).await
    };
    let sees = async |name: &'static str, path: &str| {
        let person = account(&server, name).await;
        send(&router, person.who.as_ref(), &Method::GET, path, String::new()).await
    };
    let sessions = shop.fill("/connections/{connection}/sessions");
    assert_eq!(sees("bob", &sessions).await.status, 404);

    let wrong = post("ada", &people, "name=nobody&role=viewer").await;
    assert!(wrong.status == 422 && wrong.text().contains("Nobody here is called this"), "{}", wrong.text());
    assert_eq!(post("ada", &people, "name=bob&role=king").await.status, 422);
    assert_eq!(post("ada", &people, "name=bob&role=viewer").await.status, 303);
    assert_eq!(sees("bob", &sessions).await.status, 200);
    assert_eq!(sees("bob", &people).await.status, 403);

    let bob =
        account(&server, "bob").await.who.and_then(|who| who.user().map(|(id, _)| id)).expect("an account");
    let ada =
        account(&server, "ada").await.who.and_then(|who| who.user().map(|(id, _)| id)).expect("an account");
    let [of_bob, of_ada] = [bob, ada].map(|user| format!("{people}/{user}"));
    assert_eq!(post("ada", &of_bob, "role=admin").await.status, 303);
    let page = sees("bob", &people).await.text();
    assert!(page.contains("Remove ada") && page.contains("Remove bob"), "{page}");

    let told = post("bob", &format!("{of_ada}/remove"), "").await;
    assert_eq!(told.status, 303);
    assert_eq!(sees("ada", &sessions).await.status, 404);
    for (path, form) in [(format!("{of_bob}/remove"), ""), (of_bob.clone(), "role=editor")] {
        let last = post("bob", &path, form).await;
        assert!(last.status == 409 && last.text().contains("Nobody would be left"), "{}", last.text());
    }
    let undo = sees("bob", &format!("{people}?done=removed&name=ada&role=admin")).await.text();
    assert!(undo.contains("ada has no role here any more.") && undo.contains("Undo"), "{undo}");
}
