//! Takes the literal blocks out of a text before it is parsed. In a mesh file they are nearly all of it, and a parser
//! takes its time with each of their lines. Where a text has anything that could be mistaken, it is left whole.

use memchr::memmem;
use serde_json::Value;

/// A text without its literal blocks.
pub(super) struct Hollow<'t> {
    /// What is left: each block is now a short text.
    pub text: String,
    blocks: Vec<Block<'t>>,
}

/// A literal block.
struct Block<'t> {
    lines: &'t str,
    indent: usize,
    chomping: Chomping,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// What a text begins with that a block was replaced by. Texts that hold it are parsed whole.
const MARK: &str = "literal-block-";
/// Shorter texts are parsed as they are.
const SHORT: usize = 4 << 10;

impl<'t> Hollow<'t> {
    /// None where the text is better parsed whole.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let bytes = text.as_bytes();
        // An escape may be a part of the mark, and so may lines that one joins.
        let escapes = |at: usize| matches!(bytes.get(at + 1), Some(b'x' | b'u' | b'U' | b'\n'));
        if bytes.len() < SHORT
            || memchr::memchr(b'\r', bytes).is_some()
            || memmem::find(bytes, MARK.as_bytes()).is_some()
            || memchr::memchr_iter(b'\\', bytes).any(escapes)
        {
            return None;
        }
        let mut hollow = Self { text: String::new(), blocks: Vec::new() };
        let mut rest = text;
        while !rest.is_empty() {
            let line = cut_line(&mut rest);
            match header(line) {
                Header::None => hollow.text.push_str(line),
                Header::Odd => return None,
                Header::Block { key, column, chomping } => {
                    let block = Block::cut(&mut rest, column, chomping)?;
                    hollow.text.push_str(key);
                    hollow.text.extend([" \"", MARK, &hollow.blocks.len().to_string(), "\"\n"]);
                    hollow.blocks.push(block);
                }
            }
        }
        // A tag can make any text of what is written.
        (!hollow.text.contains('!')).then_some(hollow)
    }

    /// Puts the blocks back into what was read of the text.
    pub(super) fn fill(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let number = text.strip_prefix(MARK).and_then(|number| number.parse::<usize>().ok());
                if let Some(block) = number.and_then(|number| self.blocks.get(number)) {
                    *text = block.text();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(map) => map.iter_mut().for_each(|(_, item)| self.fill(item)),
            _ => {}
        }
    }
}

/// Cuts the first line off, with its end.
fn cut_line<'t>(rest: &mut &'t str) -> &'t str {
    let end = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
    let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    *rest = after;
    line
}

enum Header<'t> {
    None,
    /// What could be a block, or part of a text of several lines.
    Odd,
    /// A key, with dashes before and the colon, and the column of the key.
    Block {
        key: &'t str,
        column: usize,
        chomping: Chomping,
    },
}

fn header(line: &str) -> Header<'_> {
    let line = line.trim_end();
    let content = line.trim_start_matches([' ', '-']);
    if content.starts_with('#') {
        return Header::None;
    }
    // Texts and collections that go on on the next line may hold what looks like a block.
    let (mut double, mut single, mut lists, mut maps) = (0_usize, 0_usize, 0_i32, 0_i32);
    for byte in line.bytes() {
        match byte {
            b'"' => double += 1,
            b'\'' => single += 1,
            b'[' => lists += 1,
            b']' => lists -= 1,
            b'{' => maps += 1,
            b'}' => maps -= 1,
            b'\t' => return Header::Odd,
            _ => {}
        }
    }
    let has_quotes = double + single > 0;
    let is_open = double % 2 != 0 || single % 2 != 0 || lists != 0 || maps != 0;
    let is_flow =
        || content.starts_with(['[', '{']) || [": [", ": {", "- [", "- {"].iter().any(|flow| line.contains(flow));
    if is_open || (has_quotes && (line.contains("\\\"") || is_flow())) {
        return Header::Odd;
    }
    if !line.split(' ').any(|word| word.starts_with(['|', '>'])) {
        return Header::None;
    }
    let (key, chomping) = match line.rsplit_once(' ') {
        Some((key, "|")) => (key, Chomping::Clip),
        Some((key, "|-")) => (key, Chomping::Strip),
        Some((key, "|+")) => (key, Chomping::Keep),
        _ => return Header::Odd,
    };
    let is_key = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part)
    };
    let column = line.len() - content.len();
    match key.get(column..).and_then(|name| name.strip_suffix(':')) {
        Some(name) if is_key(name) => Header::Block { key, column, chomping },
        _ => Header::Odd,
    }
}

