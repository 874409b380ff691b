//! Turns an edited draft into byte ranges and new text, and applies them at once.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Range;

use super::anchors::Plan;
use super::draft::{Content, Copy, Elem, Nodes, State};
use super::style::{Quote, Style};
use super::write::{Lines, Tail};
use super::{block, copy, flow_edit, replace};
use crate::text::{byte, is_blank_line, line_end, line_end_before, line_start, skip_blanks, slice};
use crate::tree::{NodeId, NodeKind, Tree};

/// A byte range of the text, and what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub range: Range<usize>,
    pub text: String,
    /// Whether it only keeps a line out of the block scalar above.
    keeps_out: bool,
}

/// Edits in the order in which they were found.
#[derive(Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push(Edit { range, text: text.into(), keeps_out: false });
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(super) fn delete(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// Whether other text takes the place of `range`.
    pub(super) fn rewrite(&self, range: &Range<usize>) -> bool {
        let over = |e: &Edit| e.range.start <= range.start && range.end <= e.range.end;
        self.0.iter().any(|e| !e.text.is_empty() && over(e))
    }

    /// Whether anything in `range` changes.
    pub(super) fn touch(&self, range: &Range<usize>) -> bool {
        self.0.iter().any(|e| e.range.start < range.end && range.start < e.range.end)
    }

    /// Keeps a line out of the block scalar above it, whose entry stands in column `own`.
    fn keep_out(&mut self, line: &SpareLine, own: usize, keeps_line_ends: bool) {
        let (range, left) = match line.is_comment {
            true => (line.start..line.start + line.indent, own),
            false if keeps_line_ends => (line.start..line.end, 0),
            false => (line.start..line.start + line.indent, 0),
        };
        if line.indent > own || (keeps_line_ends && !line.is_comment) {
            self.0.push(Edit { range, text: " ".repeat(left), keeps_out: true });
        }
    }

    /// Whether text comes in at a position.
    pub(super) fn insert_at(&self, pos: usize) -> bool {
        self.0.iter().any(|e| e.range == (pos..pos) && !e.text.is_empty())
    }

    /// What is cut out of the text, in order, to say what follows a place.
    fn cuts(&self) -> Vec<Range<usize>> {
        let cuts = self.0.iter().filter(|e| !e.keeps_out && !e.range.is_empty());
        let mut cuts: Vec<_> = cuts.map(|e| e.range.clone()).collect();
        cuts.sort_by_key(|r| (r.start, r.end));
        cuts
    }

    /// The text in `range` after the edits, which lie inside it. What lies in a part that went is gone with it.
    pub(super) fn apply(mut self, text: &str, range: Range<usize>) -> String {
        // The sort is stable: insertions at one place stay in their order, and come before what is cut out there.
        self.0.sort_by_key(|e| (e.range.start, e.range.end));
        let mut out = String::with_capacity(range.len() + self.0.iter().map(|e| e.text.len()).sum::<usize>());
        let (mut at, mut is_cut) = (range.start, false);
        for edit in self.0 {
            if edit.range.start < at {
                // Two cuts that overlap are one.
                at = if is_cut && edit.text.is_empty() { at.max(edit.range.end) } else { at };
                continue;
            }
            is_cut = edit.text.is_empty();
            out.push_str(slice(text, at..edit.range.start));
            out.push_str(&edit.text);
            at = edit.range.end;
        }
        out.push_str(slice(text, at..range.end));
        out
    }
}

/// A line of nothing but blanks or a comment.
pub(super) struct SpareLine {
    pub start: usize,
    /// Where the next line begins.
    pub end: usize,
    /// How many blanks it begins with.
    pub indent: usize,
    pub is_comment: bool,
}

pub(super) struct Writer<'w, 't, 'a> {
    pub nodes: &'w Nodes<'t, 'a>,
    pub tree: &'t Tree<'a>,
    pub style: &'w Style<'t, 'a>,
    pub plan: &'w Plan,
    /// The tree's text, with a line end after its last line.
    pub text: Cow<'a, str>,
    /// The line end that was added for that.
    added: &'static str,
    /// Whether a block scalar was written: what follows it then matters.
    pub wrote_block_scalar: Cell<bool>,
    /// Whether a copy is being written.
    pub copies: Cell<bool>,
    /// Whether the item that moves may end in a block scalar that keeps line ends: it is known what follows.
    pub may_keep_line_ends: Cell<bool>,
    /// Where the part of the text ends that is being written for another place.
    within: Cell<Option<usize>>,
    /// What is cut out of the text, as far as it is known.
    cuts: RefCell<Vec<Range<usize>>>,
    /// Where it was asked what follows.
    asked: RefCell<Vec<usize>>,
}

