//! What pages look like: the embedded templates and styles, and a folder whose files replace them.
//!
//! The folder is watched. It is taken as a whole or not at all: while a template in it is
//! broken, pages go on as they were and say what is wrong; one that breaks only when it is
//! rendered gives way to the embedded one. Nothing here knows what pages show.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use sha2::{Digest, Sha256};
use tera::{Context, Kwargs, State, Tera};

use super::assets::Assets;
use super::markdown;
use crate::embedded::{ASSETS, TEMPLATES};
use crate::watch;

/// More files than this are not somebody's templates.
const MAX_FILES: usize = 500;

const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Folders within folders: `templates/` itself has one level.
const MAX_DEPTH: usize = 4;

/// The style sheet that every page has after the embedded one, if the folder holds it.
const CUSTOM_STYLE: &str = "custom.css";

/// What may stand in the folder beside templates, by extension.
const CONTENT_TYPES: [(&str, &str); 6] = [
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// The templates in use, and those of the folder that replace them.
pub struct Look {
    folder: Option<PathBuf>,
    /// Where the embedded files are served, by their names.
    embedded_paths: Vec<(&'static str, String)>,
    embedded: Tera,
    current: ArcSwap<Current>,
}

struct Current {
    own: Arc<Own>,
    /// Why what is in the folder now is not in use.
    problem: Option<String>,
    /// Of what was in the folder when it was last looked at.
    digest: [u8; 32],
}

/// What came from the folder.
struct Own {
    /// `None` when it holds no template.
    tera: Option<Tera>,
    files: Vec<OwnFile>,
}

/// A file of the folder that browsers ask for.
pub struct OwnFile {
    name: String,
    /// Where it is served; the path has a hash of its content.
    pub path: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Look {
    /// Reads the embedded templates and the folder, if there is one.
    ///
    /// # Errors
    /// When an embedded template is broken.
    pub fn new(folder: &Path, assets: &Assets) -> tera::TeraResult<Self> {
        let path_of = |name| Some((name, assets.path(name)?.to_owned()));
        let embedded_paths: Vec<_> = ASSETS.iter().filter_map(|asset| path_of(asset.name)).collect();
        let embedded = tera_of(&BTreeMap::new(), asset_paths(&embedded_paths, &[]))?;
        let own = Arc::new(Own { tera: None, files: Vec::new() });
        let look = Self {
            folder: Some(folder.to_owned()).filter(|folder| !folder.as_os_str().is_empty()),
            embedded_paths,
            embedded,
            current: ArcSwap::from_pointee(Current { own, problem: None, digest: [0; 32] }),
        };
        look.refresh();
        Ok(look)
    }

    /// The folder, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Takes what the folder holds now. Returns whether anything changed.
    pub fn refresh(&self) -> bool {
        let Some(folder) = &self.folder else { return false };
        let before = self.current.load();
        let (digest, taken) = match read(folder) {
            Ok(files) => {
                let digest = digest_of(&files);
                if digest == before.digest {
                    return false;
                }
                (digest, self.take(&files))
            }
            Err(problem) => ([0; 32], Err(problem)),
        };
        let next = match taken {
            Ok(own) => {
                tracing::info!(folder = %folder.display(), "templates and styles of the folder are in use");
                Current { own: Arc::new(own), problem: None, digest }
            }
            Err(problem) => {
                if before.problem.as_ref() != Some(&problem) {
                    tracing::error!(folder = %folder.display(), %problem, "what is in the folder is not used");
                }
                Current { own: Arc::clone(&before.own), problem: Some(problem), digest }
            }
        };
        self.current.store(Arc::new(next));
        true
    }

    fn take(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Own, String> {
        let (templates, others): (Vec<_>, Vec<_>) =
            files.iter().partition(|(name, _)| name.ends_with(".html"));
        let text = |(name, bytes): (&String, &Vec<u8>)| match String::from_utf8(bytes.clone()) {
            Ok(text) => Ok((name.clone(), text)),
            Err(_) => Err(format!("{name} is not UTF-8; save it as UTF-8")),
        };
        let templates = templates.into_iter().map(text).collect::<Result<BTreeMap<_, _>, _>>()?;
        let files: Vec<OwnFile> =
            others.into_iter().filter_map(|(name, bytes)| own_file(name, bytes)).collect();
        let paths = asset_paths(&self.embedded_paths, &files);
        let tera = tera_of(&templates, paths).map_err(|error| one_text(&error))?;
        let is_plain = templates.is_empty() && files.is_empty();
        Ok(Own { tera: (!is_plain).then_some(tera), files })
    }

    /// Renders a template; an own one that fails gives way to the embedded one.
    pub fn render(&self, name: &str, context: Context) -> tera::TeraResult<String> {
        let current = self.current.load();
        let mut context = context;
        let custom = current.own.files.iter().find(|file| file.name == CUSTOM_STYLE);
        context.insert("custom_style", &custom.map(|file| &file.path));
        context.insert("template_problem", &current.problem);
        let Some(tera) = &current.own.tera else { return self.embedded.render(name, &context) };
        tera.render(name, &context).or_else(|error| {
            let problem = one_text(&error);
            tracing::error!(template = name, %problem, "a template of the folder was not rendered");
            context.insert("template_problem", &problem);
            self.embedded.render(name, &context)
        })
    }

    /// Gives a file of the folder to `serve`, by the path it is served under.
    pub fn with_file<T>(&self, path: &str, serve: impl FnOnce(&OwnFile) -> T) -> Option<T> {
        let current = self.current.load();
        current.own.files.iter().find(|file| file.path == path).map(serve)
    }
}

/// Takes what changes in the folder, until the server stops.
pub async fn follow(app: super::App) {
    let Some(folder) = app.templates.folder().map(Path::to_owned) else { return };
    let mut changes = watch::Folder::watch(folder, app.stopping.clone());
    while changes.next().await {
        app.templates.refresh();
    }
}

/// All that is in a folder, by its path there with slashes.
fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = open.pop() {
        let cannot = |error| format!("{} cannot be read: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let name = format!("{prefix}{name}");
            if path.is_dir() && depth < MAX_DEPTH {
                open.push((path, format!("{name}/"), depth + 1));
            } else if is_wanted(&name) {
                files.insert(name.clone(), read_file(&path, &name)?);
            }
            if files.len() > MAX_FILES {
                return Err(format!(
                    "there are more than {MAX_FILES} files; name a folder with templates only"
                ));
            }
        }
    }
    Ok(files)
}

fn read_file(path: &Path, name: &str) -> Result<Vec<u8>, String> {
    let cannot = |error| format!("{name} cannot be read: {error}");
    if fs::metadata(path).map_err(cannot)?.len() > MAX_FILE_BYTES {
        return Err(format!("{name} is larger than {MAX_FILE_BYTES} bytes; make it smaller"));
    }
    fs::read(path).map_err(cannot)
}

fn is_wanted(name: &str) -> bool {
    name.ends_with(".html") || content_type(name).is_some()
}

fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    CONTENT_TYPES.iter().find(|(known, _)| *known == extension).map(|(_, content_type)| *content_type)
}

fn digest_of(files: &BTreeMap<String, Vec<u8>>) -> [u8; 32] {
    let mut all = Sha256::new();
    for (name, bytes) in files {
        all.update(Sha256::digest(name.as_bytes()));
        all.update(Sha256::digest(bytes));
    }
    all.finalize().into()
}

fn own_file(name: &str, bytes: &[u8]) -> Option<OwnFile> {
    let hash: String = Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    // Names are the operator's; what is not plain in an address cannot be asked for.
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    is_plain.then(|| OwnFile {
        path: format!("/assets/own/{hash}/{name}"),
        content_type: content_type(name).unwrap_or("application/octet-stream"),
        name: name.to_owned(),
        bytes: bytes.to_owned(),
    })
}

/// Where each file is served: one of the folder stands for the embedded one of its name.
fn asset_paths(embedded: &[(&'static str, String)], own: &[OwnFile]) -> BTreeMap<String, String> {
    let embedded = embedded.iter().map(|(name, path)| ((*name).to_owned(), path.clone()));
    embedded.chain(own.iter().map(|file| (file.name.clone(), file.path.clone()))).collect()
}

/// The embedded templates, those of `own` in place of their namesakes.
fn tera_of(own: &BTreeMap<String, String>, paths: BTreeMap<String, String>) -> tera::TeraResult<Tera> {
    let mut tera = Tera::new();
    tera.autoescape_on([".html"]);
    tera.register_function("asset", move |args: Kwargs, _: &State| -> tera::TeraResult<String> {
        let name: String = args.must_get("name")?;
        let found = paths.get(&name).cloned();
        found.ok_or_else(|| tera::Error::message(format!("no asset {name:?}")))
    });
    // What it answers is safe, which is why it is a function of ours and not `safe` in a template.
    tera.register_function("markdown", |args: Kwargs, _: &State| -> tera::TeraResult<tera::Value> {
        let text: String = args.must_get("text")?;
        Ok(tera::Value::safe_string(&markdown::to_html(&text)))
    });
    let mut texts: BTreeMap<&str, &str> = TEMPLATES.iter().map(|(name, text)| (*name, &**text)).collect();
    texts.extend(own.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    tera.add_raw_templates(texts)?;
    Ok(tera)
}

/// An error with its causes.
fn one_text(error: &tera::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}\n{next}");
        cause = next.source();
    }
    text
}
