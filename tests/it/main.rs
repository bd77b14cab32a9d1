//! The real server on a free port, with a temporary folder, spoken to over sockets.

mod backup;
mod clock;
mod command_line;
mod deleting;
mod durability;
mod erasing;
mod filters;
mod finish;
mod full_disk;
mod ingest;
mod limits;
mod migrating;
mod pages;
mod power_loss;
mod recordings;
mod replay;
mod routes;
mod server;
mod stopping;
mod storage;
