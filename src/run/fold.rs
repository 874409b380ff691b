//! Objects without their injected sidecars, for diffs that are about something else.

use std::fmt::Write as _;

use super::TaskError;
use crate::inject::before_injection;
use crate::k8s::{Element, Kinds, objects, pod_value, update_pod};
use crate::yaml::{Draft, Step, Tree};

/// A document in which each injected sidecar is one line, at the end; none if there is none, or none that can be taken
/// out.
pub fn fold_sidecars(text: &str) -> Option<String> {
    fold(text).ok().flatten()
}

fn fold(text: &str) -> Result<Option<String>, TaskError> {
    let tree = Tree::parse(text, 1)?;
    let mut draft = Draft::new(&tree);
    let mut lines = String::new();
    for object in objects(&tree, &Kinds::default())?.workloads {
        let pod = pod_value(&tree, object.template)?;
        let Some(before) = before_injection(&pod) else { continue };
        let base: Vec<Step<'_>> = object.path.iter().map(Element::step).collect();
        update_pod(&mut draft, &base, pod, before.pod)?;
        let proxy = before.proxy.map_or_else(|| "no proxy".to_owned(), |(mode, image)| format!("{mode}, {image}"));
        let _ = writeln!(lines, "# injected sidecar, not shown: {proxy}");
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let mut text = draft.finish()?.text.into_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(Some(text + &lines))
}
