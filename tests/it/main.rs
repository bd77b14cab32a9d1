//! The real server on a free port, with a temporary folder, spoken to over sockets.

mod backup;
mod bad_input;
mod clock;
mod command_line;
mod durability;
mod erasing;
mod full_disk;
mod ingest;
mod migrating;
mod pages;
mod power_loss;
mod recordings;
mod replay;
mod routes;
mod server;
mod stopping;
