//! What the server is made of is what `deny.toml` takes: licences, where it comes from, and what is banned.
//!
//! Nothing is fetched. Advisories need a database from outside: `cargo deny check advisories`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("it is there")
}

fn rules() -> toml::Table {
    read("deny.toml").parse().expect("TOML")
}

fn texts<'a>(rules: &'a toml::Table, section: &str, list: &str) -> Vec<&'a str> {
    rules[section][list].as_array().expect("a list").iter().filter_map(toml::Value::as_str).collect()
}

/// Each package of the lock file.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let asked = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let told: Value = serde_json::from_slice(&asked.stdout).expect("JSON");
    told["packages"].as_array().expect("a list").clone()
}

/// Whether a licence expression asks for nothing but what is allowed.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // Before 2019 a slash stood for OR.
    let plain = expression.replace('/', " OR ");
    let (mut depth, mut parts, mut start, mut joined) = (0, Vec::new(), 0, "");
    for (operator, wanted) in [(" OR ", "OR"), (" AND ", "AND")] {
        for (at, char) in plain.char_indices() {
            depth += i32::from(char == '(') - i32::from(char == ')');
            if depth == 0 && plain[at..].starts_with(operator) {
                parts.push(&plain[start..at]);
                (start, joined) = (at + operator.len(), wanted);
            }
        }
        if !parts.is_empty() {
            parts.push(&plain[start..]);
            break;
        }
    }
    let inner = |part: &str| is_allowed(part.trim(), allowed);
    match joined {
        "OR" => parts.into_iter().any(inner),
        "AND" => parts.into_iter().all(inner),
        _ => match plain.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(within) => inner(within),
            None => allowed.contains(&plain.trim()),
        },
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed_and_comes_from_the_registry() {
    let rules = rules();
    let allowed = texts(&rules, "licenses", "allow");
    let sources = texts(&rules, "sources", "allow-registry");
    let banned: Vec<&str> = rules["bans"]["deny"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|ban| ban.get("crate").and_then(toml::Value::as_str))
        .collect();
    let packages = packages();
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in &packages {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{name}: {licence:?}");
        assert!(!banned.contains(&name), "{name} is banned");
        match package["source"].as_str() {
            Some(source) => {
                let registry = source.strip_prefix("registry+").unwrap_or(source);
                assert!(sources.contains(&registry), "{name} comes from {source}");
            }
            None => assert_eq!(name, "hindsight"),
        }
    }
    println!("{} packages", packages.len());
}

#[test]
fn every_npm_package_is_known_by_its_hash_and_has_a_licence_that_is_allowed() {
    let rules = rules();
    // A font, and what only tests use.
    let allowed = [texts(&rules, "licenses", "allow"), vec!["OFL-1.1", "MPL-2.0"]].concat();
    let lock: Value = serde_json::from_str(&read("browser/package-lock.json")).expect("JSON");
    let packages: BTreeMap<String, Value> = serde_json::from_value(lock["packages"].clone()).expect("a map");
    for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{path}: {licence:?}");
        let hash = package["integrity"].as_str().unwrap_or_default();
        assert!(hash.starts_with("sha512-"), "{path}: {hash:?}");
    }
    let manifest: Value = serde_json::from_str(&read("browser/package.json")).expect("JSON");
    for section in ["dependencies", "devDependencies"] {
        for (name, version) in manifest[section].as_object().expect("a map") {
            let version = version.as_str().unwrap_or_default();
            assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{name} is pinned: {version}");
        }
    }
}

#[test]
fn licences_are_read_as_they_are_meant() {
    let allowed = ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"];
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND BSD-3-Clause",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR GPL-3.0) AND GPL-3.0",
        "Apache-2.0",
        "GPL-3.0 OR (MIT AND GPL-3.0)",
    ] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}
