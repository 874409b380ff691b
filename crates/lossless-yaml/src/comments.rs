//! Finds comments by their text.

use std::ops::Range;

use memchr::memmem;

use crate::text::{blanks_before, byte, line_end, line_start, slice};
use crate::tree::Tree;

impl Tree<'_> {
    /// The comments that contain `words`, in order: from the `#` to the end of the line.
    pub fn comments_with(&self, words: &str) -> Vec<Range<usize>> {
        let text = self.text;
        let mut comments: Vec<Range<usize>> = Vec::new();
        let mut hits = memmem::find_iter(text.as_bytes(), words).peekable();
        if hits.peek().is_none() {
            return comments;
        }
        let scalars = self.scalar_ranges();
        let is_in_scalar = |at| {
            let last = scalars.partition_point(|range| range.start <= at).checked_sub(1);
            last.and_then(|last| scalars.get(last)).is_some_and(|range| range.contains(&at))
        };
        for hit in hits {
            if comments.last().is_some_and(|comment| comment.contains(&hit)) || is_in_scalar(hit) {
                continue;
            }
            let line = line_start(text, hit);
            let sign = slice(text, line..hit).match_indices('#').map(|(at, _)| line + at).find(|&at| {
                let begins = at == line || matches!(byte(text, at - 1), b' ' | b'\t');
                begins && !is_in_scalar(at)
            });
            if let Some(sign) = sign {
                let end = slice(text, sign..line_end(text, sign)).trim_end_matches(['\r', '\n']).len() + sign;
                comments.push(sign..end);
            }
        }
        comments
    }

    /// Where the texts of all scalars are, in order. The line of a block scalar's header is not a part of its text.
    fn scalar_ranges(&self) -> Vec<Range<usize>> {
        let scalars = self.all_ids().filter(|&id| !self.kind(id).is_collection());
        let range = |id| {
            let span = self.span(id);
            let start = if self.kind(id).is_block_scalar() { line_end(self.text, span.start) } else { span.start };
            start..span.end
        };
        let mut ranges: Vec<Range<usize>> = scalars.map(range).filter(|range| !range.is_empty()).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges
    }

    /// The bytes to remove with a comment: the blanks before it, or its line if there is nothing else on it.
    pub(super) fn with_blanks(&self, comment: Range<usize>) -> Range<usize> {
        let start = blanks_before(self.text, comment.start);
        if start == line_start(self.text, start) { start..line_end(self.text, comment.end) } else { start..comment.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_are_found() {
        let text = "# find me\na: 1 # find me, find me\nb: '# find me'\nc: | # find me\n  # find me\nd: x#find me\n\
                    e: [1, # find me\n 2]\n";
        let tree = Tree::parse(text, 1).unwrap();
        let found = tree.comments_with("find me");
        let lines: Vec<usize> = found.iter().map(|comment| tree.place_at(comment.start).line).collect();
        assert_eq!(lines, [1, 2, 4, 7]);
        assert_eq!(text.get(found[1].clone()), Some("# find me, find me"));
    }
}
