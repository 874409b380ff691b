//! Format strings of `printf`.

use std::borrow::Borrow;

use gostd::utf8::decode_rune;

use super::super::limits::Limit;
use super::super::value::Value;
use super::Printer;
use super::flags::Flags;

/// Widths and precisions beyond this are errors, as in Go.
const TOO_LARGE: i64 = 1_000_000;

/// The state of reading a format string.
struct Reader<'f> {
    format: &'f [u8],
    at: usize,
    /// The index of the next argument.
    argument: usize,
    /// Whether an argument was chosen by index.
    reordered: bool,
    /// Whether all argument indexes of the current verb are valid.
    good: bool,
    /// Whether an argument index was read last.
    after_index: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// An unsigned number, if there is one here. A number that is too large counts as none, and ends the format.
    fn number(&mut self) -> Option<i64> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if number > Some(TOO_LARGE) {
                self.at = self.format.len();
                return None;
            }
            number = Some(number.unwrap_or(0) * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// An argument index in brackets, if there is one here.
    fn index(&mut self, count: usize) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or(&[]);
        let closed = memchr::memchr(b']', rest).filter(|_| rest.len() >= 3);
        let Some(end) = closed else {
            self.at += 1;
            self.good = false;
            return;
        };
        let inside = rest.get(1..end).unwrap_or(&[]);
        self.at += end + 1;
        let digits = !inside.is_empty() && inside.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(inside).ok().filter(|_| digits).and_then(|text| text.parse::<i64>().ok());
        let Some(number) = number.filter(|n| n / 10 <= TOO_LARGE) else {
            self.good = false;
            return;
        };
        self.after_index = true;
        match number.checked_sub(1).and_then(|index| usize::try_from(index).ok()).filter(|index| *index < count) {
            Some(index) => self.argument = index,
            None => self.good = false,
        }
    }

    /// The next argument as a width or a precision.
    fn take_integer<V: Borrow<Value>>(&mut self, values: &[V]) -> Option<i64> {
        let value: &Value = values.get(self.argument)?.borrow();
        self.argument += 1;
        let number = match value.underlying() {
            Value::Int(_, number) => Some(*number),
            Value::Uint(_, number) => i64::try_from(*number).ok(),
            _ => None,
        };
        number.filter(|n| (-TOO_LARGE..=TOO_LARGE).contains(n))
    }
}

impl Printer<'_> {
    /// `fmt.Sprintf`
    pub(super) fn printf<V: Borrow<Value>>(&mut self, format: &[u8], values: &[V]) -> Result<(), Limit> {
        let mut reader = Reader { format, at: 0, argument: 0, reordered: false, good: true, after_index: false };
        while let Some(rest) = format.get(reader.at..).filter(|rest| !rest.is_empty()) {
            let plain = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            self.write(rest.get(..plain).unwrap_or(rest))?;
            reader.at += plain;
            if plain == rest.len() {
                break;
            }
            reader.at += 1;
            reader.good = true;
            self.context.budget.step(1)?;
            if !self.verb(&mut reader, values)? {
                break;
            }
        }
        if !reader.reordered && reader.argument < values.len() {
            self.flags = Flags::default();
            self.write(b"%!(EXTRA ")?;
            for (at, value) in values.iter().skip(reader.argument).enumerate() {
                if at > 0 {
                    self.write(b", ")?;
                }
                self.surplus(value.borrow())?;
            }
            self.write(b")")?;
        }
        Ok(())
    }

    /// One verb, after its percent sign. Returns whether the format continues.
    fn verb<V: Borrow<Value>>(&mut self, reader: &mut Reader<'_>, values: &[V]) -> Result<bool, Limit> {
        self.flags = Flags::default();
        while let Some(flag) = reader.peek() {
            match flag {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            reader.at += 1;
        }
        // If the verb follows directly, an invalid index is ignored.
        let simple = reader.peek().is_some_and(|c| c.is_ascii_lowercase()) && reader.argument < values.len();
        if !simple {
            self.width_and_precision(reader, values)?;
        }
        let Some((verb, len)) = decode_rune(reader.format.get(reader.at..).unwrap_or(&[])) else {
            self.write(b"%!(NOVERB)")?;
            return Ok(false);
        };
        reader.at += len;
        if verb == '%' {
            self.write(b"%")?;
            return Ok(true);
        }
        if !simple && !reader.good {
            self.complaint(verb, b"(BADINDEX)")?;
            return Ok(true);
        }
        let Some(value) = values.get(reader.argument) else {
            self.complaint(verb, b"(MISSING)")?;
            return Ok(true);
        };
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::replace(&mut self.flags.sharp, false);
            self.flags.plus_v = std::mem::replace(&mut self.flags.plus, false);
        }
        self.argument(value.borrow(), verb)?;
        reader.argument += 1;
        Ok(true)
    }

    fn width_and_precision<V: Borrow<Value>>(&mut self, reader: &mut Reader<'_>, values: &[V]) -> Result<(), Limit> {
        reader.index(values.len());
        if reader.peek() == Some(b'*') {
            reader.at += 1;
            match reader.take_integer(values) {
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.write(b"%!(BADWIDTH)")?,
            }
            reader.after_index = false;
        } else {
            let width = reader.number();
            self.flags.width = width.and_then(|width| usize::try_from(width).ok());
            if reader.after_index && width.is_some() {
                reader.good = false;
            }
        }
        if reader.peek() == Some(b'.') && reader.at + 1 < reader.format.len() {
            reader.at += 1;
            if reader.after_index {
                reader.good = false;
            }
            reader.index(values.len());
            if reader.peek() == Some(b'*') {
                reader.at += 1;
                self.flags.precision =
                    reader.take_integer(values).and_then(|precision| usize::try_from(precision).ok());
                if self.flags.precision.is_none() {
                    self.write(b"%!(BADPREC)")?;
                }
                reader.after_index = false;
            } else {
                self.flags.precision = Some(reader.number().and_then(|n| usize::try_from(n).ok()).unwrap_or(0));
            }
        }
        if !reader.after_index {
            reader.index(values.len());
        }
        Ok(())
    }
}
