//! Numbers that prove themselves: by check digits, by a scheme, or by both.

/// The digits of a text, in their order.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect()
}

/// Whether these can be a payment card's: of a scheme, with its check digit.
pub(super) fn is_card(digits: &[u8]) -> bool {
    is_of_a_scheme(digits) && luhn(digits) && digits.iter().any(|digit| *digit != digits[0])
}

fn is_of_a_scheme(digits: &[u8]) -> bool {
    let prefix =
        |long: usize| digits.iter().take(long).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 39) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 50..=58 | 62 | 63 | 65 | 67)
                || (2221..=2720).contains(&prefix(4))
                || (3528..=3589).contains(&prefix(4))
                || prefix(4) == 6011
                || (644..=649).contains(&prefix(3))
        }
        18 | 19 => prefix(1) == 4 || matches!(prefix(2), 50 | 56..=58 | 62 | 63 | 67),
        _ => false,
    }
}

/// The check digit of ISO/IEC 7812.
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = (0..)
        .zip(digits.iter().rev().map(|digit| u32::from(*digit)))
        .map(|(place, digit): (usize, u32)| if place % 2 == 0 { digit } else { doubled(digit) })
        .sum();
    sum.is_multiple_of(10)
}

/// The check digits of ISO 13616, of an IBAN with or without its spaces.
pub(super) fn is_iban(text: &str) -> bool {
    let chars: Vec<u32> = text.chars().filter_map(|char| char.to_digit(36)).collect();
    if !(15..=34).contains(&chars.len()) {
        return false;
    }
    let moved = chars[4..].iter().chain(&chars[..4]);
    moved.fold(0, |rest, value| (if *value > 9 { rest * 100 + value } else { rest * 10 + value }) % 97) == 1
}

/// A Spanish DNI or NIE: `12345678Z`, `X1234567L`.
pub(super) fn is_dni(text: &str) -> bool {
    let letter = text.chars().last().map(|last| last.to_ascii_uppercase());
    let body: String = text[..text.len().saturating_sub(1)]
        .chars()
        .map(|char| match char.to_ascii_uppercase() {
            'X' => '0',
            'Y' => '1',
            'Z' => '2',
            other => other,
        })
        .collect();
    let expected =
        body.parse::<usize>().ok().and_then(|number| "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(number % 23));
    expected.is_some() && expected == letter
}

/// A Brazilian CPF: `529.982.247-25`.
pub(super) fn is_cpf(text: &str) -> bool {
    let digits = digits(text);
    let check = |count: usize| {
        let sum: usize = digits
            .iter()
            .take(count)
            .enumerate()
            .map(|(at, digit)| usize::from(*digit) * (count + 1 - at))
            .sum();
        (sum * 10 % 11 % 10) as u8
    };
    digits.len() == 11
        && digits.iter().any(|digit| *digit != digits[0])
        && digits[9] == check(9)
        && digits[10] == check(10)
}

/// An Italian codice fiscale: `RSSMRA85T10A562S`.
pub(super) fn is_codice_fiscale(text: &str) -> bool {
    const ODD: [u32; 36] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
        14, 16, 10, 22, 25, 24, 23,
    ];
    let chars: Vec<u32> = text.chars().filter_map(|char| char.to_digit(36)).collect();
    let [body @ .., last] = chars.as_slice() else { return false };
    let worth = |(at, value): (usize, &u32)| match (at % 2, *value) {
        (0, value) => ODD[value as usize],
        (_, value) if value > 9 => value - 10,
        (_, value) => value,
    };
    body.len() == 15 && body.iter().enumerate().map(worth).sum::<u32>() % 26 + 10 == *last
}

/// A French social security number: 13 digits and two that check them.
pub(super) fn is_nir(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 15 || !matches!(digits[0], 1 | 2) {
        return false;
    }
    let number = |part: &[u8]| part.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(*digit));
    97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_prove_themselves_and_others_do_not() {
        for good in ["4111 1111 1111 1111", "378282246310005", "6011111111111117"] {
            assert!(is_card(&digits(good)), "{good}");
        }
        for bad in ["4111111111111112", "1234567890123456", "1700000000000", "0000000000000000"] {
            assert!(!is_card(&digits(bad)), "{bad}");
        }
        assert!(is_iban("DE89 3704 0044 0532 0130 00") && !is_iban("DE88 3704 0044 0532 0130 00"));
        assert!(is_dni("12345678Z") && is_dni("X1234567L") && !is_dni("12345678A"));
        assert!(is_cpf("529.982.247-25") && !is_cpf("529.982.247-26") && !is_cpf("111.111.111-11"));
        assert!(is_codice_fiscale("RSSMRA85T10A562S") && !is_codice_fiscale("RSSMRA85T10A562T"));
        assert!(is_nir("2 55 08 14 168 025 38") && !is_nir("2 55 08 14 168 025 39"));
    }
}
