//! The task of `diff --to`: renders each workload by the mesh before and after a change, and compares its pods.

use std::cell::RefCell;
use std::collections::HashSet;

use super::annotate::existing;
use super::compare::ComparedMesh;
use super::explain::{explained_by, record_warnings, unexplained};
use super::mesh::ResolvedMesh;
use super::{Task, TaskError, WorkloadNode};
use crate::diagnostic::{Code, Diagnostic};
use crate::explain::{Explained, PodChange};
use crate::inject::Workload;
use crate::output::{Compared, Entry, PodPreview, pod_diff};
use lossless_yaml::Draft;
use serde_json::Value;

/// What to do about a proxy that depends on nodes.
const NODES_HINT: &str = "pass --node-version v1.33.2, and --to-node-version if the nodes change";

/// Compares the pods of workloads before and after a change of the mesh.
pub struct Preview {
    before: PreviewMesh,
    after: PreviewMesh,
    /// Lines of context around each change of a diff.
    context: usize,
    /// Whether to make the diff of each workload, and not only of workloads that may be the first of their group.
    pub every_diff: bool,
}

/// The groups of which a unit of work has made a diff. The workloads of the unit are collected together and in order, so
/// that the others of a group need none.
#[derive(Debug, Default)]
pub struct DiffedGroups(RefCell<HashSet<u128>>);

/// The mesh before or after the change.
struct PreviewMesh {
    mesh: ComparedMesh,
    /// The name in errors.
    name: String,
    /// The name in the header of a diff.
    title: String,
}

/// A workload as a mesh renders it.
struct Rendered {
    explained: Explained,
    workload: Workload,
    /// The pod template of the manifest.
    template: Value,
    /// The pod template with what the mesh injects.
    pod: Value,
}

impl Preview {
    /// Compares the pods of these meshes, each with its name, before and after the change.
    pub fn of(
        before: (String, ResolvedMesh),
        after: (String, ResolvedMesh),
        api_defaults: bool,
        context: usize,
    ) -> Self {
        let [before, after] = [before, after].map(|(name, mesh)| {
            let istio = mesh.info.mesh.as_ref().and_then(|mesh| mesh.get("istio")?.as_str());
            let title = istio.map_or_else(|| name.clone(), |istio| format!("{name}, istio {istio}"));
            PreviewMesh { mesh: ComparedMesh::of(mesh, api_defaults), name, title }
        });
        Self { before, after, context, every_diff: false }
    }

    /// What differs between the pods.
    fn compared(&self, before: &Rendered, after: &Rendered, entry: &Entry, diffed: &DiffedGroups) -> PodPreview {
        let Rendered { workload, template, .. } = before;
        let changes = PodChange::between(workload, template, &before.pod, &after.pod);
        if changes.is_empty() {
            return PodPreview::default();
        }
        let fingerprint = PodChange::fingerprint(&changes, [before, after].map(|rendered| rendered.explained.proxy));
        let is_first = diffed.0.borrow_mut().insert(fingerprint);
        let diff = (is_first || self.every_diff).then(|| {
            let titles = [&*self.before.title, &*self.after.title];
            pod_diff(entry, titles, [&before.pod, &after.pod], self.context)
        });
        PodPreview { changes, fingerprint, diff }
    }
}

impl PreviewMesh {
    fn rendered(&self, target: &WorkloadNode<'_, '_>, entry: &mut Entry) -> Result<Rendered, TaskError> {
        let ComparedMesh { meshes, sources } = &self.mesh;
        let place = (target.tree, target.object);
        let (workload, template) = Workload::with_pod(place.0, place.1, target.namespace, &meshes.objects)?;
        let (explained, pod, explanation) = Explained::rendered(meshes, place, (&workload, &template))
            .map_err(|error| unexplained(sources, meshes, target, &error))?;
        record_warnings(&explained, &explanation, target, entry);
        Ok(Rendered { explained, workload, template, pod })
    }
}

impl Task for Preview {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        _draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        let meshes = [&self.before, &self.after];
        if target.object.pod_metadata.is_some() {
            // Nobody injects it: the rest of its pods is elsewhere.
            for PreviewMesh { mesh, .. } in meshes {
                let explained = explained_by(&mesh.meshes, &mesh.sources, target, entry)?;
                entry.compared.push(Compared::Explained(Box::new(explained)));
            }
            entry.preview = Some(Box::default());
            return Ok(());
        }
        // Fails with a place for duplicate keys and wrong types on the path to the annotation.
        existing(target)?;
        let mut rendered = Vec::new();
        let mut refused = Vec::new();
        for mesh in meshes {
            match mesh.rendered(target, entry) {
                Ok(made) => {
                    entry.compared.push(Compared::Explained(Box::new(made.explained.clone())));
                    rendered.push(made);
                }
                Err(TaskError::Yaml(error)) => return Err(error.into()),
                Err(TaskError::Refused(problems)) => {
                    entry.compared.push(Compared::refused(&problems));
                    refused.push((&*mesh.name, problems));
                }
            }
        }
        if let [before, after] = &rendered[..] {
            entry.preview = Some(Box::new(self.compared(before, after, entry, target.diffed)));
            return Ok(());
        }
        Err(TaskError::Refused(problems(refused)))
    }
}

/// The problems of the meshes that refuse a workload. What both refuse is reported once, without the name of a mesh.
fn problems(refused: Vec<(&str, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let is_of_both = match &refused[..] {
        [(_, one), (_, other)] => one == other,
        _ => false,
    };
    let named = |(name, problems): (&str, Vec<Diagnostic>)| {
        let name = name.to_owned();
        problems.into_iter().map(move |problem| {
            let message = if is_of_both { problem.message } else { format!("{name}: {}", problem.message) };
            let hint = match problem.code {
                Code::NodesUnknown => Some(NODES_HINT.to_owned()),
                _ => problem.hint,
            };
            Diagnostic { message, hint, ..problem }
        })
    };
    let count = if is_of_both { 1 } else { refused.len() };
    refused.into_iter().take(count).flat_map(named).collect()
}
