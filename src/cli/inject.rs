//! `inject`: writes the sidecar into manifests.

use std::ffi::OsString;

use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::mode::ModeArgs;
use super::output::OutputArgs;
use super::project::ProjectArgs;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::RunInfo;
use crate::run::{Inject, Job, MeshUse, report_project, resolve};

/// The command's name.
const COMMAND: &str = "inject";

const EXAMPLES: &str = "Examples:
  # the whole sidecar, in place
  kubectl nativesidecar inject -f k8s/ -R --istio 1.30 --write

  # behind Helm, in front of the cluster
  helm template shop ./chart | kubectl nativesidecar inject --istio 1.30 \\
    | kubectl apply -f -

  # as the mesh itself would decide, on nodes of these versions
  kubectl nativesidecar inject -f job.yaml --mode mesh --node-version v1.33.2";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    mode: ModeArgs,
    /// Render pods as they are written, without the defaults that the API server sets before it calls the webhook
    #[arg(long, help_heading = "What they become")]
    no_api_defaults: bool,
    /// Keep what uninject needs to restore the original text, in an annotation of each workload
    #[arg(long, help_heading = "What they become")]
    reversible: bool,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    from_cluster: FromClusterArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command. `words` is the command line that `args` were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(true)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    args.output.check(&inputs)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    let settings = args.from_cluster.over(args.mesh.over(choice.target.mesh.clone()))?;
    let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, MeshUse::Sidecars, false)?;
    let assumes_release = mesh.assumes_release;
    if args.output.writes() && assumes_release {
        let message = "--write requires an explicit Istio version or mesh file: the result must not depend on the version of this program";
        let hint =
            "pass --istio, --mesh-file, or --values with global.tag, or set istio or meshFiles in .nativesidecar.yaml";
        return Err(Diagnostic::usage(message, Some(hint.to_owned())));
    }
    let mut words = words.to_vec();
    let release = mesh.info.mesh.as_ref().and_then(|mesh| mesh.get("istio")?.as_str());
    if let Some(release) = release.filter(|_| assumes_release) {
        // With --write, the same command needs it.
        let flags = words.len().min(2);
        words.splice(flags..flags, ["--istio".into(), release.into()]);
    }
    let (mut task, mut info) = Inject::by(mesh, args.mode.request(&choice), !args.no_api_defaults);
    task.paths = args.mode.paths(&choice, &inputs, &mut info)?;
    task.is_reversible = args.reversible;
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let mut info = RunInfo { warns_of_assumed: assumes_release && args.output.is_for_applying(), ..info };
    report_project(&choice, &mut info);
    let code = args.output.run(&words, &inputs, &job, info);
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    code
}
