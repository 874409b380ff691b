//! The flags that describe a mesh, and the mesh they describe.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::release::release_warning;
use super::settings::{Report, SettingsArgs};
use super::{Failure, usage_error};
use crate::config::Target;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Injector, prepare_templates};
use crate::input::{Find, Inputs, Source, WhySkipped, find, read};
use crate::istio::mesh_file::{ControlPlane, File, MeshFile, MeshFileError, all_webhooks};
use crate::istio::native::depends_on_nodes;
use crate::istio::{
    ClusterObjects, KubeletWarning, MIN_KUBELET_MINOR, Mesh, MeshError, Node, Nodes, Release, RequestedRelease,
    Revisions, UnknownProfile, UserValues, Webhook,
};
use crate::run::{Meshes, Scanned, TemplateSources, cluster_objects};

#[derive(Args)]
#[command(next_help_heading = "The mesh")]
pub(super) struct MeshArgs {
    /// Istio's version; 1.30 means the patch that the mesh or its values name, else the newest known
    #[arg(long, value_name = "VERSION")]
    istio: Option<RequestedRelease>,
    /// A file or folder with what describes the mesh: its own templates, values and mesh configuration, as kubectl
    /// exports them or the chart renders them; may be repeated
    #[arg(long, value_name = "FILE")]
    mesh_file: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// A variable of istiod's environment; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    istiod_env: Vec<(String, String)>,
    /// Kubelet versions of the cluster's nodes; a name matters to pods with spec.nodeName
    #[arg(long, value_name = "[NAME=]VERSION", value_delimiter = ',', value_parser = node)]
    node_version: Vec<Node>,
    /// The mesh's revision
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,
    /// Leave out workloads that no webhook of the mesh would select, by the labels of their namespaces
    #[arg(long)]
    respect_namespaces: bool,
    /// Where nothing is known of the mesh but its release, its nodes are new ones.
    #[arg(skip)]
    assumes_nodes: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// A mesh, and what is to be said of it.
pub(super) struct Described {
    /// Ready to inject.
    pub meshes: Meshes,
    /// Where its own templates stand.
    pub sources: TemplateSources,
    /// As the report has it.
    pub mesh: Value,
    /// Whether nothing names the release, so that the newest is assumed.
    pub assumes_release: bool,
    pub assumed: Vec<String>,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
}

/// What is known of a mesh before it is made ready.
struct Known {
    meshes: Vec<Mesh>,
    revisions: Revisions,
    objects: ClusterObjects,
    nodes: Nodes,
    source: String,
    files: Vec<File>,
    /// The injectors' `ConfigMap`s.
    maps: Vec<String>,
    /// The releases that the tags of their values name.
    tagged: Vec<Option<Release>>,
}

impl MeshArgs {
    /// Whether the flags, or the project's target, say anything of a mesh.
    pub(super) fn is_described(&self, target: &Target) -> bool {
        self.istio.is_some()
            || !self.mesh_file.is_empty()
            || self.settings.are_given()
            || self.revision.is_some()
            || self.respect_namespaces
            || !self.node_version.is_empty()
            || target.istio.is_some()
            || !target.node_versions.is_empty()
            || !target.mesh_files.is_empty()
    }

    /// Takes a mesh of which nothing is given but its release as one with new nodes.
    pub(super) fn assume_new_nodes(&mut self) {
        self.assumes_nodes = true;
    }

