//! Go's `encoding/json`: how values are written. (Any reader of JSON reads the same.)

use std::fmt::Write as _;

use serde_json::{Number, Value};
use thiserror::Error;

use crate::strconv::{BitSize, format_float as format};

/// `json.Marshal`: the compact text of a value, with `<`, `>` and `&` escaped. Keys keep their order, as the fields of a
/// Go struct do; Go sorts the keys of a map.
pub fn marshal(value: &Value) -> String {
    let mut out = String::new();
    append(&mut out, value);
    out
}

/// Appends the result of [`marshal`].
pub fn append(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => append_number(out, number),
        Value::String(text) => append_string(out, text, true),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                append(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                append_string(out, key, true);
                out.push(':');
                append(out, item);
            }
            out.push('}');
        }
    }
}

fn append_number(out: &mut String, number: &Number) {
    let float = number.as_f64().filter(|_| number.is_f64());
    match float.and_then(|float| format_float(float, BitSize::Bits64).ok()) {
        Some(text) => out.push_str(&text),
        None => out.push_str(&number.to_string()),
    }
}

/// JSON has neither infinities nor NaN. The text is Go's.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("json: unsupported value: {}", format(*.0, b'g', None, BitSize::Bits64))]
pub struct UnsupportedValue(pub f64);

/// A float as JavaScript writes it: with an exponent below 1e-6 and from 1e21 on, and without a fraction of zero.
pub fn format_float(value: f64, bits: BitSize) -> Result<String, UnsupportedValue> {
    if !value.is_finite() {
        return Err(UnsupportedValue(value));
    }
    let (size, least, most) = match bits {
        BitSize::Bits64 => (value.abs(), 1e-6, 1e21),
        // Go compares a float of 32 bits with bounds of 32 bits.
        #[expect(clippy::cast_possible_truncation, reason = "it is a float of 32 bits")]
        BitSize::Bits32 => (f64::from(value.abs() as f32), f64::from(1e-6_f32), f64::from(1e21_f32)),
    };
    if size == 0.0 || (least..most).contains(&size) {
        return Ok(format(value, b'f', None, bits));
    }
    // `e-09` becomes `e-9`. Positive exponents have two digits or more anyway.
    Ok(format(value, b'e', None, bits).replace("e-0", "e-"))
}

/// Appends a string in double quotes. With `escape_html`, which is Go's default, `<`, `>` and `&` are escaped. Each byte
/// that is not UTF-8 is written as U+FFFD, escaped.
pub fn append_string(out: &mut String, text: impl AsRef<[u8]>, escape_html: bool) {
    out.push('"');
    for chunk in text.as_ref().utf8_chunks() {
        append_escaped(out, chunk.valid(), |c| match c {
            '"' | '\\' | '\0'..='\x1f' => true,
            '<' | '>' | '&' => escape_html,
            c => is_line_end(c),
        });
        for _ in chunk.invalid() {
            out.push_str("\\ufffd");
        }
    }
    out.push('"');
}

/// `json.HTMLEscape`: appends JSON so that it can be put between HTML's `<script>` tags.
pub fn html_escape(out: &mut String, json: &str) {
    append_escaped(out, json, |c| matches!(c, '<' | '>' | '&') || is_line_end(c));
}

/// JavaScript has line ends that JSON has not.
fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn append_escaped(out: &mut String, text: &str, must_escape: impl Fn(char) -> bool) {
    for part in text.split_inclusive(&must_escape) {
        let mut rest = part.chars();
        // Only the last part may have nothing to escape at its end.
        match rest.next_back() {
            Some(c) if must_escape(c) => {
                out.push_str(rest.as_str());
                append_escape(out, c);
            }
            _ => out.push_str(part),
        }
    }
}

fn append_escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c => {
            let written = write!(out, "\\u{:04x}", u32::from(c));
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values() {
        let value = json!({"b": "<b> & \"c\"\n\u{1}\u{2028}", "a": [1, true, null, 2.5, 2.0, 1e21], "n": {}});
        let expected =
            "{\"b\":\"\\u003cb\\u003e \\u0026 \\\"c\\\"\\n\\u0001\\u2028\",\"a\":[1,true,null,2.5,2,1e+21],\"n\":{}}";
        assert_eq!(marshal(&value), expected);
        assert_eq!(
            serde_json::from_str::<Value>(&marshal(&json!("a\\\u{8}\u{c}\r\t/é"))).unwrap(),
            "a\\\u{8}\u{c}\r\t/é"
        );
    }

    #[test]
    fn strings() {
        let string = |text: &[u8], html| {
            let mut out = String::new();
            append_string(&mut out, text, html);
            out
        };
        assert_eq!(string(b"", true), r#""""#);
        assert_eq!(string("<é\u{2028}>".as_bytes(), false), r#""<é\u2028>""#);
        assert_eq!(string(b"<\x7f&", true), "\"\\u003c\u{7f}\\u0026\"");
        // A truncated sequence is as many errors as it has bytes.
        assert_eq!(string(b"a\xff\xe2\x82b", true), r#""a\ufffd\ufffd\ufffdb""#);
        assert_eq!(string("\u{fffd}".as_bytes(), true), "\"\u{fffd}\"");
        let mut out = String::new();
        html_escape(&mut out, "{\"a\":\"<\u{2029}\\n\"}");
        assert_eq!(out, "{\"a\":\"\\u003c\\u2029\\n\"}");
    }

    #[test]
    fn floats() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (2.0, "2"),
            (1e-6, "0.000001"),
            (9.9e-7, "9.9e-7"),
            (1.5e-10, "1.5e-10"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(format_float(value, BitSize::Bits64).unwrap(), text);
        }
        assert_eq!(format_float(f64::from(1e-6_f32), BitSize::Bits32).unwrap(), "0.000001");
        assert_eq!(format_float(f64::from(0.1_f32), BitSize::Bits32).unwrap(), "0.1");
        let error = format_float(f64::NEG_INFINITY, BitSize::Bits64).unwrap_err();
        assert_eq!(error.to_string(), "json: unsupported value: -Inf");
    }
}
