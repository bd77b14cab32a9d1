//! From files to a plugin that runs: read, compiled, linked, held against its manifest,
//! and tried.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::compile::Compiler;
use super::engine::{Engine, Metering};
use super::limits::Limits;
use super::manifest::{Asked, Manifest};
use super::plugin::{Code, Origin, Plugin};
use super::program::Program;
use super::recent::Recent;
use super::run::{Cause, Failure};
use super::source::Files;
use super::{scan, trial};
use crate::config;
use crate::embedded::Packed;

/// What a plugin gets that asks for nothing.
const DEFAULT_MEMORY_MIB: u32 = 64;

/// Where the manifest of a script begins that has it in itself.
const SCRIPT_MANIFEST: &str = "/* plugin.toml";

/// Why a plugin is not taken. Each is a sentence with a remedy where there is one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no engine.
    #[error("the engine for plugins does not start: {0}")]
    Engine(String),
    /// There is no folder for compiled code.
    #[error("compiled plugins cannot be kept")]
    Cache(#[source] std::io::Error),
    /// A file cannot be read, or is none of ours.
    #[error("{0}")]
    File(String),
    /// There is no manifest.
    #[error("there is no manifest; write a plugin.toml beside the file, or pack it in")]
    NoManifest,
    /// The manifest is not right.
    #[error("plugin.toml: {0}")]
    Manifest(String),
    /// The plugin says that it is another.
    #[error("plugin.toml: plugin.id is {id:?}, and the plugin stands in {stands_in:?}; make them the same")]
    Id {
        /// What it says.
        id: String,
        /// Where it is.
        stands_in: String,
    },
    /// The file cannot be used.
    #[error("{name}: {sentence}")]
    Code {
        /// The file.
        name: String,
        /// What is wrong with it.
        sentence: String,
    },
    /// The file can do something else than the manifest says.
    #[error(
        "plugin.toml has tables for {}, and the file is {}; make them the same",
        listed(named),
        listed(found)
    )]
    Capabilities {
        /// By the manifest.
        named: Vec<String>,
        /// By the exports.
        found: Vec<String>,
    },
    /// It failed before it was let at any session.
    #[error("the trial run failed: {0}")]
    Trial(Failure),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Loads plugins.
pub struct Loader {
    engine: Arc<Engine>,
    compiler: Compiler,
    settings: config::Plugins,
    script_engine: Option<Packed>,
    /// The script engine, once somebody needed it.
    script_program: Mutex<Option<Arc<Program>>>,
}

impl Loader {
    /// Loads nothing yet. Compiled code is kept in `cache`.
    pub fn new(
        settings: &config::Plugins,
        cache: &Path,
        script_engine: Option<Packed>,
        metering: Metering,
    ) -> Result<Self, Error> {
        Ok(Self {
            engine: Arc::new(Engine::new(metering).map_err(|error| Error::Engine(format!("{error:#}")))?),
            compiler: Compiler::new(cache.to_owned()).map_err(Error::Cache)?,
            settings: settings.clone(),
            script_engine,
            script_program: Mutex::new(None),
        })
    }

    /// Lets another program do the compiling.
    #[must_use]
    pub fn with_compiler(mut self, program: std::path::PathBuf) -> Self {
        self.compiler = self.compiler.with_program(program);
        self
    }

    /// The largest file that is read.
    pub fn max_file_bytes(&self) -> u64 {
        self.settings.max_file_bytes
    }

    /// Loads a plugin and tries it. `stands_in` is the name that its id must be.
    pub fn load(
        &self,
        origin: Origin,
        files: &Files,
        stands_in: &str,
    ) -> Result<(Plugin, Vec<trial::Trial>), Error> {
        let plugin = self.load_untried(origin, files, stands_in)?;
        let trials = trial::run(&plugin).map_err(Error::Trial)?;
        Ok((plugin, trials))
    }

