//! Reads the edited text again and compares it with the data of the draft, before it leaves the crate. In YAML, text in one
//! place can change what another place means: block scalars that keep line ends, anchors, comments between lines that
//! are indented deeper.

mod in_order;

use std::collections::{HashMap, HashSet};

use super::anchors::Plan;
use super::nodes::{Content, DraftId, Elem, Key, Nodes, Slot};
use crate::error::{YamlError, YamlErrorKind};
use crate::parse::MAX_DEPTH;
use crate::tree::{NodeId, NodeKind, Tree};

/// Fails if `edited`, which was written for the draft `nodes`, cannot be read or has other data.
pub(super) fn check(nodes: &Nodes<'_, '_>, plan: &Plan, edited: &str) -> Result<(), YamlError> {
    let old = nodes.tree;
    let (Some(root), Some(elem)) = (old.root(), nodes.root) else { return Ok(()) };
    if in_order::has_data_of(edited, nodes, elem) {
        return Ok(());
    }
    let read = || -> Result<_, YamlError> {
        let new = Tree::parse(edited, 1)?;
        match new.check_repetition() {
            Err(error) if old.check_repetition().is_ok() => Err(error),
            _ => Ok(new),
        }
    };
    let new = read().map_err(|error| {
        let why = format!("this edit would make the document unreadable ({})", error.message);
        let refused = refused(old, root, &why);
        YamlError { hint: error.hint.or(refused.hint), path: String::new(), ..refused }
    })?;
    let mut pairs = Pairs { a: old, b: &new, queue: Vec::new(), seen: HashSet::new() };
    let mut drafts = Drafts { nodes, plan, pairs: &mut pairs, queue: Vec::new() };
    let found = match new.root() {
        Some(root_of_new) => drafts.first_difference(elem, root_of_new, root).or_else(|| pairs.first_difference()),
        None => Some(root).filter(|_| !is_emptied(nodes, elem)),
    };
    let why = "this edit would also change the data here";
    found.map_or(Ok(()), |at| Err(refused(old, at, why)))
}

fn refused(tree: &Tree<'_>, at: NodeId, why: &str) -> YamlError {
    let hint = "simplify the YAML around it, or edit it by hand";
    tree.error(YamlErrorKind::Edit, at, why).with_hint(hint)
}

/// Whether two documents have the same data, or neither can be read.
pub(super) fn have_same_data(a: &str, b: &str) -> bool {
    let (a, b) = match (Tree::parse(a, 1), Tree::parse(b, 1)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => return a.is_err() && b.is_err(),
    };
    match (a.root(), b.root()) {
        (Some(root), Some(other)) => {
            let mut pairs = Pairs { a: &a, b: &b, queue: vec![(root, other)], seen: HashSet::new() };
            pairs.first_difference().is_none()
        }
        (root, other) => root == other,
    }
}

/// Pairs of nodes of two trees that must have the same data. Each pair of anchored nodes is compared once, however many
/// aliases show it.
struct Pairs<'p, 'a, 'b> {
    a: &'p Tree<'a>,
    b: &'p Tree<'b>,
    queue: Vec<(NodeId, NodeId)>,
    seen: HashSet<(NodeId, NodeId)>,
}

