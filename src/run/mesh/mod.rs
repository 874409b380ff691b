//! Resolves the mesh that a user describes, from files or built in, into injectors.

mod bare;
mod nodes;
mod of_input;
mod release;
mod values;
mod vendor;

use std::path::PathBuf;

use serde_json::{Value, json};

pub(super) use self::of_input::mesh_of_input;
use self::release::{differs_in_templates_only, release_warning};
use super::objects::cluster_objects;
use super::refusal::TemplateSources;
use crate::config::MeshSettings;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::inject::{Injector, Meshes, TemplateError, prepare_templates};
use crate::input::{Find, FindError, Inputs, Skipped, Source, WhySkipped, find, read};
use crate::istio::ObjectError;
use crate::istio::mesh_file::{ControlPlane, File, MeshFile, REDACTED, all_webhooks};
use crate::istio::native::{depends_on_nodes, old_node_note};
use crate::istio::platform::Platform;
use crate::istio::{
    ClusterObjects, MIN_KUBELET_MINOR, Mesh, MeshError, Namespaces, Nodes, Release, RequestedRelease, Revisions,
    UnknownProfile, UnreadableKubelets, UserValues, Webhook,
};
use crate::output::{Remark, RunInfo};

/// A mesh that is ready to inject.
pub struct ResolvedMesh {
    /// The injectors of its revisions.
    pub meshes: Meshes,
    /// The namespaces in the mesh files.
    pub namespaces: Namespaces,
    /// Where its own templates are, for errors in them.
    pub sources: TemplateSources,
    /// The part of the report about it: its description, assumptions, warnings and notes.
    pub info: RunInfo,
    /// Whether the newest release is assumed, because none is given.
    pub assumes_release: bool,
}

impl ResolvedMesh {
    /// This mesh. Without `api_defaults`, pods do not first get the defaults that the API server sets.
    pub(super) fn with_api_defaults(self, api_defaults: bool) -> Self {
        if api_defaults { self } else { Self { meshes: self.meshes.without_api_defaults(), ..self } }
    }
}

/// A mesh before its injectors are made.
struct Known {
    meshes: Vec<Mesh>,
    revisions: Revisions,
    objects: ClusterObjects,
    nodes: Nodes,
    source: String,
    files: Vec<File>,
    /// The `ConfigMap` of each injector.
    maps: Vec<String>,
    /// The release that the tag of each mesh's values names.
    tagged: Vec<Option<Release>>,
}

/// What a command does with a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshUse {
    /// It renders sidecars.
    Sidecars,
    /// It decides between native and regular. The mesh may be one whose sidecars cannot be rendered, or one without
    /// `ConfigMap`s, whose sidecars are rendered as those of a default installation.
    Decisions,
}

