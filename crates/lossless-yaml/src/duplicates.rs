//! Keys that appear more than once in their mapping. In Kubernetes the last one wins.

use std::collections::{HashMap, HashSet};

use crate::error::{YamlError, YamlErrorKind};
use crate::tree::{NodeId, Tree};

/// Up to this number of keys, comparing all pairs is faster than an index.
const FEW_KEYS: usize = 16;

impl Tree<'_> {
    /// The keys below `id` that repeat an earlier one of their mapping, with the earlier one. Aliases are followed.
    pub fn duplicate_keys(&self, id: NodeId) -> Result<Vec<(NodeId, NodeId)>, YamlError> {
        let mut found = Vec::new();
        let mut roots = vec![self.resolve_alias(id)];
        let mut seen_roots: HashSet<NodeId> = roots.iter().copied().collect();
        while let Some(root) = roots.pop() {
            for node in self.ids_below(root) {
                let target = self.resolve_alias(node);
                if target != node && seen_roots.insert(target) {
                    roots.push(target);
                }
                if self.kind(node).is_map() {
                    self.duplicates_in(node, &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// Fails if a key below `id` repeats an earlier one of its mapping. Aliases are followed.
    pub fn refuse_duplicate_keys(&self, id: NodeId) -> Result<(), YamlError> {
        match self.duplicate_keys(id)?.first() {
            Some(&(second, first)) => Err(self.duplicate(&self.key(second)?, first, second)),
            None => Ok(()),
        }
    }

    fn duplicates_in(&self, map: NodeId, found: &mut Vec<(NodeId, NodeId)>) -> Result<(), YamlError> {
        let own = self.entries(map).map(|(key, _)| key).filter(|&key| !self.is_merge(key));
        let names = own.map(|key| Ok((self.key(key)?, key))).collect::<Result<Vec<_>, _>>()?;
        let mut seen: HashMap<&str, NodeId> = HashMap::new();
        for (index, (name, key)) in names.iter().enumerate() {
            let earlier = if names.len() <= FEW_KEYS {
                names.iter().take(index).rfind(|(other, _)| other == name).map(|&(_, earlier)| earlier)
            } else {
                seen.insert(name, *key)
            };
            found.extend(earlier.map(|earlier| (*key, earlier)));
        }
        Ok(())
    }

    /// The error for a key that appears twice in its mapping.
    pub(super) fn duplicate(&self, name: &str, first: NodeId, second: NodeId) -> YamlError {
        let place = self.place(first);
        let message = format!("key {name:?} appears twice in its mapping, first on line {}", place.line);
        let error = self.error(YamlErrorKind::DuplicateKey, second, message).with_hint("keep one of the two");
        YamlError { first_key: Some(place), ..error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, usize)> {
        let tree = Tree::parse(text, 1).unwrap();
        let found = tree.duplicate_keys(tree.root().unwrap()).unwrap();
        found.into_iter().map(|(key, earlier)| (tree.line(key), tree.line(earlier))).collect()
    }

    #[test]
    fn each_repeated_key_is_found_with_the_one_before() {
        assert_eq!(lines("a: 1\nb: {c: 1,\n  c: 2}\n\"a\": 3\na: 4\n"), [(4, 1), (5, 4), (3, 2)]);
        assert_eq!(lines("<<: {a: 1}\na: 1\n<<: {a: 1}\n"), []);
        assert_eq!(lines("1: a\n'1': b\n"), [(2, 1)]);
    }

    #[test]
    fn large_mappings_are_no_exception() {
        let keys: String = (0..40).map(|key| format!("k{}: 1\n", key % 39)).collect::<Vec<_>>().concat();
        assert_eq!(lines(&keys), [(40, 1)]);
    }

    #[test]
    fn aliases_are_followed_once() {
        let tree = Tree::parse("x: &x {a: 1, a: 2}\nz: [*x, *x]\n", 1).unwrap();
        let z = tree.get(tree.root().unwrap(), "z").unwrap().unwrap();
        assert_eq!(tree.duplicate_keys(z).unwrap().len(), 1);
    }
}
