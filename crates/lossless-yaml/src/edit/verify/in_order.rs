//! Compares a simple document with the draft while it is read: no tree is built, and nothing is looked up. This is the
//! fast way to accept an edit. Whatever is not in the same order, or not simple, is left to the comparison of trees.

use std::slice;

use serde_json::{Map, Value, map};

use super::is_emptied;
use crate::edit::nodes::{Content, Elem, Key, Nodes, Slot};
use crate::resolve;
use crate::simple::{self, Sink};
use crate::tree::{NodeId, NodeKind, Tree};

/// Whether `edited` is a simple document that has the data of the draft, in the same order.
pub(super) fn has_data_of(edited: &str, nodes: &Nodes<'_, '_>, root: Elem) -> bool {
    let mut draft = InOrder { edited, nodes, root: Some(root), open: Vec::new(), is_complete: true };
    simple::read(edited, &mut draft).is_some() && draft.is_complete
}

/// The draft, as far as the document was not read yet.
struct InOrder<'d, 't, 'a> {
    edited: &'d str,
    nodes: &'d Nodes<'t, 'a>,
    root: Option<Elem>,
    /// The collections that have begun and not ended.
    open: Vec<Rest<'d>>,
    /// Whether all collections that ended had the same number of entries as in the draft.
    is_complete: bool,
}

/// What is left of a collection of the draft.
enum Rest<'d> {
    /// One that no operation opened: its next node, and whether that is a key.
    OldList(Option<NodeId>),
    OldMap {
        next: Option<NodeId>,
        is_key: bool,
    },
    /// An opened one. The value of a key is kept until it is read.
    Slots {
        slots: slice::Iter<'d, Slot>,
        value: Option<Elem>,
    },
    /// New data.
    Items(slice::Iter<'d, Value>),
    Entries {
        entries: map::Iter<'d>,
        value: Option<&'d Value>,
    },
}

/// The next node of the draft.
#[derive(Clone, Copy)]
enum Next<'d> {
    OldKey(NodeId),
    NewKey(&'d str),
    Elem(Elem),
    Value(&'d Value),
}

impl<'d> Rest<'d> {
    fn next(&mut self, tree: &Tree<'_>) -> Option<Next<'d>> {
        match self {
            Self::OldList(next) => {
                let id = (*next)?;
                *next = tree.next_sibling(id);
                Some(Next::Elem(Elem::Old(id)))
            }
            Self::OldMap { next, is_key } => {
                let id = (*next)?;
                *next = tree.next_sibling(id);
                *is_key = !*is_key;
                Some(if *is_key { Next::Elem(Elem::Old(id)) } else { Next::OldKey(id) })
            }
            Self::Slots { slots, value } => {
                if let Some(value) = value.take() {
                    return Some(Next::Elem(value));
                }
                let slot = slots.find(|slot| slot.is_live())?;
                Some(match &slot.key {
                    Key::None => Next::Elem(slot.elem),
                    Key::Old(key) => {
                        *value = Some(slot.elem);
                        Next::OldKey(*key)
                    }
                    Key::New(name) => {
                        *value = Some(slot.elem);
                        Next::NewKey(name)
                    }
                })
            }
            Self::Items(items) => items.next().map(Next::Value),
            Self::Entries { entries, value } => {
                if let Some(value) = value.take() {
                    return Some(Next::Value(value));
                }
                let (key, next) = entries.next()?;
                *value = Some(next);
                Some(Next::NewKey(key))
            }
        }
    }

    fn items(items: &'d [Value]) -> Self {
        Self::Items(items.iter())
    }

    fn entries(entries: &'d Map<String, Value>) -> Self {
        Self::Entries { entries: entries.iter(), value: None }
    }
}

impl<'d> InOrder<'d, '_, '_> {
    fn next(&mut self) -> Option<Next<'d>> {
        match self.open.last_mut() {
            Some(rest) => rest.next(self.nodes.tree),
            None => self.root.take().map(Next::Elem),
        }
    }

    /// The entries of the next node, if it is a collection.
    fn next_collection(&mut self, is_list: bool) -> Option<Rest<'d>> {
        let tree = self.nodes.tree;
        let value = match self.next()? {
            Next::Elem(Elem::Old(id)) => {
                let (kind, next) = (tree.kind(id), tree.children(id).next());
                return match kind {
                    kind if is_list && kind.is_seq() => Some(Rest::OldList(next)),
                    kind if !is_list && kind.is_map() => Some(Rest::OldMap { next, is_key: true }),
                    _ => None,
                };
            }
            Next::Elem(Elem::Draft(id)) => match &self.nodes.get(id).content {
                // It may be a bare key or other brackets now.
                _ if is_emptied(self.nodes, Elem::Draft(id)) => return None,
                Content::Seq(slots) => return is_list.then(|| Rest::Slots { slots: slots.iter(), value: None }),
                Content::Map(slots) => return (!is_list).then(|| Rest::Slots { slots: slots.iter(), value: None }),
                Content::Value(value) => value,
            },
            Next::Value(value) => value,
            Next::OldKey(_) | Next::NewKey(_) => return None,
        };
        match value {
            Value::Array(items) if is_list => Some(Rest::items(items)),
            Value::Object(entries) if !is_list => Some(Rest::entries(entries)),
            _ => None,
        }
    }

    /// Whether a node is this scalar, which has no tag and is not a merge key.
    fn is_scalar(&self, node: Next<'_>, kind: NodeKind, text: &str) -> bool {
        let tree = self.nodes.tree;
        let is_written_alike = |id| tree.kind(id) == kind && tree.tag(id).is_none() && tree.scalar(id) == text;
        let value = || resolve::without_tag(kind, text);
        let is_value = |expected: &Value| value().is_some_and(|value| value.is(expected));
        match node {
            Next::OldKey(id) => is_written_alike(id),
            Next::NewKey(name) => name == text && value() == Some(resolve::Scalar::Str(text)) && text != "<<",
            Next::Elem(Elem::Old(id)) => {
                is_written_alike(id)
                    || (tree.kind(id) != NodeKind::Alias && tree.scalar_value(id).is_ok_and(|old| old == value()))
            }
            Next::Elem(Elem::Draft(id)) => match &self.nodes.get(id).content {
                Content::Value(expected) => is_value(expected),
                Content::Seq(_) | Content::Map(_) => false,
            },
            Next::Value(expected) => is_value(expected),
        }
    }
}

