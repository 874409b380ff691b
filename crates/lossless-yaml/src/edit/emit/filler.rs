//! Filler: lines of nothing but blanks or a comment. A block scalar takes in those that follow it and are indented deeper
//! than its key; one that keeps line ends takes in any blank line.

use std::ops::Range;

use super::Emitter;
use super::write::{Lines, Tail};
use crate::edit::layout::{column_of_entry, last_line_end};
use crate::edit::look::Quote;
use crate::text::{byte, is_blank_line, line_end, line_end_before, skip_blanks};

/// A line of nothing but blanks or a comment.
pub(super) struct Filler {
    pub start: usize,
    /// Start of the next line.
    pub end: usize,
    /// How many blanks it begins with.
    pub indent: usize,
    pub is_comment: bool,
}

impl Filler {
    /// The line at `start`, if it is filler.
    fn at(text: &str, start: usize) -> Option<Self> {
        let first = skip_blanks(text, start);
        let is_comment = byte(text, first) == b'#';
        let is_filler = is_comment || is_blank_line(text, start);
        is_filler.then(|| Self { start, end: line_end(text, start), indent: first - start, is_comment })
    }
}

/// The first position at or behind `pos` that is in none of `cuts`.
pub(super) fn behind(cuts: &[Range<usize>], pos: usize) -> usize {
    cuts.iter().fold(pos, |pos, cut| if cut.start <= pos { pos.max(cut.end) } else { pos })
}

impl Emitter<'_> {
    /// How lines look that are inserted at `pos`.
    pub(super) fn lines(&mut self, pos: usize, step: usize) -> Lines<'static> {
        Lines {
            eol: line_end_before(&self.cx.text, pos),
            step,
            lists: self.cx.style.list(pos),
            keys: Quote::Plain,
            tail: self.tail(pos),
        }
    }

    /// What follows new text at `pos`.
    fn tail(&mut self, pos: usize) -> Tail {
        if !self.cx.added.is_empty() && self.behind_cuts(pos) >= self.cx.text.len() {
            self.asked.push(pos);
            return Tail::NoLineEnd;
        }
        let (mut deep, mut next) = (0, pos);
        while let Some(line) = self.filler(next) {
            (deep, next) = (deep.max(line.indent), line.end);
            if line.is_comment {
                break;
            }
        }
        Tail::Blanks(deep)
    }

    /// The filler line that follows new text at `pos`.
    pub(super) fn filler(&mut self, pos: usize) -> Option<Filler> {
        self.asked.push(pos);
        let start = self.behind_cuts(pos);
        let end = self.scope.within.unwrap_or(self.cx.text.len());
        if start < end { Filler::at(&self.cx.text, start) } else { None }
    }

    /// The first position at or behind `pos` that is not cut out. Text for another place is written regardless of cuts.
    fn behind_cuts(&self, pos: usize) -> usize {
        if self.scope.within.is_some() { pos } else { behind(&self.cuts, pos) }
    }

    /// Keeps filler out of the block scalars in `range` that it comes to follow because something between is cut.
    pub(super) fn keep_filler_apart(&mut self, range: &Range<usize>) {
        if self.edits.only_insert() {
            return;
        }
        let cx = self.cx;
        let mut scalars = cx.block_scalars_in(range).peekable();
        if scalars.peek().is_none() {
            return;
        }
        let sorted = self.edits.sorted();
        for scalar in scalars {
            let filler_at = |pos: usize| Filler::at(&cx.text, pos).filter(|_| pos < range.end);
            let end = last_line_end(&cx.text, cx.tree.end(scalar));
            let column = column_of_entry(cx.tree, scalar);
            let keeps_line_ends = cx.keeps_line_ends(scalar);
            sorted.filler_behind(
                end,
                |pos| filler_at(pos).map(|line| line.end),
                |pos| {
                    if let Some(line) = filler_at(pos) {
                        self.keep_out(&line, column, keeps_line_ends);
                    }
                },
            );
        }
    }

    /// Keeps the filler behind `pos` out of a copied block scalar there, whose entry is in `column`. It keeps no line ends.
    pub(super) fn keep_filler_out_of_copy(&mut self, pos: usize, column: usize) {
        self.depends_on_filler = true;
        let mut next = pos;
        while let Some(line) = self.filler(next) {
            next = line.end;
            self.keep_out(&line, column, false);
        }
    }

    /// Keeps a line out of the block scalar above it, whose entry is in `column`: a comment moves left, to the column of
    /// the entry; a blank line loses its blanks, and goes if it would be kept.
    fn keep_out(&mut self, line: &Filler, column: usize, keeps_line_ends: bool) {
        let joins_blank = keeps_line_ends && !line.is_comment;
        if line.indent <= column && !joins_blank {
            return;
        }
        let end = if joins_blank { line.end } else { line.start + line.indent };
        self.edits.guard(line.start..end, if line.is_comment { column } else { 0 });
    }
}
