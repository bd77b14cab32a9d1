//! Passing over arrays and objects 64 bytes at a time.
//!
//! Most bytes of a recording are values that nobody looks into: they have to be JSON,
//! and they have to end. Here each byte of a block becomes one bit in a mask for each
//! kind of byte, and the grammar is asked of all bits at once: what may stand before
//! what, in arrays and in objects. Only brackets are taken one by one.
//!
//! It says yes or nothing: what has white space between its tokens, as no recorder
//! writes it, or is deeper than most pages, or is wrong, is left to `json`, which
//! takes byte by byte and tells what is wrong.

use wide::u8x16;

/// So many bytes are looked at together, a bit for each.
const BLOCK: usize = 64;
const LANES: usize = 16;

/// Deeper values are left to `json`: a bit for each open array or object.
const MAX_DEPTH: u32 = u128::BITS;

/// Where the array or object that starts at `start` ends, if it certainly is JSON and
/// opens no more than `max_depth` arrays and objects inside each other.
pub fn end_of_container(bytes: &[u8], start: usize, max_depth: usize) -> Option<usize> {
    let max_depth = u32::try_from(max_depth).unwrap_or(u32::MAX).min(MAX_DEPTH);
    let mut walk = Walk { bytes, ..Walk::default() };
    let mut open = Open::default();
    let mut at = start;
    while at < bytes.len() {
        let block = walk.next(at);
        match open.follow(&block, max_depth)? {
            Some(bit) => return Some(at + bit as usize + 1),
            None => at += BLOCK,
        }
    }
    None
}

/// What a block holds: one bit for each byte, the lowest for the first.
struct Block {
    opens: u64,
    opens_object: u64,
    closes: u64,
    closes_object: u64,
    /// What is wrong anywhere, in an array, and in an object.
    wrong: u64,
    wrong_in_array: u64,
    wrong_in_object: u64,
}

/// What one block leaves to the next. A carry is the bit that a mask of the last byte
/// puts before the first.
#[derive(Default)]
struct Walk<'a> {
    bytes: &'a [u8],
    /// All bits while a string is open.
    in_string: u64,
    escaped: u64,
    opens: u64,
    opens_object: u64,
    comma: u64,
    colon: u64,
    ends_value: u64,
    scalar: u64,
    first_zero: u64,
    /// The string that is open may be a key, or one that may be has just ended.
    maybe_key: u64,
    key_ended: u64,
    /// Where the number or word starts that is going on.
    scalar_start: usize,
    is_under_way: bool,
}

/// The mask of the bytes that stand one behind those of `mask`, and the next block's carry.
#[inline]
fn behind(mask: u64, carry: &mut u64) -> u64 {
    let behind = mask << 1 | *carry;
    *carry = mask >> (BLOCK - 1);
    behind
}

/// For each bit, whether the number of bits up to it is odd.
#[inline]
fn odd_so_far(mut mask: u64) -> u64 {
    for step in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << step;
    }
    mask
}

