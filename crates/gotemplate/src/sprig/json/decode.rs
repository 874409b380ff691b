//! Reads JSON into values.

use gostd::strconv;
use gostd::utf8::{append_rune, runes};

use super::super::super::error::{FunctionError, FunctionResult};
use super::super::super::functions::{Context, ReturnType as _};
use super::super::super::value::{Map, Str, Value};
use super::super::slice::Slice;

/// The maximum nesting depth of JSON that Go reads.
const MAX_DEPTH: usize = 10_000;

/// The value of a JSON text, and its error. If the only error is a number that is too large, that number is nil.
pub(super) fn decode(context: &mut Context, text: &[u8]) -> (Value, Option<FunctionError>) {
    let mut reader = Reader { context, text, at: 0, too_large: None };
    match reader.document() {
        Ok(value) => (value, reader.too_large),
        Err(why) => (Value::Nil, Some(why)),
    }
}

struct Reader<'a> {
    context: &'a mut Context,
    text: &'a [u8],
    at: usize,
    too_large: Option<FunctionError>,
}

/// A list or map that has not ended.
enum Open {
    List(Slice<Value>),
    Map(Vec<(Str, Value)>, Str),
}

impl Reader<'_> {
    fn document(&mut self) -> FunctionResult<Value> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // Read the start of a value.
            let mut value = match self.skip_spaces() {
                Some(b'{') => {
                    self.open(open.len())?;
                    if self.skip_spaces() == Some(b'}') {
                        self.at += 1;
                        Map::of_any([]).into()
                    } else {
                        let key = self.key()?;
                        open.push(Open::Map(Vec::new(), key));
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(open.len())?;
                    if self.skip_spaces() == Some(b']') {
                        self.at += 1;
                        Value::list(Vec::new())
                    } else {
                        open.push(Open::List(Slice::new()));
                        continue;
                    }
                }
                first => self.scalar(first)?,
            };
            // The value has ended. End the lists and maps around it, as far as they end here.
            loop {
                self.context.budget.step(1)?;
                self.context.budget.allocate(size_of::<Value>())?;
                let next = self.skip_spaces();
                match open.pop() {
                    None => {
                        return if next.is_none() { Ok(value) } else { Err(self.unexpected("after top-level value")) };
                    }
                    Some(Open::List(mut values)) => {
                        values.push(value);
                        match next {
                            Some(b',') => {
                                self.at += 1;
                                open.push(Open::List(values));
                                break;
                            }
                            Some(b']') => {
                                self.at += 1;
                                value = values.into_value();
                            }
                            _ => return Err(self.unexpected("after array element")),
                        }
                    }
                    Some(Open::Map(mut entries, key)) => {
                        entries.push((key, value));
                        match next {
                            Some(b',') => {
                                self.at += 1;
                                self.skip_spaces();
                                let key = self.key()?;
                                open.push(Open::Map(entries, key));
                                break;
                            }
                            Some(b'}') => {
                                self.at += 1;
                                value = Map::of_any(entries).into();
                            }
                            _ => return Err(self.unexpected("after object key:value pair")),
                        }
                    }
                }
            }
        }
    }

    /// Skips an opening bracket, unless it nests too deep.
    fn open(&mut self, depth: usize) -> FunctionResult<()> {
        if depth >= MAX_DEPTH {
            return Err("exceeded max depth".into());
        }
        self.context.budget.nest(depth)?;
        self.at += 1;
        Ok(())
    }

    /// Skips spaces and returns the next byte.
    fn skip_spaces(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Go's error for an unexpected byte.
    fn unexpected(&self, place: &str) -> FunctionError {
        match self.peek() {
            None => "unexpected end of JSON input".into(),
            Some(byte) => Self::invalid(byte, place),
        }
    }

    /// Go's error inside of a word, a number or an escape. At the end of the text, Go reports a space.
    fn unexpected_inside(&self, place: &str) -> FunctionError {
        Self::invalid(self.peek().unwrap_or(b' '), place)
    }

    fn invalid(byte: u8, place: &str) -> FunctionError {
        let c = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            byte => {
                // Go reports the byte as a character.
                let quoted = strconv::quote(char::from(byte).to_string());
                format!("'{}'", quoted.trim_start_matches('"').trim_end_matches('"'))
            }
        };
        format!("invalid character {c} {place}").into()
    }

    fn key(&mut self) -> FunctionResult<Str> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let key = self.string()?;
        if self.skip_spaces() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn scalar(&mut self, first: Option<u8>) -> FunctionResult<Value> {
        match first {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> FunctionResult<Value> {
        for byte in word.bytes() {
            if self.peek() != Some(byte) {
                return Err(self.unexpected_inside(&format!("in literal {word} (expecting {:?})", char::from(byte))));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, place: &str) -> FunctionResult<()> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.unexpected_inside(place));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> FunctionResult<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = self.text.get(start..self.at).unwrap_or(&[]);
        if let Ok(number) = strconv::parse_float(text) {
            return Ok(Value::float(number));
        }
        let text = String::from_utf8_lossy(text);
        let why = format!("json: cannot unmarshal number {text} into Go value of type float64");
        self.too_large.get_or_insert_with(|| why.into());
        Ok(Value::Nil)
    }

    /// A string, from its opening quote on.
    fn string(&mut self) -> FunctionResult<Str> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or(&[]);
            let plain = rest.iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)).count();
            for (c, _) in runes(rest.get(..plain).unwrap_or(&[])) {
                append_rune(&mut out, c);
            }
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    self.context.budget.allocate(out.len())?;
                    return Ok(out.into());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> FunctionResult<()> {
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.unit()?;
                append_rune(out, self.character(unit)?);
                return Ok(());
            }
            _ => return Err(self.unexpected_inside("in string escape code")),
        };
        out.push(byte);
        self.at += 1;
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> FunctionResult<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.unexpected_inside("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The character of a UTF-16 unit, or of a surrogate pair. Half a pair is U+FFFD.
    fn character(&mut self, unit: u32) -> FunctionResult<char> {
        if let Some(c) = char::from_u32(unit) {
            return Ok(c);
        }
        let second = self.at;
        if unit < 0xdc00 && self.text.get(second..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            self.at += 2;
            let low = self.unit()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // The second unit is not the other half: read it again on its own.
            self.at = second;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}
