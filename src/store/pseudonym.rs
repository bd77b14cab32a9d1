//! Names for visitors where their ids may not stand: in the audit log and on receipts.
//!
//! The same id has the same name in one database, and nobody without its key can tell which.

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection as Db;
use sha2::Sha256;

use super::Result;

/// So many bytes of the hash are enough to tell all people apart.
const BYTES: usize = 12;

/// The name of a visitor's id.
pub fn of(conn: &Db, visitor: &str) -> Result<String> {
    let mut statement = conn.prepare_cached("SELECT key FROM pseudonym_key")?;
    let key: Vec<u8> = statement.query_row([], |row| row.get(0))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
    mac.update(visitor.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("person-{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::in_memory;

    #[test]
    fn a_name_is_the_same_in_one_database_and_another_in_the_next() {
        let (here, there) = (in_memory(), in_memory());
        let name = of(&here, "ada@example.org").expect("named");
        assert_eq!(of(&here, "ada@example.org").expect("named"), name);
        assert_ne!(of(&here, "bob@example.org").expect("named"), name);
        assert_ne!(of(&there, "ada@example.org").expect("named"), name);
        assert!(name.starts_with("person-") && name.len() == 31, "{name}");
    }
}