impl<'w, 't, 'a> Writer<'w, 't, 'a> {
    pub(super) fn new(nodes: &'w Nodes<'t, 'a>, style: &'w Style<'t, 'a>, plan: &'w Plan) -> Self {
        let tree = nodes.tree;
        let added = if tree.text.ends_with('\n') { "" } else { line_end_before(tree.text, tree.text.len()) };
        let text = if added.is_empty() { Cow::Borrowed(tree.text) } else { Cow::Owned([tree.text, added].concat()) };
        let (wrote_block_scalar, copies, within) = (Cell::default(), Cell::default(), Cell::default());
        let may_keep_line_ends = Cell::default();
        let (cuts, asked) = (RefCell::default(), RefCell::default());
        Self {
            nodes,
            tree,
            style,
            plan,
            text,
            added,
            wrote_block_scalar,
            copies,
            may_keep_line_ends,
            within,
            cuts,
            asked,
        }
    }

    /// The edited text.
    pub(super) fn write(&self) -> String {
        let mut edits = self.collect();
        if self.wrote_block_scalar.get() {
            // Whether a literal block may stand in a place is known when it is known what goes behind it.
            *self.cuts.borrow_mut() = edits.cuts();
            let asked = self.asked.take();
            if asked.iter().any(|&pos| self.behind_cuts(pos) != pos) {
                edits = self.collect();
            }
        }
        self.keep_apart(&mut edits, 0..self.text.len());
        let ends_as_before = self.end_of_text(&mut edits);
        let mut text = edits.apply(&self.text, 0..self.text.len());
        if text.ends_with(self.added) {
            text.truncate(text.len() - self.added.len());
            if !self.added.is_empty() && !ends_as_before && self.needs_final_line_end(&text) {
                text.push_str(self.added);
            }
        }
        text
    }

    fn collect(&self) -> Edits {
        let mut edits = Edits::default();
        if let Some(root) = self.nodes.root {
            self.elem(&mut edits, root, false);
        }
        edits
    }

    /// Edits inside an element that keeps its place. In a `copied` text no anchor is written.
    pub(super) fn elem(&self, edits: &mut Edits, elem: Elem, copied: bool) {
        let id = match elem {
            Elem::Old(id) => {
                for (alias, fate) in self.plan.aliases_in(self.tree.subtree(id)) {
                    let fate = if copied { super::anchors::Fate::WrittenOut } else { fate };
                    copy::alias(self, edits, alias, Elem::Old(self.tree.resolve_alias(alias)), fate);
                }
                return;
            }
            Elem::Draft(id) => id,
        };
        if self.plan.keeps(id) {
            return;
        }
        let node = self.nodes.get(id);
        match (node.copy, node.origin) {
            (Some(Copy::OfAlias(alias)), _) => {
                if self.nodes.changed(elem) {
                    copy::alias(self, edits, alias, elem, super::anchors::Fate::WrittenOut);
                } else {
                    self.elem(edits, Elem::Old(alias), copied);
                }
            }
            (_, Some(origin)) => self.content(edits, elem, origin, copied),
            (_, None) => {}
        }
    }

    /// Edits inside what stands at `origin`.
    pub(super) fn content(&self, edits: &mut Edits, elem: Elem, origin: NodeId, copied: bool) {
        let Elem::Draft(id) = elem else { return self.elem(edits, elem, copied) };
        let node = self.nodes.get(id);
        match &node.content {
            _ if node.replaced => replace::value(self, edits, elem, origin),
            Content::Value(_) => {}
            Content::Map(_) | Content::Seq(_) if self.tree.kind(origin).is_flow() => {
                flow_edit::edit(self, edits, id, origin, copied);
            }
            Content::Map(_) | Content::Seq(_) => block::edit(self, edits, id, origin, copied),
        }
    }

    /// The text in `range` with the edits that `collect` finds in it.
    pub(super) fn fragment(&self, range: Range<usize>, collect: impl FnOnce(&mut Edits)) -> String {
        let around = self.within.replace(Some(range.end));
        let mut edits = Edits::default();
        collect(&mut edits);
        self.keep_apart(&mut edits, range.clone());
        self.within.set(around);
        edits.apply(&self.text, range)
    }

