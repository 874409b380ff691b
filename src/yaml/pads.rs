//! Quoted texts whose later lines stand left of the mapping around them: Kubernetes' reader takes them, the parser does
//! not. Blanks at the start of such a line mean nothing, so it reads a copy that has more of them.

use super::text::{byte, line_start, slice};

/// How many blanks may be put before the lines of such texts.
pub(super) const MAX_LEANING_BLANKS: usize = 4 << 20;

/// Blanks that the copy of a text has more than the text.
#[derive(Clone, Default)]
pub(super) struct Pads(Vec<Pad>);

#[derive(Clone, Copy)]
struct Pad {
    /// Position in the copy.
    at: usize,
    len: usize,
    /// How many blanks stand before it.
    before: usize,
}

impl Pads {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Position in the text of a position in the copy.
    pub(super) fn original(&self, pos: usize) -> usize {
        let last = self.0.partition_point(|pad| pad.at < pos).checked_sub(1).and_then(|last| self.0.get(last));
        last.map_or(pos, |pad| pos - pad.before - pad.len.min(pos - pad.at))
    }

    /// Indents the later lines of the quoted text that follows `cursor` (a position in `text`), unless that was done
    /// already; says whether the limit allows it.
    pub(super) fn lean_right(&mut self, copy: &mut String, text: &str, cursor: usize) -> bool {
        let Some(open) = slice(text, cursor..text.len()).find(['"', '\'']).map(|i| cursor + i) else { return true };
        let quote = byte(text, open);
        let mut starts = Vec::new();
        let mut pos = open + 1;
        while pos < text.len() {
            match byte(text, pos) {
                b'\\' if quote == b'"' => pos += 1,
                b'\n' => starts.push(pos + 1),
                b if b == quote && byte(text, pos + 1) == quote && quote == b'\'' => pos += 1,
                b if b == quote => break,
                _ => {}
            }
            pos += 1;
        }
        let width = open - line_start(text, open) + 1;
        let mut before = self.0.last().map_or(0, |pad| pad.before + pad.len);
        if starts.len().saturating_mul(width).saturating_add(before) > MAX_LEANING_BLANKS {
            return false;
        }
        let padded = self.0.last().map(|pad| self.original(pad.at));
        if padded.zip(starts.first()).is_some_and(|(padded, &start)| start <= padded) {
            return true;
        }
        // Texts are padded in their order: from the first of these lines on, the copy is as the text.
        copy.truncate(starts.first().map_or(copy.len(), |start| start + before));
        let blanks = " ".repeat(width);
        for (index, &start) in starts.iter().enumerate() {
            self.0.push(Pad { at: copy.len(), len: width, before });
            before += width;
            copy.push_str(&blanks);
            copy.push_str(slice(text, start..starts.get(index + 1).copied().unwrap_or(text.len())));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Tree;

    #[test]
    fn positions_lead_back_to_the_text() {
        let text = "a:\n    b: \"x\ny\n\n  z\" # c\nd: 1\n";
        let (mut copy, mut pads) = (text.to_owned(), Pads::default());
        assert!(pads.lean_right(&mut copy, text, 0));
        let back: String = (0..copy.len())
            .filter(|&pos| pos == 0 || pads.original(pos) != pads.original(pos - 1))
            .map(|pos| text.as_bytes()[pads.original(pos)] as char)
            .collect();
        assert_eq!(back, text);
        assert!(copy.len() > text.len() && pads.len() == 3);
        let tree = Tree::parse(text, 1).unwrap();
        let value = tree.value(tree.root().unwrap()).unwrap();
        assert_eq!(value, serde_json::json!({"a": {"b": "x y\nz"}, "d": 1}));
    }

    #[test]
    fn a_text_is_indented_once() {
        let text = "a:\n  b: \"x\u{6da}\ny\n\u{6da} \"\n";
        let (mut copy, mut pads) = (text.to_owned(), Pads::default());
        assert!(pads.lean_right(&mut copy, text, 0));
        let once = (copy.clone(), pads.len());
        assert!(pads.lean_right(&mut copy, text, 0));
        assert_eq!((copy, pads.len()), once);
    }

    #[test]
    fn blanks_are_limited() {
        let lines = "y\n".repeat(5000);
        let wide = format!("- {}- b: \"x\n{lines}\"\n", " ".repeat(5000));
        let error = Tree::parse(&wide, 1).unwrap_err();
        assert!(error.hint.unwrap().contains(&MAX_LEANING_BLANKS.to_string()));
        let narrow = format!("-   - b: \"x\n{lines}\"\n");
        assert!(Tree::parse(&narrow, 1).is_ok());
    }
}
