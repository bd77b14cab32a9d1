//! Recordings in files, in and out: what `hindsight import` and `export --to` do, and the
//! dashboard's page for it.
//!
//! Files are read and written on a thread that may wait, one recording at a time, so that what
//! is moved may be larger than memory. Who may move what, and where files come from and
//! go to, is decided by the callers.

pub mod archive;
mod exporting;
mod importing;
mod incoming;
pub mod reading;
mod storing;
mod tarball;

pub use exporting::{Exporting, Left, file_of, last_at};
pub use importing::{Homes, Imported, Importer, ToEntry, Told};
pub use incoming::{CONNECTION_FILE, is_importable};
pub use storing::{Stored, store};
pub use tarball::{Tarball, Written};