/// Resolves the mesh of these settings. Objects of the cluster are also taken from the inputs; those that name no
/// namespace are in `default_namespace`. With `assume_new_nodes`, a built-in mesh without nodes and variables gets nodes
/// that are new enough for native sidecars.
pub fn resolve(
    settings: &MeshSettings,
    inputs: &mut Inputs,
    default_namespace: &str,
    purpose: MeshUse,
    assume_new_nodes: bool,
) -> Result<ResolvedMesh, Diagnostic> {
    settings.check().map_err(|contradiction| {
        let hint = Some(contradiction.hint());
        Diagnostic::usage(contradiction.to_string(), hint)
    })?;
    // 1. Istio's values, over those that mesh files have.
    let mut info = RunInfo::default();
    let values = values::read(settings, &mut info)?;
    let paths = &settings.mesh_files;
    let is_built_in = paths.is_empty() && settings.mesh_texts.is_empty();
    if paths.iter().any(|path| path.as_os_str() == "-") && inputs.sources.contains(&Source::Stdin) {
        let message = "standard input cannot be both the manifests and the mesh file";
        return Err(Diagnostic::usage(message, Some("pass a file for one of them".to_owned())));
    }
    // 2. The meshes: of mesh files, or an installation of a release that is built in.
    let names_release = || matches!(values.release(), Ok(Some(_)));
    let platform_release = || settings.platform.as_ref().and_then(Platform::release);
    let assumes_release = is_built_in && settings.istio.is_none() && !names_release() && platform_release().is_none();
    let Known { meshes, revisions, mut objects, nodes, source, files, maps, tagged } = if is_built_in {
        built_in(settings, settings.platform.as_ref(), values, purpose, &mut info)?
    } else {
        // Prepare the templates while the files are read. If no thread can be started, that happens later.
        let _ = std::thread::Builder::new().spawn(prepare_templates);
        of_files(settings, values, default_namespace, purpose, &mut info)?
    };
    // 3. Objects of the cluster among the manifests, and the nodes.
    inputs.beside.extend(settings.values.iter().cloned());
    inputs.beside.extend(files.iter().map(|file| PathBuf::from(&file.name)));
    let scanned = cluster_objects(inputs, default_namespace).map_err(|error| Diagnostic::from(&error))?;
    let namespaces = objects.namespaces.clone();
    objects.extend(scanned.objects);
    info.warnings.extend(scanned.warnings.into_iter().map(|text| Remark::new("cluster-object", text)));
    let nodes = if settings.node_versions.is_empty() { nodes } else { nodes::given(&settings.node_versions)? };
    info.warnings
        .extend(UnreadableKubelets::of(&nodes).map(|warning| Remark::new("kubelet-unreadable", warning.to_string())));
    // 4. An injector for each revision.
    info.mesh = Some(describe(&meshes, &revisions, &source));
    let (several, mut injectors) = (meshes.len() > 1, Vec::new());
    for (number, mut mesh) in meshes.into_iter().enumerate() {
        mesh.env.extend(settings.istiod_env.iter().cloned());
        mesh.nodes = nodes.clone();
        if assume_new_nodes && is_built_in && mesh.env.is_empty() && depends_on_nodes(&mesh) {
            mesh.nodes = Nodes::AssumedNew;
            let nodes = format!("nodes of 1.{MIN_KUBELET_MINOR} and later (pass --node-version to change it)");
            info.assumed.push(Remark::new("nodes", nodes));
        }
        mesh.apply(&objects.proxy_configs);
        vendor::report(&mesh, &mut info);
        info.note(old_node_note(&mesh).map(|text| Remark::new("old-node", text)));
        if purpose != MeshUse::Decisions || !differs_in_templates_only(&mesh) {
            info.warnings.extend(release_warning(&mesh).map(|text| Remark::new("release-not-measured", text)));
        }
        let tagged = tagged.get(number).and_then(Option::as_ref);
        let other = tagged.and_then(|tagged| other_than_tagged(&mesh, tagged));
        let other = other.map(|what| if several { format!("revision {}: {what}", mesh.revision) } else { what });
        info.warnings.extend(other.clone().map(other_release_remark));
        let injector = Injector::new(mesh).map_err(|error| {
            let failure = template_failure(&error, &files, maps.get(number));
            Diagnostic { hint: other.or(failure.hint), ..failure }
        })?;
        injectors.push(injector);
    }
    let meshes = Meshes { injectors, revisions, objects, respect_namespaces: settings.respect_namespaces };
    Ok(ResolvedMesh { meshes, namespaces, sources: TemplateSources::new(files, maps), info, assumes_release })
}

/// An installation of a release that is built in, or for decisions of any that is known.
fn built_in(
    settings: &MeshSettings,
    platform: Option<&Platform>,
    mut values: UserValues,
    purpose: MeshUse,
    info: &mut RunInfo,
) -> Result<Known, Diagnostic> {
    let is_own = |platform: &&Platform| **platform != Platform::OpenShift;
    if let Some(platform) = platform.filter(is_own).filter(|_| purpose != MeshUse::Decisions) {
        return Err(vendor::no_configuration(platform));
    }
    let (release, known) = built_in_release(settings.istio.as_ref(), platform, &values, info)?;
    bare::check_release(&release, purpose)?;
    if let Some(revision) = settings.revision.clone().or_else(|| platform?.revision()) {
        values.set_revision(&revision);
    }
    if platform == Some(&Platform::OpenShift) {
        values.set_default_platform("openshift");
    }
    let mut mesh = bare::install(release, &values)?;
    mesh.env.extend(values.env().clone());
    vendor::apply(platform, &mut mesh, known, info);
    let mut revisions = Revisions::only(&mesh.revision);
    if settings.respect_namespaces || matches!(platform, Some(Platform::Aks(_))) {
        revisions.webhooks = Webhook::of_values(&mesh.revision, values.values()).into();
    }
    Ok(Known {
        meshes: vec![mesh],
        revisions,
        objects: ClusterObjects::default(),
        nodes: Nodes::Unknown,
        source: "builtin".to_owned(),
        files: Vec::new(),
        maps: Vec::new(),
        tagged: Vec::new(),
    })
}

