//! What the claims of a provider say of somebody.

use serde_json::{Map, Value};

use crate::config::Oidc;
use crate::model::Vouched;

/// Claims that people are called by, unless the settings name one.
const NAMES: [&str; 3] = ["preferred_username", "email", "name"];

/// More groups than this have nobody.
const MOST_GROUPS: usize = 1000;

/// Whether all that is asked for is there.
pub fn are_complete(settings: &Oidc, claims: &Map<String, Value>) -> bool {
    let name = if settings.name_claim.is_empty() { NAMES[0] } else { &settings.name_claim };
    let needed = [name, "email", &settings.groups_claim];
    needed.iter().all(|claim| claim.is_empty() || find(claims, claim).is_some())
}

/// Whom they are about. `None` when they have no name.
pub fn person(settings: &Oidc, claims: Map<String, Value>) -> Option<Vouched> {
    let text = |claim: &str| {
        find(&claims, claim).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    };
    let name = match &*settings.name_claim {
        "" => NAMES.iter().find_map(|claim| text(claim)),
        claim => text(claim),
    };
    let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    Some(Vouched {
        by: text("iss")?.to_owned(),
        subject: claims.get("sub")?.as_str()?.to_owned(),
        name: name?.to_owned(),
        email: text("email").filter(|_| is_verified).map(str::to_owned),
        groups: groups(find(&claims, &settings.groups_claim)),
    })
}

/// A claim by its name, or by the path to it with points between.
fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    claims.get(claim).or_else(|| {
        let (first, rest) = claim.split_once('.')?;
        find(claims.get(first)?.as_object()?, rest)
    })
}

fn groups(claim: Option<&Value>) -> Vec<String> {
    let texts: Vec<&str> = match claim {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).take(MOST_GROUPS).collect(),
        Some(Value::String(group)) => vec![group],
        _ => Vec::new(),
    };
    texts.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Hidden;

    fn read(name_claim: &str, groups_claim: &str, mut claims: Value) -> Option<Vouched> {
        let settings = Oidc {
            issuer: "https://auth.example".to_owned(),
            client_id: "hindsight".to_owned(),
            client_secret: Hidden::default(),
            client_secret_file: "".into(),
            label: String::new(),
            scopes: "openid".to_owned(),
            name_claim: name_claim.to_owned(),
            groups_claim: groups_claim.to_owned(),
        };
        claims["iss"] = "https://auth.example".into();
        claims["sub"] = "1".into();
        person(&settings, claims.as_object().expect("an object").clone())
    }

    #[test]
    fn people_are_called_what_they_are_called_there() {
        let all = json!({ "preferred_username": "ada", "email": "ada@x.example", "name": "Ada L" });
        assert_eq!(read("", "", all.clone()).expect("named").name, "ada");
        assert_eq!(read("name", "", all.clone()).expect("named").name, "Ada L");
        assert_eq!(read("", "", json!({ "name": "Ada L" })).expect("named").name, "Ada L");
        assert_eq!(read("nickname", "", all), None);
        assert_eq!(read("", "", json!({ "name": 7 })), None);
    }

    #[test]
    fn an_address_counts_once_it_is_verified() {
        for (verified, counts) in
            [(json!(true), true), (json!(false), false), (json!("true"), false), (json!(null), false)]
        {
            let claims = json!({ "name": "Ada", "email": "ada@x.example", "email_verified": verified });
            assert_eq!(read("", "", claims).expect("named").email.is_some(), counts, "{verified}");
        }
    }

    #[test]
    fn groups_are_found_where_providers_put_them() {
        for (claim, claims, expected) in [
            ("groups", json!({ "groups": ["a", "b", 7] }), &["a", "b"][..]),
            ("groups", json!({ "groups": "a" }), &["a"]),
            ("realm_access.roles", json!({ "realm_access": { "roles": ["a"] } }), &["a"]),
            ("https://x.example/groups", json!({ "https://x.example/groups": ["a"] }), &["a"]),
            ("groups", json!({}), &[]),
        ] {
            let mut claims = claims;
            claims["name"] = "Ada".into();
            assert_eq!(read("", claim, claims).expect("named").groups, expected, "{claim}");
        }
    }
}
