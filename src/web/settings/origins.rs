//! The origins that may send, as they are typed: one a line.

use super::Problems;
use crate::ingest::origins;

/// More are not taken.
const MAX_ORIGINS: usize = 100;

/// Reads a field of origins; what is wrong with it is put to the problems.
pub fn read(name: &'static str, text: &str, problems: &mut Problems) -> Vec<String> {
    let mut read = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for word in line.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
            match origins::read(word) {
                Ok(origin) if !read.contains(&origin) => read.push(origin),
                Ok(_) => {}
                Err(problem) => problems.push((name, format!("Line {number}: {problem}."))),
            }
        }
    }
    if read.len() > MAX_ORIGINS {
        problems.push((name, format!("There are {} origins; at most {MAX_ORIGINS} are kept.", read.len())));
    }
    read
}
