//! `status`: reads saved objects and the mesh, and compares them.

use std::collections::BTreeSet;

use super::{MeshUse, ResolvedMesh, resolve, saved_objects};
use crate::cluster::status::{Collected, PodSelection, Status};
use crate::config::MeshSettings;
use crate::diagnostic::Diagnostic;
use crate::inject::{Injector, Meshes};
use crate::input::Inputs;
use crate::istio::{Node, Nodes};
use crate::k8s::Time;
use crate::output::{Remark, RunInfo};

/// A request to `status`.
#[derive(Clone, Debug)]
pub struct StatusRequest {
    /// The mesh.
    pub mesh: MeshSettings,
    /// The namespace of objects without one.
    pub default_namespace: String,
    /// The pods to include.
    pub selection: PodSelection,
    /// The time that ages are counted to.
    pub now: Time,
}

/// The state of the workloads in the inputs, and what to report about the mesh.
pub fn status(inputs: &mut Inputs, request: &StatusRequest) -> Result<(Status, RunInfo), Vec<Diagnostic>> {
    let one = |problem| vec![problem];
    let ResolvedMesh { mut meshes, mut info, .. } =
        resolve(&request.mesh, inputs, &request.default_namespace, MeshUse::Decisions, false).map_err(one)?;
    let mut collected = Collected::default();
    let mut used = BTreeSet::new();
    let problems = saved_objects(inputs, &mut |object| {
        if collected.take(&object.value, &request.default_namespace) && !used.contains(object.file) {
            used.insert(object.file.to_owned());
        }
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    for file in inputs.sources.iter().map(ToString::to_string).filter(|file| !used.contains(file)) {
        let text = format!("{file}: no pods, and no objects that own pods");
        info.warnings.push(Remark::new("nothing-to-read", text));
    }
    if !collected.nodes.is_empty() {
        meshes = with_nodes(meshes, &collected.nodes);
    }
    Ok((Status::of(&collected, &meshes, &request.selection, request.now), info))
}

/// The meshes, with these nodes if they know none.
fn with_nodes(meshes: Meshes, nodes: &[Node]) -> Meshes {
    meshes.map_injectors(|injector: Injector| match injector.mesh().nodes {
        Nodes::Unknown => injector.with_nodes(Nodes::known(nodes.to_vec())),
        _ => injector,
    })
}