impl<'t> Block<'t> {
    /// Cuts the lines of a block off that belongs to a key in this column.
    fn cut(rest: &mut &'t str, column: usize, chomping: Chomping) -> Option<Self> {
        let whole = *rest;
        let mut indent = None;
        let mut blank = 0;
        while !rest.is_empty() {
            let before = *rest;
            let line = cut_line(rest);
            let blanks = line.bytes().take_while(|b| *b == b' ').count();
            if line.get(blanks..).is_none_or(|content| content.is_empty() || content == "\n") {
                blank = blank.max(if indent.is_none() { blanks } else { 0 });
                continue;
            }
            if blanks <= column {
                *rest = before;
                break;
            }
            if blanks < *indent.get_or_insert(blanks) || blank > blanks {
                return None;
            }
        }
        let lines = whole.get(..whole.len() - rest.len())?;
        Some(Self { lines, indent: indent?, chomping })
    }

    /// What it says.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.lines.len());
        let mut rest = self.lines;
        while !rest.is_empty() {
            let line = cut_line(&mut rest);
            text.push_str(line.get(self.indent..).unwrap_or(if line.ends_with('\n') { "\n" } else { "" }));
        }
        let kept = match self.chomping {
            Chomping::Keep => return text,
            Chomping::Strip => text.trim_end_matches('\n').len(),
            Chomping::Clip => {
                let stripped = text.trim_end_matches('\n').len();
                (stripped + 1).min(text.len())
            }
        };
        text.truncate(kept);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lossless_yaml::Tree;

    fn whole(text: &str) -> Value {
        let tree = Tree::parse(text, 1).unwrap();
        tree.value(tree.root().unwrap()).unwrap()
    }

    fn long(text: &str) -> String {
        format!("{text}\nfiller: |\n{}", "  x y: |\n    z\n".repeat(400))
    }

    #[test]
    fn what_is_put_back_is_what_a_parser_reads() {
        for text in [
            "a: |\n  x\n  y",
            "a: |-\n  x\n\n\n",
            "a: |+\n  x\n\n\nb: 1",
            "a:\n- b: |\n    x\n   # y\n  c: |-\n    'x\n      \"y\n\n    {{- z }}\n- d: |\n    e",
            "- a: 1\n  b: |-\n\n    x\n  c: 2",
            "a: |\n  x # y\n# a comment\nb: |\n  \n  y\n",
            "a: |\n    x\n     y\n    \tz",
        ] {
            let text = if text.starts_with('-') { format!("k:\n{text}") } else { text.to_owned() };
            let text = long(&text);
            if let Some(hollow) = Hollow::of(&text) {
                let mut value = whole(&hollow.text);
                hollow.fill(&mut value);
                assert_eq!(value, whole(&text), "{text}");
                assert!(hollow.text.len() < 200);
            } else {
                assert!(text.contains("   # y"), "{text}");
            }
        }
    }

    #[test]
    fn what_could_be_mistaken_is_left_whole() {
        for text in [
            "a: \"x\n  b: |\n    y\"",
            "a: 'x\n  b: |\n    y'",
            "a: \"x \\\"\n  b: |\n    y\"",
            "a: [ \"]\"\n  b: |\n    y]",
            "x: \"\\x6citeral-block-0\"\na: |\n  b",
            "x: \"lite\\\n  ral-block-0\"\na: |\n  b",
            "x: literal-block-0\na: |\n  b",
            "x: !!binary bGl0ZXJhbC1ibG9jay0w\na: |\n  b",
            "a: {x: 1,\n  b: |\n    y}",
            "a: >\n  b: |\n    y",
            "a: |2\n    b: |\n",
            "a: &x |\n  b",
            "- |\n  b: |\n    c",
            "a: |\n   \n  x",
            "a: |\n    x\n  y",
            "a: |\r\n  x",
            "a: |\n",
            "? |\n  a\n: b",
            "a: | # comment\n  x",
        ] {
            assert!(Hollow::of(&long(text)).is_none(), "{text}");
        }
        assert!(Hollow::of("a: |\n  x\n").is_none());
    }
}
