//! How the document writes lists and mappings in brackets and braces. New text follows it.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::Style;
use super::habits::OpenCounts;
use crate::edit::layout::{on_one_line, padded};
use crate::edit::look::{OpenHabits, Padding, Quote};
use crate::resolve::Scalar;
use crate::text::{self, byte, line_start};
use crate::tree::{NodeId, NodeKind};

/// Computed on first use.
#[derive(Default)]
pub(super) struct FlowHabits {
    json: OnceCell<bool>,
    json_separators: OnceCell<(&'static str, &'static str)>,
    open: OnceCell<OpenHabits>,
    quotes_of_all: OnceCell<Option<Quote>>,
    /// By flow collection: whether there are spaces inside of its brackets.
    padding: RefCell<HashMap<NodeId, Padding>>,
}

impl<'t> Style<'t, '_> {
    /// Whether the document is JSON. Then it stays JSON.
    pub(in crate::edit) fn is_json(&self) -> bool {
        if let Some(manner) = self.manner {
            return manner.is_json;
        }
        *self.flow.json.get_or_init(|| {
            let tree = self.tree;
            let is_json = |id: NodeId| match tree.kind(id) {
                NodeKind::FlowMap => tree.entries(id).all(|(k, _)| tree.kind(k) == NodeKind::Double),
                NodeKind::FlowSeq | NodeKind::Double => true,
                NodeKind::Plain => !matches!(tree.scalar_value(id), Ok(Some(Scalar::Str(_)))),
                _ => false,
            };
            self.is_flow() && tree.all_ids().all(is_json)
        })
    }

    /// Whether the document is in brackets: JSON, or YAML such as KYAML.
    pub(in crate::edit) fn is_flow(&self) -> bool {
        self.tree.root().is_some_and(|root| self.tree.kind(root).is_flow())
    }

    pub(in crate::edit) fn open_habits(&self) -> OpenHabits {
        match self.manner {
            Some(manner) => manner.open,
            None => *self.flow.open.get_or_init(|| self.look_at_open()),
        }
    }

    /// The quotes that all strings of a document in brackets have, except for keys, as in KYAML.
    pub(in crate::edit) fn quotes_of_all(&self) -> Option<Quote> {
        *self.flow.quotes_of_all.get_or_init(|| {
            let tree = self.tree;
            if !self.is_flow() {
                return None;
            }
            let collections = tree.all_ids().filter(|&id| tree.kind(id).is_collection());
            let values = collections.flat_map(|id| tree.entries(id).map(|(_, value)| value).chain(tree.items(id)));
            let strings = values.filter(|&value| {
                let is_scalar = !tree.kind(value).is_collection() && tree.kind(value) != NodeKind::Alias;
                is_scalar && matches!(tree.scalar_value(value), Ok(Some(Scalar::Str(_))))
            });
            let mut quotes = strings.map(|value| Quote::of_kind(tree.kind(value)));
            let first = quotes.next().filter(|&first| first != Quote::Plain)?;
            quotes.all(|quote| quote == first).then_some(first)
        })
    }

    /// Whether there are spaces inside of braces and of brackets in the flow collection `container`: as in the first of
    /// each inside of it, else around it, else as in the nearest of the other.
    pub(in crate::edit) fn padding(&self, container: NodeId) -> Padding {
        *self.flow.padding.borrow_mut().entry(container).or_insert_with(|| self.look_at_padding(container))
    }

    fn look_at_padding(&self, container: NodeId) -> Padding {
        let tree = self.tree;
        let shown = |id: NodeId| {
            let shows = matches!(tree.kind(id), NodeKind::FlowMap | NodeKind::FlowSeq)
                && tree.children(id).next().is_some()
                && on_one_line(tree, id);
            shows.then(|| (tree.kind(id), padded(tree, id)))
        };
        let inside = tree.ids_below(container).skip(1);
        let around =
            || std::iter::successors(Some(container), |&id| tree.parent(id).filter(|&p| tree.kind(p).is_flow()));
        let (mut braces, mut brackets) = (None, None);
        for (kind, padded) in inside.chain(around()).filter_map(shown) {
            let seen = if kind == NodeKind::FlowMap { &mut braces } else { &mut brackets };
            seen.get_or_insert(padded);
            if braces.is_some() && brackets.is_some() {
                break;
            }
        }
        let nearest = || around().find_map(shown).is_some_and(|(_, padded)| padded);
        Padding { braces: braces.unwrap_or_else(nearest), brackets: brackets.unwrap_or_else(nearest) }
    }

    /// The comma and the colon of a JSON document, with the spaces behind them on a line.
    pub(in crate::edit) fn json_separators(&self) -> (&'static str, &'static str) {
        match self.manner {
            Some(manner) => manner.separators,
            None => *self.flow.json_separators.get_or_init(|| self.look_at_separators()),
        }
    }

    fn look_at_separators(&self) -> (&'static str, &'static str) {
        let tree = self.tree;
        let blank_after = |pos: usize| byte(tree.text, pos) == b' ';
        let mut colon = None;
        for map in tree.all_ids().filter(|&id| tree.kind(id).is_map()) {
            let mut values = tree.entries(map).map(|(_, v)| v);
            if let Some(first) = values.next() {
                colon = colon.or(Some(blank_after(tree.lead(first) + 1)));
                let gap = values.next().map(|_| tree.end(first));
                let comma =
                    gap.filter(|&g| byte(tree.text, g) == b',' && !matches!(byte(tree.text, g + 1), b'\r' | b'\n'));
                if let Some(comma) = comma {
                    let spaces = (blank_after(comma + 1), colon == Some(true));
                    return (if spaces.0 { ", " } else { "," }, if spaces.1 { ": " } else { ":" });
                }
            }
        }
        if colon == Some(false) { (",", ":") } else { (", ", ": ") }
    }

    /// One level of indentation of a document in brackets on several lines.
    pub(in crate::edit) fn flow_unit(&self) -> &'t str {
        let tree = self.tree;
        let first = tree.root().and_then(|r| tree.children(r).next()).map(|c| tree.head(c));
        let unit = first.map(|pos| text::slice(tree.text, line_start(tree.text, pos)..pos));
        unit.filter(|unit| unit.trim_start_matches([' ', '\t']).is_empty()).unwrap_or("  ")
    }

    /// How most collections in brackets over several lines are written.
    fn look_at_open(&self) -> OpenHabits {
        let tree = self.tree;
        let mut counts = OpenCounts::default();
        for id in tree.all_ids().filter(|&id| matches!(tree.kind(id), NodeKind::FlowMap | NodeKind::FlowSeq)) {
            counts.look_at(tree, id);
        }
        counts.habits(self.is_json())
    }
}
