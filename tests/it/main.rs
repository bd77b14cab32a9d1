//! The real server on a free port, with a temporary folder, spoken to over sockets.

mod command_line;
mod durability;
mod finish;
mod ingest;
mod limits;
mod pages;
mod recordings;
mod replay;
mod routes;
mod server;
