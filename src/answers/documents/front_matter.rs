//! What a file says of itself in lines between two `---` at its top.

use super::super::piece::is_link;

/// The lines that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `title:` in the place of the first heading.
    pub title: String,
    /// `url:`, where visitors find it.
    pub url: String,
    /// `keywords:`, other words that people use for it, with commas between them.
    pub keywords: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Reads the top of a file; returns what follows as well.
pub fn split(text: &str) -> (FrontMatter, &str) {
    let mut matter = FrontMatter::default();
    let first = text.lines().next().unwrap_or_default();
    if first.trim_end() != "---" {
        return (matter, text);
    }
    let mut at = text.find('\n').map_or(text.len(), |end| end + 1);
    for line in text[at..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            return (matter, &text[at..]);
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim().trim_matches(['"', '\'']).trim();
        match key.trim() {
            "title" => matter.title = value.to_owned(),
            "keywords" => matter.keywords = value.trim_matches(['[', ']']).to_owned(),
            "url" if value.is_empty() || is_link(value) => matter.url = value.to_owned(),
            "url" => {
                let problem = "its `url` is neither a web address nor a path such as \"/help/delivery\"";
                matter.problem = Some(problem.to_owned());
            }
            _ => {}
        }
    }
    // Without its end it is no front matter but a line, and text.
    (FrontMatter::default(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_file_is_read_and_cut_off() {
        let (matter, rest) =
            split("---\r\ntitle: \"Delivery\"\nurl: /help\nkeywords: [post, ship]\nmore: 1\n---\n# D\n");
        let expected = FrontMatter {
            title: "Delivery".to_owned(),
            url: "/help".to_owned(),
            keywords: "post, ship".to_owned(),
            problem: None,
        };
        assert_eq!((matter, rest), (expected, "# D\n"));
        assert_eq!(split("# D\n---\n").1, "# D\n---\n");
        assert_eq!(split("---\nno end"), (FrontMatter::default(), "---\nno end"));
        assert!(split("---\nurl: javascript:x\n---\n").0.problem.is_some());
    }
}
