//! Quoted texts whose later lines begin left of the mapping around them, or with a tab. Kubernetes' reader accepts them,
//! the parser only on their own. So each is parsed separately, and the document without it: [`Outline`] makes the parser
//! jump from the opening quote to the closing one.

use std::cell::Cell;

use granit_parser::{BorrowedInput, Event, Input, Parser, ScanError};

use crate::text::{byte, skip_blanks, skip_trivia, slice};

/// A document without its quoted texts of several lines.
pub(super) struct Outline<'a> {
    text: &'a str,
    next: Cell<Option<Quoted>>,
    /// Start of the last token that was looked at.
    seen: Cell<Option<usize>>,
}

/// The span of a quoted text, quotes included.
#[derive(Clone, Copy)]
struct Quoted {
    start: usize,
    end: usize,
}

impl<'a> Outline<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, next: Cell::new(None), seen: Cell::new(None) }
    }

    /// The input of the parser.
    pub(super) fn input(&self) -> Reader<'_, 'a> {
        Reader { outline: self, pos: 0, lookahead: 0 }
    }

    /// Checks whether the first token behind `cursor` is a quoted text to leave out. The parser has not read it yet: it is
    /// never more than one key ahead of its events. Fails with the position of a quote that is not closed.
    pub(super) fn look(&self, cursor: usize, in_flow: bool) -> Result<(), usize> {
        if self.seen.get().is_some_and(|seen| cursor <= seen) {
            return Ok(());
        }
        let start = token(self.text, cursor, in_flow);
        self.seen.set(Some(start));
        self.next.set(None);
        if matches!(byte(self.text, start), b'"' | b'\'') {
            let end = closing_quote(self.text, start).ok_or(start)? + 1;
            let has_lines = memchr::memchr(b'\n', slice(self.text, start..end).as_bytes()).is_some();
            // A key must be on one line: the parser reports it.
            let is_key = byte(self.text, skip_blanks(self.text, end)) == b':';
            self.next.set((has_lines && !is_key).then_some(Quoted { start, end }));
        }
        Ok(())
    }

    /// The value of the text that was left out at `start`, if there is one. Offsets of an error count from `start`.
    pub(super) fn left_out(&self, start: usize) -> Option<Result<String, ScanError>> {
        let quoted = self.next.get().filter(|quoted| quoted.start == start)?;
        let mut events = Parser::new_from_str(slice(self.text, start..quoted.end));
        events.find_map(|event| match event {
            Ok((Event::Scalar(value, ..), _)) => Some(Ok(value.into_owned())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

/// Start of the token behind `cursor`, past signs, anchors and tags.
fn token(text: &str, cursor: usize, in_flow: bool) -> usize {
    let is_blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0);
    let mut pos = skip_trivia(text, cursor);
    loop {
        match byte(text, pos) {
            b',' | b':' if in_flow => pos += 1,
            b'-' | b'?' | b':' if is_blank(byte(text, pos + 1)) => pos += 1,
            b'&' | b'!' => {
                let ends = |b: u8| is_blank(b) || (in_flow && matches!(b, b',' | b'[' | b']' | b'{' | b'}'));
                while !ends(byte(text, pos)) {
                    pos += 1;
                }
            }
            _ => return pos,
        }
        pos = skip_trivia(text, pos);
    }
}

/// Position of the quote that closes the one at `open`.
fn closing_quote(text: &str, open: usize) -> Option<usize> {
    let quote = byte(text, open);
    let bytes = text.as_bytes();
    let mut pos = open + 1;
    loop {
        pos += if quote == b'"' {
            memchr::memchr2(quote, b'\\', bytes.get(pos..)?)?
        } else {
            memchr::memchr(quote, bytes.get(pos..)?)?
        };
        // Inside, single quotes are doubled and double quotes escaped.
        if byte(text, pos) == quote && (quote == b'"' || byte(text, pos + 1) != quote) {
            return Some(pos);
        }
        pos += 2;
    }
}

/// The input of the parser for an [`Outline`]. Positions are those of the document.
pub(super) struct Reader<'o, 'a> {
    outline: &'o Outline<'a>,
    pos: usize,
    lookahead: usize,
}

impl<'a> Reader<'_, 'a> {
    fn rest(&self) -> &'a str {
        slice(self.outline.text, self.pos..self.outline.text.len())
    }
}

impl Input for Reader<'_, '_> {
    fn lookahead(&mut self, count: usize) {
        self.lookahead = self.lookahead.max(count);
    }

    fn buflen(&self) -> usize {
        self.lookahead
    }

    fn bufmaxlen(&self) -> usize {
        128
    }

    fn raw_read_ch(&mut self) -> char {
        let next = self.peek();
        self.skip();
        next
    }

    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        let next = self.peek();
        (!matches!(next, '\0' | '\n' | '\r')).then(|| {
            self.skip();
            next
        })
    }

    fn skip(&mut self) {
        self.pos = match self.outline.next.get() {
            Some(quoted) if quoted.start == self.pos => quoted.end - 1,
            _ => self.pos + self.rest().chars().next().map_or(0, char::len_utf8),
        };
    }

    fn skip_n(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    fn peek(&self) -> char {
        self.peek_nth(0)
    }

    fn peek_nth(&self, n: usize) -> char {
        self.rest().chars().nth(n).unwrap_or('\0')
    }

    fn byte_offset(&self) -> Option<usize> {
        Some(self.pos)
    }

    fn slice_bytes(&self, start: usize, end: usize) -> Option<&str> {
        self.outline.text.get(start..end)
    }
}

impl<'a> BorrowedInput<'a> for Reader<'_, 'a> {
    fn slice_borrowed(&self, start: usize, end: usize) -> Option<&'a str> {
        self.outline.text.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use crate::{NodeKind, Tree, YamlError};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(text: &str) -> Result<Value, YamlError> {
        let tree = Tree::parse(text, 1)?;
        for node in &tree.nodes {
            let span = text.get(node.start as usize..node.end as usize).unwrap();
            let quote = match node.kind {
                NodeKind::Single => '\'',
                NodeKind::Double => '"',
                _ => continue,
            };
            assert!(span.len() > 1 && span.starts_with(quote) && span.ends_with(quote), "{span:?}");
        }
        tree.root().map_or(Ok(Value::Null), |root| tree.value(root))
    }

    #[test]
    fn quoted_texts_may_continue_in_any_column() {
        for (text, says) in [
            ("a:\n    b: \"x\ny\n\n  z\" # c\nd: 1\n", json!({"a": {"b": "x y\nz"}, "d": 1})),
            ("a:\n  b: 'x\n  it''s\n\n'\n  c: 'y\n'\nd: 'z'\n", json!({"a": {"b": "x it's\n", "c": "y "}, "d": "z"})),
            ("a:\n  - - b: !!str &x 'y\nz'\n    - *x\n", json!({"a": [[{"b": "y z"}, "y z"]]})),
            ("a:\n  ? 'x\n  y'\n  : \"z\\\n  z\"\n", json!({"a": {"x y": "zz"}})),
            (
                "a: \"x\n\ty\"\nb: [ü, 'x\n\ty', {c: \"y\n\tz\"}]\n",
                json!({"a": "x y", "b": ["ü", "x y", {"c": "y z"}]}),
            ),
            ("\u{feff}a:\r\n  b: 'x\r\n  y' # 'z\r\nc: it's\r\n", json!({"a": {"b": "x y"}, "c": "it's"})),
            ("a:\n  b: \"\\u00e9\nü\"\n", json!({"a": {"b": "é ü"}})),
        ] {
            assert_eq!(read(text).unwrap(), says, "{text}");
        }
    }

    #[test]
    fn errors_keep_their_places() {
        for (text, message, line, column) in [
            ("a:\n  b: 'x\n  y'\n  c: \"x\n  \\q\"\n", "escape", 4, 6),
            ("\u{feff}a:\n  b: 'x\n  y'\nc: 'x\ny' z\n", "text follows a closing quote", 5, 4),
            ("a:\n  'x\n  y': 1\n", "a key in quotes has several lines", 3, 5),
            ("a:\n  b: 'x\n  y\n", "a quote is not closed", 2, 6),
            ("a: 'x\nb: y\n", "a quote is not closed", 1, 4),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!((error.place.line, error.place.column), (line, column), "{text}: {error}");
        }
    }

    #[test]
    fn a_nul_does_not_end_the_document() {
        assert!(read("a:\n  b: 'x\n  y'\nc: \0\nd: 1\n").is_err());
    }

    #[test]
    fn their_number_is_not_limited() {
        let text = (0..5000).fold(String::new(), |text, i| text + &format!("k{i}:\n    b: 'x\n y'\n"));
        assert_eq!(read(&text).unwrap()["k4999"], json!({"b": "x y"}));
    }

    proptest! {
        /// Leaving texts out gives the same tree.
        #[test]
        fn leaving_texts_out_changes_nothing(parts in prop::collection::vec(prop::sample::select(vec![
            "a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "'x'", "'x\n y'", "\"x\\\n  y\"", "\"x\n  y\"", "it's ", "'", "\"",
            "[", "]", "{", "}", ", ", "&x ", "!!str ", "*x ", "# c\n", "|\n  'x\n", "ü", "c:\n", "\t",
        ]), 0..14)) {
            let text = parts.concat();
            if let Ok(tree) = Tree::parse_by_grammar(&text, 1) {
                let outline = Tree::parse_by_outline(&text, 1.into());
                prop_assert!(outline.as_ref().is_ok_and(|outline| outline.is_same(&tree)), "{:?}", outline);
            }
        }
    }
}