impl Walk<'_> {
    #[inline]
    fn next(&mut self, at: usize) -> Block {
        let kinds = Kinds::of(self.bytes, at);
        let (escaped, mut wrong) = self.escapes(kinds.backslash, at);
        let quote = kinds.quote & !escaped;
        let inside = odd_so_far(quote) ^ self.in_string;
        self.in_string = (inside >> (BLOCK - 1)).wrapping_neg();
        let (string_starts, string_ends) = (quote & inside, quote & !inside);
        let outside = !(inside | quote);
        wrong |= kinds.control & inside | kinds.blank & outside;

        let (opens, closes) = (kinds.opens & outside, kinds.closes & outside);
        let (comma, colon) = (kinds.comma & outside, kinds.colon & outside);
        let opens_object = opens & kinds.brace;
        let scalar = outside & !(opens | closes | comma | colon);
        let behind_scalar = behind(scalar, &mut self.scalar);
        let scalar_starts = scalar & !behind_scalar;
        wrong |= self.wrong_scalars(&kinds, scalar, scalar_starts, behind_scalar & 1, at);

        let behind_object = behind(opens_object, &mut self.opens_object);
        let behind_comma = behind(comma, &mut self.comma);
        let behind_open = behind(opens, &mut self.opens);
        let behind_colon = behind(colon, &mut self.colon) | u64::from(!self.is_under_way);
        self.is_under_way = true;
        let behind_value = behind(string_ends | closes | scalar, &mut self.ends_value);
        let starts_other = opens | scalar_starts;
        wrong |= (string_starts | starts_other) & !(behind_colon | behind_comma | behind_open);
        wrong |=
            starts_other & behind_object | comma & !behind_value | closes & !(behind_value | behind_open);

        let key_starts = string_starts & (behind_object | behind_comma);
        let behind_key = behind(self.ends_of_keys(key_starts, inside), &mut self.key_ended);
        Block {
            opens,
            opens_object,
            closes,
            closes_object: closes & kinds.brace,
            wrong: wrong | colon & !behind_key,
            wrong_in_array: colon & behind_key,
            wrong_in_object: behind_key & !colon | starts_other & behind_comma,
        }
    }

    /// Where the strings end that start where a key may stand. `inside` has a run of bits
    /// for each string, from its first quote up to its last: adding one at its start
    /// carries over to the last quote, or into the next block.
    #[inline]
    fn ends_of_keys(&mut self, key_starts: u64, inside: u64) -> u64 {
        let (carried, goes_on) = inside.overflowing_add(key_starts | self.maybe_key);
        self.maybe_key = u64::from(goes_on);
        carried & !inside
    }

    /// The bytes that a backslash takes their meaning, and those of the backslashes that
    /// have no business before what follows them.
    #[inline]
    fn escapes(&mut self, backslash: u64, at: usize) -> (u64, u64) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let mut wrong = 0;
        let mut left = backslash & !escaped;
        while left != 0 {
            let place = left.trailing_zeros();
            let bit = 1 << place;
            if !is_escape(self.bytes.get(at + place as usize + 1..).unwrap_or_default()) {
                wrong |= bit;
            }
            escaped |= bit << 1;
            self.escaped = bit >> (BLOCK - 1);
            left &= !(bit | bit << 1);
        }
        (escaped, wrong)
    }

    /// Numbers and words that are none. Whole numbers are seen at once; a block that has
    /// anything else is looked at one by one.
    #[inline]
    fn wrong_scalars(&mut self, kinds: &Kinds, scalar: u64, starts: u64, goes_on: u64, at: usize) -> u64 {
        let behind_zero = behind(starts & kinds.zero, &mut self.first_zero);
        let mut wrong = scalar & behind_zero & kinds.digit;
        if scalar & !kinds.digit != 0 {
            let mut left = starts | scalar & goes_on;
            while left != 0 {
                let place = left.trailing_zeros();
                let bit = 1 << place;
                let start = if starts & bit == 0 { self.scalar_start } else { at + place as usize };
                if !is_scalar(self.bytes.get(start..).unwrap_or_default()) {
                    wrong |= bit;
                }
                left &= left - 1;
            }
        }
        if starts != 0 {
            self.scalar_start = at + (BLOCK - 1 - starts.leading_zeros() as usize);
        }
        wrong
    }
}

/// Whether a string goes on like this behind a backslash.
fn is_escape(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
        Some(b'u') => rest.get(1..5).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        _ => false,
    }
}

