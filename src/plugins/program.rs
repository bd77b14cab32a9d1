//! A component that can be run: compiled, linked, and looked at for what it exports.

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Instance, InstancePre};

use super::bindings::exports::hindsight::plugin::{analyzer, masker, reporter, script};
use super::engine::Engine;
use super::guest::Guest;
use super::manifest::{self, API};
use super::text;

const OURS: &str = "hindsight:plugin/";

/// A component that was linked; nothing of it has run.
pub struct Program {
    pre: InstancePre<Guest>,
    /// What it imports, by name.
    pub imports: Vec<String>,
    /// Where its analyzer is, if it has one.
    pub analyzer: Option<analyzer::GuestIndices>,
    /// Where its masker is, if it has one.
    pub masker: Option<masker::GuestIndices>,
    /// Where its reporter is, if it has one.
    pub reporter: Option<reporter::GuestIndices>,
    /// Where it takes scripts, if it is a script engine.
    pub script: Option<script::GuestIndices>,
}

impl Program {
    /// Links a component; the error is a sentence that says what does not fit.
    pub fn link(engine: &Engine, component: &Component) -> Result<Self, String> {
        let component_type = component.component_type();
        let names = |items: Vec<&str>| items.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let imports = names(component_type.imports(engine.wasmtime()).map(|(name, _)| name).collect());
        let exports = component_type.exports(engine.wasmtime());
        let exports =
            names(exports.filter(|(_, item)| is_instance(&item.ty)).map(|(name, _)| name).collect());
        for name in imports.iter().chain(&exports) {
            check_version(name)?;
        }
        let pre = engine.linker().instantiate_pre(component).map_err(|error| refused(&error))?;
        let has = |interface: &str| exports.iter().any(|name| is_interface(name, interface));
        let wrong = |error: wasmtime::Error| format!("its exports do not fit: {}", cause(&error));
        let program = Self {
            analyzer: has("analyzer")
                .then(|| analyzer::GuestIndices::new(&pre))
                .transpose()
                .map_err(wrong)?,
            masker: has("masker").then(|| masker::GuestIndices::new(&pre)).transpose().map_err(wrong)?,
            reporter: has("reporter")
                .then(|| reporter::GuestIndices::new(&pre))
                .transpose()
                .map_err(wrong)?,
            script: has("script").then(|| script::GuestIndices::new(&pre)).transpose().map_err(wrong)?,
            imports,
            pre,
        };
        if program.capabilities().is_empty() && program.script.is_none() {
            let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
            return Err(format!(
                "it exports {}, and a plugin exports {OURS}analyzer, masker or reporter (@{API})",
                text::line(&exports, 300)
            ));
        }
        Ok(program)
    }

    /// What it can do, by its exports.
    pub fn capabilities(&self) -> Vec<&'static str> {
        let found = [
            (self.analyzer.is_some(), "analyzer"),
            (self.masker.is_some(), "masker"),
            (self.reporter.is_some(), "reporter"),
        ];
        found.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name).collect()
    }

    /// Whether it calls anything of WASI.
    pub fn uses_wasi(&self) -> bool {
        self.imports.iter().any(|name| name.starts_with("wasi:"))
    }

    /// Makes an instance; what the component does at its start runs now.
    pub fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.pre.instantiate(store)
    }
}

fn is_instance(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentInstance(_))
}

fn is_interface(name: &str, interface: &str) -> bool {
    name.strip_prefix(OURS).and_then(|rest| rest.split_once('@')).is_some_and(|(name, _)| name == interface)
}

/// Ours must be of the version that this server speaks: 0.1.0 and 0.1.9 fit, 0.2.0 does not.
fn check_version(name: &str) -> Result<(), String> {
    let version = name.strip_prefix(OURS).and_then(|rest| rest.split_once('@')).map(|(_, version)| version);
    match version {
        Some(version) if !version.starts_with(&format!("{API}.")) => Err(manifest::other_api(version)),
        _ => Ok(()),
    }
}

/// What the linker says, without its details.
fn refused(error: &wasmtime::Error) -> String {
    let chain = format!("{error:#}");
    let import = chain.split_once("component imports ").map(|(_, rest)| rest);
    let name = import.and_then(|rest| rest.split('`').nth(1));
    match name {
        Some(name) if chain.contains("matching implementation was not found") => {
            let name = text::line(name, 100);
            if name.starts_with(OURS) || name.starts_with("wasi:") {
                format!("it imports {name} in a form that this server does not have: {}", cause(error))
            } else {
                format!("it imports {name}, which plugins may not have: they can compute, and nothing else")
            }
        }
        _ => format!("its imports do not fit: {}", text::line(&chain, 300)),
    }
}

fn cause(error: &wasmtime::Error) -> String {
    text::line(&error.root_cause().to_string(), 300)
}