    /// The mesh of the command line, and for what that leaves open of the project's target. The cluster's objects in the
    /// inputs are looked for; those that name no namespace are in `default_namespace`.
    pub(super) fn mesh(
        &self,
        target: &Target,
        inputs: &mut Inputs,
        default_namespace: &str,
    ) -> Result<Described, Failure> {
        let (mut assumed, mut report) = (Vec::new(), Report::default());
        let by_project = target.istio.as_deref().map(str::parse::<RequestedRelease>).transpose();
        let by_project = by_project.map_err(|e| usage_error(format!("the project file's istio: {e}"), None))?;
        let release = self.istio.clone().or(by_project);
        let settings = self.settings.settings(target, &mut report)?;
        let revision = self.revision.as_ref().or(target.revision.as_ref());
        let paths = if self.mesh_file.is_empty() { &target.mesh_files } else { &self.mesh_file };
        if paths.iter().any(|path| path.as_os_str() == "-") && inputs.sources.contains(&Source::Stdin) {
            let message = "standard input cannot be the manifests and the mesh file at once";
            return Err(usage_error(message, Some("name a file for one of them".to_owned())));
        }
        let names_release = || matches!(settings.release(), Ok(Some(_)));
        let assumes_release = paths.is_empty() && release.is_none() && !names_release();
        let known = if paths.is_empty() {
            self.built_in(release, settings, revision, &mut assumed, &mut report.warnings)?
        } else {
            // Its templates need much that does not depend on them. Without a thread, it is made when it is needed.
            let _ = std::thread::Builder::new().spawn(prepare_templates);
            let release = release.as_ref();
            of_files(paths, default_namespace, release, &settings, revision, &mut assumed, &mut report.warnings)?
        };
        inputs.beside.extend(self.settings.files(target).cloned());
        let Known { meshes, revisions, mut objects, nodes: in_files, source, files, maps, tagged } = known;
        inputs.beside.extend(files.iter().map(|file| PathBuf::from(&file.name)));
        let scanned = cluster_objects(inputs, default_namespace)
            .map_err(|error| Diagnostic::error(Code::Unreadable, ExitCode::Input, error.to_string()))?;
        let Scanned { objects: of_inputs, warnings: left_out } = scanned;
        objects.extend(of_inputs);
        report.warnings.extend(left_out);
        let said = self.nodes(target)?;
        let nodes = if said.is_empty() { in_files } else { Nodes::Known(said) };
        report.warnings.extend(KubeletWarning::unreadable(&nodes).map(|warning| warning.to_string()));
        let described = describe(&meshes, &revisions, &source);
        let requested = if self.istio.is_some() { "--istio" } else { "the project file's istio" };
        let (several, mut injectors) = (meshes.len() > 1, Vec::new());
        for mut mesh in meshes {
            mesh.env.extend(target.istiod_env.clone());
            mesh.env.extend(self.istiod_env.iter().cloned());
            mesh.nodes = nodes.clone();
            if self.assumes_nodes && paths.is_empty() && mesh.env.is_empty() && depends_on_nodes(&mesh) {
                mesh.nodes = Nodes::AssumedNew;
                assumed.push(format!("nodes of 1.{MIN_KUBELET_MINOR} and later (pass --node-version to change it)"));
            }
            mesh.apply(&objects.proxy_configs);
            report.warnings.extend(release_warning(&mesh));
            let number = injectors.len();
            let tagged = tagged.get(number).and_then(Option::as_ref);
            let other = tagged.and_then(|tagged| other_than_tagged(&mesh, tagged, requested));
            let other = other.map(|what| if several { format!("revision {}: {what}", mesh.revision) } else { what });
            report.warnings.extend(other.clone());
            let injector = Injector::new(mesh).map_err(|error| {
                let mut failure = template_failure(&error, &files, maps.get(number));
                failure.hint = other.or(failure.hint);
                failure
            })?;
            injectors.push(injector);
        }
        let meshes = Meshes { injectors, revisions, objects, respect_namespaces: self.respect_namespaces };
        let sources = TemplateSources::new(files, maps);
        let Report { notes, warnings } = report;
        Ok(Described { meshes, sources, mesh: described, assumes_release, assumed, warnings, notes })
    }

    /// An installation of a release that is built in.
    fn built_in(
        &self,
        release: Option<RequestedRelease>,
        mut settings: UserValues,
        revision: Option<&String>,
        assumed: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) -> Result<Known, Failure> {
        let release = built_in_release(release, &settings, assumed, warnings)?;
        if !release.is_built_in() {
            let known = Release::built_in_range();
            let message = format!("Istio {release} is not supported (built in: {known})");
            let hint = "pass --mesh-file to use your mesh's own templates";
            return Err(mesh_failure(message, Some(hint.to_owned())));
        }
        if let Some(revision) = revision {
            settings.set_revision(revision);
        }
        let mut mesh = Mesh::install(release, settings.values()).map_err(|error| match &error {
            MeshError::Profile(unknown) => unknown_profile(unknown, &settings),
            error => mesh_failure(error.to_string(), error.hint()),
        })?;
        mesh.env.extend(settings.env().clone());
        let mut revisions = Revisions::only(&mesh.revision);
        if self.respect_namespaces {
            revisions.webhooks = Webhook::of_values(&mesh.revision, settings.values());
        }
        let source = "builtin".to_owned();
        Ok(Known {
            meshes: vec![mesh],
            revisions,
            objects: ClusterObjects::default(),
            nodes: Nodes::Unknown,
            source,
            files: Vec::new(),
            maps: Vec::new(),
            tagged: Vec::new(),
        })
    }

