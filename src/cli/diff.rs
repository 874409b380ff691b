//! `diff`: shows what istiod would add to pods.

use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::project::ProjectArgs;
use super::report::ReportArgs;
use crate::config::{MeshSettings, ModeSetting};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::Summary;
use crate::run::{
    DiffStyle, ExitRule, Inject, Job, MeshUse, OutputRequest, Print, mode_request, report_project, resolve,
};

/// The command's name.
const COMMAND: &str = "diff";

const EXAMPLES: &str = "Examples:
  # what does the mesh add to my pods?
  kubectl nativesidecar diff -f shop.yaml --mesh-file mesh.yaml

  # one line per workload instead of a diff
  kubectl nativesidecar diff -f k8s/ -R --summary

  # each sidecar as one line, to see other changes
  kubectl nativesidecar diff -f shop.yaml --fold

  # what if the nodes were older, or the proxies native by annotation?
  kubectl nativesidecar diff -f shop.yaml --node-version v1.32.4
  kubectl nativesidecar diff -f shop.yaml --mode native";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Set the annotation to this mode first; not set by default
    #[arg(long, value_name = "MODE", help_heading = "What they become")]
    mode: Option<ModeSetting>,
    /// With --mode native or regular: keep valid annotations, and repair misspelt ones
    #[arg(long, requires = "mode", help_heading = "What they become")]
    keep_existing: bool,
    /// Render pods as they are written, without the defaults that the API server sets before it calls the webhook
    #[arg(long, help_heading = "What they become")]
    no_api_defaults: bool,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    from_cluster: FromClusterArgs,
    #[command(flatten)]
    project: ProjectArgs,
    /// Lines of context around each change [default: 3]
    #[arg(short = 'U', long, value_name = "LINES", help_heading = "Output", conflicts_with = "summary")]
    unified: Option<usize>,
    /// Print one line per workload with what is added, instead of a diff
    #[arg(long, help_heading = "Output")]
    summary: bool,
    /// Show each injected sidecar as one line, with its kind and image
    #[arg(long, help_heading = "Output", conflicts_with = "summary")]
    fold: bool,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(true)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    // The mode of the project file applies only to commands that write.
    let mode = args.mode.unwrap_or(ModeSetting::Mesh);
    let request = mode_request(Some(mode), args.keep_existing, &choice);
    let settings = args.from_cluster.over(args.mesh.over(choice.target.mesh.clone()))?;
    let assume_new_nodes = mode == ModeSetting::Mesh;
    let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, MeshUse::Sidecars, assume_new_nodes)?;
    let (task, mut info) = Inject::by(mesh, request, !args.no_api_defaults);
    report_project(&choice, &mut info);
    let task = Inject { is_preview: true, ..task };
    let print = match (args.unified, args.fold) {
        _ if args.summary => Print::Pieces(&Summary),
        (None, false) => args.report.diff(None),
        (unified, fold) => {
            let context = unified.unwrap_or(DiffStyle::default().context);
            args.report.diff(Some(DiffStyle { context, fold }))
        }
    };
    let request = OutputRequest { print, exit_rule: ExitRule::Differences, ..OutputRequest::default() };
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let ended = args.report.run(&inputs, &job, request, info, "");
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    Ok(ended?.code)
}
