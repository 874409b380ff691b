//! The meshes that are compared: before and after a change (`--to`, for `explain` and `diff`), or all targets of the project
//! file. And `explain` with several meshes.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::print::{print_pieces, width};
use super::report::ReportArgs;
use super::write_command::pinning;
use crate::config::{Contradiction, MeshSettings, ProjectChoice, node_version};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Inputs, Source};
use crate::istio::platform::Platform;
use crate::istio::{MIN_KUBELET_MINOR, Node, RequestedRelease};
use crate::k8s::Kinds;
use crate::output::{
    COMPARED_JSON, COMPARED_MATRIX, COMPARED_TABLE, COMPARED_YAML, ComparedColumn, ComparedForm, ComparedRun,
    Comparison, Remark, RunInfo,
};
use crate::run::{
    Compare, ExitRule, Job, MeshUse, OutputRequest, Print, ResolvedMesh, Selection, report_project, resolve,
};

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Upgrade preview")]
pub(super) struct ToArgs {
    /// Compare with the mesh after an upgrade to this Istio version; exit with 1 if something changes
    #[arg(long, value_name = "VERSION")]
    to: Option<RequestedRelease>,
    /// Compare with these kubelet versions
    #[arg(long = "to-node-version", value_name = "[NAME=]VERSION", value_delimiter = ',', value_parser = node_version)]
    to_node_versions: Vec<Node>,
    /// Compare with this platform
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    to_platform: Option<Platform>,
    /// Compare with the mesh that this file or folder describes; can be repeated
    #[arg(long = "to-mesh-file", value_name = "FILE")]
    to_mesh_files: Vec<PathBuf>,
    /// Compare with another target of the project file
    #[arg(long, value_name = "NAME")]
    to_target: Option<String>,
    /// Compare with another revision of the mesh
    #[arg(long, value_name = "NAME")]
    to_revision: Option<String>,
}

impl ToArgs {
    pub(super) fn is_given(&self) -> bool {
        self.to_target.is_some() || self.settings() != MeshSettings::default()
    }

    /// What is different after the change.
    fn settings(&self) -> MeshSettings {
        MeshSettings {
            istio: self.to.clone(),
            node_versions: self.to_node_versions.clone(),
            platform: self.to_platform.clone(),
            mesh_files: self.to_mesh_files.clone(),
            revision: self.to_revision.clone(),
            ..MeshSettings::default()
        }
    }

    /// What to do about settings after the change that contradict each other.
    fn hint(&self, contradiction: &Contradiction) -> String {
        let (flag, is_given) = match contradiction.flag() {
            "--istio" => ("--to", self.to.is_some()),
            "--revision" => ("--to-revision", self.to_revision.is_some()),
            other => (other, true),
        };
        match (self.to_platform.is_some(), is_given) {
            (false, _) => "pass --to-platform as well".to_owned(),
            (true, false) => format!("pass {flag} as well"),
            (true, true) => format!("leave out {flag}, or change --to-platform"),
        }
    }
}

/// A mesh to compare: its name and settings.
struct Side {
    name: String,
    settings: MeshSettings,
}

/// The meshes of a comparison.
pub(super) struct Sides {
    each: Vec<Side>,
    /// The command that keeps today's proxies, before an upgrade; without flags for what is assumed, and without --write.
    pin: Option<String>,
    is_upgrade: bool,
    /// Whether only the release changes.
    changes_release_alone: bool,
}

