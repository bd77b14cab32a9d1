//! The names of tags and attributes, each kept once.

use std::collections::HashMap;

/// A name, by its number.
pub type Name = u16;

/// Stands for every name that is not kept.
pub const NO_NAME: Name = 0;
/// The attribute `id`.
pub const ID: Name = 1;
/// The attribute `for` of a label.
pub const FOR: Name = 2;

/// Attributes that are long and say only how something looks.
const LEFT_OUT: [&str; 22] = [
    "_cssText",
    "style",
    "d",
    "points",
    "path",
    "transform",
    "viewBox",
    "fill",
    "stroke",
    "stroke-width",
    "src",
    "srcset",
    "srcdoc",
    "sizes",
    "integrity",
    "nonce",
    "xmlns",
    "rr_dataURL",
    "rr_width",
    "rr_height",
    "rr_scrollTop",
    "rr_scrollLeft",
];

/// Elements that stand in a line of text, as browsers show them.
const INLINE: [&str; 36] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
];

/// All names of a page.
#[derive(Debug)]
pub struct Names {
    list: Vec<Entry>,
    numbers: HashMap<Box<str>, Name>,
    /// The name that was last met at each place of [`place`]: few names make up most of a page.
    recent: [Name; 256],
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    kept: bool,
    inline: bool,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { list: Vec::new(), numbers: HashMap::new(), recent: [NO_NAME; 256] };
        for name in ["", "id", "for"] {
            names.add(name);
        }
        names
    }
}

impl Names {
    /// The number of a name. A page with more names than numbers has some without.
    #[inline]
    pub fn number(&mut self, name: &str) -> Name {
        let recent = self.recent[place(name)];
        if *self.list[usize::from(recent)].name == *name {
            return recent;
        }
        let number = self.numbers.get(name).copied().unwrap_or_else(|| self.add(name));
        self.recent[place(name)] = number;
        number
    }

    /// The name with this number.
    pub fn name(&self, number: Name) -> &str {
        &self.list[usize::from(number)].name
    }

    /// Whether the value of an attribute is worth keeping.
    #[inline]
    pub fn is_kept(&self, attribute: Name) -> bool {
        self.list[usize::from(attribute)].kept
    }

    /// Whether it is the tag of elements that stand in a line of text.
    #[inline]
    pub fn is_inline(&self, tag: Name) -> bool {
        self.list[usize::from(tag)].inline
    }

    /// The number of a name that has one.
    pub fn find(&self, name: &str) -> Option<Name> {
        self.numbers.get(name).copied()
    }

    fn add(&mut self, name: &str) -> Name {
        let Ok(number) = Name::try_from(self.list.len()) else { return NO_NAME };
        self.numbers.insert(name.into(), number);
        self.list.push(Entry {
            name: name.into(),
            kept: !name.is_empty() && !LEFT_OUT.contains(&name),
            inline: INLINE.binary_search(&name).is_ok(),
        });
        number
    }
}

/// Some place for a name; that of another name now and then.
#[inline]
fn place(name: &str) -> usize {
    let bytes = name.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return 0 };
    let middle = bytes[bytes.len() / 2];
    (bytes.len() * 31 + usize::from(*first) * 7 + usize::from(*last) * 13 + usize::from(middle) * 3) % 256
}
