//! Formats scalars with the flags of a verb.

use gostd::strconv::{self, BitSize, MAX_FRACTION_DIGITS, is_print};
use gostd::utf8::{RUNE_ERROR, append_rune, rune_count};

use super::super::limits::Limit;
use super::super::text::take_runes;
use super::Printer;

/// The flags, width and precision between the percent sign and the verb.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`
    pub(super) plus_v: bool,
    /// `%#v`
    pub(super) sharp_v: bool,
}

impl Flags {
    /// Whether there is nothing that changes how a number is written.
    fn is_empty(&self) -> bool {
        let changed = self.plus || self.minus || self.sharp || self.space || self.zero;
        self.width.is_none() && self.precision.is_none() && !changed
    }
}

impl Printer<'_> {
    /// Appends padding: spaces, or zeros if that flag is set and the padding is on the left.
    fn fill(&mut self, count: usize) -> Result<(), Limit> {
        self.reserve(count)?;
        let with = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.extend(std::iter::repeat_n(with, count));
        Ok(())
    }

    /// Appends text, padded to the width.
    pub(super) fn pad(&mut self, text: &[u8]) -> Result<(), Limit> {
        self.reserve(text.len())?;
        let missing = self.flags.width.map_or(0, |width| width.saturating_sub(rune_count(text)));
        if missing == 0 {
            self.out.extend_from_slice(text);
            return Ok(());
        }
        if self.flags.minus {
            self.out.extend_from_slice(text);
            return self.fill(missing);
        }
        self.fill(missing)?;
        self.out.extend_from_slice(text);
        Ok(())
    }

    /// Like [`Self::pad`], but never with zeros.
    fn pad_with_spaces(&mut self, text: &[u8]) -> Result<(), Limit> {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        let done = self.pad(text);
        self.flags.zero = zero;
        done
    }

    pub(super) fn write_bool(&mut self, value: bool) -> Result<(), Limit> {
        self.pad(if value { b"true" } else { b"false" })
    }

    /// Appends an integer by its absolute value and sign, in a base.
    pub(super) fn write_integer(&mut self, size: u64, negative: bool, base: u64, verb: char) -> Result<(), Limit> {
        let flags = self.flags;
        let signed = negative || flags.plus || flags.space;
        let mut least = 0;
        if let Some(precision) = flags.precision {
            least = precision;
            if precision == 0 && size == 0 {
                let zero = std::mem::replace(&mut self.flags.zero, false);
                let done = self.fill(flags.width.unwrap_or(0));
                self.flags.zero = zero;
                return done;
            }
        } else if let Some(width) = flags.width.filter(|_| flags.zero && !flags.minus) {
            least = width.saturating_sub(usize::from(signed));
        }
        if least == 0 && flags.width.is_none() && base == 10 && !signed {
            let mut text = [0; 20];
            return self.write(decimal(size, &mut text));
        }
        self.reserve(least)?;
        let upper = verb == 'X';
        // The digits are produced from the last to the first.
        let mut text = Vec::with_capacity(least + 4);
        let mut left = size;
        loop {
            let digit = u32::try_from(left % base).unwrap_or(0);
            let c = char::from_digit(digit, 16).unwrap_or('0');
            text.push(if upper { c.to_ascii_uppercase() } else { c } as u8);
            left /= base;
            if left == 0 {
                break;
            }
        }
        while text.len() < least {
            text.push(b'0');
        }
        if flags.sharp {
            match base {
                2 => text.extend_from_slice(b"b0"),
                8 if text.last() != Some(&b'0') => text.push(b'0'),
                16 => text.extend_from_slice(if upper { b"X0" } else { b"x0" }),
                _ => {}
            }
        }
        if verb == 'O' {
            text.extend_from_slice(b"o0");
        }
        if negative {
            text.push(b'-');
        } else if flags.plus {
            text.push(b'+');
        } else if flags.space {
            text.push(b' ');
        }
        text.reverse();
        self.pad_with_spaces(&text)
    }

    /// `U+0041`, with `%#U` also the character itself.
    pub(super) fn write_unicode(&mut self, code: u64) -> Result<(), Limit> {
        let digits = self.flags.precision.unwrap_or(0).max(4);
        self.reserve(digits)?;
        let hex = format!("{code:X}");
        let mut text = String::from("U+");
        text.extend(std::iter::repeat_n('0', digits.saturating_sub(hex.len())));
        text.push_str(&hex);
        if let Some(c) = u32::try_from(code).ok().and_then(char::from_u32).filter(|c| self.flags.sharp && is_print(*c))
        {
            text.push_str(" '");
            text.push(c);
            text.push('\'');
        }
        self.pad_with_spaces(text.as_bytes())
    }

    /// The character of a code point.
    pub(super) fn write_char(&mut self, code: u64) -> Result<(), Limit> {
        let mut text = Vec::with_capacity(4);
        append_rune(&mut text, char_of(code));
        self.pad(&text)
    }

    /// The character of a code point in single quotes.
    pub(super) fn write_quoted_char(&mut self, code: u64) -> Result<(), Limit> {
        let mut text = Vec::with_capacity(12);
        let append = if self.flags.plus { strconv::append_quote_rune_to_ascii } else { strconv::append_quote_rune };
        append(&mut text, char_of(code));
        self.pad(&text)
    }

    /// The text, truncated to the precision.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        self.flags.precision.map_or(text, |precision| take_runes(text, precision))
    }

    pub(super) fn write_string(&mut self, text: &[u8]) -> Result<(), Limit> {
        let text = self.truncated(text);
        self.pad(text)
    }

    pub(super) fn write_quoted(&mut self, text: &[u8]) -> Result<(), Limit> {
        let text = self.truncated(text);
        self.reserve(text.len())?;
        let mut quoted = Vec::with_capacity(text.len() + 2);
        if self.flags.sharp && strconv::can_backquote(text) {
            quoted.push(b'`');
            quoted.extend_from_slice(text);
            quoted.push(b'`');
        } else {
            let append = if self.flags.plus { strconv::append_quote_to_ascii } else { strconv::append_quote };
            append(&mut quoted, text);
        }
        self.pad(&quoted)
    }

    /// Bytes in hexadecimal.
    pub(super) fn write_hex(&mut self, text: &[u8], upper: bool) -> Result<(), Limit> {
        let flags = self.flags;
        let text = text.get(..flags.precision.unwrap_or(text.len())).unwrap_or(text);
        if text.is_empty() {
            return self.fill(flags.width.unwrap_or(0));
        }
        let prefix: &[u8] = if upper { b"0X" } else { b"0x" };
        let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        self.reserve(text.len().saturating_mul(5))?;
        let mut hex = Vec::with_capacity(text.len() * 2);
        for (at, byte) in text.iter().enumerate() {
            if flags.space && at > 0 {
                hex.push(b' ');
            }
            if flags.sharp && (at == 0 || flags.space) {
                hex.extend_from_slice(prefix);
            }
            for digit in [byte >> 4, byte & 15] {
                hex.push(digits.get(usize::from(digit)).copied().unwrap_or(b'0'));
            }
        }
        self.pad(&hex)
    }

    /// Appends a float. `verb` is a format of [`strconv::append_float`].
    pub(super) fn write_float(
        &mut self,
        value: f64,
        single: bool,
        verb: char,
        precision: Option<usize>,
    ) -> Result<(), Limit> {
        let flags = self.flags;
        if verb == 'g' && flags.is_empty() && precision.is_none() && number_is_short(value) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and small")]
            return self.write_integer(value.abs() as u64, value < 0.0, 10, 'd');
        }
        let precision = flags.precision.or(precision);
        self.reserve(precision.unwrap_or(0))?;
        if let Some(places) = precision {
            self.context.budget.step(steps(value, places))?;
        }
        let ascii = u8::try_from(verb).unwrap_or(b'g');
        // Always start with a sign.
        let mut number = vec![b'+'];
        let bits = if single { BitSize::Bits32 } else { BitSize::Bits64 };
        strconv::append_float(&mut number, value, ascii, precision, bits);
        if matches!(number.get(1), Some(b'-' | b'+')) {
            number.remove(0);
        }
        if flags.space && number.first() == Some(&b'+') && !flags.plus {
            number.splice(..1, [b' ']);
        }
        if !value.is_finite() {
            if value.is_nan() && !flags.space && !flags.plus {
                number.remove(0);
                return self.pad_with_spaces(&number);
            }
            // An infinity keeps its sign, as in Go.
            return self.pad_with_spaces(&number);
        }
        if flags.sharp && verb != 'b' {
            keep_zeros(&mut number, verb, precision);
        }
        if !flags.plus && number.first() == Some(&b'+') {
            number.remove(0);
            return self.pad(&number);
        }
        match flags.width {
            // Zeros go between the sign and the digits.
            Some(width) if flags.zero && !flags.minus && width > number.len() => {
                let (sign, digits) = number.split_at(1);
                self.out.extend_from_slice(sign);
                self.fill(width - number.len())?;
                self.out.extend_from_slice(digits);
                Ok(())
            }
            _ => self.pad(&number),
        }
    }
}

