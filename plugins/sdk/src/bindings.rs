//! What `wit-bindgen` makes of `wit/hindsight.wit`: one module for each capability,
//! all of them with the same types.
//!
//! Each has an export macro that describes its world in the built file, so a plugin has
//! exactly the capabilities that it exports.

#![allow(missing_docs, unsafe_code, clippy::all, reason = "generated; the interface documents itself")]

pub mod analyzer {
    wit_bindgen::generate!({
        path: "../../wit/hindsight.wit",
        world: "analyzer-plugin",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

pub mod masker {
    wit_bindgen::generate!({
        path: "../../wit/hindsight.wit",
        world: "masker-plugin",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "hindsight:plugin/types@0.1.0": crate::bindings::analyzer::hindsight::plugin::types,
            "hindsight:plugin/host@0.1.0": crate::bindings::analyzer::hindsight::plugin::host,
        },
    });
}

pub mod reporter {
    wit_bindgen::generate!({
        path: "../../wit/hindsight.wit",
        world: "reporter-plugin",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: {
            "hindsight:plugin/types@0.1.0": crate::bindings::analyzer::hindsight::plugin::types,
            "hindsight:plugin/host@0.1.0": crate::bindings::analyzer::hindsight::plugin::host,
        },
    });
}