impl Sides {
    /// The mesh before and after a change. `flags` are those of the mesh now, and `words` the command line.
    pub(super) fn upgrade(
        to: &ToArgs,
        flags: &MeshSettings,
        choice: &ProjectChoice,
        words: &[OsString],
    ) -> Result<Self, Diagnostic> {
        let now = flags.clone().over(choice.target.mesh.clone());
        let base = match (&to.to_target, &choice.project) {
            (None, _) => now.clone(),
            (Some(name), Some(project)) => {
                let (_, target) = project.target(Some(name)).map_err(|error| Diagnostic::from(&error))?;
                flags.clone().without_identity().over(target.mesh)
            }
            (Some(_), None) => {
                let hint = "write a .nativesidecar.yaml, or pass --config FILE";
                return Err(Diagnostic::usage("--to-target requires a project file", Some(hint.to_owned())));
            }
        };
        let change = to.settings();
        let changes_release_alone = change == MeshSettings { istio: to.to.clone(), ..MeshSettings::default() };
        let after = change.after(base);
        after.check().map_err(|contradiction| {
            let hint = to.hint(&contradiction);
            Diagnostic::usage(format!("after the change, {contradiction}"), Some(hint))
        })?;
        if after == now {
            let message = match (&to.to, &now.istio) {
                (Some(to), Some(istio)) if to == istio => "--to and --istio are the same version",
                _ => "the mesh after the change is the one before",
            };
            return Err(Diagnostic::usage(message, Some("pass another --to".to_owned())));
        }
        let side = |name: &str, settings| Side { name: name.to_owned(), settings };
        let each = vec![side("NOW", now), side("AFTER", after)];
        Ok(Self { each, pin: pinning(words), is_upgrade: true, changes_release_alone })
    }

    /// All targets of the project file.
    pub(super) fn targets(flags: &MeshSettings, choice: &ProjectChoice) -> Result<Self, Diagnostic> {
        let mut each = Vec::new();
        let names =
            choice.project.iter().flat_map(|project| project.settings.targets.keys().map(move |name| (project, name)));
        for (project, name) in names {
            let (_, target) = project.target(Some(name)).map_err(|error| Diagnostic::from(&error))?;
            each.push(Side { name: name.clone(), settings: flags.clone().over(target.mesh) });
        }
        Ok(Self { each, pin: None, is_upgrade: false, changes_release_alone: false })
    }

    /// Whether new nodes may be assumed: no mesh names any, and none is that of a file.
    pub(super) fn may_assume_new_nodes(&self) -> bool {
        let is_bare = |side: &Side| side.settings.node_versions.is_empty() && side.settings.mesh_files.is_empty();
        self.each.iter().all(is_bare)
    }

    /// Resolves the meshes. Their remarks come with their names.
    pub(super) fn resolve(
        self,
        choice: &ProjectChoice,
        inputs: &mut Inputs,
        namespace: &str,
        purpose: MeshUse,
        assume_new_nodes: bool,
    ) -> Result<ResolvedSides, Diagnostic> {
        let reads_stdin = |side: &&Side| side.settings.mesh_files.iter().any(|path| path.as_path() == Path::new("-"));
        if self.each.iter().filter(reads_stdin).count() > 1 {
            let hint = "save the mesh to a file, and pass that";
            let message = "standard input cannot be the mesh file of both meshes";
            return Err(Diagnostic::usage(message, Some(hint.to_owned())));
        }
        let mut meshes = Vec::new();
        for side in &self.each {
            let mesh = resolve(&side.settings, inputs, namespace, purpose, assume_new_nodes)
                .map_err(|error| Diagnostic { message: format!("{}: {}", side.name, error.message), ..error })?;
            meshes.push(mesh);
        }
        if let ([now, after], true) = (&meshes[..], self.changes_release_alone)
            && release(now) == release(after)
        {
            let message = "the mesh already has the release of --to";
            return Err(Diagnostic::usage(message, Some("pass another --to, or --istio for the mesh now".to_owned())));
        }
        let mut info = self.remarks(&meshes);
        info.mesh = meshes.first().and_then(|mesh| mesh.info.mesh.clone());
        report_project(choice, &mut info);
        let column = |(side, mesh): (&Side, &ResolvedMesh)| ComparedColumn {
            name: side.name.clone(),
            mesh: mesh.info.mesh.clone(),
            assumed: mesh.info.assumed.iter().map(ToString::to_string).collect(),
        };
        let comparison = Comparison {
            columns: self.each.iter().zip(&meshes).map(column).collect(),
            is_upgrade: self.is_upgrade,
            pin: meshes.first().and_then(|now| self.pin_by(now, inputs)),
        };
        Ok(ResolvedSides { meshes, comparison, info })
    }

