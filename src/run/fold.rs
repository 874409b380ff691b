//! Folds injected sidecars into a line each, for diffs about everything else.

use std::fmt::Write as _;

use serde_json::Value;

use super::TaskError;
use crate::inject::uninject;
use crate::k8s::{Kinds, Object, objects, pod_value, update_pod};
use lossless_yaml::{Draft, Tree};

/// The document with each injected sidecar as one line at its end; `None` if there is no sidecar, or none that can be
/// removed. `beside` is the document that the diff compares it with: it shows how values were written that the records
/// of the injection do not keep.
pub fn fold_sidecars(text: &str, beside: &str) -> Option<String> {
    let FoldedText { mut text, sidecars } = fold(text, beside)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(text + &sidecars)
}

/// A document without its sidecars.
pub(super) struct FoldedText {
    pub text: String,
    /// A line for each sidecar.
    pub sidecars: String,
}

/// The same as [`fold_sidecars`], with the lines apart.
pub(super) fn fold(text: &str, beside: &str) -> Option<FoldedText> {
    try_fold(text, beside).ok().flatten()
}

fn try_fold(text: &str, beside: &str) -> Result<Option<FoldedText>, TaskError> {
    let tree = Tree::parse(text, 1)?;
    let mut draft = Draft::new(&tree);
    let mut lines = String::new();
    let mut others = None;
    for object in objects(&tree, &Kinds::default())?.workloads {
        let pod = pod_value(&tree, object.template)?;
        let Some(mut before) = uninject(&pod) else { continue };
        let others = others.get_or_insert_with(|| pods(beside).unwrap_or_default());
        let same = |other: &&(Object, Value)| {
            (&other.0.kind, &other.0.namespace, &other.0.name) == (&object.kind, &object.namespace, &object.name)
        };
        if let Some((_, other)) = others.iter().find(same) {
            before.spell_as(other);
        }
        update_pod(&mut draft, &object.path.steps(), pod, before.pod)?;
        let proxy = before.proxy.map_or_else(|| "no proxy".to_owned(), |(mode, image)| format!("{mode}, {image}"));
        let _ = writeln!(lines, "# injected sidecar, not shown: {proxy}");
    }
    if lines.is_empty() {
        return Ok(None);
    }
    Ok(Some(FoldedText { text: draft.finish()?.text.into_owned(), sidecars: lines }))
}

/// The workloads of a document with their pods, without injected sidecars.
fn pods(text: &str) -> Result<Vec<(Object, Value)>, TaskError> {
    let tree = Tree::parse(text, 1)?;
    let mut found = Vec::new();
    for object in objects(&tree, &Kinds::default())?.workloads {
        let pod = pod_value(&tree, object.template)?;
        let pod = uninject(&pod).map_or(pod, |before| before.pod);
        found.push((object, pod));
    }
    Ok(found)
}
