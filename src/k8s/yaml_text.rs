//! The YAML text of a value, as kubectl and `toYaml` in Istio's templates write it: with sorted keys, and without indenting
//! lists.

use std::fmt::Write as _;

use serde_json::Value;

use lossless_yaml::Scalar;

/// The text of a value, with a final line break; `None` if it would be longer than `max` bytes.
pub(crate) fn to_yaml(value: &Value, max: usize) -> Option<String> {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, max, &mut out),
        Value::Array(items) if !items.is_empty() => block(value, 0, max, &mut out),
        scalar => {
            write_scalar(scalar, 0, &mut out);
            out.push('\n');
        }
    }
    (out.len() <= max).then_some(out)
}

/// Writes a mapping or list that is not empty, from the position of its first line. Stops when the text is too long.
fn block(value: &Value, indent: usize, max: usize, out: &mut String) {
    let mut first = true;
    let mut start = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (key, value) in entries {
                if out.len() > max {
                    return;
                }
                start(out);
                write_key(key, out);
                out.push(':');
                match value {
                    Value::Object(map) if !map.is_empty() => nested(value, indent + 2, max, out),
                    Value::Array(items) if !items.is_empty() => nested(value, indent, max, out),
                    scalar => {
                        out.push(' ');
                        write_scalar(scalar, indent, out);
                        out.push('\n');
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if out.len() > max {
                    return;
                }
                start(out);
                out.push_str("- ");
                match item {
                    Value::Object(map) if !map.is_empty() => block(item, indent + 2, max, out),
                    Value::Array(items) if !items.is_empty() => block(item, indent + 2, max, out),
                    scalar => {
                        write_scalar(scalar, indent, out);
                        out.push('\n');
                    }
                }
            }
        }
        _ => {}
    }
}

/// Writes a mapping or list below its key.
fn nested(value: &Value, indent: usize, max: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    block(value, indent, max, out);
}

fn write_scalar(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) => write_string(text, indent, out),
        other => out.push_str(&other.to_string()),
    }
}

/// Writes a string: as a literal block if it has several lines, in quotes if it would be read as something else, else plain.
fn write_string(text: &str, indent: usize, out: &mut String) {
    let controls = text.chars().any(|c| c != '\n' && needs_escape(c));
    if controls {
        out.push_str(&double_quoted(text));
    } else if text.contains('\n') {
        literal(text, indent, out);
    } else if !matches!(Scalar::of_plain(text), Scalar::Str(_)) || matches!(text, "" | "<<" | "=") {
        out.push_str(&double_quoted(text));
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Writes a key, always on one line.
fn write_key(key: &str, out: &mut String) {
    if key.contains('\n') {
        out.push_str(&double_quoted(key));
    } else {
        write_string(key, 0, out);
    }
}

/// Whether a character is not shown as itself: control characters, and those that change the text direction.
fn needs_escape(c: char) -> bool {
    let changes_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || changes_direction || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writes a literal block, whose header states how many final line breaks it has.
fn literal(text: &str, indent: usize, out: &mut String) {
    let body = text.strip_suffix('\n').unwrap_or(text);
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    out.push_str(match (text.ends_with('\n'), text.ends_with("\n\n")) {
        (false, _) => "-",
        (true, false) => "",
        (true, true) => "+",
    });
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent + 2));
            out.push_str(line);
        }
    }
}

/// Whether a string needs no quotes, outside of braces and brackets.
fn is_plain(text: &str) -> bool {
    let starts_as_syntax = text.starts_with(|c: char| ",[]{}#&*!|>'\"%@`".contains(c));
    let starts_as_indicator =
        text.starts_with(['-', '?', ':']) && text.get(1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(' '));
    !(starts_as_syntax
        || starts_as_indicator
        || text.starts_with("---")
        || text.starts_with("...")
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lossless_yaml::Tree;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_lists_not_indented() {
        let value = json!({"b": [{"c": 1, "a": [true, null]}, "x"], "a": {}, "l": [[1, 2]], "e": []});
        let expected = "a: {}\nb:\n- a:\n  - true\n  - null\n  c: 1\n- x\ne: []\nl:\n- - 1\n  - 2\n";
        assert_eq!(to_yaml(&value, 1000).unwrap(), expected);
        assert_eq!(to_yaml(&json!("x"), 1000).unwrap(), "x\n");
        assert_eq!(to_yaml(&value, 10), None);
    }

    #[test]
    fn texts_are_read_back_unchanged() {
        let texts = [
            "",
            "yes",
            "1",
            "1.5",
            "null",
            "~",
            "a: b",
            "a #b",
            "- a",
            "-",
            "-a",
            "it's",
            "\"q\"",
            "a\nb",
            "a\nb\n",
            "a\n\n",
            "\n a",
            "  a\nb",
            "*x",
            "&x",
            "!x",
            "%x",
            "@x",
            "`x",
            "{a",
            "[a",
            "a,b",
            "12:30:45",
            "0x1f",
            "2001-01-01",
            "a\tb",
            "tr\u{fc}be",
            "---",
            "x:",
            ":x",
            "?x",
            "? x",
            "=",
            "<<",
            "a\\b",
            "\u{7f}",
            ".5",
            "+1",
            "1_000",
            "on",
            "NaN",
            ".nan",
        ];
        for text in texts {
            let value = json!({"k": text, "l": [text, {"m": text}], text: 1});
            let yaml = to_yaml(&value, 10_000).unwrap();
            let tree = Tree::parse(&yaml, 1).unwrap_or_else(|error| panic!("{text:?}: {error}\n{yaml}"));
            assert_eq!(tree.value(tree.root().unwrap()).unwrap(), value, "{text:?}\n{yaml}");
        }
    }
}
