//! Integers in text.

use super::Error;

/// `strconv.ParseInt` with 64 bits. In base 0 a prefix gives the base, and underscores may separate digits.
pub fn parse_int(text: impl AsRef<[u8]>, base: u32) -> Result<i64, Error> {
    let text = text.as_ref();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let size = match read(digits, base) {
        Err(Error::Range { .. }) => return Err(Error::Range { negative }),
        size => size?,
    };
    let value = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
    value.ok_or(Error::Range { negative })
}

/// `strconv.ParseUint` with 64 bits. See [`parse_int`]; a sign is not allowed.
pub fn parse_uint(text: impl AsRef<[u8]>, base: u32) -> Result<u64, Error> {
    read(text.as_ref(), base)
}

fn read(text: &[u8], base: u32) -> Result<u64, Error> {
    if text.is_empty() {
        return Err(Error::Syntax);
    }
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'x' | b'X', digits @ ..]) if !digits.is_empty() => (16, digits),
        (0, [b'0', b'b' | b'B', digits @ ..]) if !digits.is_empty() => (2, digits),
        (0, [b'0', b'o' | b'O', digits @ ..] | [b'0', digits @ ..]) if !digits.is_empty() => (8, digits),
        (0, _) => (10, text),
        (2..=36, _) => (u64::from(base), text),
        _ => return Err(Error::Base(base)),
    };
    let mut value = 0_u64;
    let mut has_underscore = false;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' => byte - b'A' + 10,
            b'_' if base == 0 => {
                has_underscore = true;
                continue;
            }
            _ => return Err(Error::Syntax),
        };
        let digit = u64::from(digit);
        if digit >= radix {
            return Err(Error::Syntax);
        }
        // As in Go, the text after the first digit that does not fit is not checked.
        let more = value.checked_mul(radix).and_then(|value| value.checked_add(digit));
        value = more.ok_or(Error::Range { negative: false })?;
    }
    if has_underscore && !underscores_are_valid(text) {
        return Err(Error::Syntax);
    }
    Ok(value)
}

/// Go's `underscoreOK`: every underscore is between digits, or between the prefix of a base and a digit.
pub(super) fn underscores_are_valid(text: &[u8]) -> bool {
    let text = match text {
        [b'-' | b'+', rest @ ..] => rest,
        text => text,
    };
    let (mut before_digit, rest, hex) = match text {
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (true, rest, false),
        [b'0', b'x' | b'X', rest @ ..] => (true, rest, true),
        text => (false, text, false),
    };
    let mut after_underscore = false;
    for byte in rest {
        if *byte == b'_' {
            if !before_digit {
                return false;
            }
            (after_underscore, before_digit) = (true, false);
            continue;
        }
        before_digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        if after_underscore && !before_digit {
            return false;
        }
        after_underscore = false;
    }
    !after_underscore
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_LARGE: Result<i64, Error> = Err(Error::Range { negative: false });
    const TOO_SMALL: Result<i64, Error> = Err(Error::Range { negative: true });
    const SYNTAX: Result<i64, Error> = Err(Error::Syntax);

    #[test]
    fn integers() {
        for (text, base, value) in [
            ("0", 0, Ok(0)),
            ("0x1F", 0, Ok(31)),
            ("0x_1F", 0, Ok(31)),
            ("-0b101", 0, Ok(-5)),
            ("0o17", 0, Ok(15)),
            ("-017", 0, Ok(-15)),
            ("0_7", 0, Ok(7)),
            ("1_000", 0, Ok(1000)),
            ("1_000", 10, SYNTAX),
            ("1__0", 0, SYNTAX),
            ("_1", 0, SYNTAX),
            ("1_", 0, SYNTAX),
            ("08", 0, SYNTAX),
            ("08", 10, Ok(8)),
            ("0x", 0, SYNTAX),
            ("0x", 36, Ok(33)),
            ("zZ", 36, Ok(35 * 36 + 35)),
            ("12", 2, SYNTAX),
            ("", 10, SYNTAX),
            ("-", 10, SYNTAX),
            ("+-1", 10, SYNTAX),
            ("1 ", 10, SYNTAX),
            ("٣", 10, SYNTAX),
            ("+1", 10, Ok(1)),
            ("-9223372036854775808", 10, Ok(i64::MIN)),
            ("-9223372036854775809", 10, TOO_SMALL),
            ("9223372036854775808", 10, TOO_LARGE),
            ("-99999999999999999999", 0, TOO_SMALL),
            ("99999999999999999999x", 10, TOO_LARGE),
            ("9999999999999999999x", 10, SYNTAX),
            ("1", 1, Err(Error::Base(1))),
            ("1", 37, Err(Error::Base(37))),
        ] {
            assert_eq!(parse_int(text, base), value, "{text} in base {base}");
        }
    }

    #[test]
    fn unsigned_integers() {
        assert_eq!(parse_uint("18446744073709551615", 0), Ok(u64::MAX));
        assert_eq!(parse_uint("18446744073709551616", 0), Err(Error::Range { negative: false }));
        assert_eq!(parse_uint("+1", 10), Err(Error::Syntax));
        assert_eq!(parse_uint(b"\xff", 10), Err(Error::Syntax));
    }
}