impl Pairs<'_, '_, '_> {
    /// The first node of the first tree whose data differ.
    fn first_difference(&mut self) -> Option<NodeId> {
        while let Some((at, other)) = self.queue.pop() {
            let by_alias = self.a.kind(at) == NodeKind::Alias;
            let (a, b) = (self.a.resolve_alias(at), self.b.resolve_alias(other));
            if by_alias && !self.seen.insert((a, b)) {
                continue;
            }
            let (of, to) = (self.a.kind(a), self.b.kind(b));
            let is_same = if of.is_seq() && to.is_seq() {
                self.items(a, b)
            } else if of.is_map() && to.is_map() {
                self.entries(a, b)
            } else {
                !of.is_collection() && !to.is_collection() && self.is_same_scalar(a, b)
            };
            if !is_same {
                return Some(at);
            }
        }
        None
    }

    fn items(&mut self, a: NodeId, b: NodeId) -> bool {
        let mut others = self.b.items(b);
        for item in self.a.items(a) {
            let Some(other) = others.next() else { return false };
            self.queue.push((item, other));
        }
        others.next().is_none()
    }

    fn entries(&mut self, a: NodeId, b: NodeId) -> bool {
        let begun = self.queue.len();
        let mut others = self.b.entries(b);
        for (key, value) in self.a.entries(a) {
            match others.next() {
                Some((other_key, other)) if self.is_same_key(key, other_key) => self.queue.push((value, other)),
                _ => {
                    self.queue.truncate(begun);
                    return self.entries_by_name(a, b);
                }
            }
        }
        others.next().is_none()
    }

    /// The same for a mapping that may have been rewritten: without merge keys, and without duplicate keys.
    fn entries_by_name(&mut self, a: NodeId, b: NodeId) -> bool {
        let (Some(a), Some(mut b)) = (Named::of(self.a, a), Named::of(self.b, b)) else { return false };
        for (name, value) in a {
            let Some(other) = b.remove(&name) else { return false };
            self.queue.push((value, other));
        }
        b.is_empty()
    }

    fn is_same_key(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.a.resolve_alias(a), self.b.resolve_alias(b));
        if self.is_written_alike(a, b) {
            return true;
        }
        self.a.is_merge(a) == self.b.is_merge(b)
            && match (self.a.key(a), self.b.key(b)) {
                (Ok(a), Ok(b)) => a == b,
                _ => self.is_same_scalar(a, b),
            }
    }

    fn is_written_alike(&self, a: NodeId, b: NodeId) -> bool {
        self.a.kind(a) == self.b.kind(b) && self.a.scalar(a) == self.b.scalar(b) && self.a.tag(a) == self.b.tag(b)
    }

    fn is_same_scalar(&self, a: NodeId, b: NodeId) -> bool {
        self.is_written_alike(a, b)
            || matches!((self.a.scalar_value(a), self.b.scalar_value(b)), (Ok(a), Ok(b)) if a == b)
    }
}

/// The entries of a mapping by name, merge keys included.
struct Named<'n, 'a> {
    tree: &'n Tree<'a>,
    entries: HashMap<String, NodeId>,
    /// How many more entries may be visited.
    left: usize,
}

impl<'n, 'a> Named<'n, 'a> {
    /// `None` if a name cannot be read, or merge keys add too many entries.
    fn of(tree: &'n Tree<'a>, map: NodeId) -> Option<HashMap<String, NodeId>> {
        let mut named = Self { tree, entries: HashMap::new(), left: tree.nodes.len().saturating_add(10_000) };
        named.take_in(map, 0)?;
        Some(named.entries)
    }

    fn take_in(&mut self, map: NodeId, depth: usize) -> Option<()> {
        let tree = self.tree;
        if depth > MAX_DEPTH {
            return None;
        }
        for (key, value) in tree.entries(map) {
            self.left = self.left.checked_sub(1)?;
            if tree.is_merge(key) {
                tree.merged(value).ok()?.into_iter().try_for_each(|merged| self.take_in(merged, depth + 1))?;
            } else {
                self.entries.insert(tree.key(key).ok()?.into_owned(), value);
            }
        }
        Some(())
    }
}

/// Pairs of draft elements and new nodes that must have the same data. Parts that no operation opened go to `pairs`.
struct Drafts<'d, 'p, 't, 'a, 'b> {
    nodes: &'d Nodes<'t, 'a>,
    plan: &'d Plan,
    pairs: &'d mut Pairs<'p, 'a, 'b>,
    /// An element, its counterpart, and the nearest node of the old tree, for errors.
    queue: Vec<(DraftId, NodeId, NodeId)>,
}

impl Drafts<'_, '_, '_, '_, '_> {
    fn first_difference(&mut self, root: Elem, new: NodeId, at: NodeId) -> Option<NodeId> {
        self.put(root, new, at);
        while let Some((id, new, at)) = self.queue.pop() {
            let node = self.nodes.get(id);
            let at = node.origin.unwrap_or(at);
            let b = self.pairs.b;
            let new = b.resolve_alias(new);
            let is_same = match &node.content {
                // It may be a bare key or other brackets now.
                _ if is_emptied(self.nodes, Elem::Draft(id)) => b.says_nothing(new),
                Content::Value(value) => b.equals(new, value),
                Content::Seq(slots) => b.kind(new).is_seq() && self.items(slots, new, at),
                Content::Map(slots) => b.kind(new).is_map() && self.entries(slots, new, at),
            };
            if !is_same {
                return Some(at);
            }
        }
        None
    }

    fn put(&mut self, elem: Elem, new: NodeId, at: NodeId) {
        match elem {
            Elem::Draft(id) => self.queue.push((id, new, at)),
            // Its anchored node is edited, and compared there.
            Elem::Old(alias) if self.plan.follows_its_anchor(alias) && self.pairs.b.kind(new) == NodeKind::Alias => {}
            Elem::Old(id) => self.pairs.queue.push((id, new)),
        }
    }

    fn items(&mut self, slots: &[Slot], new: NodeId, at: NodeId) -> bool {
        let b = self.pairs.b;
        let mut others = b.items(new);
        for slot in slots.iter().filter(|slot| slot.is_live()) {
            let Some(other) = others.next() else { return false };
            self.put(slot.elem, other, at);
        }
        others.next().is_none()
    }

    fn entries(&mut self, slots: &[Slot], new: NodeId, at: NodeId) -> bool {
        let b = self.pairs.b;
        let mut others = b.entries(new);
        for slot in slots.iter().filter(|slot| slot.is_live()) {
            let Some((key, other)) = others.next() else { return false };
            let is_same_key = match &slot.key {
                Key::Old(old) => self.pairs.is_same_key(*old, key),
                Key::New(name) => !b.is_merge(key) && b.key(key).is_ok_and(|key| key == *name),
                Key::None => false,
            };
            if !is_same_key {
                return false;
            }
            self.put(slot.elem, other, at);
        }
        others.next().is_none()
    }
}

