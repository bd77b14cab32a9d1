//! Whether a password is one that everybody would try first.
//!
//! No list of whole passwords: they are taken to pieces that people put them together from
//! (common words, rows of keys, years, repetitions, the user's own name), and each piece
//! counts for what it takes to guess it. Like that `Summer2026!!` and `p4ssw0rdp4ssw0rd` are
//! found as well as `password1234`.

/// What a password must be worth, in bits.
const LEAST_BITS: f64 = 34.0;

const WORD_BITS: f64 = 9.0;
const NAME_BITS: f64 = 3.0;
const RUN_BITS: f64 = 6.0;
const REPEATED_BITS: f64 = 1.0;
const YEAR_BITS: f64 = 6.0;
const DIGIT_BITS: f64 = 3.3;
const OTHER_BITS: f64 = 4.7;

/// The longest piece, so that the work is bounded: what comes after counts character by character.
const LONGEST_LOOKED_AT: usize = 64;

/// Rows that fingers, and minds, run along; each is run along backwards too.
const ROWS: [&str; 10] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "!@#$%^&*()",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Words that common passwords are made of.
const WORDS: &str = "\
abc access account admin administrator again alex alexander alice america amanda andrea andrew angel angela animal \
anna anthony apple april arsenal ashley august austin autumn baby babygirl bailey banana barcelona baseball basketball \
batman beach bear beautiful bella benjamin berlin best bill birthday black blue bond boston boy bubbles buster \
butterfly california camera camaro captain carlos change changeme charlie cheese chelsea chester chicago chicken \
chocolate chris christian christmas chrome cisco coffee company computer connection cookie cool corvette cowboy \
cowboys crystal customer daniel danielle dallas dashboard data database david december default delta demo denver \
desert diamond dog dragon dreams eagle eagles easter elephant elizabeth email emma enter eric estrella everything \
facebook falcon family father february fender ferrari fire fish flower flowers football forever forgot france frank \
freedom friday friend friends fuck fuckyou gateway george germany ginger girl god gold golden golf google green guest \
guitar hammer hannah happy harley harry heather hello help hindsight hockey home honda hotmail house hunter iloveyou \
internet isabella iphone jackson jaguar james january jasmine jason jennifer jessica jesus john johnny jonathan jordan \
joseph joshua july june junior justin justme justice kevin killer king kitten kitty knight lakers laura letmein \
lightning linux lion liverpool login london love lovely loveme lover lucky machine madison maggie magic manager \
manchester march maria marina marine marlboro martin master matrix matthew maverick maxwell melissa mercedes merlin \
michael michelle mickey microsoft midnight mike miller money monday monika monkey monster morgan mother mountain \
mouse music mustang mypassword nathan nature newyork nicholas nicole ninja nintendo nirvana november october office \
olivia orange oliver paradise paris parola pass passw passwd passphrase password passwort pasword patrick peace peanut \
pepper peter phoenix player please pokemon police porsche power prince princess private purple rabbit rachel raider \
rainbow ranger raiders real rebecca red remember replay richard robert rocket root rosebud russia samantha sample \
samsung samuel sarah saturday school scooter scorpion secret secure security september server service session shadow \
shop silver simple slipknot smith snoopy soccer sophie spider spiderman spring star starwars steelers stella steven \
strong student summer sun sunday sunflower sunshine super superman superuser support sweet sweety swordfish system \
taylor team temp temporary tennis test tester testing thankyou thomas thunder thursday tiger time tinkerbell today \
toor toyota travis trinity trust trustno tuesday tucker turtle twitter united unknown user vanessa victoria viking \
violet warrior website wednesday welcome whatever white william willow windows winner winston winter wizard work \
world yamaha yankees yellow zaq";

/// Whether it would be among the first to be tried, for a user of this name.
pub fn is_weak(password: &str, name: &str) -> bool {
    let plain: Vec<char> = password.to_lowercase().chars().collect();
    let meant: Vec<char> = plain.iter().map(|char| meant_by(*char)).collect();
    let names: Vec<Vec<char>> = name
        .to_lowercase()
        .split(|char: char| !char.is_alphanumeric())
        .filter(|part| part.chars().count() >= 3)
        .map(|part| part.chars().collect())
        .collect();
    bits(&plain, &meant, &names) < LEAST_BITS
}

