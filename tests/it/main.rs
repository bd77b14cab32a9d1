//! The real server on a free port, with a temporary folder, spoken to over sockets.

mod authoring;
mod backup;
mod clock;
mod command_line;
mod deleting;
mod durability;
mod erasing;
mod filters;
mod findings;
mod finish;
mod full_disk;
mod ingest;
mod limits;
mod migrating;
mod pages;
mod power_loss;
mod recordings;
mod replay;
mod reports;
mod routes;
mod said;
mod server;
mod stopping;
mod storage;
mod trying;
