//! The second factor: codes of an app (RFC 6238), and codes for when the phone is gone.

use totp_rs::{Builder, Secret, Totp};

use super::secret::{hash_of, random, readable};

/// How many recovery codes are given out at once.
pub const RECOVERY_CODES: usize = 10;

const STEP_SECONDS: u64 = 30;

/// A key that codes are made of: 160 bits, as apps take it.
pub fn new_key() -> [u8; 20] {
    random()
}

/// The step whose code this is: the present one, the one before or the one after.
pub fn step_of(key: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    let digits: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = u64::try_from(now_ms / 1000).ok()?;
    // Before the first step there is none to look at.
    let seconds = seconds.max(STEP_SECONDS);
    let step = is_code.then(|| totp(key).check(&digits, seconds)).flatten()?;
    i64::try_from(step).ok()
}

/// The code that an app shows at this time.
pub fn code_at(key: &[u8], now_ms: i64) -> String {
    totp(key).generate(u64::try_from(now_ms / 1000).unwrap_or_default()).to_string()
}

/// The key as it is typed into an app, in groups of four.
pub fn key_text(key: &[u8]) -> String {
    let text = Secret::from(key).to_base32();
    let groups: Vec<&str> =
        text.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// The address that an app reads from a picture.
pub fn address(key: &[u8], issuer: &str, name: &str) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    format!(
        "otpauth://totp/{}:{}?secret={}&issuer={}",
        encode(issuer),
        encode(name),
        Secret::from(key).to_base32(),
        encode(issuer)
    )
}

/// New recovery codes.
pub fn new_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| readable(3, 4)).collect()
}

/// What is kept of a recovery code, however it is typed.
pub fn recovery_hash(code: &str) -> [u8; 32] {
    let plain: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    hash_of(&plain)
}

fn totp(key: &[u8]) -> Totp {
    Builder::new().with_secret(key).with_skew(1).with_step_duration(STEP_SECONDS).build_noncompliant()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_at(KEY, seconds * 1000), code);
            assert_eq!(step_of(KEY, code, seconds * 1000), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_around_its_own() {
        let at = 1_234_567_890_000;
        let code = code_at(KEY, at);
        assert_eq!(step_of(KEY, &format!(" {} {} ", &code[..3], &code[3..]), at + 30_000), Some(at / 30_000));
        assert_eq!(step_of(KEY, &code, at - 30_000), Some(at / 30_000));
        for (wrong, late) in
            [(code.clone(), 60_000), ("000000".to_owned(), 0), (code[..5].to_owned(), 0), (String::new(), 0)]
        {
            assert_eq!(step_of(KEY, &wrong, at + late), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_can_read_the_address_and_a_person_the_key() {
        assert_eq!(key_text(KEY), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            address(KEY, "Hindsight", "ada@x y"),
            "otpauth://totp/Hindsight:ada%40x%20y?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Hindsight"
        );
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let codes = new_recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].to_uppercase().replace('-', " ")));
        assert_ne!(recovery_hash(&codes[0]), recovery_hash(&codes[1]));
    }
}
