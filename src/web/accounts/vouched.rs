//! Who may come in when somebody else vouches for them, as the settings have it: found by who
//! says so and whom it is there, or added.

use serde_json::{Value, json};

use super::super::App;
use super::super::problem::Problem;
use super::super::request::Request;
use super::refused as noted;
use super::users::{MOST_USERS, role_name};
use crate::config::{External, KeptOut};
use crate::model::vouched::PROXY;
use crate::model::{BadName, TimestampMs, User, Vouched, user_name};
use crate::store::accounts::{self, Changed};
use crate::store::audit::{self, Entry, What};
use crate::store::{Db, identities};

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// By the rules.
    KeptOut(KeptOut),
    /// They have no account, and get none.
    Unknown,
    /// Somebody shut them out.
    ShutOut,
    /// Somebody else is called like them.
    NameTaken,
    /// They cannot be called what they are called elsewhere.
    BadName(BadName),
    /// There are too many already.
    Full,
}

impl Refusal {
    /// For the audit log.
    fn why(self) -> &'static str {
        match self {
            Self::KeptOut(KeptOut::Domain) => "domain",
            Self::KeptOut(KeptOut::Group) => "group",
            Self::Unknown => "no account",
            Self::ShutOut => "shut out",
            Self::NameTaken => "name taken",
            Self::BadName(_) => "name",
            Self::Full => "too many users",
        }
    }

    /// For whoever is refused, with what to do.
    fn detail(self) -> String {
        let detail = match self {
            Self::KeptOut(KeptOut::Domain) => {
                "Only those whose verified mail address is in one of the domains that this server lets in have a \
                 place here. Log in with another account there, or ask whoever administers it."
            }
            Self::KeptOut(KeptOut::Group) => {
                "You are in none of the groups that this server lets in. Ask whoever administers them, and log in \
                 there again once you are."
            }
            Self::Unknown => "You have no account here yet. Ask whoever administers the server for one.",
            Self::ShutOut => "Your account is shut out. Ask whoever administers the server.",
            Self::NameTaken => {
                "Somebody has an account under your name already. If that is you, log in with its password and \
                 connect it on the Account page; otherwise ask whoever administers the server."
            }
            Self::BadName(problem) => {
                return format!("What you are called there cannot be a name here. {problem}");
            }
            Self::Full => {
                "The server has as many users as it takes. Ask whoever administers it to remove some."
            }
        };
        detail.to_owned()
    }
}

/// The user that this is, with the role that their groups give.
pub async fn admit(app: &App, request: &Request, person: Vouched) -> Result<User, Problem> {
    let name = person.name.clone();
    let refusal = match app.settings.accounts.external.check(&person) {
        Ok(()) => match find_or_add(app, person).await? {
            Ok(user) => return Ok(user),
            Err(refusal) => refusal,
        },
        Err(kept_out) => Refusal::KeptOut(kept_out),
    };
    noted::note(app, request, &name, refusal.why());
    Err(Problem::not_let_in(refusal.detail()))
}

async fn find_or_add(app: &App, person: Vouched) -> Result<Result<User, Refusal>, Problem> {
    let (by, subject) = (person.by.clone(), person.subject.clone());
    let known = app.store.read(move |conn| identities::user_of(conn, &by, &subject)).await?;
    let role = app.settings.accounts.external.role_by_groups(&person.groups);
    match known {
        Some(user) if user.disabled_at.is_some() => Ok(Err(Refusal::ShutOut)),
        // Most often there is nothing to write.
        Some(user) if role.is_none_or(|role| role == user.role) => Ok(Ok(user)),
        _ => {
            let (rules, now) = (app.settings.accounts.external.clone(), app.clock.now());
            Ok(app.store.write(move |conn| Admission { conn, rules, person, now }.admit()).await?)
        }
    }
}

/// Somebody at the door, in one transaction.
struct Admission<'a> {
    conn: &'a Db,
    rules: External,
    person: Vouched,
    now: TimestampMs,
}

impl Admission<'_> {
    fn admit(self) -> crate::store::Result<Result<User, Refusal>> {
        let user = match identities::user_of(self.conn, &self.person.by, &self.person.subject)? {
            Some(user) => user,
            None => match self.newcomer()? {
                Ok(user) => user,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        if user.disabled_at.is_some() {
            return Ok(Err(Refusal::ShutOut));
        }
        self.with_role_of_groups(user).map(Ok)
    }

    fn newcomer(&self) -> crate::store::Result<Result<User, Refusal>> {
        let name = match user_name(&self.person.name) {
            Ok(name) => name,
            Err(problem) => return Ok(Err(Refusal::BadName(problem))),
        };
        // A proxy is the operator's own, and its names are those of this server.
        if self.person.by == PROXY
            && let Some(user) = identities::user_named(self.conn, &name)?
        {
            identities::tie(self.conn, user.id, PROXY, &self.person.subject, self.now)?;
            self.note(What::UserChanged, &name, json!({ "fields": ["vouched by"] }))?;
            return Ok(Ok(user));
        }
        if !self.rules.create {
            return Ok(Err(Refusal::Unknown));
        }
        if accounts::all(self.conn)?.len() >= MOST_USERS {
            return Ok(Err(Refusal::Full));
        }
        let role = self.rules.role_by_groups(&self.person.groups).unwrap_or(self.rules.role.0);
        let Some(user) = identities::add(self.conn, &self.person, &name, role, self.now)? else {
            return Ok(Err(Refusal::NameTaken));
        };
        self.note(What::UserAdded, &name, json!({ "role": role_name(role), "by": self.person.by }))?;
        Ok(Ok(user))
    }

    fn with_role_of_groups(&self, user: User) -> crate::store::Result<User> {
        let Some(role) = self.rules.role_by_groups(&self.person.groups) else { return Ok(user) };
        match accounts::set_role(self.conn, user.id, role)? {
            Changed::No => return Ok(user),
            Changed::LastAdmin => {
                tracing::warn!(
                    name = user.name,
                    "groups take the role of an administrator from the last one who could log in; it stays"
                );
                return Ok(user);
            }
            Changed::Yes => {}
        }
        let detail = json!({ "from": role_name(user.role), "to": role_name(role), "by": "groups" });
        self.note(What::RoleChanged, &user.name, detail)?;
        Ok(accounts::find(self.conn, user.id)?.unwrap_or(user))
    }

    fn note(&self, what: What, name: &str, detail: Value) -> crate::store::Result<()> {
        let (who, subject) = (self.person.by.clone(), name.to_owned());
        audit::append(self.conn, &Entry { at: self.now, who, what, connection: None, subject, detail })
    }
}