/// Whether a number or a word stands here, and ends where something else may follow.
fn is_scalar(rest: &[u8]) -> bool {
    let digits = |at: usize| {
        let count = rest[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(at + count)
    };
    let starts = |at: usize, any_of: &[u8]| rest.get(at).is_some_and(|byte| any_of.contains(byte));
    let number = || {
        let whole = usize::from(starts(0, b"-"));
        let mut end = if starts(whole, b"0") { whole + 1 } else { digits(whole)? };
        if starts(end, b".") {
            end = digits(end + 1)?;
        }
        if starts(end, b"eE") {
            end = digits(end + 1 + usize::from(starts(end + 1, b"+-")))?;
        }
        Some(end)
    };
    let words: [&[u8]; 3] = [b"true", b"false", b"null"];
    let end = match words.iter().find(|word| rest.starts_with(word)) {
        Some(word) => Some(word.len()),
        None => number(),
    };
    end.is_some_and(|end| starts(end, b",]}"))
}

/// The arrays and objects that are open, a bit for each: set for an object. The lowest
/// is the innermost.
#[derive(Default)]
struct Open {
    objects: u128,
    depth: u32,
}

impl Open {
    /// Follows the brackets of a block: the bit at which the outermost closes, or that it
    /// does not. `None` when something is wrong before that.
    #[inline]
    fn follow(&mut self, block: &Block, max_depth: u32) -> Option<Option<u32>> {
        let (mut left, mut unseen, mut wrong) = (block.opens | block.closes, u64::MAX, block.wrong);
        while left != 0 {
            let bit = left & left.wrapping_neg();
            let up_to = bit | (bit - 1);
            wrong |= unseen & up_to & self.wrong_here(block);
            unseen = !up_to;
            left ^= bit;
            if block.opens & bit != 0 {
                self.objects = self.objects << 1 | u128::from(block.opens_object & bit != 0);
                self.depth += 1;
                if self.depth > max_depth {
                    return None;
                }
                continue;
            }
            if (block.closes_object & bit != 0) != (self.objects & 1 == 1) {
                return None;
            }
            self.objects >>= 1;
            self.depth -= 1;
            if self.depth == 0 {
                return (wrong & up_to == 0).then_some(Some(bit.trailing_zeros()));
            }
        }
        wrong |= unseen & self.wrong_here(block);
        (wrong == 0).then_some(None)
    }

    #[inline]
    fn wrong_here(&self, block: &Block) -> u64 {
        if self.objects & 1 == 1 { block.wrong_in_object } else { block.wrong_in_array }
    }
}

/// Which bytes of a block are of which kind, wherever they stand.
struct Kinds {
    quote: u64,
    backslash: u64,
    /// Control characters, and these with the space.
    control: u64,
    blank: u64,
    opens: u64,
    closes: u64,
    /// Brackets of objects, and bytes that are no brackets.
    brace: u64,
    comma: u64,
    colon: u64,
    digit: u64,
    zero: u64,
}

impl Kinds {
    /// The kinds of the bytes from `at` on. What is behind the end is blank.
    #[inline]
    fn of(bytes: &[u8], at: usize) -> Self {
        let rest = &bytes[at..];
        match rest.first_chunk() {
            Some(block) => Self::of_block(block),
            None => {
                let mut block = [b' '; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                Self::of_block(&block)
            }
        }
    }

    #[inline]
    fn of_block(block: &[u8; BLOCK]) -> Self {
        let (chunks, _) = block.as_chunks::<LANES>();
        let lanes = [0, 1, 2, 3].map(|index| u8x16::new(chunks[index]));
        let each = |is: &dyn Fn(u8x16) -> u8x16| {
            lanes.iter().rev().fold(0, |mask, lanes| mask << LANES | u64::from(is(*lanes).to_bitmask()))
        };
        let is = |byte| each(&move |lanes| lanes.simd_eq(u8x16::splat(byte)));
        let up_to = |byte| each(&move |lanes| lanes.min(u8x16::splat(byte)).simd_eq(lanes));
        // `[` and `{` differ in one bit only, and so do `]` and `}`.
        let is_bracket =
            |brace| each(&move |lanes| (lanes | u8x16::splat(0x20)).simd_eq(u8x16::splat(brace)));
        let digit = each(&|lanes| {
            let number = lanes - u8x16::splat(b'0');
            number.min(u8x16::splat(9)).simd_eq(number)
        });
        Self {
            quote: is(b'"'),
            backslash: is(b'\\'),
            control: up_to(0x1f),
            blank: up_to(b' '),
            opens: is_bracket(b'{'),
            closes: is_bracket(b'}'),
            brace: each(&|lanes| (lanes & u8x16::splat(0x20)).simd_eq(u8x16::splat(0x20))),
            comma: is(b','),
            colon: is(b':'),
            digit,
            zero: is(b'0'),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::{Cursor, tests::any_json};
    use super::*;

    /// Where the text's first value ends, taken byte by byte.
    fn end_by_bytes(text: &str, max_depth: usize) -> Option<usize> {
        let mut cursor = Cursor::new(text, max_depth);
        cursor.skip_by_bytes().ok().map(|()| cursor.position())
    }

    fn end(text: &str) -> Option<usize> {
        end_of_container(text.as_bytes(), 0, usize::MAX)
    }

    #[test]
    fn compact_json_is_passed_wherever_its_tokens_stand() {
        for value in [
            "[]",
            "{}",
            "[[],{}]",
            r#"{"a":[1,-0.5e+10,true,null],"b":{"c":"\\\"\u00e9","d":0},"":[""]}"#,
            r#"["\\",{"key":"value","key":"value"},[10,0,12345678901234567890]]"#,
        ] {
            for before in 0..70 {
                let text = format!("[\"{}\",{value}]", "x".repeat(before));
                assert_eq!(end(&text), Some(text.len()), "{text}");
                let behind = format!("{text}, \"anything\" else ]}}");
                assert_eq!(end(&behind), Some(text.len()), "{behind}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_not_passed_wherever_it_stands() {
        for value in [
            "[1,]",
            "[,1]",
            "[1 ,2]",
            "[1:2]",
            r#"["a":1]"#,
            r#"[1,"a":2]"#,
            "[[1]2]",
            "[\"a\"\"b\"]",
            "[01]",
            "[1.]",
            "[-]",
            "[1e]",
            "[+1]",
            "[.5]",
            "[12x]",
            "[nul]",
            "[truefalse]",
            "[1-2]",
            "[\"\\x\"]",
            "[\"\\u12g4\"]",
            "[\"\n\"]",
            "[}",
            "{]",
            "{,}",
            "{1:2}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1,2}"#,
            r#"{"a":1,"b"}"#,
            r#"{"a":"b":1}"#,
            r#"{"a":1:2}"#,
            r#"{"a":1"b":2}"#,
            r#"{"a":{},[]}"#,
            r#"{"a"::1}"#,
            "[\\]",
            "[é]",
        ] {
            for before in 0..70 {
                let text = format!("[\"{}\",{value}]", "x".repeat(before));
                assert_eq!(end(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for depth in [1, 8, MAX_DEPTH as usize] {
            assert_eq!(end_of_container(nested(depth).as_bytes(), 0, depth), Some(2 * depth));
            assert_eq!(end_of_container(nested(depth).as_bytes(), 0, depth - 1), None);
        }
        assert_eq!(end(&nested(MAX_DEPTH as usize + 1)), None);
    }

    proptest! {
        #[test]
        fn compact_json_is_passed(value in any_json()) {
            let text = format!("[{value}]");
            prop_assert_eq!(end(&text), Some(text.len()));
        }

        #[test]
        fn nothing_is_passed_that_is_not_passed_byte_by_byte(
            value in any_json(),
            pad in 0_usize..70,
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(br#"[]{},:"\0123-.eEtrufalsn x"#.to_vec())), 1..4),
            depth in 0_usize..20,
        ) {
            let mut text = format!("[{:>pad$},{value}]", 1, pad = pad).replace(' ', "1").into_bytes();
            for (at, byte) in changes {
                let at = 1 + at.index(text.len() - 1);
                text[at] = byte;
            }
            if let Ok(text) = String::from_utf8(text)
                && let Some(end) = end_of_container(text.as_bytes(), 0, depth)
            {
                prop_assert_eq!(Some(end), end_by_bytes(&text, depth), "{}", text);
            }
        }
    }
}
