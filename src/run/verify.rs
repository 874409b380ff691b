//! `verify`: reads saved pods, their owners and the mesh, and compares.

use super::{MeshUse, resolve, saved_objects};
use crate::cluster::timeline::Target;
use crate::cluster::verify::{Collected, ExpectedPods, Verified};
use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::Inputs;
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

/// Compares the pods in the inputs. Returns also what is to be reported about the mesh.
pub fn verify(inputs: &mut Inputs, request: VerifyRequest) -> Result<(Vec<Verified>, RunInfo), Vec<Diagnostic>> {
    let VerifyRequest { by, default_namespace, target } = request;
    let (mut info, mut meshes, mut expected) = (RunInfo::default(), None, ExpectedPods::default());
    match by {
        VerifyBy::Mesh(settings) => {
            let mut mesh = resolve(&settings, inputs, &default_namespace, MeshUse::Sidecars, false)
                .map_err(|problem| vec![problem])?;
            // Only what a webhook selects is injected, and the objects around the pods are those of their cluster.
            let has_webhooks = |file: &File| file.text.contains("MutatingWebhookConfiguration");
            mesh.meshes.respect_namespaces |= mesh.sources.files().iter().any(has_webhooks);
            (info, meshes) = (mesh.info, Some(mesh.meshes));
        }
        VerifyBy::Manifests(manifests) => {
            let mut found = false;
            let problems = saved_objects(&manifests, &mut |object| found |= expected.take(&object.value));
            if !problems.is_empty() {
                return Err(problems);
            }
            if !found {
                let message = "--expected has neither pods nor workloads";
                return Err(vec![Diagnostic::error(Code::NoInput, ExitCode::Input, message)]);
            }
        }
    }
    let mut collected = Collected::default();
    let problems = saved_objects(inputs, &mut |object| {
        collected.take(object.value, &default_namespace);
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let compared = collected.chosen(&target).map(|(key, pod)| match &meshes {
        Some(meshes) => Verified::by_mesh(&collected, meshes, key, pod),
        None => Verified::by_manifests(&collected, &expected, key, pod),
    });
    let compared: Vec<Verified> = compared.collect();
    if compared.is_empty() {
        let message = match &target.name {
            Some(name) => format!("no pod of {name} is among the objects"),
            None => "no pod is among the objects".to_owned(),
        };
        return Err(vec![Diagnostic::error(Code::NoInput, ExitCode::Input, message)]);
    }
    Ok((compared, info))
}
