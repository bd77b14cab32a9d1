//! Compiling, in a process of its own, and the code that is kept of it.
//!
//! The compiler has no limits: a file of 2 MB can take a GB and a quarter of a minute. So
//! the program starts itself anew with limits of time and memory, and only that process
//! looks at the file closely; its end, whatever it is, harms nobody. What it wrote is
//! kept in a folder that only we can write, named after the file and the engine, and is
//! mapped into memory from there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use rustix::fs::FlockOperation;
use rustix::process::{Resource, Rlimit, Signal};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use super::engine::{self, Engine, Metering};
use super::{scan, text};

/// What compiling one file may take. JavaScript takes 13 seconds of CPU.
const CPU_SECONDS: u64 = 120;
const MEMORY_BYTES: u64 = 4 << 30;

/// Compiled files that are kept; the oldest are removed.
const MAX_KEPT: usize = 64;

/// What others of this machine may do first.
const NICE: i32 = 10;

/// The program that compiles: this one, even after its file was replaced by a newer one.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Compiles, and keeps what it compiled.
pub struct Compiler {
    program: PathBuf,
    folder: PathBuf,
}

impl Compiler {
    /// Keeps compiled code in this folder, which is made if it is not there.
    pub fn new(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let found = fs::symlink_metadata(&folder)?;
        // What is in there is run without a further look.
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o077 != 0
        {
            return Err(io::Error::other(format!(
                "{} is not a folder that only we can enter; remove it, or give it to us with mode 0700",
                folder.display()
            )));
        }
        Ok(Self { program: PathBuf::from(THIS_PROGRAM), folder })
    }

    /// Lets another program do the compiling: that of a test is not ours.
    #[must_use]
    pub fn with_program(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// Compiles a file, or takes what was kept of it. Blocks; the error is a sentence.
    pub fn load(&self, engine: &Engine, bytes: &[u8]) -> Result<Component, String> {
        let kept = Kept::of(&self.folder, engine, bytes);
        if let Some(component) = kept.load(engine) {
            return Ok(component);
        }
        let _turn = self.turn().map_err(not_compiled)?;
        // Somebody else may have compiled it meanwhile.
        if let Some(component) = kept.load(engine) {
            return Ok(component);
        }
        kept.remove();
        self.compile(engine.metering(), bytes, &kept)?;
        self.prune();
        kept.load(engine)
            .ok_or_else(|| "what was compiled cannot be loaded; try again, or look at the log".to_owned())
    }

    /// Waits until nobody else compiles into the folder: neither a thread of ours nor another
    /// server that shares it, which would take each other's files away. The system ends the
    /// turn of a process that is gone. One at a time, too, since compiling takes all cores.
    fn turn(&self) -> io::Result<File> {
        let lock = File::open(&self.folder)?;
        rustix::io::retry_on_intr(|| rustix::fs::flock(&lock, FlockOperation::LockExclusive))?;
        Ok(lock)
    }

    fn compile(&self, metering: Metering, bytes: &[u8], kept: &Kept) -> Result<(), String> {
        let (from, to) = (kept.code.with_extension("wasm"), kept.code.with_extension("new"));
        fs::write(&from, bytes).map_err(not_compiled)?;
        let output = Command::new(&self.program)
            .args(["plugin", "compile"])
            .args((metering == Metering::Fuel).then_some("--fuel"))
            .args([&from, &to])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output();
        let _ = fs::remove_file(&from);
        let outcome = output
            .map_err(not_compiled)
            .and_then(|output| verdict(&output))
            .and_then(|()| kept.keep(&to).map_err(not_compiled));
        let _ = fs::remove_file(&to);
        outcome
    }

    /// Removes the oldest of what is kept. What is mapped stays so.
    fn prune(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_code = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "cwasm");
        let mut kept: Vec<(SystemTime, PathBuf)> = entries
            .map(|entry| entry.path())
            .filter(is_code)
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        kept.sort();
        let too_many = kept.len().saturating_sub(MAX_KEPT);
        for (_, code) in kept.into_iter().take(too_many) {
            Kept { code }.remove();
        }
    }
}