    /// The nodes that are said.
    fn nodes(&self, target: &Target) -> Result<Vec<Node>, Failure> {
        if !self.node_version.is_empty() {
            return Ok(self.node_version.clone());
        }
        let by_project = target.node_versions.iter().map(|n| node(n)).collect::<Result<Vec<_>, _>>();
        by_project.map_err(|e| usage_error(format!("the project file's nodeVersions: {e}"), None))
    }
}

/// The release of an installation: the one that is given, else the one that the values' tag names, else the newest.
fn built_in_release(
    given: Option<RequestedRelease>,
    settings: &UserValues,
    assumed: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<Release, Failure> {
    let release = match given {
        Some(given) => given.resolve(settings.named_releases()),
        None => settings
            .release()
            .map_err(|error| mesh_failure(format!("the values: {error}"), error.hint()))?
            .unwrap_or_else(|| {
                let newest = Release::newest_built_in();
                let range = settings.version_range();
                let why = range.map_or(String::new(), |range| format!(": the chart's version {range:?} is a range"));
                assumed.push(format!("istio {newest}, the newest built in (pass --istio to change it){why}"));
                newest
            }),
    };
    warnings.extend(other_release(settings, &release));
    Ok(release)
}

/// What to say of values that name another release than the one whose rules count.
fn other_release(settings: &UserValues, release: &Release) -> Option<String> {
    let other =
        settings.named_releases().find(|named| (named.minor(), named.patch()) != (release.minor(), release.patch()))?;
    Some(format!("the values are for istio {other}, but the sidecar is rendered by the rules of {release}"))
}

/// What to say of a mesh that is rendered for another release than the one that its own values name.
fn other_than_tagged(mesh: &Mesh, tagged: &Release, requested: &str) -> Option<String> {
    let release = &mesh.release;
    let is_other = (tagged.minor(), tagged.patch()) != (release.minor(), release.patch());
    is_other.then(|| format!("the mesh file is from istio {tagged}, but {requested} is {release}"))
}

/// A name that `--set` gives is a mistake of the command line.
fn unknown_profile(unknown: &UnknownProfile, settings: &UserValues) -> Failure {
    let hint = Some(unknown.hint());
    if settings.is_from_flag(unknown) {
        usage_error(format!("--set: {unknown}"), hint)
    } else {
        mesh_failure(unknown.to_string(), hint)
    }
}

/// The mesh that files describe.
fn of_files(
    paths: &[PathBuf],
    default_namespace: &str,
    requested: Option<&RequestedRelease>,
    settings: &UserValues,
    revision: Option<&String>,
    assumed: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<Known, Failure> {
    let files = files(paths, warnings)?;
    let MeshFile { mut control_planes, webhooks, nodes, objects, warnings: odd } =
        MeshFile::read(&files, default_namespace).map_err(file_failure)?;
    warnings.extend(odd);
    let webhooks = all_webhooks(&control_planes, webhooks, settings);
    let source = names(paths);
    if let Some(asked) = revision {
        let known: Vec<String> = control_planes.iter().map(|plane| plane.revision.clone()).collect();
        let asked = by_tag(asked, &known, &webhooks);
        control_planes.retain(|plane| plane.revision == asked);
        if control_planes.is_empty() {
            let message = format!("{source}: there is no revision {asked}; there are {}", known.join(", "));
            return Err(mesh_failure(message, Some("pass --revision NAME".to_owned())));
        }
    }
    let several = control_planes.len() > 1;
    let mut meshes = Vec::new();
    for control_plane in &control_planes {
        let ControlPlane { revision, assumed: of_plane, .. } = control_plane;
        let about = |what: &String| if several { format!("revision {revision}: {what}") } else { what.clone() };
        assumed.extend(of_plane.iter().map(about));
        let release = match requested {
            Some(requested) => requested.resolve(settings.named_releases().chain(control_plane.tagged())),
            None => control_plane.release(&files).map_err(file_failure)?,
        };
        warnings.extend(other_release(settings, &release).as_ref().map(about));
        let mesh = control_plane.mesh(release.clone(), settings, &files);
        meshes.push(mesh.map_err(|error| match settings.check_profiles(&release) {
            Err(unknown) => unknown_profile(&unknown, settings),
            Ok(()) => file_failure(error),
        })?);
    }
    let maps = control_planes.iter().map(|plane| plane.name.clone()).collect();
    let tagged = control_planes.iter().map(ControlPlane::tagged).collect();
    let names = control_planes.into_iter().map(|plane| plane.revision).collect();
    let revisions = Revisions { names, webhooks };
    Ok(Known { meshes, revisions, objects, nodes, source, files, maps, tagged })
}

/// The revision that a name stands for: a tag is one too.
fn by_tag(name: &str, known: &[String], webhooks: &[Webhook]) -> String {
    let tagged = webhooks.iter().find(|webhook| webhook.tag.as_deref() == Some(name));
    match tagged {
        Some(webhook) if !known.iter().any(|revision| revision == name) => webhook.revision.clone(),
        _ => name.to_owned(),
    }
}

/// The mesh as the report has it.
fn describe(meshes: &[Mesh], revisions: &Revisions, source: &str) -> Value {
    let each: Vec<Value> = meshes
        .iter()
        .zip(&revisions.names)
        .map(|(mesh, revision)| json!({"revision": revision, "istio": mesh.release.to_string()}))
        .collect();
    let joined = |key: &str| {
        let mut all: Vec<&str> = each.iter().filter_map(|one| one.get(key)?.as_str()).collect();
        all.dedup();
        all.join(", ")
    };
    let mut described = json!({"istio": joined("istio"), "source": source, "revision": joined("revision")});
    if each.len() > 1
        && let Some(described) = described.as_object_mut()
    {
        described.insert("revisions".to_owned(), Value::Array(each));
    }
    described
}

/// A node and its kubelet's version, which istiod may not be able to read either.
fn node(text: &str) -> Result<Node, String> {
    let (name, version) = match text.split_once('=') {
        Some((name, version)) if !name.is_empty() => (name, version),
        None if !text.is_empty() => ("", text),
        _ => return Err("expected v1.33.2 or NAME=v1.33.2".to_owned()),
    };
    Ok(Node { name: name.to_owned(), kubelet_version: version.to_owned() })
}

pub(super) fn mesh_failure(message: String, hint: Option<String>) -> Failure {
    Diagnostic { hint, ..Diagnostic::error(Code::InvalidMesh, ExitCode::Mesh, message) }.into()
}

fn file_failure(error: MeshFileError) -> Failure {
    mesh_failure(error.to_string(), error.hint)
}

fn template_failure(error: &crate::inject::TemplateError, files: &[File], map: Option<&String>) -> Failure {
    let line = error.error.line().unwrap_or(1);
    let placed = map.and_then(|map| MeshFileError::of_template(files, map, &error.name, line, &error.to_string()));
    match placed {
        Some(placed) => file_failure(placed),
        None => mesh_failure(format!("sidecarInjectorWebhook.templates.{}: {error}", error.name), None),
    }
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The files that were named, and those in folders that were.
fn files(paths: &[PathBuf], warnings: &mut Vec<String>) -> Result<Vec<File>, Failure> {
    let found = find(&Find { paths: paths.to_vec(), ..Find::default() })
        .map_err(|error| mesh_failure(error.to_string(), error.hint()))?;
    if let Some((_, error)) = found.unusable.first() {
        let path = error.path().map_or_else(String::new, |path| format!("{}: ", path.display()));
        return Err(mesh_failure(format!("{path}{error}"), error.hint()));
    }
    let links = found.skipped.iter().filter(|skipped| skipped.why == WhySkipped::LinkOut);
    warnings.extend(links.map(|link| format!("{}: a link out of the mesh's folder, left out", link.path.display())));
    let text = |source: Source| Ok(File { name: source.to_string(), text: read_text(&source)? });
    found.sources.into_iter().map(text).collect()
}

pub(super) fn read_text(source: &Source) -> Result<String, Failure> {
    read(source).map_err(|error| {
        let place = error.place().map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
        mesh_failure(format!("{source}{place}: {error}"), error.hint().map(str::to_owned))
    })
}
