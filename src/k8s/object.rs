//! Finds the objects of a document that carry a pod template, items of lists included.

use memchr::memmem;

use super::detect::{Unhandled, detect};
use super::kinds::{Kinds, group};
use crate::yaml::{NodeId, Step, Tree, YamlError, YamlErrorKind, skim};

/// How deep Lists may stand in Lists.
const MAX_LISTS: usize = 16;

/// One element of the path from a document's root: a key, or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A key of a mapping.
    Key(String),
    /// An item of a list.
    Index(usize),
}

impl Element {
    /// The same as a step of an edit.
    pub fn step(&self) -> Step<'_> {
        match self {
            Self::Key(key) => Step::Key(key),
            Self::Index(index) => Step::Index(*index),
        }
    }
}

/// An object with a pod template.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object.
    pub node: NodeId,
    /// Its pod template: the object itself if it is a Pod.
    pub template: NodeId,
    /// Path of the pod template from the document's root.
    pub path: Vec<Element>,
    /// Position among the items of the document's list, counted from 0 over all lists in it; none outside of lists.
    pub item: Option<usize>,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`; empty where there is none.
    pub name: String,
    /// `metadata.generateName`.
    pub generate_name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
}

impl Object {
    /// The name that people know it by: `metadata.name`, or else `metadata.generateName`.
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { self.generate_name.as_deref().unwrap_or_default() } else { &self.name }
    }

    /// The API group of its kind; empty for the core group.
    pub fn group(&self) -> &str {
        group(&self.api_version)
    }

    /// Whether the object is a bare Pod.
    pub fn is_pod(&self) -> bool {
        self.node == self.template
    }

    /// Kind and name of the controller that made the object, if one did (`ownerReferences` with `controller: true`).
    pub fn controller(&self, tree: &Tree<'_>) -> Option<(String, String)> {
        let metadata = tree.get(self.node, "metadata").ok()??;
        let owners = tree.get(metadata, "ownerReferences").ok()??;
        let owners = tree.value(owners).ok()?;
        let owner = owners.as_array()?.iter().find(|owner| owner.get("controller") == Some(&true.into()))?;
        let text = |key: &str| owner.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Some((text("kind"), text("name")))
    }

    /// Labels of the object itself, as far as they are strings.
    pub fn labels(&self, tree: &Tree<'_>) -> Vec<(String, String)> {
        let metadata = tree.get(self.node, "metadata").ok().flatten();
        let labels = metadata.and_then(|m| tree.get(m, "labels").ok().flatten());
        labels
            .and_then(|labels| tree.value(labels).ok())
            .and_then(|labels| match labels {
                serde_json::Value::Object(map) => Some(map),
                _ => None,
            })
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
            .collect()
    }
}

/// What a document holds.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Objects with a pod template, in order, or why one cannot be told.
    pub workloads: Vec<Object>,
    /// Objects of other kinds that plainly carry one.
    pub unhandled: Vec<Unhandled>,
}

/// Whether it shows at a glance that no object of the document `text` carries a pod template, and that it is
/// well-formed. Where it does not show, its tree has to tell.
pub fn plainly_without_templates(text: &str, kinds: &Kinds) -> bool {
    if memmem::find(text.as_bytes(), b"containers").is_some() {
        return false;
    }
    let (mut api_version, mut kind) = (None, None);
    let is_plain = skim(text, |key, value| match key {
        "apiVersion" => api_version.replace(value).is_none(),
        "kind" => kind.replace(value).is_none() && !value.ends_with("List"),
        _ => true,
    });
    let is_known = || Some(!kinds.paths(api_version?, kind?).is_empty());
    is_plain && !is_known().unwrap_or(false)
}

/// Finds the objects of a document.
pub fn objects(tree: &Tree<'_>, kinds: &Kinds) -> Result<Found, YamlError> {
    let mut found = Found::default();
    let mut finder = Finder { tree, kinds, found: &mut found, items: 0 };
    if let Some(root) = tree.root().filter(|&r| tree.kind(tree.resolve_alias(r)).is_map()) {
        finder.object(root, &mut Vec::new(), None, 0)?;
    }
    Ok(found)
}

/// What the items of a typed list are where they do not say it.
#[derive(Clone, Copy)]
struct Inherited<'s> {
    api_version: &'s str,
    kind: &'s str,
}

struct Finder<'f, 't, 'a> {
    tree: &'t Tree<'a>,
    kinds: &'f Kinds,
    found: &'f mut Found,
    items: usize,
}

impl Finder<'_, '_, '_> {
    fn object(
        &mut self,
        node: NodeId,
        path: &mut Vec<Element>,
        inherited: Option<Inherited<'_>>,
        lists: usize,
    ) -> Result<(), YamlError> {
        let tree = self.tree;
        let text = |name: &str| -> Result<Option<String>, YamlError> {
            Ok(tree.get(node, name)?.and_then(|id| string(tree, id)))
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let api_version = api_version.or(inherited.map(|i| i.api_version.to_owned()));
        let kind = kind.or(inherited.map(|i| i.kind.to_owned()));
        let (Some(api_version), Some(kind)) = (api_version, kind) else { return Ok(()) };
        let in_list = lists > 0;
        if kind == "List" && group(&api_version).is_empty() {
            self.check_items(node)?;
        }
        if let Some(item_kind) = kind.strip_suffix("List")
            && let Some(items) = tree.get(node, "items")?.filter(|&i| tree.kind(tree.resolve_alias(i)).is_seq())
        {
            if lists == MAX_LISTS {
                let message = format!("Lists stand in each other deeper than the limit of {MAX_LISTS}");
                return Err(tree.node_error(YamlErrorKind::Limit, node, message, None));
            }
            if !in_list {
                tree.check_repetition()?;
            }
            let inherited = Inherited { api_version: &api_version, kind: item_kind };
            let inherited = Some(inherited).filter(|i| !i.kind.is_empty());
            path.push(Element::Key("items".to_owned()));
            for (index, item) in tree.items(items).enumerate() {
                if tree.kind(tree.resolve_alias(item)).is_map() {
                    path.push(Element::Index(index));
                    self.object(item, path, inherited, lists + 1)?;
                    path.pop();
                }
            }
            path.pop();
            return Ok(());
        }
        let item = in_list.then_some(self.items);
        self.items += usize::from(in_list);
        let paths = self.kinds.paths(&api_version, &kind);
        if paths.is_empty() {
            self.found.unhandled.extend(detect(tree, node, &api_version, &kind));
            return Ok(());
        }
        for below in paths {
            let mut templates = Vec::new();
            self.templates(node, &below, path, &mut templates)?;
            if templates.is_empty() {
                continue;
            }
            let metadata = tree.get(node, "metadata")?;
            let meta = |name: &str| match metadata {
                Some(metadata) => Ok(tree.get(metadata, name)?.and_then(|id| string(tree, id))),
                None => Ok(None),
            };
            let (name, generate_name) = (meta("name")?.unwrap_or_default(), meta("generateName")?);
            let namespace = meta("namespace")?;
            for (template, path) in templates {
                self.found.workloads.push(Object {
                    node,
                    template,
                    path,
                    item,
                    api_version: api_version.clone(),
                    kind: kind.clone(),
                    name: name.clone(),
                    generate_name: generate_name.clone(),
                    namespace: namespace.clone(),
                });
            }
        }
        Ok(())
    }

    /// The items of a List are objects; of other kinds whose names end alike they may be anything.
    fn check_items(&self, node: NodeId) -> Result<(), YamlError> {
        let tree = self.tree;
        let null = |id: NodeId| tree.equals(id, &serde_json::Value::Null);
        let wrong = |id: NodeId, message: &str| Err(tree.node_error(YamlErrorKind::WrongType, id, message, None));
        let Some(items) = tree.get(node, "items")?.filter(|&items| !null(items)) else { return Ok(()) };
        if !tree.kind(tree.resolve_alias(items)).is_seq() {
            return wrong(items, "a list of objects is expected here");
        }
        match tree.items(items).find(|&item| !tree.kind(tree.resolve_alias(item)).is_map() && !null(item)) {
            Some(item) => wrong(item, "an object is expected here"),
            None => Ok(()),
        }
    }

    /// The nodes that `below` leads to from `node`; absent and null ones are no templates.
    fn templates(
        &self,
        node: NodeId,
        below: &[&str],
        path: &mut Vec<Element>,
        templates: &mut Vec<(NodeId, Vec<Element>)>,
    ) -> Result<(), YamlError> {
        let tree = self.tree;
        let Some((&first, rest)) = below.split_first() else {
            // A template is a mapping: asking for a key says so if it is not.
            tree.get(node, "metadata")?;
            if !tree.equals(node, &serde_json::Value::Null) {
                templates.push((node, path.clone()));
            }
            return Ok(());
        };
        if first == "*" {
            for (index, item) in tree.items(node).enumerate() {
                path.push(Element::Index(index));
                // Items of other shapes have no template.
                if tree.kind(tree.resolve_alias(item)).is_map() {
                    self.templates(item, rest, path, templates)?;
                }
                path.pop();
            }
            return Ok(());
        }
        if let Some(value) = tree.get(node, first)? {
            path.push(Element::Key(first.to_owned()));
            self.templates(value, rest, path, templates)?;
            path.pop();
        }
        Ok(())
    }
}

fn string(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    match tree.scalar_value(id) {
        Ok(Some(crate::yaml::Scalar::Str(text))) => Some(text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<usize, YamlError> {
        let tree = Tree::parse(text, 1)?;
        objects(&tree, &Kinds::default()).map(|found| found.workloads.len())
    }

    #[test]
    fn the_items_of_a_list_are_objects() {
        assert_eq!(found("apiVersion: v1\nkind: List\nitems:\n-\n- {apiVersion: v1, kind: Pod}\n"), Ok(1));
        assert_eq!(found("apiVersion: v1\nkind: List\nitems:\n"), Ok(0));
        for (items, line) in [("items: {a: 1}\n", 3), ("items:\n- text\n", 4)] {
            let error = found(&format!("apiVersion: v1\nkind: List\n{items}")).unwrap_err();
            assert_eq!((error.kind, error.place.line), (YamlErrorKind::WrongType, line));
        }
    }

    #[test]
    fn other_kinds_whose_names_end_in_list_hold_what_they_like() {
        assert_eq!(found("apiVersion: example.com/v1\nkind: AllowList\nitems: [a, b]\n"), Ok(0));
        assert_eq!(found("apiVersion: example.com/v1\nkind: List\nitems: [a, b]\n"), Ok(0));
    }
}
