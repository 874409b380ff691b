//! The objects of a document, those in Lists included.

use std::borrow::Cow;

use super::node::Node;
use lossless_yaml::Tree;

/// How deep Lists may be nested; [`crate::k8s::objects`] fails for documents with more.
const MAX_LISTS: usize = 16;

/// An object.
pub(super) struct Item<'c> {
    pub node: Node<'c>,
    pub api_version: Cow<'c, str>,
    pub kind: Cow<'c, str>,
    pub name: String,
    pub namespace: Option<String>,
}

/// The objects of a document, in order.
pub(super) fn items<'c>(tree: &'c Tree<'c>) -> Vec<Item<'c>> {
    let mut found = Vec::new();
    if let Some(root) = tree.root() {
        walk(Node::new(tree, root, []), None, 0, &mut found);
    }
    found
}

/// Adds the object `node`, or the items of the list. `inherited` is the API version and kind of items of a typed list.
fn walk<'c>(node: Node<'c>, inherited: Option<(&str, &str)>, lists: usize, found: &mut Vec<Item<'c>>) {
    let text = |key| node.get(key).and_then(|value| value.text());
    let api_version = text("apiVersion").map(Cow::Borrowed).or(inherited.map(|(version, _)| version.to_owned().into()));
    let kind = text("kind").map(Cow::Borrowed).or(inherited.map(|(_, kind)| kind.to_owned().into()));
    let (Some(api_version), Some(kind)) = (api_version, kind) else { return };
    if let Some(item_kind) = kind.strip_suffix("List")
        && let Some(items) = node.get("items").filter(|items| items.kind().is_seq())
    {
        if lists < MAX_LISTS {
            let inherited = (!item_kind.is_empty()).then_some((&*api_version, item_kind));
            items.items().into_iter().for_each(|item| walk(item, inherited, lists + 1, found));
        }
        return;
    }
    let metadata = node.get("metadata");
    let named = |key| metadata.as_ref().and_then(|metadata| metadata.get(key)?.text()).map(str::to_owned);
    let name = named("name").or_else(|| named("generateName")).unwrap_or_default();
    let namespace = named("namespace");
    found.push(Item { node, api_version, kind, name, namespace });
}
