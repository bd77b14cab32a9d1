//! Scripts, styles and fonts, from the binary.

use bytes::Bytes;
use warp::http::{HeaderValue, Method, header};

use super::problem::Problem;
use super::request::Request;
use super::router::{Access, Route, Surface};
use super::{App, Response};
use crate::config;
use crate::embedded::{ASSETS, Asset, Packed};
use crate::ingest::gzip::{self, Limits};

/// What stands in the loader and in the widget for what only the settings know.
const RECORDER_PATH: &str = "__RECORDER_PATH__";
const INGEST_PATH: &str = "__INGEST_PATH__";
const VERSION: &str = "__VERSION__";
const SCRIPT_PATH: &str = "__SCRIPT_PATH__";

/// What sites include, by its name in the bundle.
const LOADER: &str = "hindsight.js";
const WIDGET: &str = "widget.js";

const FOREVER: &str = "public, max-age=31536000, immutable";

/// For what keeps its name when it changes: sites get a new recorder within minutes.
const MINUTES: &str = "public, max-age=300";

/// The files, with what the settings change in them.
pub struct Assets {
    files: Vec<File>,
}

struct File {
    asset: &'static Asset,
    path: String,
    /// What the settings changed in it, as one gzip member.
    filled: Option<Bytes>,
}

impl File {
    /// Its content as one gzip member, where that is smaller.
    fn gzip(&self) -> Option<Bytes> {
        self.filled.clone().or_else(|| self.asset.content.gzip().map(Bytes::from_static))
    }

    /// Its content, which is inflated for the few who ask for it.
    fn plain(&self) -> Bytes {
        match (&self.filled, self.asset.content) {
            (Some(filled), _) => gzip::inflate(filled, Limits::STORED).expect("made here").into(),
            (None, Packed::Plain(bytes)) => Bytes::from_static(bytes),
            (None, packed) => packed.bytes().into_owned().into(),
        }
    }
}

impl Assets {
    /// Fills in what sites include, and gives it its configured path.
    pub fn new(recorder: &config::Recorder) -> Self {
        let file = |asset: &'static Asset| match asset.name {
            LOADER => filled(asset, &recorder.script_path, recorder),
            WIDGET => filled(asset, &recorder.widget_path, recorder),
            _ => File { asset, path: asset.path.to_owned(), filled: None },
        };
        Self { files: ASSETS.iter().map(file).collect() }
    }

    /// The path of a file, by the name its sources have.
    pub fn path(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|file| file.asset.name == name).map(|file| file.path.as_str())
    }

    /// The text of a file, by the name its sources have.
    pub fn text(&self, name: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.asset.name == name)?;
        String::from_utf8(file.plain().into()).ok()
    }
}

fn filled(asset: &'static Asset, path: &str, settings: &config::Recorder) -> File {
    let recorder = ASSETS.iter().find(|asset| asset.name == "recorder.js").map_or("", |asset| asset.path);
    let text = asset
        .content
        .text()
        .replace(RECORDER_PATH, recorder)
        .replace(INGEST_PATH, &settings.ingest_path)
        .replace(SCRIPT_PATH, &settings.script_path)
        .replace(VERSION, env!("CARGO_PKG_VERSION"));
    File { asset, path: path.to_owned(), filled: Some(gzip::deflate(text.as_bytes()).into()) }
}

/// One route for each file. Pages of the demo are served by `demo`, which fills them in.
pub fn routes(app: &App) -> Vec<Route> {
    let served = |(index, file): (usize, &File)| {
        let surface = match file.asset.name.starts_with("demo/") {
            true if file.asset.name.ends_with(".html") || app.demo.is_none() => return None,
            true => Surface::Demo,
            false => Surface::Asset,
        };
        let serve =
            move |app: App, request: Request| async move { serve(&app.assets.files[index], &request) };
        Some(Route::new(Method::GET, file.path.clone(), Access::Public, surface, serve))
    };
    let mut routes: Vec<Route> = app.assets.files.iter().enumerate().filter_map(served).collect();
    routes.push(Route::new(Method::GET, "/assets/own/{hash}/{*name}", Access::Public, Surface::Data, own));
    routes
}

/// A file of the folder whose templates replace ours.
async fn own(app: App, request: Request) -> Result<Response, Problem> {
    let served = app.templates.with_file(&request.path, |file| {
        let mut response = Response::new(file.bytes.clone().into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
        response
    });
    served.ok_or_else(Problem::not_found)
}

fn serve(file: &File, request: &Request) -> Result<Response, Problem> {
    let gzip = file.gzip().filter(|_| request.accepts("gzip"));
    let is_gzip = gzip.is_some();
    let mut response = Response::new(gzip.unwrap_or_else(|| file.plain()).into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.asset.content_type));
    let cache = if file.asset.immutable { FOREVER } else { MINUTES };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
