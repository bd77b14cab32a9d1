//! Who may give and take which role.

use super::*;
use crate::store::{connections, schema};

const ADA: i64 = 1;
const BOB: i64 = 2;

/// A shop, which Ada and Bob administer; and a blog.
fn two_admins() -> (Db, ConnectionId, ConnectionId) {
    let conn = schema::in_memory();
    let add = |name| connections::add(&conn, name, name, 0).expect("added").expect("a free name").id;
    let (shop, blog) = (add("shop"), add("blog"));
    for (id, name) in [(ADA, "ada"), (BOB, "bob"), (3, "cleo")] {
        conn.execute("INSERT INTO user (id, name, known_as, created_at) VALUES (?1, ?2, ?2, 0)", (id, name))
            .expect("added");
    }
    for user in [ADA, BOB] {
        let done = set(&conn, Actor::Server, shop, user, Role::Admin).expect("set");
        assert_eq!(done, Outcome::Done(None));
    }
    (conn, shop, blog)
}

fn role_in(conn: &Db, user: i64, connection: ConnectionId) -> Option<Role> {
    scope_of(conn, user, None).expect("read").role_in(connection)
}

#[test]
fn roles_hold_in_their_connection_alone() {
    let (conn, shop, blog) = two_admins();
    assert_eq!((role_in(&conn, ADA, shop), role_in(&conn, ADA, blog)), (Some(Role::Admin), None));
    assert_eq!(set(&conn, Actor::User(ADA), blog, 3, Role::Viewer).expect("set"), Outcome::NotAllowed);
    assert_eq!(role_in(&conn, 3, blog), None);
    let everywhere = scope_of(&conn, 3, Some(Role::Viewer)).expect("read");
    assert_eq!((everywhere.role_in(shop), everywhere.is_everything()), (Some(Role::Viewer), false));
}

#[test]
fn of_two_admins_who_remove_each_other_one_stays() {
    let (conn, shop, _) = two_admins();
    assert_eq!(remove(&conn, Actor::User(ADA), shop, BOB).expect("ok"), Outcome::Done(Some(Role::Admin)));
    assert_eq!(remove(&conn, Actor::User(BOB), shop, ADA).expect("ok"), Outcome::NotAllowed);
    assert_eq!((role_in(&conn, ADA, shop), role_in(&conn, BOB, shop)), (Some(Role::Admin), None));
}

#[test]
fn the_last_admin_stays_unless_somebody_administers_everything() {
    let (conn, shop, _) = two_admins();
    remove(&conn, Actor::User(ADA), shop, BOB).expect("ok");
    assert_eq!(remove(&conn, Actor::User(ADA), shop, ADA).expect("ok"), Outcome::LastAdmin);
    assert_eq!(set(&conn, Actor::User(ADA), shop, ADA, Role::Editor).expect("ok"), Outcome::LastAdmin);
    conn.execute("UPDATE user SET role = 'admin' WHERE name = 'cleo'", []).expect("changed");
    assert_eq!(remove(&conn, Actor::User(ADA), shop, ADA).expect("ok"), Outcome::Done(Some(Role::Admin)));
    assert_eq!(remove(&conn, Actor::User(3), shop, ADA).expect("ok"), Outcome::Nobody);
    assert_eq!(administrators(&conn).expect("read"), ["cleo"]);
}

#[test]
fn whoever_has_no_account_gets_no_role() {
    let (conn, shop, _) = two_admins();
    assert_eq!(set(&conn, Actor::User(ADA), shop, 99, Role::Viewer).expect("ok"), Outcome::Nobody);
    assert_eq!(user_named(&conn, "nobody").expect("read"), None);
    let names = |scope| {
        let members = of_connection(&conn, &scope, shop).expect("read");
        members.into_iter().map(|member| member.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Scope::everything()), ["ada", "bob"]);
    assert!(names(Scope::nothing()).is_empty());
}

#[test]
fn roles_go_with_the_account_and_with_the_connection() {
    let (conn, shop, _) = two_admins();
    conn.execute("DELETE FROM user WHERE id = ?", [BOB]).expect("deleted");
    assert_eq!(role_in(&conn, BOB, shop), None);
    remove_all(&conn, shop).expect("removed");
    assert_eq!(role_in(&conn, ADA, shop), None);
}
