//! What an event says, found in its JSON and not copied: nodes, attributes, texts.
//!
//! Nodes come in the order in which they stand on the page. Nothing is decided here
//! about what may be shown.

use crate::rrweb::tokens::{Part, Token, Tokens, unescaped};

/// No node, no entry.
pub(crate) const NONE: u32 = u32::MAX;

/// A node as it stands in an event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Its parent in the same event, or [`NONE`].
    pub parent: u32,
    pub id: i64,
    /// rrweb's `NodeType`.
    pub kind: u8,
    pub tag: Part,
    /// The text between its quotes, of a text or a comment.
    pub text: Part,
    /// Its attributes are `attributes[from..until]`.
    pub from: u32,
    pub until: u32,
    /// The whole object.
    pub whole: Part,
    pub is_svg: bool,
    pub is_shadow: bool,
    pub is_style: bool,
    /// The document it belongs to, in a frame.
    pub root_id: Option<i64>,
}

/// An attribute with a value that could be text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub name: Part,
    pub value: Leaf,
}

/// A string or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// What stands between its quotes.
    Text(Part),
    /// Its digits.
    Number(Part),
}

/// A node that a mutation adds.
#[derive(Clone, Debug)]
pub(crate) struct Add {
    pub parent: i64,
    pub next: Option<i64>,
    /// Its place among the nodes.
    pub node: u32,
    /// The whole entry.
    pub whole: Part,
}

/// A text that a mutation changes, or what a field holds.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub id: i64,
    pub text: Part,
    pub whole: Part,
}

/// Attributes that a mutation changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub id: i64,
    pub from: u32,
    pub until: u32,
    pub whole: Part,
}

/// A node that a mutation takes away.
#[derive(Clone, Debug)]
pub(crate) struct Remove {
    pub id: i64,
}

/// Strings and numbers that stand anywhere, each after a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loose {
    pub key: Part,
    pub leaf: Leaf,
    /// Whether it is a key itself.
    pub is_key: bool,
}

/// Everything of one event; used again for the next one.
#[derive(Debug)]
pub(crate) struct Skim {
    pub nodes: Vec<Node>,
    pub attributes: Vec<Attribute>,
    pub adds: Vec<Add>,
    pub removes: Vec<Remove>,
    pub texts: Vec<Text>,
    pub changes: Vec<Change>,
    pub loose: Vec<Loose>,
    /// How many bytes of memory may still be taken.
    room: usize,
    is_full: bool,
}

impl Default for Skim {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            attributes: Vec::new(),
            adds: Vec::new(),
            removes: Vec::new(),
            texts: Vec::new(),
            changes: Vec::new(),
            loose: Vec::new(),
            room: usize::MAX,
            is_full: false,
        }
    }
}

impl Skim {
    /// Takes no more memory than this for the next event.
    pub fn limit(&mut self, bytes: usize) {
        self.room = bytes;
    }

    /// Whether the event has more in it than there was room for, so that not all was read.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Takes room for one more of something, beside the bytes that belong to it.
    #[inline]
    pub fn has_room_for<T>(&mut self, bytes: usize) -> bool {
        match self.room.checked_sub(size_of::<T>() + bytes) {
            Some(room) => self.room = room,
            None => self.is_full = true,
        }
        !self.is_full
    }

    /// Forgets the event before.
    pub fn clear(&mut self) {
        (self.room, self.is_full) = (usize::MAX, false);
        self.nodes.clear();
        self.attributes.clear();
        self.adds.clear();
        self.removes.clear();
        self.texts.clear();
        self.changes.clear();
        self.loose.clear();
    }