    /// How lines look that are inserted at `pos`.
    pub(super) fn lines(&self, pos: usize, step: usize) -> Lines<'static> {
        Lines {
            eol: line_end_before(&self.text, pos),
            step,
            lists: self.style.list(pos),
            keys: Quote::Plain,
            tail: self.tail(pos),
        }
    }

    /// The first position at or after `pos` that is not cut out. What goes to another place knows of no cuts.
    fn behind_cuts(&self, pos: usize) -> usize {
        if self.within.get().is_some() {
            return pos;
        }
        let cuts = self.cuts.borrow();
        cuts.iter().fold(pos, |pos, cut| if cut.start <= pos { pos.max(cut.end) } else { pos })
    }

    /// What follows new text at `pos`.
    fn tail(&self, pos: usize) -> Tail {
        if !self.added.is_empty() && self.behind_cuts(pos) >= self.text.len() {
            self.asked.borrow_mut().push(pos);
            return Tail::NoLineEnd;
        }
        let mut deep = 0;
        for line in self.spare_lines(pos) {
            deep = deep.max(line.indent);
            if line.is_comment {
                break;
            }
        }
        Tail::Blanks(deep)
    }

    /// The lines of nothing but blanks or a comment that follow new text at `pos`.
    pub(super) fn spare_lines(&self, pos: usize) -> impl Iterator<Item = SpareLine> {
        let mut next = pos;
        std::iter::from_fn(move || {
            self.asked.borrow_mut().push(next);
            let start = self.behind_cuts(next);
            if start >= self.within.get().unwrap_or(self.text.len()) {
                return None;
            }
            let first = skip_blanks(&self.text, start);
            let is_comment = byte(&self.text, first) == b'#';
            next = line_end(&self.text, start);
            let is_spare = is_comment || is_blank_line(&self.text, start);
            is_spare.then_some(SpareLine { start, end: next, indent: first - start, is_comment })
        })
    }

    /// What comes to stand behind a block scalar, as what stood between goes, and would be a part of it: a comment deeper
    /// than its entry moves out, to the column of the entry, a blank line loses its blanks, and goes where it would be
    /// kept.
    fn keep_apart(&self, edits: &mut Edits, range: Range<usize>) {
        if edits.0.iter().all(|e| e.range.is_empty()) {
            return;
        }
        let nodes = &self.tree.nodes;
        let first_at =
            |pos: usize| u32::try_from(nodes.partition_point(|n| (n.start as usize) < pos)).unwrap_or(u32::MAX);
        let is_block = |id: &NodeId| self.tree.kind(*id).is_block_scalar();
        let mut scalars = (first_at(range.start)..first_at(range.end)).map(NodeId).filter(is_block).peekable();
        if scalars.peek().is_none() {
            return;
        }
        let mut all = edits.0.clone();
        all.sort_by_key(|e| (e.range.start, e.range.end));
        // How far the edits up to each reach.
        let reach: Vec<usize> = all
            .iter()
            .scan(0, |far, e| {
                *far = e.range.end.max(*far);
                Some(*far)
            })
            .collect();
        for scalar in scalars {
            let mut pos = block::last_line_end(&self.text, self.tree.end(scalar));
            let earlier = all.partition_point(|e| e.range.start < pos);
            if earlier.checked_sub(1).and_then(|i| reach.get(i)).is_some_and(|&far| far >= pos) {
                // The scalar goes itself, or gets another text.
                continue;
            }
            let mut later = all.get(earlier..).unwrap_or_default().iter().peekable();
            let mut goes = false;
            loop {
                if let Some(edit) = later.next_if(|e| e.range.start <= pos) {
                    if !edit.text.is_empty() {
                        break;
                    }
                    (goes, pos) = (true, pos.max(edit.range.end));
                    continue;
                }
                let first = skip_blanks(&self.text, pos);
                let is_comment = byte(&self.text, first) == b'#';
                if pos >= range.end || !(is_comment || is_blank_line(&self.text, pos)) {
                    break;
                }
                if goes {
                    let end = line_end(&self.text, pos);
                    let line = SpareLine { start: pos, end, indent: first - pos, is_comment };
                    let own = copy::column_of_entry(self, scalar);
                    let keeps = self.keeps_line_ends(scalar);
                    edits.keep_out(&line, own, keeps);
                }
                pos = line_end(&self.text, pos);
            }
        }
    }

    /// The block scalar of the old text that an element ends in, as far as it stays.
    pub(super) fn last_block_scalar(&self, elem: Elem) -> Option<NodeId> {
        let node = match elem {
            Elem::Old(id) => return self.tree.last_block_scalar(self.tree.resolve_alias(id)),
            Elem::Draft(id) => self.nodes.get(id),
        };
        match &node.content {
            Content::Map(slots) | Content::Seq(slots) if !node.replaced => {
                let last = slots.iter().rev().find(|slot| slot.is_live())?;
                if matches!(last.state, State::New(_)) { None } else { self.last_block_scalar(last.elem) }
            }
            _ => None,
        }
    }

    /// Keeps the lines that follow `pos` out of a block scalar that is written there, which keeps no line ends.
    pub(super) fn keep_out_of_copy(&self, edits: &mut Edits, pos: usize, own: usize) {
        self.wrote_block_scalar.set(true);
        for line in self.spare_lines(pos) {
            edits.keep_out(&line, own, false);
        }
    }

    /// A block scalar that ends a text without a final line end has none in its data: where lines follow now, its
    /// header says so. Returns whether it ends the text still.
    fn end_of_text(&self, edits: &mut Edits) -> bool {
        let Some(last) = self.last_literal() else {
            let last_line = line_start(self.tree.text, self.tree.text.len());
            return edits.0.iter().all(|e| e.range.end <= last_line);
        };
        let (start, end) = (self.tree.start(last), self.tree.text.len());
        let follows = edits.0.iter().any(|e| e.range.start >= end && !e.text.is_empty());
        let goes = edits.0.iter().any(|e| e.range.start <= start && e.range.end > start);
        if follows && !goes {
            self.strip_literal(edits, last);
        }
        !follows && !goes
    }

    /// The block scalar that ends a text without a final line end.
    fn last_literal(&self) -> Option<NodeId> {
        let end = self.tree.text.len();
        if self.added.is_empty() {
            return None;
        }
        // It may be a key without a value.
        let last = self.tree.nodes.iter().rposition(|n| n.end as usize == end && n.kind != NodeKind::Absent)?;
        let last = NodeId(u32::try_from(last).ok()?);
        self.tree.kind(last).is_block_scalar().then_some(last)
    }

    /// The same for one that moves away from the end, among `nodes`.
    pub(super) fn strip_last_literal(&self, edits: &mut Edits, nodes: Range<NodeId>) {
        if let Some(last) = self.last_literal().filter(|last| nodes.contains(last)) {
            self.strip_literal(edits, last);
        }
    }

    /// Whether blank lines at the end of a block scalar are a part of it.
    pub(super) fn keeps_line_ends(&self, scalar: NodeId) -> bool {
        self.header(scalar).contains('+')
    }

    /// The header of a block scalar, without the comment behind it.
    pub(super) fn header(&self, scalar: NodeId) -> &str {
        let start = self.tree.start(scalar);
        let line = slice(&self.text, start..line_end(&self.text, start));
        line.split('#').next().unwrap_or(line).trim_end()
    }

    fn strip_literal(&self, edits: &mut Edits, literal: NodeId) {
        let start = self.tree.start(literal);
        let header = self.header(literal);
        if !header.contains('-') {
            let stripped: String = header.chars().filter(|&c| c != '+').chain(['-']).collect();
            edits.replace(start..start + header.len(), stripped);
        }
    }

    /// Whether a text without its final line end would say something else: it ends in a block scalar that has one.
    fn needs_final_line_end(&self, text: &str) -> bool {
        if !text.contains(['|', '>']) {
            return false;
        }
        let with = [text, self.added].concat();
        !super::verify::say_the_same(text, &with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(edits: &[(Range<usize>, &str)]) -> String {
        let mut all = Edits::default();
        for (range, text) in edits {
            all.replace(range.clone(), *text);
        }
        all.apply("0123456789", 0..10)
    }

    #[test]
    fn cuts_that_overlap_are_one() {
        assert_eq!(applied(&[(2..6, ""), (4..8, ""), (8..8, "x")]), "01x89");
        assert_eq!(applied(&[(2..6, "new"), (2..8, "")]), "01new6789");
        assert_eq!(applied(&[(2..6, ""), (3..4, "gone")]), "016789");
    }
}
