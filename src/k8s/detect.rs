//! Objects of kinds that are not known, and that plainly carry a pod template: they pass through, and are named.

use super::kinds::group;
use crate::yaml::{NodeId, NodeKind, Place, Tree};

/// An object that passes through although it carries a pod template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhandled {
    /// Where it begins.
    pub place: Place,
    /// `KIND.GROUP`, or `KIND` in the core group.
    pub kind: String,
    /// `metadata.name`; empty if there is none.
    pub name: String,
    /// Path of its first pod template, `[*]` for the items of a list: what the flag would take.
    pub path: String,
}

/// Looks for a pod template below `object`: a key `template` over `spec.containers`, a list of mappings.
pub(super) fn detect(tree: &Tree<'_>, object: NodeId, api_version: &str, kind: &str) -> Option<Unhandled> {
    let target = tree.resolve_alias(object);
    let template = tree.keys_named("template", target).find(|&value| is_pod_template(tree, value))?;
    let path = path_below(tree, target, template);
    let group = group(api_version);
    let kind = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
    let name = tree.get(object, "metadata").ok().flatten().and_then(|m| tree.get(m, "name").ok().flatten());
    let name = name.map(|n| tree.scalar(tree.resolve_alias(n)).to_owned()).unwrap_or_default();
    Some(Unhandled { place: tree.place(object), kind, name, path })
}

fn is_pod_template(tree: &Tree<'_>, value: NodeId) -> bool {
    let get = |map: NodeId, key: &str| {
        let map = tree.resolve_alias(map);
        tree.entries(map).find(|&(k, _)| tree.scalar(k) == key).map(|(_, v)| v)
    };
    let containers = get(value, "spec").and_then(|spec| get(spec, "containers"));
    containers.is_some_and(|c| tree.items(c).next().is_some_and(|first| tree.kind(tree.resolve_alias(first)).is_map()))
}

/// The path from `object` to `node`, in the form of the flag.
fn path_below(tree: &Tree<'_>, object: NodeId, node: NodeId) -> String {
    let mut parts = Vec::new();
    let mut at = node;
    while at != object {
        let Some(parent) = tree.parent(at) else { break };
        if matches!(tree.kind(parent), NodeKind::BlockSeq | NodeKind::FlowSeq) {
            parts.push("[*]".to_owned());
        } else if let Some((key, _)) = tree.entries(parent).find(|&(_, v)| v == at) {
            parts.push(tree.scalar(key).to_owned());
        }
        at = parent;
    }
    let mut path = String::new();
    for part in parts.iter().rev() {
        if !path.is_empty() && part != "[*]" {
            path.push('.');
        }
        path.push_str(part);
    }
    path
}
