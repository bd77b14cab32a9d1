//! `hindsight user`: adding users, listing them, and letting them in again.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::connection::existing as existing_connection;
use super::noted;
use crate::accounts::password;
use crate::clock::{self, Clock};
use crate::config::Settings;
use crate::model::{Role, User, user_name};
use crate::store::accounts::{self, Changed};
use crate::store::audit::{self, Entry, What};
use crate::store::members::{Actor, set as set_member};
use crate::store::{self, Db, Store, login_links, second_factor};

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Adds a user. The password is asked for, or read from the standard input.
    Add {
        /// What they log in with.
        name: String,
        /// What they may do: admin, editor, viewer or viewer-without-prompts.
        #[arg(long)]
        role: Option<Role>,
        /// A connection in which they have the role, in place of all. May be said several times.
        #[arg(long = "connection", value_name = "NAME", requires = "role")]
        connections: Vec<String>,
        #[command(flatten)]
        password: Password,
    },
    /// Prints each user with role, state, and when they were last seen.
    List,
    /// Gives a user another password, and ends their logins.
    Password {
        /// The user.
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Changes what a user may do in all connections, and ends their logins.
    Role {
        /// The user.
        name: String,
        /// admin, editor, viewer, viewer-without-prompts, or none.
        role: String,
    },
    /// Shuts a user out, and ends their logins.
    Disable {
        /// The user.
        name: String,
    },
    /// Lets a user in again who was shut out.
    Enable {
        /// The user.
        name: String,
    },
    /// Asks a user for no codes any more, who has lost what shows them.
    TotpOff {
        /// The user.
        name: String,
    },
    /// Removes a user. What they wrote stays.
    Remove {
        /// The user.
        name: String,
    },
}

/// Where a password comes from.
#[derive(Debug, Args)]
#[group(id = "source")]
pub struct Password {
    /// Makes a password up, and prints it.
    #[arg(long)]
    generate: bool,
}

impl Password {
    /// The password of a user of this name.
    fn read(&self, name: &str) -> anyhow::Result<String> {
        if self.generate {
            return Ok(password::generate());
        }
        let chosen = if std::io::stdin().is_terminal() { ask()? } else { first_line()? };
        match password::problem(&chosen, name) {
            Some(problem) => bail!("this password will not do. {problem} Or let --generate make one up."),
            None => Ok(chosen),
        }
    }

    /// Shows a password that was made up.
    fn show(&self, chosen: &str) -> std::io::Result<()> {
        if self.generate { writeln!(std::io::stdout(), "{chosen}") } else { Ok(()) }
    }
}

fn ask() -> anyhow::Result<String> {
    let chosen = rpassword::prompt_password("Password: ")?;
    if chosen != rpassword::prompt_password("The same again: ")? {
        bail!("the two are not the same; nothing was changed");
    }
    Ok(chosen)
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the standard input cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Runs the command. Works beside a running server.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    let (data_dir, store_settings) = (&settings.server.data_dir, &settings.store);
    let (store, closing) = match action {
        Action::Add { .. } => Store::open(data_dir, store_settings)?,
        Action::List => super::open_to_read(&settings)?,
        _ => Store::open_existing(data_dir, store_settings)?,
    };
    let outcome = match action {
        Action::Add { name, role, connections, password } => {
            add(&store, &name, role, &connections, &password).await
        }
        Action::List => list(&store).await,
        Action::Password { name, password } => set_password(&store, &name, &password).await,
        Action::Role { name, role } => set_role(&store, &name, &role).await,
        Action::Disable { name } => set_disabled(&store, &name, true).await,
        Action::Enable { name } => set_disabled(&store, &name, false).await,
        Action::TotpOff { name } => totp_off(&store, &name).await,
        Action::Remove { name } => remove(&store, &name).await,
    };
    closing.close();
    outcome
}

async fn add(
    store: &Store,
    name: &str,
    role: Option<Role>,
    connections: &[String],
    password: &Password,
) -> anyhow::Result<()> {
    let name = user_name(name).context("this cannot be the name of a user")?;
    let taken = || format!("there is a user named {name:?} already; `hindsight user list` shows them all");
    let wanted = name.clone();
    if store.read(move |conn| accounts::credentials(conn, &wanted)).await?.is_some() {
        bail!(taken());
    }
    let mut members = Vec::new();
    for connection in connections {
        let connection = existing_connection(store, connection).await?.id;
        members.extend(role.map(|role| (connection, role)));
    }
    // Whoever is named for some connections has no role in the others.
    let role = role.filter(|_| connections.is_empty());
    let chosen = password.read(&name)?;
    let (hash, now) = (password::hash(chosen.clone()).await?, Clock::system().now());
    let (wanted, mut entries) = (name.clone(), Vec::new());
    entries.push(entry(What::UserAdded, &name, json!({ "role": role_name(role) })));
    for (connection, role) in &members {
        let detail = json!({ "from": role_name(None), "to": role.name() });
        entries.push(noted::entry(What::RoleChanged, Some(*connection), name.clone(), detail));
    }
    let add = move |conn: &Db| {
        let Some(user) = accounts::add(conn, &wanted, role, Some(&hash), now)? else { return Ok(false) };
        for (connection, role) in members {
            set_member(conn, Actor::Server, connection, user, role)?;
        }
        entries.iter().try_for_each(|entry| audit::append(conn, entry))?;
        Ok(true)
    };
    if !store.write(add).await? {
        bail!(taken());
    }
    password.show(&chosen)?;
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    for user in store.read(accounts::all).await? {
        let role = role_name(user.role);
        let state = match (user.disabled_at, user.has_password || user.vouched_by.is_some()) {
            (Some(_), _) => "shut out",
            (None, false) => "invited",
            (None, true) => "active",
        };
        let factor = match user.vouched_by {
            Some(by) if !user.has_password => format!("by {by}"),
            _ if user.has_totp => "second factor".to_owned(),
            _ => "password only".to_owned(),
        };
        let seen = user.seen_at.map_or_else(|| "never seen".to_owned(), clock::rfc3339);
        writeln!(std::io::stdout(), "{}\t{role}\t{state}\t{factor}\t{seen}", user.name)?;
    }
    Ok(())
}

