//! People whom somebody else vouches for: an OpenID provider, or a proxy in front.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use crate::model::{Role, Vouched};

/// What stands for no role in all connections.
const NO_ROLE: &str = "none";

/// Logging in through an OpenID provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Hidden,
    pub client_secret_file: PathBuf,
    pub label: String,
    pub scopes: String,
    pub name_claim: String,
    pub groups_claim: String,
}

impl Oidc {
    /// Whether there is a provider.
    pub fn is_set(&self) -> bool {
        !self.issuer.is_empty()
    }
}

/// A text that is shown nowhere.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "hidden" })
    }
}

/// Who is let in when somebody else vouches for them, and as what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.toml documents each setting")]
pub struct External {
    pub create: bool,
    pub role: Given,
    pub allowed_domains: String,
    pub allowed_groups: Groups,
    pub group_roles: GroupRoles,
}

/// Why somebody is not let in, though they are who they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptOut {
    /// They have no verified address, or one elsewhere.
    Domain,
    /// They are in none of the groups.
    Group,
}

impl External {
    /// Looks at domains and groups, where settings name any.
    pub fn check(&self, person: &Vouched) -> Result<(), KeptOut> {
        let mut domains = self.allowed_domains.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
        if domains.peek().is_some() {
            let address = person.email.as_deref().and_then(|email| email.rsplit_once('@'));
            let (_, own) = address.ok_or(KeptOut::Domain)?;
            if !domains.any(|domain| domain.trim_start_matches('@').eq_ignore_ascii_case(own)) {
                return Err(KeptOut::Domain);
            }
        }
        let groups = &self.allowed_groups.0;
        if groups.is_empty() || person.groups.iter().any(|group| groups.contains(group)) {
            Ok(())
        } else {
            Err(KeptOut::Group)
        }
    }

    /// The role in all connections that groups give, where settings say that they do: the
    /// highest of them, and that of newcomers for whoever is in none.
    pub fn role_by_groups(&self, groups: &[String]) -> Option<Option<Role>> {
        let roles = &self.group_roles.0;
        if roles.is_empty() {
            return None;
        }
        let of_theirs = roles.iter().filter(|(group, _)| groups.contains(group));
        Some(of_theirs.map(|(_, role)| *role).max().unwrap_or(self.role.0))
    }
}

/// Names of groups, which may have spaces in them, with semicolons between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Groups(Vec<String>);

impl From<String> for Groups {
    fn from(text: String) -> Self {
        Self(pieces(&text).map(str::to_owned).collect())
    }
}

/// A role in all connections, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Given(pub Option<Role>);

/// A word that is no role.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is none of none, viewer-without-prompts, viewer, editor and admin")]
pub struct NoRole(String);

impl FromStr for Given {
    type Err = NoRole;

    fn from_str(name: &str) -> Result<Self, NoRole> {
        match name {
            NO_ROLE => Ok(Self(None)),
            name => name.parse().map(|role| Self(Some(role))).map_err(|_| NoRole(name.to_owned())),
        }
    }
}

impl TryFrom<String> for Given {
    type Error = NoRole;

    fn try_from(name: String) -> Result<Self, NoRole> {
        name.parse()
    }
}

/// Which group gives which role: `GROUP: ROLE` with semicolons between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct GroupRoles(Vec<(String, Option<Role>)>);

/// A piece that gives no group a role.
#[derive(Debug, thiserror::Error)]
pub enum NoGroupRole {
    /// It is not of two parts.
    #[error("{0:?} is not of the form GROUP: ROLE; write them like \"admins: admin; staff: viewer\"")]
    Form(String),
    /// The second is no role.
    #[error(transparent)]
    Role(#[from] NoRole),
}

impl TryFrom<String> for GroupRoles {
    type Error = NoGroupRole;

    fn try_from(text: String) -> Result<Self, NoGroupRole> {
        let pair = |piece: &str| {
            // Names of groups may have a colon, names of roles have none.
            let (group, role) = piece.rsplit_once(':').unwrap_or_default();
            if group.trim().is_empty() {
                return Err(NoGroupRole::Form(piece.to_owned()));
            }
            Ok((group.trim().to_owned(), role.trim().parse::<Given>()?.0))
        };
        pieces(&text).map(pair).collect::<Result<_, _>>().map(Self)
    }
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(domains: &str, groups: &str, roles: &str) -> External {
        External {
            create: true,
            role: Given(None),
            allowed_domains: domains.to_owned(),
            allowed_groups: groups.to_owned().into(),
            group_roles: roles.to_owned().try_into().expect("roles"),
        }
    }

    fn person(email: Option<&str>, groups: &[&str]) -> Vouched {
        Vouched {
            by: "proxy".to_owned(),
            subject: "ada".to_owned(),
            name: "ada".to_owned(),
            email: email.map(str::to_owned),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        }
    }

    #[test]
    fn each_rule_that_is_set_has_to_hold() {
        let both = rules("shop.example @blog.example", "Shop team; ops", "");
        for (email, groups, expected) in [
            (Some("ada@SHOP.example"), &["ops"][..], Ok(())),
            (Some("ada@blog.example"), &["x", "Shop team"], Ok(())),
            (Some("ada@shop.example"), &["Shop"], Err(KeptOut::Group)),
            (Some("ada@shop.example.evil"), &["ops"], Err(KeptOut::Domain)),
            (Some("shop.example"), &["ops"], Err(KeptOut::Domain)),
            (Some("a@shop.example@evil.example"), &["ops"], Err(KeptOut::Domain)),
            (None, &["ops"], Err(KeptOut::Domain)),
        ] {
            assert_eq!(both.check(&person(email, groups)), expected, "{email:?} {groups:?}");
        }
        assert_eq!(rules("", "", "").check(&person(None, &[])), Ok(()));
    }

    #[test]
    fn the_highest_role_of_the_groups_holds() {
        let roles = rules("", "", "ops: admin; cn=staff,dc=x: viewer; urn:team: editor; guests: none");
        for (groups, role) in [
            (&["cn=staff,dc=x", "ops"][..], Some(Role::Admin)),
            (&["cn=staff,dc=x"], Some(Role::Viewer)),
            (&["urn:team", "guests"], Some(Role::Editor)),
            (&["guests"], None),
            (&["OPS"], None),
        ] {
            assert_eq!(roles.role_by_groups(&person(None, groups).groups), Some(role), "{groups:?}");
        }
        assert_eq!(rules("", "", "").role_by_groups(&["ops".to_owned()]), None, "groups decide nothing");
        for bad in ["ops", "ops: chief", ": admin"] {
            assert!(GroupRoles::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
