//! Who administers a server that nobody has an account on yet: the environment says so, or
//! whoever opens the link that is printed.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::noted;
use crate::accounts::password;
use crate::accounts::secret::Secret;
use crate::config::Login;
use crate::model::{Role, user_name};
use crate::store::audit::{self, What};
use crate::store::{accounts, login_links};
use crate::web::{App, setup};

const NAME: &str = "HINDSIGHT_ADMIN_NAME";
const PASSWORD: &str = "HINDSIGHT_ADMIN_PASSWORD";
const PASSWORD_FILE: &str = "HINDSIGHT_ADMIN_PASSWORD_FILE";

/// The variables that are no settings.
pub const VARIABLES: [&str; 3] = [NAME, PASSWORD, PASSWORD_FILE];

/// Adds the first administrator, or prints the link that does. Does nothing once there is anybody.
pub async fn prepare(app: &App, address: SocketAddr) -> anyhow::Result<()> {
    if app.settings.accounts.login == Login::None || app.store.read(accounts::any).await? {
        return Ok(());
    }
    let now = app.clock.now();
    if let Some((name, password)) = from_environment()? {
        let hash = password::hash(password).await?;
        let wanted = name.clone();
        let detail = json!({ "role": Role::Admin.name(), "by": "environment" });
        let entry = noted::entry(What::UserAdded, None, name.clone(), detail);
        app.store
            .write(move |conn| match login_links::first_admin(conn, &wanted, &hash, now)? {
                Some(_) => audit::append(conn, &entry),
                None => Ok(()),
            })
            .await?;
        tracing::info!(name, "the first administrator was added, as the environment says");
        return Ok(());
    }
    if !app.settings.accounts.password {
        tracing::info!(
            "nobody has an account yet; who administers the server is said by `accounts.external.group_roles`, or by \
             `hindsight user role NAME admin` once they have logged in"
        );
        return Ok(());
    }
    let secret = Secret::new();
    app.store.write(move |conn| login_links::set_setup(conn, &secret.hash, now)).await?;
    if !address.ip().is_loopback() {
        tracing::warn!("nobody has an account yet, and others reach {address}: open the setup link soon");
    }
    let url = format!("{}{}", app.public_url, setup::path(&secret.token));
    print(&url)?;
    Ok(())
}

/// Not through the log: that may be off, and a link has no business where logs are collected.
fn print(url: &str) -> std::io::Result<()> {
    let line = "─".repeat(78);
    writeln!(
        std::io::stderr(),
        "\n{line}\n  Set up Hindsight: open this link to choose your name and your password.\n\n    \
         {url}\n\n  It works once. Starting the server again prints another one.\n{line}\n"
    )
}

/// The name and the password in the environment, if it has them.
fn from_environment() -> anyhow::Result<Option<(String, String)>> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(name) = variable(NAME) else {
        for other in [PASSWORD, PASSWORD_FILE] {
            if variable(other).is_some() {
                bail!("{other} is set and {NAME} is not; set it to the name of the first administrator");
            }
        }
        return Ok(None);
    };
    let name = user_name(&name).with_context(|| format!("{NAME}: this cannot be the name of a user"))?;
    let password = match (variable(PASSWORD), variable(PASSWORD_FILE)) {
        (Some(password), None) => password,
        (None, Some(file)) => read(Path::new(&file))?,
        (Some(_), Some(_)) => bail!("{PASSWORD} and {PASSWORD_FILE} are both set; set one of them"),
        (None, None) => bail!("{NAME} is set; set {PASSWORD_FILE} or {PASSWORD} as well"),
    };
    if let Some(problem) = password::problem(&password, &name) {
        bail!("the password of the first administrator will not do. {problem}");
    }
    Ok(Some((name, password)))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{PASSWORD_FILE}: {} cannot be read", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