/// The release of an installation: the given one, else the platform's, else the one of the values' tag, else the newest.
fn built_in_release(
    given: Option<&RequestedRelease>,
    platform: Option<&Platform>,
    values: &UserValues,
    info: &mut RunInfo,
) -> Result<(Release, vendor::Evidence), Diagnostic> {
    let of_platform = platform.and_then(Platform::release);
    let mut known = vendor::Evidence::Release;
    let release = match (given, of_platform) {
        (Some(given), of_platform) => given.resolve(values.named_releases().chain(of_platform)),
        (None, Some(of_platform)) => of_platform,
        (None, None) => values
            .release()
            .map_err(|error| Diagnostic { message: format!("the values: {error}"), ..Diagnostic::from(&error) })?
            .unwrap_or_else(|| {
                let newest = Release::newest_built_in();
                let range = values.version_range();
                let why = range.map_or(String::new(), |range| format!(": the chart's version {range:?} is a range"));
                let assumed = format!("istio {newest}, the newest built in (pass --istio to change it){why}");
                info.assumed.push(Remark::new("release", assumed));
                known = vendor::Evidence::Nothing;
                newest
            }),
    };
    info.warnings.extend(other_release(values, &release).map(other_release_remark));
    Ok((release, known))
}

/// The remark about another release than the one that is rendered.
fn other_release_remark(text: String) -> Remark {
    Remark::new("other-release", text)
}

/// The warning about values that name another release than the one that is rendered.
fn other_release(values: &UserValues, release: &Release) -> Option<String> {
    let other =
        values.named_releases().find(|named| (named.minor(), named.patch()) != (release.minor(), release.patch()))?;
    Some(format!("the values are for istio {other}, but the sidecar is rendered by the rules of {release}"))
}

/// The warning about a mesh that is rendered for another release than the one that its own values name.
fn other_than_tagged(mesh: &Mesh, tagged: &Release) -> Option<String> {
    let release = &mesh.release;
    let is_other = (tagged.minor(), tagged.patch()) != (release.minor(), release.patch());
    is_other.then(|| format!("the mesh file is from istio {tagged}, but {release} is requested"))
}

/// The error about an unknown profile. If `--set` names it, the command line is wrong.
fn unknown_profile(unknown: &UnknownProfile, values: &UserValues) -> Diagnostic {
    let failure = Diagnostic::from(&MeshError::Profile(unknown.clone()));
    if values.is_from_flag(unknown) {
        return Diagnostic::usage(format!("--set: {unknown}"), failure.hint);
    }
    failure
}

/// The meshes that files describe.
fn of_files(
    settings: &MeshSettings,
    values: UserValues,
    default_namespace: &str,
    purpose: MeshUse,
    info: &mut RunInfo,
) -> Result<Known, Diagnostic> {
    let paths = &settings.mesh_files;
    let mut files = if paths.is_empty() { Vec::new() } else { files(paths, info)? };
    files.extend(settings.mesh_texts.iter().cloned());
    let mut file = MeshFile::read(&files, default_namespace).map_err(|error| Diagnostic::from(&error))?;
    let platform = vendor::platform(settings, &file)?;
    let redacted = files.iter().find(|file| purpose == MeshUse::Sidecars && file.text.contains(REDACTED));
    info.warnings.extend(redacted.map(|file| {
        let text = format!("{}: secrets were replaced by {REDACTED}, also in sidecars that have them", file.name);
        Remark::new("mesh-file", text)
    }));
    info.warnings.extend(std::mem::take(&mut file.warnings).into_iter().map(|text| Remark::new("mesh-file", text)));
    let texts = settings.mesh_texts.iter().map(|text| text.name.clone());
    let source = Some(names(paths)).filter(|names| !names.is_empty()).into_iter().chain(texts);
    let source = source.collect::<Vec<_>>().join(", ");
    match purpose {
        MeshUse::Sidecars if file.control_planes.is_empty() => {
            return Err(vendor::no_injector(platform.as_ref(), &file, &files));
        }
        // Only those that can render sidecars.
        MeshUse::Sidecars => file.bare.clear(),
        MeshUse::Decisions if file.control_planes.is_empty() && file.bare.is_empty() => {
            let names_mesh = settings.istio.is_some() || platform.is_some();
            vendor::check_facts(&file, &files, names_mesh)?;
            let built_in = built_in(settings, platform.as_ref(), values, purpose, info)?;
            let MeshFile { nodes, objects, .. } = file;
            return Ok(Known { objects, nodes, source, files, ..built_in });
        }
        MeshUse::Decisions => {}
    }
    let MeshFile { mut control_planes, mut bare, webhooks, nodes, objects, .. } = file;
    let webhooks = all_webhooks(&control_planes, &bare, webhooks, &values);
    if let Some(asked) = settings.revision.clone().or_else(|| settings.platform.as_ref()?.revision()) {
        let of_bare = bare.iter().map(|plane| plane.revision.clone());
        let known: Vec<String> = control_planes.iter().map(|plane| plane.revision.clone()).chain(of_bare).collect();
        let asked = by_tag(&asked, &known, &webhooks);
        control_planes.retain(|plane| plane.revision == asked);
        bare.retain(|plane| plane.revision == asked);
        if control_planes.is_empty() && bare.is_empty() {
            let message = format!("{source}: unknown revision {asked} (known: {})", known.join(", "));
            let failure = Diagnostic::error(Code::RevisionUnknown, ExitCode::Mesh, message);
            return Err(failure.with_hint("pass --revision NAME"));
        }
    }
    let several = control_planes.len() + bare.len() > 1;
    let mut meshes = Vec::new();
    for plane in &control_planes {
        let ControlPlane { revision, assumed: of_plane, .. } = plane;
        let about = |what: &String| if several { format!("revision {revision}: {what}") } else { what.clone() };
        info.assumed.extend(of_plane.iter().map(about).map(|text| Remark::new("mesh-file", text)));
        let release = match &settings.istio {
            Some(requested) => requested.resolve(values.named_releases().chain(plane.tagged())),
            None => plane.release(&files).map_err(|error| Diagnostic::from(&error))?,
        };
        info.warnings.extend(other_release(&values, &release).as_ref().map(about).map(other_release_remark));
        let mesh = plane.mesh(release.clone(), &values, &files);
        let mut mesh = mesh.map_err(|error| match values.check_profiles(&release) {
            Err(unknown) => unknown_profile(&unknown, &values),
            Ok(()) => Diagnostic::from(&error),
        })?;
        vendor::apply(platform.as_ref(), &mut mesh, vendor::Evidence::of(plane.env.as_ref()), info);
        meshes.push(mesh);
    }
    for plane in &bare {
        meshes.push(bare::mesh(plane, settings, platform.as_ref(), &values, info)?);
    }
    if !bare.is_empty() {
        info.assumed.push(bare::assumed());
    }
    let maps = control_planes.iter().map(|plane| plane.name.clone()).collect();
    let tagged = control_planes.iter().map(ControlPlane::tagged).collect();
    let of_bare = bare.into_iter().map(|plane| plane.revision);
    let names = control_planes.into_iter().map(|plane| plane.revision).chain(of_bare).collect();
    let revisions = Revisions { names, webhooks: webhooks.into() };
    Ok(Known { meshes, revisions, objects, nodes, source, files, maps, tagged })
}

