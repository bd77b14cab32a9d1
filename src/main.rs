//! Arguments, settings, log, then one command.

use std::process::ExitCode;

use clap::Parser;
use hindsight::cli::{self, Cli};
use hindsight::{allocator, config, store, web};

/// Exit codes as `sysexits.h` names them.
const EX_DATAERR: u8 = 65;
const EX_IOERR: u8 = 74;
const EX_TEMPFAIL: u8 = 75;
const EX_CONFIG: u8 = 78;

fn main() -> ExitCode {
    allocator::give_large_buffers_back();
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if is_closed_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            if !error.is::<cli::Reported>() {
                eprintln!("hindsight: {error:#}");
            }
            exit_code(&error)
        }
    }
}

/// Whoever read our output has seen enough, as `head` does: that is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let mut io_errors = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io_errors.any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<config::Error>() || error.is::<web::TlsError>() {
        return EX_CONFIG.into();
    }
    match error.downcast_ref() {
        Some(store::Error::InUse { .. }) => EX_TEMPFAIL.into(),
        Some(
            store::Error::Newer { .. }
            | store::Error::Older { .. }
            | store::Error::Foreign { .. }
            | store::Error::Unfit { .. },
        ) => EX_DATAERR.into(),
        Some(
            store::Error::ReadOnlyFolder { .. }
            | store::Error::NotClosed { .. }
            | store::Error::Folder { .. }
            | store::Error::NoRoom { .. }
            | store::Error::Copy { .. },
        ) => EX_IOERR.into(),
        _ => ExitCode::FAILURE,
    }
}
