//! Finds pod templates at any place in objects of any kind.

use std::collections::BTreeSet;

use super::path::{Element, Path};
use super::template_path::{PathPattern, PatternStep};
use lossless_yaml::{NodeId, Scalar, Tree};

/// The maximum number of paths that are named for one object.
const MAX_PATHS: usize = 16;

/// The maximum number of nodes that are visited through aliases, which can expand to more than fits into memory.
const MAX_ALIASED: usize = 10_000;

/// The maximum depth of the search; aliases can make an object deeper than its document.
const MAX_DEPTH: usize = 1_000;

/// The pod templates that were found in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetectedTemplates {
    /// The paths, in the form of the flag: one path for all items of a list.
    pub paths: Vec<String>,
    /// Whether there are more.
    pub more: bool,
}

/// Searches for pod templates in `object`, which is at `path` in its document, without those at the `handled` paths.
pub(super) fn templates(tree: &Tree<'_>, object: NodeId, path: &Path, handled: &BTreeSet<Path>) -> DetectedTemplates {
    let mut search = Search::new(tree, path, handled);
    search.children(object);
    search.found
}

/// A step from a node to one below it.
enum Below {
    Key(NodeId),
    Index(usize),
}

struct Search<'s, 'a> {
    tree: &'s Tree<'a>,
    path: &'s Path,
    handled: &'s BTreeSet<Path>,
    /// The steps from the object to the current node.
    below: Vec<Below>,
    depth: usize,
    /// Whether these steps lead through an alias.
    through_alias: bool,
    /// The number of nodes that were visited through aliases.
    aliased: usize,
    found: DetectedTemplates,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(tree: &'s Tree<'a>, path: &'s Path, handled: &'s BTreeSet<Path>) -> Self {
        Self {
            tree,
            path,
            handled,
            below: Vec::new(),
            depth: 0,
            through_alias: false,
            aliased: 0,
            found: DetectedTemplates::default(),
        }
    }

    /// Searches the children of `node`.
    fn children(&mut self, node: NodeId) {
        let tree = self.tree;
        for (key, value) in tree.entries(node) {
            if tree.is_merge(key) {
                self.enter(value, Self::merged);
            } else {
                self.below(Below::Key(key), value);
            }
            if self.is_over() {
                return;
            }
        }
        for (index, item) in tree.items(node).enumerate() {
            self.below(Below::Index(index), item);
            if self.is_over() {
                return;
            }
        }
    }

    /// Searches the value of a merge key: a mapping, or a list of mappings.
    fn merged(&mut self, node: NodeId) {
        let tree = self.tree;
        if tree.kind(node).is_map() {
            return self.children(node);
        }
        for map in tree.items(node).filter(|&map| tree.kind(tree.resolve_alias(map)).is_map()) {
            self.enter(map, Self::children);
        }
    }

    fn below(&mut self, step: Below, node: NodeId) {
        self.aliased += usize::from(self.through_alias);
        if !self.tree.kind(self.tree.resolve_alias(node)).is_collection() {
            return;
        }
        self.below.push(step);
        self.enter(node, |search, node| {
            if search.is_template(node) {
                search.take();
            } else {
                search.children(node);
            }
        });
        self.below.pop();
    }

    fn enter(&mut self, node: NodeId, look: impl FnOnce(&mut Self, NodeId)) {
        let target = self.tree.resolve_alias(node);
        let was_through_alias = self.through_alias;
        self.through_alias |= target != node;
        if self.depth < MAX_DEPTH && !self.is_over() {
            self.depth += 1;
            look(self, target);
            self.depth -= 1;
        }
        self.through_alias = was_through_alias;
    }

    /// Whether enough was found, or the limit of aliases was reached.
    fn is_over(&self) -> bool {
        self.found.more || (self.through_alias && self.aliased >= MAX_ALIASED)
    }

    /// Whether `node` is a mapping with a `spec` that has containers. Under a key without `template` in its name, the
    /// first container must have a name and an image, which patterns of policies do not.
    fn is_template(&self, node: NodeId) -> bool {
        let tree = self.tree;
        let get = |map: NodeId, key: &str| tree.entries(map).find(|&(k, _)| tree.scalar(k) == key).map(|(_, v)| v);
        let Some(spec) = get(node, "spec") else { return false };
        let first = |key| get(spec, key).and_then(|containers| tree.items(containers).next());
        let Some(container) = first("containers").or_else(|| first("initContainers")) else { return false };
        if !tree.kind(tree.resolve_alias(container)).is_map() {
            return false;
        }
        let is_text = |key| {
            let text = get(container, key).and_then(|value| tree.scalar_value(value).ok().flatten());
            matches!(text, Some(Scalar::Str(text)) if !text.contains(['*', '?']))
        };
        self.under_template() || (is_text("name") && is_text("image"))
    }

