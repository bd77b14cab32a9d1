use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("config.toml");
    std::fs::write(&path, file).expect("a writable folder");
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::load(Some(&path), environment)
        .map_err(|error| error.to_string().replace(&*dir.path().to_string_lossy(), "."))
}

#[test]
fn the_defaults_are_complete_and_valid() {
    let settings = load("", &[]).expect("defaults");
    assert_eq!(settings.server.listen.port(), 7700);
    assert_eq!(settings.store.durability, Durability::PowerLoss);
}

#[test]
fn the_file_overrides_the_defaults_and_the_environment_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[ingest]\nmax_depth = 100\n";
    let settings =
        load(file, &[("HINDSIGHT_SERVER__LISTEN", "127.0.0.1:2"), ("PATH", "/bin")]).expect("valid");
    assert_eq!(settings.server.listen.port(), 2);
    assert_eq!(settings.ingest.max_depth, 100);
}

#[test]
fn tables_of_plugins_are_their_own() {
    let file = "[plugins]\nworkers = 2\n[plugins.mask-pii]\nmail = true\nwords = [[\"a\"], []]\n\
                [plugins.mask-pii.deep]\nEr = 0.5\n[plugins.friction]\n";
    let plugins = load(file, &[("HINDSIGHT_PLUGINS__MAX_CPU_MS", "9")]).expect("valid").plugins;
    assert_eq!((plugins.workers, plugins.max_cpu_ms), (2, 9));
    let expected = serde_json::json!({
        "friction": {},
        "mask-pii": { "mail": true, "words": [["a"], []], "deep": { "Er": 0.5 } },
    });
    assert_eq!(serde_json::to_value(&plugins.of).expect("JSON"), expected);
    let error = load("[plugins]\nfolder_ = \"x\"\n", &[]).expect_err("no such setting");
    assert!(error.ends_with("did you mean `plugins.folder`? Otherwise remove it"), "{error}");
}

#[test]
fn a_wrong_key_names_the_file_the_key_and_the_likely_one() {
    assert_eq!(
        load("[server]\nlisten_on = \"x\"\n", &[]).expect_err("unknown key"),
        "./config.toml: there is no setting `server.listen_on`; did you mean `server.listen`? Otherwise remove it"
    );
    assert_eq!(
        load("", &[("HINDSIGHT_NONSENSE", "1")]).expect_err("unknown variable"),
        "environment variable HINDSIGHT_NONSENSE: there is no setting `nonsense`; remove it"
    );
}

#[test]
fn a_wrong_value_names_the_place_the_key_and_the_remedy() {
    let rows = [
        (
            "[ingest]\nmax_depth = \"deep\"",
            "`ingest.max_depth` is a text, not a whole number; the default is 2048",
        ),
        ("[ingest]\nmax_depth = -1", "`ingest.max_depth` is a number below zero, not a whole number"),
        ("[store]\nreaders = 0", "`store.readers` is 0; write a number from 1 to 256"),
        ("[server]\nmax_connections = 5000000000", "`server.max_connections` is 5000000000; write a number"),
        ("[serverr]", "there is no setting `serverr`"),
        ("[pages]\ntemplates_dir = \"/nowhere\"", "where there is no folder; name a folder"),
        ("[recorder]\ningest_path = \"/connections\"", "which is not a free path"),
        ("[recorder]\nscript_path = \"/a/../b\"", "which is not a free path"),
        (
            "[recorder]\nwidget_path = \"/ingest\"",
            "`recorder.widget_path` is the same as `recorder.ingest_path`; choose two paths",
        ),
        ("[ingest]\nbuffer_bytes = 1024", "`ingest.buffer_bytes` is 1024, which holds no body"),
        ("[log]\nlevel = \"loud\"", "`log.level` is \"loud\", which is no level"),
        ("[server]\npublic_url = \"https://x.example/path\"", "which is not a web address"),
        ("[store]\ndurability = \"some\"", "`store.durability` cannot be used"),
        ("[server]\nlisten = \"here\"", "`server.listen` cannot be used"),
        ("[server]\npublic_url = \"ftp://x\"", "`server.public_url` is \"ftp://x\""),
        (
            "[recorder]\ningest_path = \"ingest\"",
            "`recorder.ingest_path` is \"ingest\", which is not a free path",
        ),
        ("[log]\nlevel = \"a=b=c\"", "`log.level` is"),
        ("[server]\nsecurity_contact = \"me@example.org\"", "which is no address to write to"),
        ("[server]\nsecurity_contact = \"mailto:a\\nExpires: b\"", "which is no address to write to"),
        ("[server]\ncountry_header = \"CF: x\"", "which is no name of a header"),
        ("[server", "is not TOML"),
    ];
    for (file, expected) in rows {
        let error = load(file, &[]).expect_err(file);
        assert!(error.starts_with("./config.toml: "), "{error}");
        assert!(error.contains(expected), "{error} lacks {expected}");
        assert!(!error.contains('\n'), "{error} is one sentence");
    }
    let numeric_name = load("", &[("HINDSIGHT_SERVER__DATA_DIR", "2024"), ("HINDSIGHT_STORE__READERS", "7")]);
    assert_eq!(numeric_name.expect("a text and a number").store.readers, 7);
    let error = load("", &[("HINDSIGHT_STORE__READERS", "many")]).expect_err("not a number");
    assert!(
        error.starts_with("environment variable HINDSIGHT_STORE__READERS: `store.readers` is a text"),
        "{error}"
    );
}