/// The revision of this name or tag.
fn by_tag(name: &str, known: &[String], webhooks: &[Webhook]) -> String {
    let tagged = webhooks.iter().find(|webhook| webhook.tag.as_deref() == Some(name));
    match tagged {
        Some(webhook) if !known.iter().any(|revision| revision == name) => webhook.revision.clone(),
        _ => name.to_owned(),
    }
}

/// The `mesh` of the report.
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

/// The error of a template that cannot be parsed, with its place in the mesh files if it has one.
fn template_failure(error: &TemplateError, files: &[File], map: Option<&String>) -> Diagnostic {
    let line = error.error.line().unwrap_or(1);
    let placed = map.and_then(|map| ObjectError::of_template(files, map, &error.name, line, &error.to_string()));
    let failure = if let Some(placed) = placed {
        Diagnostic::from(&placed)
    } else {
        let message = format!("sidecarInjectorWebhook.templates.{}: {error}", error.name);
        Diagnostic::error(Code::TemplateFailed, ExitCode::Mesh, message)
    };
    Diagnostic { code: Code::TemplateFailed, ..failure }
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Reads mesh files, and those in folders.
fn files(paths: &[PathBuf], info: &mut RunInfo) -> Result<Vec<File>, Diagnostic> {
    let unreadable = |error: &FindError| Diagnostic { exit_code: ExitCode::Mesh, ..Diagnostic::from(error) };
    let found = find(&Find { paths: paths.to_vec(), ..Find::default() }).map_err(|error| unreadable(&error))?;
    if let Some((_, error)) = found.unusable.first() {
        return Err(unreadable(error));
    }
    let links = found.skipped.iter().filter(|skipped| skipped.why == WhySkipped::LinkOut);
    let warning = |link: &Skipped| {
        Remark::new("mesh-file", format!("{}: ignored, because it is a link out of the folder", link.path.display()))
    };
    info.warnings.extend(links.map(warning));
    let text = |source: Source| Ok(File { name: source.to_string(), text: read_text(&source)? });
    found.sources.into_iter().map(text).collect()
}

/// Reads a file that describes a mesh. PowerShell writes UTF-16, or UTF-8 with a byte order mark.
fn read_text(source: &Source) -> Result<String, Diagnostic> {
    let text = read(source).map_err(|error| {
        let failure = Diagnostic::from(&error).in_file(source.to_string());
        Diagnostic { exit_code: ExitCode::Mesh, ..failure }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
