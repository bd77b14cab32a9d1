//! The interfaces of `wit/` as Rust, generated: one set of types for all capabilities.
//!
//! No plugin implements this world; each brings some of the exports.

#![allow(clippy::all, clippy::pedantic, reason = "generated")]

wasmtime::component::bindgen!({
    path: "wit",
    inline: "
        package hindsight:server;

        world server {
            import hindsight:plugin/host@0.1.0;
            import hindsight:plugin/script-host@0.1.0;
            export hindsight:plugin/analyzer@0.1.0;
            export hindsight:plugin/masker@0.1.0;
            export hindsight:plugin/reporter@0.1.0;
            export hindsight:plugin/script@0.1.0;
        }
    ",
    with: {
        "hindsight:plugin/host.timeline": super::guest::Timeline,
        "hindsight:plugin/host.rows": super::guest::Rows,
        "hindsight:plugin/script-host.json-timeline": super::guest::Timeline,
        "hindsight:plugin/script-host.json-rows": super::guest::Rows,
    },
    imports: { default: trappable },
    require_store_data_send: true,
});