async fn set_password(store: &Store, name: &str, password: &Password) -> anyhow::Result<()> {
    let user = existing(store, name).await?;
    let chosen = password.read(&user.name)?;
    let hash = password::hash(chosen.clone()).await?;
    let entry = entry(What::PasswordChanged, &user.name, json!({}));
    store
        .write(move |conn| {
            login_links::end_for(conn, user.id)?;
            accounts::set_password(conn, user.id, &hash)?;
            audit::append(conn, &entry)
        })
        .await?;
    password.show(&chosen)?;
    Ok(())
}

async fn set_role(store: &Store, name: &str, role: &str) -> anyhow::Result<()> {
    let role = match role {
        "none" => None,
        name => Some(name.parse::<Role>().map_err(|error| anyhow::anyhow!("{error}, or none"))?),
    };
    let user = existing(store, name).await?;
    let detail = json!({ "from": role_name(user.role), "to": role_name(role) });
    let entry = entry(What::RoleChanged, &user.name, detail);
    let changed = change(store, entry, move |conn| accounts::set_role(conn, user.id, role)).await?;
    say(changed, &format!("has the role {} in all connections", role_name(role)))
}

async fn set_disabled(store: &Store, name: &str, is_disabled: bool) -> anyhow::Result<()> {
    let user = existing(store, name).await?;
    let at = is_disabled.then(|| Clock::system().now());
    let entry = entry(What::UserChanged, &user.name, json!({ "shut_out": is_disabled }));
    let changed = change(store, entry, move |conn| accounts::set_disabled(conn, user.id, at)).await?;
    say(changed, if is_disabled { "is shut out" } else { "may log in" })
}

async fn totp_off(store: &Store, name: &str) -> anyhow::Result<()> {
    let user = existing(store, name).await?;
    let entry = entry(What::TotpOff, &user.name, json!({}));
    let off =
        move |conn: &Db| Ok(if second_factor::turn_off(conn, user.id)? { Changed::Yes } else { Changed::No });
    say(change(store, entry, off).await?, "is asked for the password only")
}

async fn remove(store: &Store, name: &str) -> anyhow::Result<()> {
    let user = existing(store, name).await?;
    let entry = entry(What::UserRemoved, &user.name, json!({}));
    say(change(store, entry, move |conn| accounts::remove(conn, user.id)).await?, "is removed")
}

fn role_name(role: Option<Role>) -> &'static str {
    role.map_or("none", Role::name)
}

fn entry(what: What, user: &str, detail: Value) -> Entry {
    noted::entry(what, None, user, detail)
}

/// Changes a user, and notes it if anything was changed.
async fn change<F>(store: &Store, entry: Entry, work: F) -> store::Result<Changed>
where
    F: FnOnce(&Db) -> store::Result<Changed> + Send + 'static,
{
    let change = move |conn: &Db| {
        let changed = work(conn)?;
        if changed == Changed::Yes {
            audit::append(conn, &entry)?;
        }
        Ok(changed)
    };
    store.write(change).await
}

/// The user of this name, or what to do.
async fn existing(store: &Store, name: &str) -> anyhow::Result<User> {
    let wanted = name.trim().to_owned();
    let found = store.read(move |conn| accounts::credentials(conn, &wanted)).await?;
    found.map(|found| found.user).with_context(|| {
        format!("there is no user named {name:?}; `hindsight user list` shows those there are")
    })
}

/// Says what is so now, or why it is not.
fn say(changed: Changed, what: &str) -> anyhow::Result<()> {
    match changed {
        Changed::Yes => writeln!(std::io::stdout(), "done: the user {what}")?,
        Changed::No => writeln!(std::io::stdout(), "nothing to do: the user {what}")?,
        Changed::LastAdmin => {
            bail!("this is the last administrator who can log in; make somebody else one first")
        }
    }
    Ok(())
}
