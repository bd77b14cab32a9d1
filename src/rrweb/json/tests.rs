use proptest::prelude::*;

use super::*;

fn check(text: &str, max_depth: usize) -> Result<(), Error> {
    let mut cursor = Cursor::new(text, max_depth);
    cursor.value()?;
    cursor.end()
}

#[test]
fn what_the_grammar_allows_passes() {
    for good in [
        "0",
        "-0.5e+10",
        "\"\"",
        "\"\\ud83d\"",
        "\"\\u0000\\\"\\/\"",
        "[]",
        "{}",
        " [ 1 , {\"a\" : [ ] } ] ",
        "[true,false,null]",
        "{\"a\":1,\"a\":2}",
        "1e400",
    ] {
        assert_eq!(check(good, 8), Ok(()), "{good}");
    }
}

#[test]
fn what_the_grammar_forbids_does_not() {
    for bad in [
        "",
        " ",
        "NaN",
        "Infinity",
        "+1",
        "01",
        "1.",
        ".5",
        "0x10",
        "1e",
        "'a'",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "{a:1}",
        "{\"a\"}",
        "{1:2}",
        "[1}",
        "{\"a\":1]",
        "[",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "nul",
        "1 1",
        "[]]",
        "// c\n1",
    ] {
        assert!(matches!(check(bad, 8), Err(Error::Syntax { .. })), "{bad}");
    }
}

#[test]
fn depth_is_bounded_without_recursion() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(check(&nested(8), 8), Ok(()));
    assert_eq!(check(&nested(9), 8), Err(Error::TooDeep));
    assert_eq!(check(&nested(1_000_000), 1_000_000), Ok(()));
    assert_eq!(check(&"[".repeat(1_000_000), 8), Err(Error::TooDeep));
}

/// Walks a value by hand, and checks the same grammar.
fn walk(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    match cursor.peek()? {
        b'{' => {
            cursor.enter_object()?;
            while cursor.next_key()?.is_some() {
                walk(cursor)?;
            }
        }
        b'[' => {
            cursor.enter_array()?;
            while cursor.next_element()? {
                walk(cursor)?;
            }
        }
        _ => {
            cursor.value()?;
        }
    }
    Ok(())
}

pub(in crate::rrweb) fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn plain_bytes_are_counted_in_words_as_one_by_one(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let one_by_one = bytes.iter().take_while(|byte| is_plain(**byte)).count();
        prop_assert_eq!(special_from(&bytes, 0), one_by_one);
    }

    #[test]
    fn all_that_serde_json_writes_is_accepted(value in any_json()) {
        prop_assert_eq!(check(&value.to_string(), 64), Ok(()));
    }

    #[test]
    fn it_accepts_exactly_what_serde_json_accepts(value in any_json(), at in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
        let mut text = value.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(text) = String::from_utf8(text) {
            let accepted = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(check(&text, 64).is_ok(), accepted, "{}", text);
            let mut cursor = Cursor::new(&text, 64);
            let walked = walk(&mut cursor).and_then(|()| cursor.end());
            prop_assert_eq!(walked.is_ok(), accepted, "by hand: {}", text);
        }
    }
}