impl Sink for InOrder<'_, '_, '_> {
    const READS_BLOCKS: bool = true;

    fn begin(&mut self, kind: NodeKind, _: usize, _: usize) -> Option<()> {
        let rest = self.next_collection(kind.is_seq())?;
        self.open.push(rest);
        Some(())
    }

    fn end(&mut self, _: usize) {
        let rest = self.open.pop().and_then(|mut rest| rest.next(self.nodes.tree));
        self.is_complete &= rest.is_none();
    }

    fn scalar(&mut self, scalar: simple::Scalar<'_>, _: usize, start: usize) -> Option<()> {
        let next = self.next()?;
        // Most blocks stay as they are, and can be long.
        if let (Next::Elem(Elem::Old(id)), simple::Value::Block(block)) = (next, &scalar.value)
            && self.nodes.tree.is_block(id, block, self.edited)
        {
            return Some(());
        }
        self.is_scalar(next, scalar.kind, &scalar.text(self.edited, start)).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Step};
    use serde_json::json;

    /// Whether `edited` has the data of `text` after some operations.
    fn is_accepted(edited: &str) -> bool {
        let text = "a: {b: 1}\nlist:\n- x\n- 'y'\nlast: |\n  text\n";
        let tree = Tree::parse(text, 1).expect("it is YAML");
        let mut draft = Draft::new(&tree);
        draft.set(&[Step::Key("a"), Step::Key("b")], json!({"c": ["2", null]}), None).expect("it can be set");
        draft.insert(&[Step::Key("list")], 1, json!("true"), None).expect("it can be inserted");
        has_data_of(edited, &draft.nodes, draft.nodes.root.expect("it has a root"))
    }

    #[test]
    fn only_the_same_data_in_the_same_order_is_accepted() {
        let accepted = "a:\n  b: {c: ['2', null]}\nlist:\n- x\n- \"true\"\n- \"y\"\nlast: |\n  text\n";
        assert!(is_accepted(accepted));
        for (part, other) in [
            ("'2'", "2"),
            ("'2'", "'2', 3"),
            (", null", ""),
            ("null", "''"),
            ("null", "[]"),
            ("c:", "d:"),
            ("{c: ['2', null]}", "[c]"),
            ("\"true\"", "true"),
            ("- x\n", "- x\n- z\n"),
            ("- \"y\"\n", ""),
            ("- x", "- - x"),
            ("last", "\"last\""),
            ("|\n  text", "|-\n  text"),
            ("text\n", "text\nmore: 1\n"),
            ("last: |\n  text\n", ""),
            ("a:", "&a a:"),
        ] {
            assert!(accepted.contains(part) && !is_accepted(&accepted.replace(part, other)), "{part} {other}");
        }
        assert!(!is_accepted("") && !is_accepted("a: 1\n"));
    }
}
