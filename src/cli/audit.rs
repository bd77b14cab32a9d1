//! `hindsight audit`: whether the log of who did what is as it was written, and all of it as a file.

use std::io::Write;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::Reported;
use crate::clock;
use crate::config::Settings;
use crate::store::audit::{self, Filter, Stored, chain};
use crate::store::{Scope, Store};

/// Entries that are read at once.
const AT_ONCE: usize = 1000;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Follows the chain of hashes from the first entry to the last; exits with 1 if an entry was
    /// changed, removed or put in, and names it.
    Verify {
        /// An entry that must be there as it was: NUMBER:HASH, as this command printed it before. Tells
        /// when the end of the log was cut off, or all of it written anew.
        #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
        head: Option<(i64, String)>,
    },
    /// Prints all entries, from the newest, one a line.
    Export {
        /// How.
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
    },
}

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object a line, with what is needed to verify the chain elsewhere.
    Json,
    /// CSV for spreadsheets.
    Csv,
}

fn head(text: &str) -> Result<(i64, String), String> {
    let bad = || "write the number and the hash of an entry, such as 42:9f86d0…, of 64 digits".to_owned();
    let (id, hash) = text.split_once(':').ok_or_else(bad)?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = id.parse().ok().filter(|_| is_hash).ok_or_else(bad)?;
    Ok((id, hash.to_ascii_lowercase()))
}

/// Runs the command. It only reads, so it works beside a running server.
pub async fn run(settings: Settings, action: Action) -> anyhow::Result<()> {
    let (store, closing) = Store::open_read_only(&settings.server.data_dir, &settings.store)?;
    let outcome = match action {
        Action::Verify { head } => verify(&store, head).await,
        Action::Export { format } => export(&store, format).await,
    };
    closing.close();
    outcome
}

async fn verify(store: &Store, known: Option<(i64, String)>) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let verdict = store.read(|conn| chain::verify(conn, None)).await?;
    if let Some(broken) = verdict.broken {
        writeln!(out, "entry {} does not verify: {}", broken.id, broken.reason)?;
        return Err(Reported.into());
    }
    if let Some((id, wanted)) = known {
        let found = hex(&store.read(move |conn| chain::hash_of(conn, id)).await?);
        if found.is_empty() {
            bail!(
                "entry {id} is not there: it was removed with all up to it, or the end of the log was cut off"
            );
        }
        if found != wanted {
            bail!("entry {id} is another one than it was: the log was written anew");
        }
    }
    let (id, hash) = verdict.head;
    writeln!(out, "ok: {} entries; the newest is {id}:{}", verdict.entries, hex(&hash))?;
    Ok(())
}

async fn export(store: &Store, format: Format) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    if format == Format::Csv {
        write!(out, "{}", crate::web::audit_csv_head())?;
    }
    let mut before = None;
    loop {
        let read = move |conn: &crate::store::Db| {
            audit::list(conn, &Scope::everything(), &Filter::default(), before, AT_ONCE)
        };
        let entries = store.read(read).await?;
        for entry in &entries {
            match format {
                Format::Json => writeln!(out, "{}", json_of(entry))?,
                Format::Csv => write!(out, "{}", crate::web::audit_csv_line(entry))?,
            }
        }
        match entries.last() {
            Some(last) => before = Some(last.id),
            None => return Ok(out.flush()?),
        }
    }
}

fn json_of(entry: &Stored) -> serde_json::Value {
    json!({
        "id": entry.id,
        "at": clock::rfc3339(entry.at),
        "at_ms": entry.at,
        "who": entry.who,
        "what": entry.what,
        "connection": entry.connection.map(|connection| connection.0),
        "subject": entry.subject,
        // As text, since the hash is that of the text.
        "detail": entry.detail,
        "hash": hex(&entry.hash),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn an_entry_is_named_by_number_and_hash() {
        let hash = "ab".repeat(32);
        assert_eq!(head(&format!("7:{}", hash.to_uppercase())), Ok((7, hash.clone())));
        for bad in ["", "7", "7:", "7:abc", &format!("x:{hash}"), &hash] {
            assert!(head(bad).is_err(), "{bad}");
        }
    }
}