    /// The attributes of a node.
    pub fn attributes_of(&self, node: &Node) -> impl Iterator<Item = &Attribute> + use<'_> {
        self.between(node.from, node.until)
    }

    /// The attributes between two places.
    pub fn between(&self, from: u32, until: u32) -> impl Iterator<Item = &Attribute> + use<'_> {
        self.attributes.get(from as usize..until as usize).unwrap_or_default().iter()
    }

    /// Reads the node of a full snapshot.
    pub fn read_snapshot(&mut self, json: &str, data: usize) {
        let mut tokens = Tokens::new(json, data);
        each_field(&mut tokens, json, |key, tokens| {
            if key == "node" && next_is_object(tokens) {
                self.read_node(json, tokens);
            } else {
                tokens.skip_value();
            }
        });
    }

    /// Reads the node whose object begins at a byte, and all that is in it.
    pub fn read_node_at(&mut self, json: &str, at: usize) -> Option<&Node> {
        let node = self.read_node(json, &mut Tokens::new(json, at));
        self.nodes.get(node as usize)
    }

    /// Reads a mutation.
    pub fn read_mutation(&mut self, json: &str, data: usize) {
        let mut tokens = Tokens::new(json, data);
        each_field(&mut tokens, json, |key, tokens| match key {
            "adds" => each_element(tokens, |tokens| self.read_add(json, tokens)),
            "removes" => each_element(tokens, |tokens| {
                let (id, _) = read_id(json, tokens);
                if self.has_room_for::<Remove>(0) {
                    self.removes.push(Remove { id });
                }
            }),
            "texts" => each_element(tokens, |tokens| {
                let text = read_text(json, tokens, "value");
                if self.has_room_for::<Text>(0) {
                    self.texts.push(text);
                }
            }),
            "attributes" => each_element(tokens, |tokens| self.read_change(json, tokens)),
            _ => tokens.skip_value(),
        });
    }

    /// Reads what was put into a field.
    pub fn read_input(&mut self, json: &str, data: usize) {
        let text = read_text(json, &mut Tokens::new(json, data), "text");
        self.texts.push(text);
    }

    /// Reads all strings and numbers of a value, each with the key before it.
    pub fn read_loose(&mut self, json: &str, value: usize) {
        let (mut key, mut open) = (Part::default(), 0_usize);
        for token in Tokens::new(json, value) {
            match token {
                Token::Object | Token::Array => open += 1,
                Token::Close => open = open.saturating_sub(1),
                Token::Key(part) => {
                    key = part;
                    self.add_loose(Loose { key, leaf: Leaf::Text(part), is_key: true });
                    continue;
                }
                Token::Text(part) => self.add_loose(Loose { key, leaf: Leaf::Text(part), is_key: false }),
                Token::Other(part)
                    if part.of(json).starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) =>
                {
                    self.add_loose(Loose { key, leaf: Leaf::Number(part), is_key: false });
                }
                Token::Other(_) => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    fn add_loose(&mut self, loose: Loose) {
        if self.has_room_for::<Loose>(0) {
            self.loose.push(loose);
        }
    }

    fn read_add(&mut self, json: &str, tokens: &mut Tokens<'_>) {
        let start = tokens.at();
        let mut add = Add { parent: i64::MIN, next: None, node: NONE, whole: Part::default() };
        each_field(tokens, json, |key, tokens| match key {
            "parentId" => add.parent = integer(json, tokens).unwrap_or(i64::MIN),
            "nextId" => add.next = integer(json, tokens),
            "node" if next_is_object(tokens) => add.node = self.read_node(json, tokens),
            _ => tokens.skip_value(),
        });
        add.whole = object_between(json, start, tokens.at());
        if add.node != NONE && self.has_room_for::<Add>(0) {
            self.adds.push(add);
        }
    }

    fn read_change(&mut self, json: &str, tokens: &mut Tokens<'_>) {
        let start = tokens.at();
        let mut id = i64::MIN;
        let from = self.attributes.len();
        each_field(tokens, json, |key, tokens| match key {
            "id" => id = integer(json, tokens).unwrap_or(i64::MIN),
            "attributes" if next_is_object(tokens) => self.read_attributes(json, tokens),
            _ => tokens.skip_value(),
        });
        let Part { start: from, end: until } = Part::new(from, self.attributes.len());
        if self.has_room_for::<Change>(0) {
            self.changes.push(Change { id, from, until, whole: object_between(json, start, tokens.at()) });
        }
    }

    fn read_attributes(&mut self, json: &str, tokens: &mut Tokens<'_>) {
        tokens.next();
        while let Some(Token::Key(name)) = tokens.next() {
            match tokens.next() {
                Some(Token::Text(part)) => self.add_attribute(Attribute { name, value: Leaf::Text(part) }),
                Some(Token::Other(part)) if part.of(json).ends_with(|last: char| last.is_ascii_digit()) => {
                    self.add_attribute(Attribute { name, value: Leaf::Number(part) });
                }
                Some(Token::Object | Token::Array) => tokens.skip_rest(),
                _ => {}
            }
        }
    }

    fn add_attribute(&mut self, attribute: Attribute) {
        if self.has_room_for::<Attribute>(0) {
            self.attributes.push(attribute);
        }
    }

    /// Reads a node with all that is in it, and returns its place.
    fn read_node(&mut self, json: &str, tokens: &mut Tokens<'_>) -> u32 {
        let root = self.begin_node(tokens, NONE);
        let mut open = vec![Frame::Node(root)];
        while let Some(frame) = open.last().copied() {
            let Some(token) = tokens.next() else { break };
            match (frame, token) {
                (_, Token::Close) => {
                    open.pop();
                    if let Frame::Node(node) = frame {
                        self.nodes[node as usize].whole.end = Part::new(tokens.at(), 0).start;
                    }
                }
                (Frame::Node(node), Token::Key(key)) => {
                    let key = unescaped(key.of(json));
                    if key == "childNodes" && matches!(tokens.clone().next(), Some(Token::Array)) {
                        tokens.next();
                        open.push(Frame::Children(node));
                    } else {
                        self.read_field(json, tokens, node, &key);
                    }
                }
                (Frame::Children(parent), Token::Object) => {
                    let start = Part::new(tokens.at() - 1, 0).start;
                    let node = self.add_node(parent, start);
                    open.push(Frame::Node(node));
                }
                (Frame::Children(_), Token::Array) => open.push(Frame::Ignored),
                (Frame::Ignored, Token::Object | Token::Array) => open.push(Frame::Ignored),
                _ => {}
            }
        }
        root
    }

    fn begin_node(&mut self, tokens: &mut Tokens<'_>, parent: u32) -> u32 {
        tokens.next();
        self.add_node(parent, Part::new(tokens.at().saturating_sub(1), 0).start)
    }

    /// Without room for it, what follows is read over the node before.
    fn add_node(&mut self, parent: u32, start: u32) -> u32 {
        if !self.has_room_for::<Node>(0) && !self.nodes.is_empty() {
            return Part::new(self.nodes.len() - 1, 0).start;
        }
        let at = Part::new(self.nodes.len(), 0).start;
        let whole = Part { start, end: start };
        self.nodes.push(Node { parent, id: i64::MIN, whole, ..Node::default() });
        at
    }

    fn read_field(&mut self, json: &str, tokens: &mut Tokens<'_>, node: u32, key: &str) {
        let node = node as usize;
        match key {
            "id" => self.nodes[node].id = integer(json, tokens).unwrap_or(i64::MIN),
            "type" => {
                let kind = integer(json, tokens).and_then(|kind| u8::try_from(kind).ok());
                self.nodes[node].kind = kind.unwrap_or(u8::MAX);
            }
            "tagName" => self.nodes[node].tag = text(tokens),
            "textContent" => self.nodes[node].text = text(tokens),
            "rootId" => self.nodes[node].root_id = integer(json, tokens),
            "isSVG" => self.nodes[node].is_svg = is_true(json, tokens),
            "isShadow" => self.nodes[node].is_shadow = is_true(json, tokens),
            "isStyle" => self.nodes[node].is_style = is_true(json, tokens),
            "attributes" if next_is_object(tokens) => {
                let from = self.attributes.len();
                self.read_attributes(json, tokens);
                let Part { start, end } = Part::new(from, self.attributes.len());
                (self.nodes[node].from, self.nodes[node].until) = (start, end);
            }
            _ => tokens.skip_value(),
        }
    }
}

#[derive(Clone, Copy)]
enum Frame {
    Node(u32),
    Children(u32),
    /// Something that is no node, where nodes should be.
    Ignored,
}

/// Where the value of a key begins, in the object that begins at a byte.
pub(crate) fn value_of(json: &str, object: usize, wanted: &str) -> Option<usize> {
    let mut tokens = Tokens::new(json, object);
    if tokens.next() != Some(Token::Object) {
        return None;
    }
    while let Some(Token::Key(key)) = tokens.next() {
        if unescaped(key.of(json)) == wanted {
            return Some(tokens.at());
        }
        tokens.skip_value();
    }
    None
}

/// The whole number that begins at a byte.
pub(crate) fn integer_at(json: &str, at: usize) -> Option<i64> {
    integer(json, &mut Tokens::new(json, at))
}

/// The string that begins at a byte.
pub(crate) fn text_at(json: &str, at: usize) -> Part {
    text(&mut Tokens::new(json, at))
}

/// Visits the fields of the object that comes next; the visitor consumes each value.
fn each_field(tokens: &mut Tokens<'_>, json: &str, mut visit: impl FnMut(&str, &mut Tokens<'_>)) {
    if !next_is_object(tokens) {
        tokens.skip_value();
        return;
    }
    tokens.next();
    while let Some(Token::Key(key)) = tokens.next() {
        visit(&unescaped(key.of(json)), tokens);
    }
}

