//! Elements that an operator names, by selectors as the replay shows them.

use hindsight_plugin::Span;

/// Selectors, cut into their parts.
pub struct Selectors(Vec<Vec<String>>);

impl Selectors {
    /// "#profile > p" has two parts.
    pub fn new(selectors: &[String]) -> Self {
        Self(selectors.iter().map(|selector| parts(selector)).filter(|parts| !parts.is_empty()).collect())
    }

    /// Whether a text stands in one of the elements.
    ///
    /// A part of the span's own selector is enough, so what is within the element counts
    /// too. The element itself is also known by its tag, and by its tag and name.
    pub fn hold(&self, span: &Span) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = parts(&span.selector);
        let by_name = format!("{}[name=\"{}\"]", span.tag, span.name);
        self.0.iter().any(|wanted| {
            let is_element = matches!(wanted.as_slice(), [only] if *only == span.tag || *only == by_name);
            is_element || path.windows(wanted.len()).any(|window| window == wanted)
        })
    }
}

fn parts(selector: &str) -> Vec<String> {
    selector.split([' ', '>']).filter(|part| !part.is_empty()).map(|part| part.replace('\'', "\"")).collect()
}
