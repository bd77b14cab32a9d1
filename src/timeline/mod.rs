//! The recording read as what a person did.

mod event;

pub use event::{Attr, Button, Element, Event, Kind, KindName, Level, Millis, PageCause};
