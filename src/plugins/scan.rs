//! A look at a file before anything is done with it: what it is, whether it could be a
//! bomb for the compiler, and the manifest that is packed into it.
//!
//! It reads once from begin to end and builds nothing. Whether the code is valid is seen
//! by the compiler, in a process of its own.

use wasmparser::{Encoding, Parser, Payload};

use super::manifest;
use super::text;

/// The custom section that holds a packed manifest.
pub const MANIFEST_SECTION: &str = "hindsight:manifest";

/// JavaScript takes 13,000 functions, Python 20,000; 200,000 small ones took the compiler
/// 16 seconds and a GB.
const MAX_FUNCTIONS: usize = 100_000;

/// One function of 3.5 MB took the compiler 11 seconds.
const MAX_FUNCTION_BYTES: usize = 1024 * 1024;

const MAX_MODULES: usize = 64;
const MAX_TYPES: u32 = 100_000;
const MAX_IMPORTS: u32 = 10_000;
const MAX_DATA_SEGMENTS: u32 = 100_000;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What languages compile to; it is made a component before it is compiled.
    Module,
    /// What plugins are.
    Component,
}

/// What was seen.
#[derive(Debug)]
pub struct Scan {
    /// What the file is.
    pub form: Form,
    /// Functions of all its modules.
    pub functions: usize,
    /// The manifest that is packed into it, as text.
    pub manifest: Option<String>,
}

/// Looks at a file; the error is a sentence.
pub fn scan(bytes: &[u8]) -> Result<Scan, String> {
    if !bytes.starts_with(b"\0asm") {
        return Err("it is not WebAssembly: it does not begin with \\0asm".to_owned());
    }
    let mut seen = Scan { form: Form::Module, functions: 0, manifest: None };
    let mut modules = 0;
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| {
            format!("it is not whole: {} at byte {}", text::line(error.message(), 200), error.offset())
        })?;
        match payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding == Encoding::Component {
                    seen.form = Form::Component;
                }
                modules += 1;
                at_most("modules", modules, MAX_MODULES)?;
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => {
                seen.functions += 1;
                at_most("functions", seen.functions, MAX_FUNCTIONS)?;
                at_most("bytes in one function", body.range().len(), MAX_FUNCTION_BYTES)?;
            }
            Payload::FunctionSection(reader) => {
                at_most("functions", seen.functions + reader.count() as usize, MAX_FUNCTIONS)?;
            }
            Payload::TypeSection(reader) => at_most_of("types", reader.count(), MAX_TYPES)?,
            Payload::ComponentTypeSection(reader) => at_most_of("types", reader.count(), MAX_TYPES)?,
            Payload::ImportSection(reader) => at_most_of("imports", reader.count(), MAX_IMPORTS)?,
            Payload::DataSection(reader) => at_most_of("data segments", reader.count(), MAX_DATA_SEGMENTS)?,
            Payload::CustomSection(section) if depth == 1 && section.name() == MANIFEST_SECTION => {
                seen.manifest = Some(packed(section.data())?);
            }
            _ => {}
        }
    }
    Ok(seen)
}

fn packed(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > manifest::MAX_BYTES {
        return Err(format!(
            "the manifest that is packed into it is larger than {} bytes",
            manifest::MAX_BYTES
        ));
    }
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned).map_err(|_| "the manifest that is packed into it is not UTF-8".to_owned())
}

fn at_most(what: &str, count: usize, max: usize) -> Result<(), String> {
    if count > max { Err(format!("it has {count} {what}; {max} are allowed")) } else { Ok(()) }
}

fn at_most_of(what: &str, count: u32, max: u32) -> Result<(), String> {
    at_most(what, count as usize, max as usize)
}

/// A component of it, whatever it is.
pub fn componentize(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if scan(bytes)?.form == Form::Component {
        return Ok(bytes.to_vec());
    }
    let encoded = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(bytes)
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| {
        format!(
            "it is a plain module, and no component can be made of it: {}; build it with the SDK, or with wit-bindgen",
            text::line(&format!("{error:#}"), 300)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_told() {
        for (bytes, expected) in [
            (&b""[..], "it is not WebAssembly"),
            (b"hello", "it is not WebAssembly"),
            (b"\0asm", "it is not whole: "),
            (b"\0asm\x01\0\0\0\x01\x7f", "it is not whole: "),
            (b"\0asm\x07\0\0\0", "it is not whole: "),
        ] {
            let complaint = scan(bytes).expect_err("not whole");
            assert!(complaint.starts_with(expected), "{complaint}");
        }
    }

    #[test]
    fn a_module_that_no_world_knows_becomes_no_component() {
        let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x09\x01\x03env\x01x\0\0";
        assert_eq!(scan(module).expect("whole").form, Form::Module);
        let complaint = componentize(module).expect_err("nothing says what env is");
        assert!(complaint.starts_with("it is a plain module, and no component"), "{complaint}");
    }

    #[test]
    fn a_packed_manifest_is_found() {
        let section = |name: &str, data: &str| {
            let length = u8::try_from(1 + name.len() + data.len()).expect("short");
            let name_length = u8::try_from(name.len()).expect("short");
            [&[0, length, name_length], name.as_bytes(), data.as_bytes()].concat()
        };
        let bytes =
            [&b"\0asm\x0d\0\x01\0"[..], &section("other", "x"), &section(MANIFEST_SECTION, "[plugin]")]
                .concat();
        let scan = scan(&bytes).expect("whole");
        assert_eq!((scan.form, scan.manifest.as_deref()), (Form::Component, Some("[plugin]")));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = componentize(&bytes);
            let _ = componentize(&[b"\0asm\x01\0\0\0", &bytes[..]].concat());
            let _ = componentize(&[b"\0asm\x0d\0\x01\0", &bytes[..]].concat());
        }
    }
}
