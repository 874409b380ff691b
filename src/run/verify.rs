//! `verify`: reads pods, their owners and the mesh, and compares.

use super::mesh::mesh_of_input;
use super::status::with_nodes;
use super::{LiveReader, MeshUse, resolve, saved_objects};
use crate::cluster::client::{Client, ClientError, Query, Resource};
use crate::cluster::saved::SavedObject;
use crate::cluster::timeline::Target;
use crate::cluster::verify::{Collected, ExpectedPods, Verified};
use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::Meshes;
use crate::input::Inputs;
use crate::istio::Node;
use crate::istio::mesh_file::File;
use crate::output::RunInfo;

/// What `verify` is asked.
pub struct VerifyRequest {
    /// What pods are compared with.
    pub by: VerifyBy,
    /// The namespace of objects that name none.
    pub default_namespace: String,
    /// The pods to compare.
    pub target: Target,
}

/// What pods are compared with.
pub enum VerifyBy {
    /// Their templates, injected by this mesh.
    Mesh(Box<MeshSettings>),
    /// Rendered manifests.
    Manifests(Inputs),
}

/// The same, read.
enum By {
    Mesh(Box<Meshes>),
    Manifests(ExpectedPods),
}

/// Compares the pods in the inputs. Returns also what is to be reported about the mesh.
pub fn verify(inputs: &mut Inputs, request: VerifyRequest) -> Result<(Vec<Verified>, RunInfo), Vec<Diagnostic>> {
    let VerifyRequest { mut by, default_namespace, target } = request;
    let mut of_input = None;
    if let VerifyBy::Mesh(settings) = &mut by {
        let found = mesh_of_input(settings, inputs, &default_namespace, MeshUse::Sidecars);
        let found = found.map_err(|problem| vec![problem])?;
        **settings = found.settings.clone();
        of_input = Some(found);
    }
    let (by, mut info) = read(by, inputs, &default_namespace)?;
    if let Some(of_input) = of_input {
        of_input.report(&mut info);
    }
    let (mut collected, mut nodes) = (Collected::default(), Vec::new());
    let problems = saved_objects(inputs, &mut |object| {
        if object.kind() == "Node" {
            nodes.push(Node::of_object(&object.value));
        }
        collected.take(object.value, &default_namespace);
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let by = match by {
        By::Mesh(meshes) => By::Mesh(Box::new(with_nodes(*meshes, &nodes))),
        manifests @ By::Manifests(_) => manifests,
    };
    Ok((compared(&collected, &by, &target)?, info))
}

/// What owns pods and makes them of a template.
const OWNERS: [Resource; 4] = [Resource::REPLICA_SETS, Resource::STATEFUL_SETS, Resource::DAEMON_SETS, Resource::JOBS];

/// Compares the pods of a live cluster. The mesh is the cluster's, unless the request describes one.
pub fn live_verify(client: &Client, request: VerifyRequest) -> Result<(Vec<Verified>, RunInfo), Vec<Diagnostic>> {
    let VerifyRequest { mut by, default_namespace, target } = request;
    let mut reader = LiveReader::new(client);
    let failed = |error: ClientError| vec![Diagnostic::from(&error)];
    if let VerifyBy::Mesh(settings) = &mut by
        && !settings.describe_a_mesh()
    {
        settings.mesh_texts = vec![reader.mesh_file(MeshUse::Sidecars).map_err(failed)?];
    }
    let (by, mut info) = read(by, &mut Inputs::default(), &default_namespace)?;
    let mut collected = Collected::default();
    for resource in OWNERS.into_iter().chain([Resource::PODS]) {
        let query = Query::all(resource).in_namespace(target.namespace.as_deref());
        let take = &mut |object: SavedObject<'_>| {
            collected.take(object.value, &default_namespace);
        };
        reader.list(&query, take).map_err(failed)?;
    }
    info.warnings.extend(reader.warnings());
    match (compared(&collected, &by, &target), reader.missing.into_iter().next()) {
        (Ok(pods), _) => Ok((pods, info)),
        // There may be pods that may not be listed.
        (Err(_), Some(right)) => Err(failed(ClientError::Forbidden { right })),
        (Err(nothing), None) => Err(nothing),
    }
}

fn read(by: VerifyBy, inputs: &mut Inputs, default_namespace: &str) -> Result<(By, RunInfo), Vec<Diagnostic>> {
    match by {
        VerifyBy::Mesh(settings) => {
            let mut mesh = resolve(&settings, inputs, default_namespace, MeshUse::Sidecars, false)
                .map_err(|problem| vec![problem])?;
            // Only what a webhook selects is injected, and the objects around the pods are those of their cluster.
            let has_webhooks = |file: &File| file.text.contains("MutatingWebhookConfiguration");
            mesh.meshes.respect_namespaces |= mesh.sources.files().iter().any(has_webhooks);
            Ok((By::Mesh(Box::new(mesh.meshes)), mesh.info))
        }
        VerifyBy::Manifests(manifests) => {
            let (mut expected, mut found) = (ExpectedPods::default(), false);
            let problems = saved_objects(&manifests, &mut |object| found |= expected.take(&object.value));
            if !problems.is_empty() {
                return Err(problems);
            }
            if !found {
                let message = "--expected has neither pods nor workloads";
                return Err(vec![Diagnostic::error(Code::NoInput, ExitCode::Input, message)]);
            }
            Ok((By::Manifests(expected), RunInfo::default()))
        }
    }
}

/// Compares the pods of the target.
fn compared(collected: &Collected, by: &By, target: &Target) -> Result<Vec<Verified>, Vec<Diagnostic>> {
    let one = |(key, pod)| match by {
        By::Mesh(meshes) => Verified::by_mesh(collected, meshes, key, pod),
        By::Manifests(expected) => Verified::by_manifests(collected, expected, key, pod),
    };
    let compared: Vec<Verified> = collected.chosen(target).map(one).collect();
    if compared.is_empty() {
        let message = match &target.name {
            Some(name) => format!("there is no pod of {name}"),
            None => "there is no pod".to_owned(),
        };
        return Err(vec![Diagnostic::error(Code::NoInput, ExitCode::Input, message)]);
    }
    Ok(compared)
}
