//! JSON the way Go's encoding/json writes it: compact, with `<`, `>` and `&` escaped. Annotations and environment
//! variables that istiod writes as JSON are compared byte for byte by people and tools, so the spelling matters.

use serde_json::Value;

/// The compact text of a value; keys in the order they have.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// Appends the compact text of a value.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_str(text, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_str(key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// Appends a string between double quotes.
pub fn write_str(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str("\\u");
                let code = u32::from(c);
                for shift in [12, 8, 4, 0] {
                    out.push(char::from_digit((code >> shift) & 15, 16).unwrap_or('0'));
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn angle_brackets_and_ampersands_are_escaped() {
        let value = json!({"a": "<b> & \"c\"\n\u{1}\u{2028}", "n": [1, true, null, 2.5]});
        let expected = "{\"a\":\"\\u003cb\\u003e \\u0026 \\\"c\\\"\\n\\u0001\\u2028\",\"n\":[1,true,null,2.5]}";
        assert_eq!(to_string(&value), expected);
        assert_eq!(serde_json::from_str::<Value>(&to_string(&value)).unwrap(), value);
    }
}
