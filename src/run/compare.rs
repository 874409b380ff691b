//! The task of `explain` with several meshes: what each of them does to each workload.

use super::explain::explained_by;
use super::mesh::ResolvedMesh;
use super::refusal::TemplateSources;
use super::{Task, TaskError, WorkloadNode};
use crate::diagnostic::Diagnostic;
use crate::inject::Meshes;
use crate::output::{Compared, Entry, Flip};
use lossless_yaml::Draft;

/// One of the meshes that are compared.
pub(super) struct ComparedMesh {
    pub meshes: Meshes,
    pub sources: TemplateSources,
}

impl ComparedMesh {
    pub(super) fn of(mesh: ResolvedMesh, api_defaults: bool) -> Self {
        let ResolvedMesh { meshes, sources, .. } = mesh.with_api_defaults(api_defaults);
        Self { meshes, sources }
    }
}

/// Explains what several meshes do to workloads.
pub struct Compare {
    meshes: Vec<ComparedMesh>,
    /// Whether a workload that flips, or may flip, makes the command exit with 1.
    pub fails_on_flips: bool,
}

impl Compare {
    /// Compares these meshes, in the order of the columns.
    pub fn of(meshes: Vec<ResolvedMesh>, api_defaults: bool) -> Self {
        let meshes = meshes.into_iter().map(|mesh| ComparedMesh::of(mesh, api_defaults));
        Self { meshes: meshes.collect(), fails_on_flips: false }
    }
}

impl Task for Compare {
    fn apply(
        &self,
        target: &WorkloadNode<'_, '_>,
        _draft: &mut Draft<'_, '_>,
        entry: &mut Entry,
    ) -> Result<(), TaskError> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        for ComparedMesh { meshes, sources } in &self.meshes {
            match explained_by(meshes, sources, target, entry) {
                Ok(explained) => entry.compared.push(Compared::Explained(Box::new(explained))),
                Err(TaskError::Yaml(error)) => return Err(error.into()),
                Err(TaskError::Refused(refused)) => {
                    entry.compared.push(Compared::refused(&refused));
                    // What several meshes refuse for the same reason is reported once.
                    problems
                        .extend(refused.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
                }
            }
        }
        entry.is_undecided = self.fails_on_flips && Flip::of(&entry.compared) != Flip::Same;
        if problems.is_empty() { Ok(()) } else { Err(TaskError::Refused(problems)) }
    }
}
