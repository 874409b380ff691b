//! Answers as JSON and YAML, formatted as by kubectl, and safe to show on a terminal.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, Write};

use serde::Serialize;
use serde_json::Value;

use super::Spool;
use super::printable::needs_escape;
use crate::k8s::yaml_text::to_yaml;

/// JSON with indentation and a final line break. Characters that a terminal obeys are escaped.
pub fn json_text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = harmless(&serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text)
}

/// JSON with the characters escaped that a terminal obeys.
pub(super) fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Line breaks are not part of a string: there, they are escaped already.
        if c != '\n' && needs_escape(c) {
            // Such characters are all in the basic plane. Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// YAML with sorted keys. Characters that a terminal obeys are escaped.
pub fn yaml_text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let value: Value = serde_json::to_value(value)?;
    let text = to_yaml(&value, usize::MAX);
    debug_assert!(text.is_some(), "the length is not limited");
    Ok(text.unwrap_or_default())
}

/// A JSON value on a line of its own. Characters that a terminal obeys are escaped.
pub(super) fn json_line(value: &Value) -> String {
    let mut line = harmless(&value.to_string());
    line.push('\n');
    line
}

/// Writes a list of JSON values, each of which is a line of `items`, as the value of a key of the outermost object.
pub(super) fn write_json_items(items: Spool, out: &mut dyn Write) -> io::Result<()> {
    write_json_items_by(items, out, |item, out| out.write_all(item))
}

/// The same with the values that `write` makes of the lines.
pub(super) fn write_json_items_by(
    items: Spool,
    out: &mut dyn Write,
    write: impl Fn(&[u8], &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"[")?;
    let (mut items, mut item, mut comma) = (items.reader()?, Vec::new(), "");
    while items.read_until(b'\n', &mut item)? > 0 {
        write!(out, "{comma}\n    ")?;
        write(item.trim_ascii_end(), out)?;
        item.clear();
        comma = ",";
    }
    out.write_all(if comma.is_empty() { b"]" } else { b"\n  ]" })
}

/// The same in YAML, with the key.
pub(super) fn write_yaml_items(key: &str, items: Spool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{key}:{}", if items.is_empty() { " []" } else { "" })?;
    let (mut items, mut item) = (items.reader()?, Vec::new());
    while items.read_until(b'\n', &mut item)? > 0 {
        let value: Value = serde_json::from_slice(&item)?;
        out.write_all(yaml_text(&[value])?.as_bytes())?;
        item.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_escaped_and_read_back() {
        let value = json!({"a": "x\u{1b}[2J\n\u{9b}\u{202e}\u{7f}ü", "b": ["\u{2066}"]});
        let json = json_text(&value).unwrap();
        let yaml = yaml_text(&value).unwrap();
        for text in [&json, &yaml] {
            assert!(!text.contains(|c: char| c != '\n' && needs_escape(c)), "{text:?}");
            assert!(text.contains('ü'));
        }
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        let tree = lossless_yaml::Tree::parse(&yaml, 1).unwrap();
        assert_eq!(tree.value(tree.root().unwrap()).unwrap(), value);
    }
}
