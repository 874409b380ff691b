//! `diff`: shows what istiod would add to pods, and with `--to` what a change of the mesh would change in them.

use std::ffi::OsString;

use super::compare::{Sides, ToArgs};
use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::preview::{Format, PreviewJob, preview};
use super::project::ProjectArgs;
use super::report::ReportArgs;
use crate::config::{MeshSettings, ModeSetting};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::{DIFF_CONTEXT, Summary};
use crate::run::{
    DiffStyle, ExitRule, Inject, Job, MeshUse, OutputRequest, Print, mode_request, report_project, resolve,
};

/// The command's name.
const COMMAND: &str = "diff";

const EXAMPLES: &str = "Examples:
  # what does the mesh add to my pods?
  kubectl nativesidecar diff -f shop.yaml --mesh-file mesh.yaml

  # what will the Istio upgrade change in my pods, and which proxies flip?
  kubectl nativesidecar diff -f k8s/ -R --istio 1.26 --to 1.30

  # only a summary; or a diff for each workload
  kubectl nativesidecar diff -f k8s/ -R --istio 1.26 --to 1.30 --summary
  kubectl nativesidecar diff -f k8s/ -R --istio 1.26 --to 1.30 -v

  # a canary: two revisions in one mesh file
  kubectl nativesidecar diff -f k8s/ -R --mesh-file mesh.yaml \\
    --revision stable --to-revision canary

  # the workloads that flip, for a script
  kubectl nativesidecar diff -f k8s/ -R --istio 1.26 --to 1.30 -o json \\
    | jq -r '.workloads[] | select(.flips) | .name'

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
    #[arg(long, value_name = "MODE", conflicts_with = "ToArgs", help_heading = "What they become")]
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
    to: ToArgs,
    #[command(flatten)]
    project: ProjectArgs,
    /// Lines of context around each change [default: 3]
    #[arg(short = 'U', long, value_name = "LINES", help_heading = "Output", conflicts_with = "summary")]
    unified: Option<usize>,
    /// Print one line per workload with what is added, instead of a diff. With --to: print no diffs
    #[arg(long, help_heading = "Output")]
    summary: bool,
    /// Show each injected sidecar as one line, with its kind and image
    #[arg(long, help_heading = "Output", conflicts_with_all = ["summary", "ToArgs"])]
    fold: bool,
    /// With --to: the output format
    #[arg(short = 'o', long, value_name = "FORMAT", help_heading = "Output")]
    output: Option<Format>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command. `words` is the command line that `args` were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(true)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    if args.to.is_given() {
        args.from_cluster.refuse_with("--to")?;
        let job = PreviewJob {
            sides: Sides::upgrade(&args.to, &args.mesh, &choice, words)?,
            choice: &choice,
            selection: &selection,
            kinds: &kinds,
            api_defaults: !args.no_api_defaults,
            context: args.unified.unwrap_or(DIFF_CONTEXT),
            summary: args.summary,
            output: args.output,
            report: args.report,
        };
        return preview(job, inputs);
    }
    if args.output.is_some() {
        let hint = "pass --to VERSION or another --to flag, or use kubectl nativesidecar inject -o";
        return Err(Diagnostic::usage("-o requires two meshes to compare", Some(hint.to_owned())));
    }
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
