//! `status`: reads the objects of a cluster and the mesh, and compares them.

use std::collections::BTreeSet;

use super::{LiveReader, MeshUse, ResolvedMesh, resolve, saved_objects};
use crate::cluster::client::{Client, ClientError, Query, Resource};
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

/// What owns pods. Kinds that the cluster does not have are left out.
const OWNERS: [Resource; 9] = [
    Resource::DEPLOYMENTS,
    Resource::REPLICA_SETS,
    Resource::STATEFUL_SETS,
    Resource::DAEMON_SETS,
    Resource::JOBS,
    Resource::CRON_JOBS,
    Resource::namespaced("", "v1", "replicationcontrollers"),
    Resource::namespaced("argoproj.io", "v1alpha1", "rollouts"),
    Resource::namespaced("apps.openshift.io", "v1", "deploymentconfigs"),
];

/// The state of the workloads of a live cluster. The mesh is the cluster's, unless the request describes one. `labels`
/// select pods, as the selection of the request does.
pub fn live_status(
    client: &Client,
    request: &StatusRequest,
    labels: &str,
) -> Result<(Status, RunInfo), Vec<Diagnostic>> {
    let mut reader = LiveReader::new(client);
    let failed = |error: ClientError| vec![Diagnostic::from(&error)];
    let mut settings = request.mesh.clone();
    if !settings.describe_a_mesh() {
        settings.mesh_texts = vec![reader.mesh_file().map_err(failed)?];
    }
    let namespace = &request.default_namespace;
    let ResolvedMesh { mut meshes, mut info, .. } =
        resolve(&settings, &mut Inputs::default(), namespace, MeshUse::Decisions, false)
            .map_err(|problem| vec![problem])?;
    let mut collected = Collected::default();
    let mut list = |query: &Query| {
        let in_namespace = query.clone().in_namespace(request.selection.namespace.as_deref());
        reader.list(&in_namespace, &mut |object| {
            collected.take(&object.value, namespace);
        })
    };
    let pods = Query::all(Resource::PODS).with_labels(labels);
    let failures = Query::all(Resource::EVENTS).with_fields("reason=FailedCreate");
    let owners = OWNERS.map(Query::all);
    let nodes = Some(Query::all(Resource::NODES)).filter(|_| settings.mesh_texts.is_empty());
    for query in owners.iter().chain(nodes.iter()).chain([&failures, &pods]) {
        list(query).map_err(failed)?;
    }
    let setters = reader.list_setters(&mut |object| {
        collected.take(&object.value, namespace);
    });
    setters.map_err(failed)?;
    info.warnings.extend(reader.warnings());
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