/// The steps of writing a float with so many digits after the point: each digit of a long number takes time.
fn steps(value: f64, places: usize) -> u64 {
    let before = if value.abs() < 1e20 { 0 } else { f64::MAX_10_EXP.unsigned_abs() as usize };
    ((places.min(MAX_FRACTION_DIGITS) + before) / 4) as u64
}

/// The flag `#`: there is always a point, and `g` keeps trailing zeros.
fn keep_zeros(number: &mut Vec<u8>, verb: char, precision: Option<usize>) {
    let mut digits = match verb {
        'v' | 'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let exponent = number.iter().position(|b| match b {
        b'p' | b'P' => true,
        b'e' | b'E' => !matches!(verb, 'x' | 'X'),
        _ => false,
    });
    let tail = number.split_off(exponent.unwrap_or(number.len()));
    let mut seen_point = false;
    let mut seen_digit = false;
    for byte in number.iter().skip(1) {
        if *byte == b'.' {
            seen_point = true;
        } else {
            seen_digit |= *byte != b'0';
            digits -= i64::from(seen_digit);
        }
    }
    if !seen_point {
        if number.len() == 2 && number.last() == Some(&b'0') {
            digits -= 1;
        }
        number.push(b'.');
    }
    number.extend(std::iter::repeat_n(b'0', usize::try_from(digits).unwrap_or(0)));
    number.extend(tail);
}

/// Whether `%v` prints a float like an integer.
fn number_is_short(value: f64) -> bool {
    value.fract() == 0.0 && value.abs() < 1e6 && !(value == 0.0 && value.is_sign_negative())
}

fn char_of(code: u64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(RUNE_ERROR)
}

/// The number of decimal digits.
fn decimal(mut number: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    for (at, slot) in buffer.iter_mut().enumerate().rev() {
        *slot = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        start = at;
        if number == 0 {
            break;
        }
    }
    buffer.get(start..).unwrap_or(&[])
}
