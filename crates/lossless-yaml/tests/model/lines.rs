//! The lines that an edit may change. All others must stay as they are.

use std::ops::RangeInclusive;

use lossless_yaml::{NodeId, NodeKind, Tree};
use serde_json::Value;

use super::{Edit, Part, at};

/// A document: its text and its data.
#[derive(Clone, Copy)]
pub struct Document<'d> {
    pub text: &'d str,
    pub value: &'d Value,
}

/// No lines.
#[allow(clippy::reversed_empty_ranges, reason = "it is meant")]
const NONE: RangeInclusive<usize> = 1..=0;

/// A line without the parts that an edit of its neighbor may change: a sign before it, a comma behind it, its indentation,
/// being the first line.
fn core(line: &str) -> &str {
    line.trim_start_matches([' ', '-', '?', ':', '\u{feff}']).trim_end_matches([',', ' ', '\r'])
}

/// Lines of `document` that `edit` may not change, and that are missing in `edited`.
pub fn lost_lines(document: Document<'_>, edit: &Edit, edited: &str) -> Vec<String> {
    let touched = touched(document, edit);
    let line = |(index, line): (usize, &str)| (!touched.contains(&(index + 1))).then(|| core(line).to_owned());
    let mut after = edited.lines().map(core);
    let untouched = document.text.lines().enumerate().filter_map(line).filter(|l| !l.is_empty());
    untouched.filter(|line| !after.any(|a| a == line)).collect()
}

/// Own-line comments that are lost although nothing around them is removed.
pub fn lost_comments(document: Document<'_>, edit: &Edit, edited: &str) -> Vec<String> {
    let gone = if takes_away(document, edit) { touched(document, edit) } else { NONE };
    let is_comment = |line: &&str| line.starts_with("# comment");
    let texts = block_scalar_lines(&Tree::parse(document.text, 1).unwrap());
    let mut after = edited.lines().map(str::trim).filter(is_comment);
    let kept = document.text.lines().enumerate().filter(|(index, _)| {
        let line = index + 1;
        !gone.contains(&line) && !texts.iter().any(|text| text.contains(&line))
    });
    let before = kept.map(|(_, line)| line.trim()).filter(is_comment);
    before.filter(|comment| !after.any(|a| a == *comment)).map(str::to_owned).collect()
}

/// The lines of block scalars, counted from 1. What looks like a comment in them is text.
fn block_scalar_lines(tree: &Tree<'_>) -> Vec<RangeInclusive<usize>> {
    let mut lines = Vec::new();
    let mut nodes: Vec<NodeId> = tree.root().into_iter().collect();
    while let Some(node) = nodes.pop() {
        match tree.kind(node) {
            NodeKind::Literal | NodeKind::Folded => {
                let first = tree.line(node) + 1;
                let count = tree.text()[tree.span(node)].lines().count();
                lines.push(first..=(first + count).saturating_sub(2));
            }
            NodeKind::Alias => {}
            _ => {
                nodes.extend(tree.items(node));
                nodes.extend(tree.entries(node).flat_map(|(key, value)| [key, value]));
            }
        }
    }
    lines
}

/// Whether an edit removes something, with the comments inside.
fn takes_away(document: Document<'_>, edit: &Edit) -> bool {
    fn keeps(old: &Value, new: &Value) -> bool {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                !old.is_empty() && old.iter().all(|(key, old)| new.get(key).is_some_and(|new| keeps(old, new)))
            }
            (Value::Array(old), Value::Array(new)) => {
                !old.is_empty() && old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| keeps(old, new))
            }
            (Value::Object(_) | Value::Array(_), _) => false,
            _ => true,
        }
    }
    let Edit::Set { path, value, .. } = edit else { return false };
    at(&mut document.value.clone(), path).is_some_and(|old| !keeps(old, value))
}

/// Lines, counted from 1, that an edit may change.
fn touched(document: Document<'_>, edit: &Edit) -> RangeInclusive<usize> {
    let tree = Tree::parse(document.text, 1).unwrap();
    let is_flow = |node| matches!(tree.kind(node), NodeKind::FlowSeq | NodeKind::FlowMap | NodeKind::Pair);
    let count = |path: &[Part]| match at(&mut document.value.clone(), path) {
        Some(Value::Object(map)) => map.len(),
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    };
    let mut path = match edit {
        Edit::Set { path, .. } | Edit::Remove { path } => &path[..],
        Edit::Insert { list, .. } | Edit::Move { list, .. } => &list[..],
    };
    let is_removal = matches!(edit, Edit::Remove { .. });
    // What becomes empty goes too; lists and mappings in brackets, and empty ones, change as a whole.
    while let Some((_, parents)) = path.split_last() {
        let Some((parent, _)) = find(&tree, document.text, parents) else { break };
        let is_first = find(&tree, document.text, path).is_none() && count(parents) == 0;
        let is_last = is_removal && count(parents) == 1;
        if is_first || is_last || is_flow(parent) {
            path = parents;
        } else {
            break;
        }
    }
    let Some((node, line)) = find(&tree, document.text, path) else { return NONE };
    if matches!(edit, Edit::Insert { .. }) && !is_flow(node) && count(path) > 0 {
        return NONE;
    }
    line..=document.text[..tree.span(node).end].trim_end().lines().count().max(line)
}

/// The node at a path, and the line of its key or dash.
fn find(tree: &Tree<'_>, text: &str, path: &[Part]) -> Option<(NodeId, usize)> {
    path.iter().try_fold((tree.root()?, 1), |(node, _), part| match part {
        Part::Key(name) => {
            let (key, value) = tree.entries(node).find(|&(key, _)| tree.key(key).unwrap() == *name)?;
            Some((value, line_of_key(&text[..tree.span(key).start])))
        }
        Part::Index(index) => {
            let item = tree.items(node).nth(*index)?;
            let before = &text[..tree.span(item).start];
            let dash = before.rfind('-').unwrap_or(before.len());
            Some((item, before[..dash].matches('\n').count() + 1))
        }
    })
}

/// The line of a key with the text `before` it: that of its `?` if there are comments between.
fn line_of_key(before: &str) -> usize {
    let mut lines = before.split('\n').rev();
    let own = before.matches('\n').count() + 1;
    if !lines.next().unwrap_or_default().trim().is_empty() {
        return own;
    }
    let is_spare = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let between = lines.clone().take_while(is_spare).count();
    let is_sign = |line: &str| line.split('#').next().unwrap_or_default().trim_end().ends_with('?');
    if lines.nth(between).is_some_and(is_sign) { own - between - 1 } else { own }
}
