//! The vendor of a mesh: its rules, and the notes about them.

use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::Mesh;
use crate::istio::mesh_file::{File, MeshFile};
use crate::istio::names::env::ENABLE_NATIVE_SIDECARS;
use crate::istio::platform::{AksRevision, IstiodFacts, Platform};
use crate::output::{Remark, RunInfo};

/// The vendor in the settings or in the files.
pub(super) fn platform(settings: &MeshSettings, file: &MeshFile) -> Result<Option<Platform>, Diagnostic> {
    if let [_, _, ..] = &file.platform.aks.clusters[..] {
        let names: Vec<&str> = file.platform.aks.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        let message = format!("the mesh files describe several clusters: {}", names.join(", "));
        let hint = "pass the document of one of them: az aks show --name NAME --resource-group GROUP -o json";
        return Err(Diagnostic::usage(message, Some(hint.to_owned())));
    }
    let mut platform = file.platform.platform(settings.platform.as_ref(), &file.installed());
    if let (Some(platform), Some(version)) = (&mut platform, settings.kubernetes) {
        platform.set_kubernetes(version);
    }
    Ok(platform)
}

/// What is known of the istiod of a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Its Deployment, and so its environment.
    Deployment,
    /// Its release.
    Release,
    /// Nothing: the release is assumed.
    Nothing,
}

impl Evidence {
    /// Of a control plane whose release is known, with the environment of its Deployment if that is known.
    pub(super) fn of(env: Option<&impl Sized>) -> Self {
        if env.is_some() { Self::Deployment } else { Self::Release }
    }
}

/// Applies the vendor's rules to a mesh.
pub(super) fn apply(platform: Option<&Platform>, mesh: &mut Mesh, known: Evidence, info: &mut RunInfo) {
    let Some(platform) = platform else { return };
    let release = Some(&mesh.release).filter(|_| known != Evidence::Nothing);
    let istiod = IstiodFacts { revision: &mesh.revision, release, has_deployment: known == Evidence::Deployment };
    mesh.ruling = platform.ruling(istiod);
    info.warnings.extend(revision_warning(platform, mesh));
}

/// Reports the rule that a mesh follows, with its source.
pub(super) fn report(mesh: &Mesh, info: &mut RunInfo) {
    let is_set = mesh.env.get(ENABLE_NATIVE_SIDECARS).is_some_and(|value| !value.is_empty());
    let Some(ruling) = mesh.ruling.as_ref().filter(|_| !is_set) else { return };
    info.note(Some(Remark::new(ruling.rule.code, format!("{} ({})", ruling.rule.text, ruling.rule.source))));
}

/// The error of a command that renders sidecars of a vendor's mesh without its configuration.
pub(super) fn no_configuration(platform: &Platform) -> Diagnostic {
    let message = format!("sidecars of {platform} come from the mesh's own configuration, which is missing");
    Diagnostic::error(Code::MeshFile, ExitCode::Mesh, message).with_hint(export(platform))
}

fn export(platform: &Platform) -> String {
    format!("export it: {}, then pass --mesh-file mesh.yaml", platform.export_command())
}

/// The error about files without the configuration of an injector.
pub(super) fn no_injector(platform: Option<&Platform>, file: &MeshFile, files: &[File]) -> Diagnostic {
    if let Err(problem) = check_facts(file, files, true) {
        return problem;
    }
    let failure = Diagnostic::from(&MeshFile::no_injector(files));
    match platform {
        Some(platform) => failure.with_hint(export(platform)),
        None => failure,
    }
}

/// Checks that files without a control plane have other facts. `names_mesh`: the settings describe a mesh.
pub(super) fn check_facts(file: &MeshFile, files: &[File], names_mesh: bool) -> Result<(), Diagnostic> {
    let aks = &file.platform.aks;
    if let Some(cluster) = aks.clusters.first().filter(|cluster| cluster.revisions.is_empty() && !names_mesh) {
        let message = format!(
            "cluster {:?} has no Istio add-on: serviceMeshProfile is null or its mode is not Istio",
            cluster.name
        );
        let hint = "for an Istio of your own, pass --istio, or its ConfigMaps or istiod's Deployment as --mesh-file";
        return Err(Diagnostic::error(Code::MeshFile, ExitCode::Mesh, message).with_hint(hint));
    }
    match aks.unrecognized.first() {
        _ if file.has_facts() => Ok(()),
        Some(document) => {
            let message = "neither a Kubernetes object nor a whole document of az: agentPoolProfiles, serviceMeshProfile and \
                           orchestratorVersion are missing";
            let failure = Diagnostic::error(Code::MeshFile, ExitCode::Mesh, message);
            let failure = failure.in_file(&*document.file).at(Some(document.place));
            Err(failure.with_hint("pass the output of az aks show -o json, without --query"))
        }
        None => Err(Diagnostic::from(&MeshFile::no_injector(files))),
    }
}

/// The warning about a revision of AKS and the version of its cluster.
fn revision_warning(platform: &Platform, mesh: &Mesh) -> Option<Remark> {
    let Platform::Aks(aks) = platform else { return None };
    let revision = AksRevision::of_name(&mesh.revision)?;
    let text = match revision.row() {
        None => format!(
            "revision {revision} is newer than this program knows; its rules are those of the newest that it knows"
        ),
        Some(row) => {
            let (oldest, newest) = row.versions(aks.long_term);
            let minor =
                aks.kubernetes.map(|version| version.minor).filter(|minor| !(oldest..=newest).contains(minor))?;
            format!("revision {revision} is for AKS 1.{oldest} to 1.{newest}, and the cluster has 1.{minor}")
        }
    };
    Some(Remark::new("aks-revision", text))
}