fn not_compiled(error: io::Error) -> String {
    format!("it was not compiled: {error}")
}

/// Compiled code and its sum. It is changed by whoever has the turn, and read by all: who
/// finds the one without the other, or with that of another, waits for a turn and looks again.
struct Kept {
    code: PathBuf,
}

impl Kept {
    fn of(folder: &Path, engine: &Engine, bytes: &[u8]) -> Self {
        let name = format!("{}-{:016x}.cwasm", super::hex(&Sha256::digest(bytes)), engine.compatibility());
        Self { code: folder.join(name) }
    }

    fn sum(&self) -> PathBuf {
        self.code.with_extension("sum")
    }

    /// Maps the code, if it is there and whole.
    #[expect(unsafe_code, reason = "compiled code has no other way into the process")]
    fn load(&self, engine: &Engine) -> Option<Component> {
        let sum = fs::read(self.sum()).ok()?;
        if sum_of(&self.code).ok()? != sum {
            tracing::warn!(file = %self.code.display(), "compiled code is damaged, and is compiled again");
            return None;
        }
        // SAFETY: the file is what our own compiler wrote: it stands in a folder that only
        // this user can enter, was put there by `keep` alone, and has the sum that it had
        // then. Wasmtime itself looks whether its version and settings are those of this
        // engine. Nothing changes the file while it is mapped: it is only ever removed.
        let component = unsafe { Component::deserialize_file(engine.wasmtime(), &self.code) };
        component
            .inspect_err(|error| tracing::warn!(%error, "compiled code does not load, and is compiled again"))
            .ok()
    }

    /// Takes a file that was just compiled. The sum comes last, and says that all is there.
    fn keep(&self, compiled: &Path) -> io::Result<()> {
        let sum = sum_of(compiled)?;
        fs::rename(compiled, &self.code)?;
        let new = self.sum().with_extension("new-sum");
        fs::write(&new, sum)?;
        fs::rename(new, self.sum())
    }

    fn remove(&self) {
        let _ = fs::remove_file(self.sum());
        let _ = fs::remove_file(&self.code);
    }
}

fn sum_of(file: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 256 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finalize().to_vec()),
            read => hasher.update(&piece[..read]),
        }
    }
}

/// What the end of the other process means.
fn verdict(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let out_of_memory = words.contains("memory allocation of") || words.contains("Cannot allocate memory");
    match output.status.signal().and_then(Signal::from_named_raw) {
        Some(Signal::XCPU) => {
            Err(format!("it takes more than {CPU_SECONDS} s of CPU to compile; make it smaller"))
        }
        // The system kills what takes its last memory.
        signal if out_of_memory || signal == Some(Signal::KILL) => Err(format!(
            "it takes more than {} GiB of memory to compile; make it smaller",
            MEMORY_BYTES >> 30
        )),
        _ => {
            let last = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it was not compiled");
            Err(text::line(last.trim_start_matches("hindsight: "), 500))
        }
    }
}

/// What the other process does: limits itself, then compiles.
pub fn compile_file(from: &Path, to: &Path, metering: Metering) -> Result<(), String> {
    limit_this_process();
    let bytes = fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let component = scan::componentize(&bytes)?;
    let engine = wasmtime::Engine::new(&engine::config(metering)).map_err(|error| error.to_string())?;
    let code = engine
        .precompile_component(&component)
        .map_err(|error| format!("it is not valid: {}", text::line(&format!("{error:#}"), 300)))?;
    fs::write(to, code).map_err(|error| format!("{}: {error}", to.display()))
}

fn limit_this_process() {
    let limits = [(Resource::Cpu, CPU_SECONDS), (Resource::As, MEMORY_BYTES), (Resource::Core, 0)];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = rustix::process::setrlimit(resource, limit) {
            tracing::warn!(%error, "a limit for compiling cannot be set");
        }
    }
    let _ = rustix::process::nice(NICE);
    // Nobody waits for what it compiles once the server is gone.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
}
