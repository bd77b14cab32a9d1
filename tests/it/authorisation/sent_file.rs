//! A recording that is chosen in a form.

/// What the form says it is.
pub const CONTENT_TYPE: &str = "multipart/form-data; boundary=between-files";

/// The form, as a browser sends it.
pub fn upload() -> String {
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"visit.json\"";
    let recording = crate::server::page_load(crate::server::NOW, "https://shop.example/imported", "imported");
    format!("--between-files\r\n{disposition}\r\n\r\n{recording}\r\n--between-files--\r\n")
}