/// The least that it is worth, whichever way it is taken to pieces.
fn bits(plain: &[char], meant: &[char], names: &[Vec<char>]) -> f64 {
    let words: Vec<Vec<char>> = WORDS.split_whitespace().map(|word| word.chars().collect()).collect();
    let mut least = vec![f64::INFINITY; plain.len() + 1];
    least[0] = 0.0;
    for start in 0..plain.len() {
        let so_far = least[start];
        let mut take = |length: usize, bits: f64| {
            let end = &mut least[start + length];
            *end = end.min(so_far + bits);
        };
        let (rest, meant_rest) = (&plain[start..], &meant[start..]);
        take(1, if rest[0].is_ascii_digit() { DIGIT_BITS } else { OTHER_BITS });
        take(run(rest).min(LONGEST_LOOKED_AT), RUN_BITS);
        for length in 1..=rest.len().min(start).min(LONGEST_LOOKED_AT) {
            if meant_rest[..length] == meant[start - length..start] {
                take(length, REPEATED_BITS);
            }
        }
        if is_year(rest) {
            take(4, YEAR_BITS);
        }
        for word in words.iter().filter(|word| rest.starts_with(word) || meant_rest.starts_with(word)) {
            take(word.len(), WORD_BITS);
        }
        for name in names.iter().filter(|name| rest.starts_with(name) || meant_rest.starts_with(name)) {
            take(name.len(), NAME_BITS);
        }
    }
    least[plain.len()]
}

/// How many characters from the first on are one character again and again, or run along a row.
fn run(text: &[char]) -> usize {
    let same = text.iter().take_while(|char| **char == text[0]).count();
    let along = ROWS.iter().flat_map(|row| {
        let forwards: Vec<char> = row.chars().collect();
        let backwards: Vec<char> = row.chars().rev().collect();
        [forwards, backwards]
    });
    let longest = along.filter_map(|row| {
        let at = row.iter().position(|char| *char == text[0])?;
        Some(row[at..].iter().zip(text).take_while(|(one, other)| one == other).count())
    });
    let longest = longest.max().unwrap_or(1);
    let run = same.max(longest);
    // Two or three in a row happen in any text.
    if run < 4 { 1 } else { run }
}

fn is_year(text: &[char]) -> bool {
    text.len() >= 4
        && matches!(text[..2], ['1', '9'] | ['2', '0'])
        && text[2..4].iter().all(char::is_ascii_digit)
}

/// The letter that a character stands for in words such as `p4ssw0rd`.
fn meant_by(char: char) -> char {
    match char {
        '4' | '@' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_is_weak() {
        for weak in [
            "password1234",
            "passwordpassword",
            "P@ssw0rd2026!",
            "p4ssw0rdp4ssw0rd",
            "aaaaaaaaaaaa",
            "abababababab",
            "123456789012",
            "1234567890987654321",
            "qwertyuiop123",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc",
            "abcdefghijkl",
            "iloveyou2024",
            "Summer2026!!",
            "letmeinletmein",
            "welcome12345",
            "adminadmin123",
            "hindsight2026",
            "administrator1",
            "charlie12345",
            "changemechangeme",
            "0000000000000",
            "trustno1trustno1",
            "zxcvbnm12345",
        ] {
            assert!(is_weak(weak, "somebody"), "{weak}");
        }
    }

    #[test]
    fn ones_own_name_is_weak() {
        assert!(is_weak("lovelace2026!", "Ada Lovelace"));
        assert!(is_weak("ada.lovelace@shop.example", "ada.lovelace@shop.example"));
        assert!(!is_weak("lovelace2026!gkq", "bob"));
    }

    #[test]
    fn what_takes_long_to_guess_is_not() {
        for strong in [
            "correct horse battery staple",
            "xkT9!qLw#2mZ",
            "tea kettle whistles",
            "Müßiggang ist schön",
            "gm4k-xw2p-7hjn",
            "the monkey eats 7 bananas",
            "pässwörter sind öde",
            "我喜欢在下雨天散步喝热茶",
        ] {
            assert!(!is_weak(strong, "somebody"), "{strong}");
        }
    }

    #[test]
    fn the_longest_takes_no_time() {
        let started = std::time::Instant::now();
        for long in ["a".repeat(1024), "ab".repeat(512), "password".repeat(128)] {
            assert!(is_weak(&long, "somebody") || long.len() == 1024);
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }
}