/// Whether operations removed everything in an element.
fn is_emptied(nodes: &Nodes<'_, '_>, elem: Elem) -> bool {
    let Elem::Draft(id) = elem else { return false };
    match &nodes.get(id).content {
        Content::Map(slots) | Content::Seq(slots) => !slots.iter().any(Slot::is_live),
        Content::Value(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Step};

    /// Checks `edited` as the result of setting `a.b` to 2 and removing `gone.x` in `text`.
    fn check_text(text: &str, edited: &str) -> Result<(), YamlError> {
        let tree = Tree::parse(text, 5).expect("it is YAML");
        let mut draft = Draft::new(&tree);
        draft.set(&[Step::Key("a"), Step::Key("b")], 2.into(), None).expect("it can be set");
        draft.remove(&[Step::Key("gone"), Step::Key("x")]).expect("it can be removed");
        check(&draft.nodes, &Plan::default(), edited)
    }

    fn refused_at(text: &str, edited: &str) -> (usize, String) {
        let error = check_text(text, edited).expect_err("other data");
        assert_eq!(error.kind, YamlErrorKind::Edit);
        (error.place.line, error.path)
    }

    #[test]
    fn reports_the_place_whose_data_would_change() {
        let text = "a: {b: 1}\nc:\n- d: |+\n    one\n- *e\n".replace("- *e", "- &e f");
        let edited = |b: u8, line_ends: &str| format!("a: {{b: {b}}}\nc:\n- d: |+\n    one\n{line_ends}- f\n");
        assert_eq!(check_text(&text, &edited(2, "")), Ok(()));
        assert_eq!(refused_at(&text, &edited(2, "\n")), (7, "c[0].d".to_owned()));
        assert_eq!(refused_at(&text, &edited(3, "")), (5, "a.b".to_owned()));
    }

    #[test]
    fn the_result_must_be_readable() {
        let text = "a: &x {b: 1}\nc: *x\n";
        assert_eq!(refused_at(text, "a: {b: 2}\nc: *x\n"), (5, String::new()));
        assert_eq!(refused_at(text, "a: &x {b: 2}\nc: *x\n"), (5, "a.b".to_owned()));
        assert_eq!(check_text(text, "a: {b: 2}\nc: &x {b: 1}\n"), Ok(()));
    }

    #[test]
    fn only_an_emptied_collection_may_be_a_bare_key() {
        let text = "a: {b: 1}\ngone: {x: !!str y}\nc: {}\n";
        for gone in ["gone:", "gone: {}", "gone: []"] {
            assert_eq!(check_text(text, &format!("a: {{b: 2}}\n{gone}\nc: {{}}\n")), Ok(()));
        }
        assert_eq!(refused_at(text, "a: {b: 2}\ngone:\nc:\n"), (7, "c".to_owned()));
        assert_eq!(refused_at(text, "a: {b: 2}\ngone:\n"), (5, String::new()));
    }

    #[test]
    fn a_merge_key_that_is_written_out_has_the_same_data() {
        let text = "a: {b: 1}\nm: &m {x: 1, y: [z]}\nc: {<<: *m, x: 2}\n";
        assert_eq!(check_text(text, "a: {b: 2}\nm: {x: 1, y: [z]}\nc: {y: [z], x: 2}\n"), Ok(()));
        assert_eq!(refused_at(text, "a: {b: 2}\nm: {x: 1, y: [z]}\nc: {y: [z], x: 1}\n").1, "c.x");
    }
}