    /// Loads a plugin.
    fn load_untried(&self, origin: Origin, files: &Files, stands_in: &str) -> Result<Plugin, Error> {
        let of_file = |sentence| Error::Code { name: files.name.clone(), sentence };
        let is_script = files.is_script();
        let text = manifest_of(files).map_err(of_file)?.ok_or(Error::NoManifest)?;
        let manifest = Manifest::parse(&text).map_err(Error::Manifest)?;
        if manifest.plugin.id != stands_in {
            return Err(Error::Id { id: manifest.plugin.id, stands_in: stands_in.to_owned() });
        }
        let code = match is_script {
            true => self.script(files).map_err(of_file)?,
            false => Code::Component(self.program(&files.code).map_err(of_file)?),
        };
        let plugin = Plugin {
            origin,
            hash: super::hex(&Sha256::digest(&files.code)),
            revision: self.revision(files, &text),
            bytes: files.code.len(),
            limits: limits(&self.settings, manifest.limits),
            manifest,
            recent: Recent::default(),
            code,
            engine: Arc::clone(&self.engine),
        };
        check_capabilities(&plugin, &files.name)?;
        Ok(plugin)
    }

    fn program(&self, bytes: &[u8]) -> Result<Program, String> {
        let component = self.compiler.load(&self.engine, bytes)?;
        Program::link(&self.engine, &component)
    }

    fn script(&self, files: &Files) -> Result<Code, String> {
        let source = String::from_utf8(files.code.clone())
            .map_err(|error| format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))?;
        Ok(Code::Script { engine: self.script_program()?, name: files.name.clone(), source })
    }

    fn script_program(&self) -> Result<Arc<Program>, String> {
        let mut program = self.script_program.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = &*program {
            return Ok(Arc::clone(program));
        }
        let packed = self.script_engine.ok_or("this build of the server has no engine for scripts")?;
        let loaded = Arc::new(self.program(&packed.bytes())?);
        Ok(Arc::clone(program.insert(loaded)))
    }

    /// The revision that a plugin of these files has, if they can be one.
    pub fn revision_of(&self, files: &Files) -> Option<String> {
        let text = manifest_of(files).ok()??;
        Some(self.revision(files, &text))
    }

    /// Another number for anything that could give another result.
    fn revision(&self, files: &Files, manifest: &str) -> String {
        let mut hasher = Sha256::new();
        let engine = self.script_engine.filter(|_| files.is_script()).map(Packed::bytes).unwrap_or_default();
        for part in [&files.code[..], manifest.as_bytes(), &engine] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        super::hex(&hasher.finalize())
    }
}

/// The manifest beside the file, or the one in it.
fn manifest_of(files: &Files) -> Result<Option<String>, String> {
    let packed = match files.is_script() {
        true => packed_in_script(&files.code),
        false => scan::scan(&files.code)?.manifest,
    };
    Ok(files.manifest.clone().or(packed))
}

/// The manifest is in a comment at the begin of the script.
fn packed_in_script(source: &[u8]) -> Option<String> {
    let source = std::str::from_utf8(source).ok()?;
    let rest = source.trim_start_matches('\u{feff}').trim_start().strip_prefix(SCRIPT_MANIFEST)?;
    Some(rest.split_once("*/")?.0.to_owned())
}

fn check_capabilities(plugin: &Plugin, name: &str) -> Result<(), Error> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut found = match &plugin.code {
        Code::Component(program) => owned(program.capabilities()),
        Code::Script { .. } => {
            plugin.script_capabilities().outcome.map_err(|failure| match failure.cause {
                Cause::GaveUp => Error::Code { name: name.to_owned(), sentence: failure.message },
                _ => Error::Trial(failure),
            })?
        }
    };
    let mut named = owned(plugin.manifest.capabilities());
    found.sort();
    named.sort();
    if named == found { Ok(()) } else { Err(Error::Capabilities { named, found }) }
}

/// What a plugin may use: what it asks for, and never more than the server allows.
fn limits(settings: &config::Plugins, asked: Asked) -> Limits {
    let at_most = |asked: Option<u32>, most: u32| asked.map_or(most, |asked| asked.min(most));
    let memory_mib = asked.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB).min(settings.max_memory_mib);
    let time = |asked, most| Duration::from_millis(at_most(asked, most).into());
    Limits {
        memory_bytes: memory_mib as usize * 1024 * 1024,
        cpu: time(asked.cpu_ms, settings.max_cpu_ms),
        cpu_per_mb: time(asked.cpu_ms_per_mb, settings.max_cpu_ms_per_mb),
        report_cpu: time(asked.report_cpu_ms, settings.max_report_cpu_ms),
    }
}
