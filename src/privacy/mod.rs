//! Hides, in each batch and before it is written, what its connection's settings name.
//!
//! The recorder has done this on the page already; a stale one, or another program that
//! has the key, has not. So the pass knows the places of rrweb's events where texts
//! stand, asks of each what the recorder would, and leaves every other byte as it came:
//! never style, classes or ids. A batch with nothing to hide is stored as it was sent.
//!
//! What selectors and fields said of a node is remembered for the batches that follow
//! (`marks`), in memory only. Plugins that mask (`masking`) come later and know more:
//! they read whole sessions. Where batches come from, and where they go, is not known here.

mod batch;
mod checks;
mod custom;
mod fields;
pub mod leaks;
mod marks;
mod pass;
mod rules;
mod selectors;
mod signed;
mod signs;
mod streams;
mod urls;
mod words;

#[cfg(test)]
mod tests;

pub use batch::{Hidden, hide, memory_for};
pub use marks::Marks;
pub use pass::Pass;
pub use rules::{Counts, Rules};
pub use streams::Streams;
