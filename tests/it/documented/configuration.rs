//! `docs/configuration.md` has every setting of `config.toml`, with its default.

use std::fmt::Write;
use std::fs;

use super::root;

/// What stands before the tables, which are the rest of the page.
const BEFORE: &str = "## Every setting\n";

/// The tables of the page, made of the comments and defaults of the file.
fn tables(config: &str) -> String {
    let mut page = String::new();
    let mut comment = Vec::new();
    let mut introduced = true;
    for line in config.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some(table) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let about = std::mem::take(&mut comment).join(" ");
            let _ = write!(page, "\n### `[{table}]`\n");
            let _ = if about.is_empty() { Ok(()) } else { write!(page, "\n{about}\n") };
            introduced = false;
        } else if let Some((key, value)) = line.split_once(" = ") {
            if !std::mem::replace(&mut introduced, true) {
                page += "\n| Setting | Default | |\n|---|---|---|\n";
            }
            let about = match comment.is_empty() {
                true => "with the one above".to_owned(),
                false => std::mem::take(&mut comment).join(" ").replace('|', "\\|"),
            };
            let _ = writeln!(page, "| `{key}` | `{}` | {about} |", value.replace('|', "\\|"));
        } else {
            // What stands before an empty line is about no setting.
            comment.clear();
        }
    }
    page
}

#[test]
fn the_page_about_settings_has_all_of_them() {
    let config = fs::read_to_string(root().join("config.toml")).expect("read");
    let wanted = tables(&config);
    let path = root().join("docs/configuration.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (start, listed) = page.split_once(BEFORE).expect("a list of settings");
    if listed != wanted && std::env::var_os("HINDSIGHT_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{start}{BEFORE}{wanted}")).expect("written");
        return;
    }
    assert_eq!(listed, wanted, "HINDSIGHT_WRITE_DOCS=1 writes the list anew");
    let settings: toml::Table = config.parse().expect("TOML");
    for (table, values) in settings {
        let values = values.as_table().expect("tables").iter().filter(|(_, value)| !value.is_table());
        for (key, _) in values {
            assert!(wanted.contains(&format!("| `{key}` |")), "{table}.{key} has no row");
        }
    }
}
