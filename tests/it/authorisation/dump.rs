//! All that a database holds, as text.

use crate::server::TestServer;

/// All rows of all tables as text, but for the audit log: who looks at what is noted there.
pub async fn dump(server: &TestServer) -> String {
    let dumped = server.store.read(|conn| {
        let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
        let names = names.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let mut text = String::new();
        for table in names.iter().filter(|name| !name.starts_with("session_words") && *name != "audit") {
            let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                text += &format!("\n{table}:");
                for column in 0..columns {
                    text += &format!(" {:?}", row.get_ref(column)?);
                }
            }
        }
        Ok(text)
    });
    dumped.await.expect("the store reads")
}