/// Visits the elements of the array that comes next; the visitor consumes each.
fn each_element(tokens: &mut Tokens<'_>, mut visit: impl FnMut(&mut Tokens<'_>)) {
    if !matches!(tokens.clone().next(), Some(Token::Array)) {
        tokens.skip_value();
        return;
    }
    tokens.next();
    loop {
        match tokens.clone().next() {
            None => return,
            Some(Token::Close) => {
                tokens.next();
                return;
            }
            Some(_) => visit(tokens),
        }
    }
}

fn next_is_object(tokens: &Tokens<'_>) -> bool {
    matches!(tokens.clone().next(), Some(Token::Object))
}

fn integer(json: &str, tokens: &mut Tokens<'_>) -> Option<i64> {
    scalar(tokens).and_then(|part| part.of(json).parse().ok())
}

fn is_true(json: &str, tokens: &mut Tokens<'_>) -> bool {
    scalar(tokens).is_some_and(|part| part.of(json) == "true")
}

fn scalar(tokens: &mut Tokens<'_>) -> Option<Part> {
    match tokens.next()? {
        Token::Other(part) => return Some(part),
        Token::Object | Token::Array => tokens.skip_rest(),
        _ => {}
    }
    None
}

fn text(tokens: &mut Tokens<'_>) -> Part {
    match tokens.next() {
        Some(Token::Text(part)) => return part,
        Some(Token::Object | Token::Array) => tokens.skip_rest(),
        _ => {}
    }
    Part::default()
}

fn read_id(json: &str, tokens: &mut Tokens<'_>) -> (i64, Part) {
    let start = tokens.at();
    let mut id = i64::MIN;
    each_field(tokens, json, |key, tokens| match key {
        "id" => id = integer(json, tokens).unwrap_or(i64::MIN),
        _ => tokens.skip_value(),
    });
    (id, object_between(json, start, tokens.at()))
}

fn read_text(json: &str, tokens: &mut Tokens<'_>, name: &str) -> Text {
    let start = tokens.at();
    let mut read = Text { id: i64::MIN, text: Part::default(), whole: Part::default() };
    each_field(tokens, json, |key, tokens| match key {
        "id" => read.id = integer(json, tokens).unwrap_or(i64::MIN),
        key if key == name => read.text = text(tokens),
        _ => tokens.skip_value(),
    });
    read.whole = object_between(json, start, tokens.at());
    read
}

/// The object that stands between two places, past the comma before it.
fn object_between(json: &str, start: usize, end: usize) -> Part {
    let part = json.get(start..end).unwrap_or_default();
    let before = part.len() - part.trim_start_matches([',', ' ', '\n', '\r', '\t']).len();
    Part::new(start + before, end)
}
