//! What the fuzz targets share: slow and plain twins of the parsers that they are held
//! against, and the inputs that they start from.
//!
//! Nothing here is fast, and nothing here calls the code that it judges.

pub mod grammar;
pub mod member;
pub mod seeds;
pub mod streams;
pub mod visits;

/// Takes the first byte off, which says what is to be done with the others.
pub fn choice(data: &[u8], of: u8) -> Option<(u8, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((first % of, rest))
}
