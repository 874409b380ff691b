//! The escaping of `html`, `js` and `urlquery`.

use gostd::strconv::is_print;
use gostd::utf8::{append_rune, runes};

/// Escapes HTML's special characters.
pub(super) fn html(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            0 => append_rune(out, '\u{fffd}'),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(*byte),
        }
    }
}

/// Escapes what JavaScript strings, also those inside HTML, cannot contain.
pub(super) fn js(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    for (c, len) in runes(text) {
        let raw = text.get(at..at + len).unwrap_or(&[]);
        at += len;
        match c {
            '\\' => out.extend_from_slice(br"\\"),
            '\'' => out.extend_from_slice(br"\'"),
            '"' => out.extend_from_slice(br#"\""#),
            '<' | '>' | '&' | '=' | '\0'..' ' => out.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes()),
            _ if c.is_ascii() || is_print(c) => out.extend_from_slice(raw),
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes()),
        }
    }
}

/// Escapes what the query of a URL cannot contain.
pub(super) fn url_query(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    fn escaped(escape: fn(&[u8], &mut Vec<u8>), text: &[u8]) -> String {
        let mut out = Vec::new();
        escape(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes() {
        assert_eq!(escaped(super::html, b"<a b='\"&\0'>"), "&lt;a b=&#39;&#34;&amp;\u{fffd}&#39;&gt;");
        assert_eq!(escaped(super::js, "é='\u{200b}\n".as_bytes()), r"é\u003D\'\u200B\u000A");
        assert_eq!(escaped(super::url_query, "a b/é~".as_bytes()), "a+b%2F%C3%A9~");
    }
}