    /// The remarks about the meshes. What all have in common is reported once, without a name.
    fn remarks(&self, meshes: &[ResolvedMesh]) -> RunInfo {
        let mut info = RunInfo::default();
        let lists = |info: &RunInfo| [info.warnings.clone(), info.notes.clone(), info.assumed.clone()];
        let all: Vec<[Vec<Remark>; 3]> = meshes.iter().map(|mesh| lists(&mesh.info)).collect();
        for (side, own) in self.each.iter().zip(&all) {
            for ((at, own), to) in own.iter().enumerate().zip([&mut info.warnings, &mut info.notes, &mut info.assumed])
            {
                for remark in own {
                    let is_common = all.iter().all(|lists| lists.get(at).is_some_and(|list| list.contains(remark)));
                    let named = Remark::new(remark.code, format!("{}: {}", side.name, remark.text));
                    let remark = if is_common { remark.clone() } else { named };
                    if !to.contains(&remark) {
                        to.push(remark);
                    }
                }
            }
        }
        info
    }

    /// The command that keeps the proxies of the mesh `now`. `None` if it cannot be shown, or if it would read standard input.
    fn pin_by(&self, now: &ResolvedMesh, inputs: &Inputs) -> Option<String> {
        let mut command = self.pin.clone().filter(|_| !inputs.sources.contains(&Source::Stdin))?;
        // annotate --pin assumes nothing.
        let assumes = |code| now.info.assumed.iter().any(|remark| remark.code == code);
        if let Some(release) = release(now).and_then(Value::as_str).filter(|_| assumes("release")) {
            command.extend([" --istio ", release]);
        }
        if assumes("nodes") {
            let kubelet = format!("v1.{MIN_KUBELET_MINOR}.0");
            command.extend([" --node-version ", &kubelet]);
        }
        Some(command + " --write")
    }
}

/// The release of a mesh, as the report shows it.
fn release(mesh: &ResolvedMesh) -> Option<&Value> {
    mesh.info.mesh.as_ref()?.get("istio")
}

/// The meshes of a comparison, ready to use.
pub(super) struct ResolvedSides {
    /// In the order of the columns.
    pub(super) meshes: Vec<ResolvedMesh>,
    pub(super) comparison: Comparison,
    /// What to report about them, without the comparison.
    pub(super) info: RunInfo,
}

/// What to compare, and how to show it.
pub(super) struct ComparedJob<'j> {
    pub(super) sides: Sides,
    pub(super) choice: &'j ProjectChoice,
    pub(super) selection: &'j Selection,
    pub(super) kinds: &'j Kinds,
    pub(super) api_defaults: bool,
    /// The form of `-o`; none if it is not given.
    pub(super) output: Option<&'static str>,
    pub(super) report: ReportArgs,
}

/// Compares what meshes do to workloads.
pub(super) fn compare(job: ComparedJob<'_>, mut inputs: Inputs) -> Result<ExitCode, Diagnostic> {
    let ComparedJob { sides, choice, selection, kinds, api_defaults, output, report } = job;
    let form: &'static dyn ComparedForm = match output {
        None | Some("table") if sides.is_upgrade => &COMPARED_TABLE,
        None | Some("table") => &COMPARED_MATRIX,
        Some("json") => &COMPARED_JSON,
        Some("yaml") => &COMPARED_YAML,
        Some(other) => {
            let message = format!("-o {other} shows one mesh, and several are compared");
            return Err(Diagnostic::usage(message, Some("pass -o table, json or yaml".to_owned())));
        }
    };
    let is_upgrade = sides.is_upgrade;
    let resolved = sides.resolve(choice, &mut inputs, &selection.default_namespace, MeshUse::Decisions, false)?;
    let ResolvedSides { meshes, comparison, mut info } = resolved;
    info.comparison = Some(comparison.clone());
    let mut task = Compare::of(meshes, api_defaults);
    task.fails_on_flips = is_upgrade;
    let job = Job { task: &task, selection, kinds };
    let exit_rule = if is_upgrade { ExitRule::Check } else { ExitRule::Nothing };
    let request = OutputRequest { print: Print::Pieces(form), exit_rule, ..OutputRequest::default() };
    let ended = report.run_with(&inputs, &job, request, info, |finished| {
        let pieces = finished.take_stdout();
        let run = ComparedRun {
            comparison: &comparison,
            totals: finished.report.compared(),
            styled: report.is_styled(true),
            width: width(io::stdout()),
        };
        print_pieces(pieces, |pieces, out| form.write(pieces, &run, out))
    });
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    Ok(ended?.code)
}
