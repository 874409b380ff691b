//! `annotate`: sets or removes one annotation.

use std::ffi::OsString;

use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::mode::ModeArgs;
use super::output::OutputArgs;
use super::project::ProjectArgs;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::RunInfo;
use crate::run::{Annotate, AnnotationAction, Job, MeshUse, report_project, resolve};

/// The command's name.
const COMMAND: &str = "annotate";

const EXAMPLES: &str = "Examples:
  # one annotation on each workload of a folder, in place
  kubectl nativesidecar annotate -f k8s/ -R --write

  # what would change?
  kubectl nativesidecar annotate -f deploy.yaml --diff

  # in CI: fail if a workload that may be injected has no valid annotation
  kubectl nativesidecar annotate -f k8s/ -R --check

  # also list workloads that this mesh would not inject
  kubectl nativesidecar annotate -f k8s/ -R --check -v --mesh-file mesh.yaml

  # behind Helm: all workloads regular
  helm template shop ./chart | kubectl nativesidecar annotate --mode regular \\
    | kubectl apply -f -

  # before an Istio upgrade: record what the mesh decides today
  kubectl nativesidecar annotate -f k8s/ -R --pin --istio 1.26 --write

  # remove it again where it is true (--all: any value)
  kubectl nativesidecar annotate -f k8s/ -R --remove --write";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    mode: ModeArgs,
    /// Also annotate workloads that opt out of injection (host network, label or annotation sidecar.istio.io/inject,
    /// namespaces that Istio ignores) or have a controller
    #[arg(long, help_heading = "What they become")]
    include_uninjected: bool,
    /// Remove the annotations that annotate sets with the same --mode, and invalid ones
    #[arg(long, conflicts_with = "keep_existing", help_heading = "What they become")]
    remove: bool,
    /// With --remove: remove annotations of any value
    #[arg(long, requires = "remove", conflicts_with = "mode", help_heading = "What they become")]
    all: bool,
    /// Where the annotation is absent, record what the mesh decides now, so that an upgrade does not change it
    #[arg(long, conflicts_with_all = ["mode", "keep_existing", "remove"], help_heading = "What they become")]
    pin: bool,
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
    let choice = args.project.read(false)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    args.output.check(&inputs)?;
    let change = if args.pin {
        AnnotationAction::Pin
    } else {
        AnnotationAction::of(args.mode.request(&choice), args.remove, args.all)?
    };
    let mut task = Annotate::new(change);
    task.include_uninjected = args.include_uninjected;
    let selection = args.selection.selection(&choice, &kinds)?;
    let mut info = RunInfo::default();
    let settings = args.from_cluster.over(args.mesh.over(choice.target.mesh.clone()))?;
    if settings.describe_a_mesh() {
        let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, MeshUse::Decisions, false)?;
        info = mesh.info;
        task.meshes = Some(mesh.meshes);
    } else if args.pin {
        let hint = "pass --istio, --mesh-file or --platform, or set one of them in .nativesidecar.yaml";
        return Err(Diagnostic::usage("--pin requires a mesh, which decides what is recorded", Some(hint.to_owned())));
    }
    if let AnnotationAction::Set(_) = task.action {
        task.paths = args.mode.paths(&choice, &inputs, &mut info)?;
    }
    report_project(&choice, &mut info);
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let code = args.output.run(words, &inputs, &job, info)?;
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    Ok(code)
}