    fn under_template(&self) -> bool {
        let key = self.below.iter().rev().find_map(|step| match step {
            Below::Key(key) => Some(self.key(*key)),
            Below::Index(_) => None,
        });
        key.is_some_and(|key| key.to_ascii_lowercase().contains("template"))
    }

    fn key(&self, key: NodeId) -> &str {
        self.tree.scalar(self.tree.resolve_alias(key))
    }

    /// Adds the current node as a pod template.
    fn take(&mut self) {
        let element = |step: &Below| match step {
            Below::Key(key) => Element::Key(self.key(*key).to_owned()),
            Below::Index(index) => Element::Index(*index),
        };
        let path: Path = self.path.iter().cloned().chain(self.below.iter().map(element)).collect();
        if self.handled.contains(&path) {
            return;
        }
        let step = |step: &Below| match step {
            Below::Key(key) => PatternStep::Key(self.key(*key).to_owned().into()),
            Below::Index(_) => PatternStep::AnyItem,
        };
        let path = PathPattern(self.below.iter().map(step).collect()).to_string();
        if self.found.paths.contains(&path) {
            return;
        }
        if self.found.paths.len() == MAX_PATHS {
            self.found.more = true;
        } else {
            self.found.paths.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(object: &str) -> DetectedTemplates {
        let tree = Tree::parse(object, 1).unwrap();
        templates(&tree, tree.root().unwrap(), &Path::default(), &BTreeSet::new())
    }

    const POD: &str = "{spec: {containers: [{name: a, image: b}]}}";

    #[test]
    fn pod_templates_are_found_under_any_key() {
        for (object, paths) in [
            (
                format!("spec: {{a: {{template: {POD}}}, b: {{podTemplate: {POD}}}}}"),
                vec!["spec.a.template", "spec.b.podTemplate"],
            ),
            (format!("spec: {{groups: [{{template: {POD}}}, {{template: {POD}}}]}}"), vec!["spec.groups[*].template"]),
            (format!("spec: {{componentSpecs: [{POD}]}}"), vec!["spec.componentSpecs[*]"]),
            (format!("spec: {{'a.b': {POD}}}"), vec!["spec.a\\.b"]),
            ("spec: {podTemplate: {spec: {initContainers: [{env: []}]}}}".to_owned(), vec!["spec.podTemplate"]),
        ] {
            assert_eq!(
                found(&object),
                DetectedTemplates { paths: paths.iter().map(ToString::to_string).collect(), more: false }
            );
        }
    }

    #[test]
    fn similar_mappings_are_not_pod_templates() {
        for object in [
            POD.to_owned(),
            "spec: {template: {spec: {containers: 3}}}".to_owned(),
            "spec: {template: {spec: {containers: [a]}}}".to_owned(),
            "spec: {template: {containers: [{name: a, image: b}]}}".to_owned(),
            "spec: {pattern: {spec: {containers: [{name: '*', image: '*:latest'}]}}}".to_owned(),
            "spec: {pattern: {spec: {containers: [{resources: {limits: {}}}]}}}".to_owned(),
            "spec: {properties: {spec: {properties: {containers: {items: {}}}}}}".to_owned(),
        ] {
            assert_eq!(found(&object), DetectedTemplates::default(), "{object}");
        }
    }

    #[test]
    fn aliases_and_merge_keys_are_followed() {
        let object = format!("a: &a {{template: {POD}}}\nb: *a\nc: {{<<: *a}}\nd: {{<<: [{{}}, *a]}}\n");
        assert_eq!(found(&object).paths, ["a.template", "b.template", "c.template", "d.template"]);
    }

    #[test]
    fn a_limited_number_of_paths_is_named() {
        let object =
            |count: usize| (0..count).map(|i| format!("k{i}: {{template: {POD}}}")).collect::<Vec<_>>().join("\n");
        assert_eq!((found(&object(16)).paths.len(), found(&object(16)).more), (16, false));
        assert_eq!((found(&object(20)).paths.len(), found(&object(20)).more), (16, true));
    }

    #[test]
    fn expanding_aliases_end_the_search() {
        let line = |i: usize| format!("a{i}: &a{i} {{x: *a{0}, y: *a{0}}}", i - 1);
        let object = std::iter::once("a0: &a0 {x: {}}".to_owned()).chain((1..60).map(line));
        let object = object.collect::<Vec<_>>().join("\n");
        let tree = Tree::parse(&object, 1).unwrap();
        let none = BTreeSet::new();
        let path = Path::default();
        let mut search = Search::new(&tree, &path, &none);
        search.children(tree.root().unwrap());
        assert!(search.aliased <= MAX_ALIASED + 60, "{}", search.aliased);
    }
}
