//! `status`: reads the objects of a cluster and the mesh, and compares them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::mesh::mesh_of_input;
use super::{LiveReader, MeshUse, ResolvedMesh, resolve, saved_objects};
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::cluster::status::{Collected, PodSelection, Status};
use crate::config::MeshSettings;
use crate::diagnostic::Diagnostic;
use crate::inject::{Injector, Meshes};
use crate::input::Inputs;
use crate::istio::mesh_file::File;
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
    let namespace = &request.default_namespace;
    let of_input = mesh_of_input(&request.mesh, inputs, namespace, MeshUse::Decisions).map_err(one)?;
    let ResolvedMesh { meshes, mut info, .. } =
        resolve(&of_input.settings, inputs, namespace, MeshUse::Decisions, false).map_err(one)?;
    let has_mesh = of_input.is_used;
    of_input.report(&mut info);
    let mut collected = Collected::default();
    let mut used = BTreeSet::new();
    let problems = saved_objects(inputs, &mut |object| {
        if collected.take(&object.value, namespace) && !used.contains(object.file) {
            used.insert(object.file.to_owned());
        }
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    // Files of the mesh are used, too.
    let sources = inputs.sources.iter().filter(|_| !has_mesh);
    for file in sources.map(ToString::to_string).filter(|file| !used.contains(file)) {
        let text = format!("{file}: no pods, and no objects that own pods");
        info.warnings.push(Remark::new("nothing-to-read", text));
    }
    let meshes = with_nodes(meshes, &collected.nodes);
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

/// How long a mesh is kept that was read: it changes seldom, and its nodes and namespaces may be many.
const MESH_AGE: Duration = Duration::from_mins(1);

/// The state of the workloads of a live cluster, which can be asked for again and again. The mesh is the cluster's, unless
/// the request describes one.
pub struct LiveStatus<'c> {
    client: &'c Client,
    request: StatusRequest,
    /// Selects pods, as the selection of the request does.
    labels: String,
    mesh: Option<ClusterMesh>,
}

/// The mesh of the cluster.
struct ClusterMesh {
    read: Instant,
    file: File,
    warnings: Vec<Remark>,
}

impl<'c> LiveStatus<'c> {
    /// Answers this request.
    pub fn new(client: &'c Client, request: StatusRequest, labels: String) -> Self {
        Self { client, request, labels, mesh: None }
    }

    /// Reads the state. Ages are counted to `now`.
    pub fn read(&mut self, now: Time) -> Result<(Status, RunInfo), Vec<Diagnostic>> {
        let failed = |error: ClientError| vec![Diagnostic::from(&error)];
        let mut settings = self.request.mesh.clone();
        let mut mesh_warnings = Vec::new();
        if !settings.describe_a_mesh() {
            let mesh = self.mesh().map_err(failed)?;
            settings.mesh_texts = vec![mesh.file.clone()];
            mesh_warnings.clone_from(&mesh.warnings);
        }
        let request = &self.request;
        let namespace = &request.default_namespace;
        let ResolvedMesh { meshes, mut info, .. } =
            resolve(&settings, &mut Inputs::default(), namespace, MeshUse::Decisions, false)
                .map_err(|problem| vec![problem])?;
        info.warnings.extend(mesh_warnings);
        let mut collected = Collected::default();
        let mut reader = LiveReader::new(self.client);
        let mut list = |query: &Query| {
            let in_namespace = query.clone().in_namespace(request.selection.namespace.as_deref());
            reader.list(&in_namespace, &mut |object| {
                collected.take(&object.value, namespace);
            })
        };
        let pods = Query::all(Resource::PODS).with_labels(&self.labels);
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
        let meshes = with_nodes(meshes, &collected.nodes);
        Ok((Status::of(&collected, &meshes, &request.selection, now), info))
    }

    /// The mesh of the cluster, not older than [`MESH_AGE`].
    fn mesh(&mut self) -> Result<&ClusterMesh, ClientError> {
        let known = self.mesh.take().filter(|mesh| mesh.read.elapsed() < MESH_AGE);
        let mesh = if let Some(mesh) = known {
            mesh
        } else {
            let mut reader = LiveReader::new(self.client);
            let file = reader.mesh_file(MeshUse::Decisions)?;
            ClusterMesh { read: Instant::now(), file, warnings: reader.warnings().collect() }
        };
        Ok(self.mesh.insert(mesh))
    }
}

/// The meshes, with these nodes if they know none.
pub(super) fn with_nodes(meshes: Meshes, nodes: &[Node]) -> Meshes {
    if nodes.is_empty() {
        return meshes;
    }
    meshes.map_injectors(|injector: Injector| match injector.mesh().nodes {
        Nodes::Unknown => injector.with_nodes(Nodes::known(nodes.to_vec())),
        _ => injector,
    })
}
