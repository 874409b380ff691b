//! `annotate`: choose native or regular by one annotation, and nothing else.

use std::ffi::OsString;

use super::input::{InputArgs, SelectionArgs};
use super::mode::ModeArgs;
use super::output::OutputArgs;
use super::project::ProjectArgs;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::{About, Remark};
use crate::run::{Annotate, Change, Job, resolve};

/// The command's name.
const COMMAND: &str = "annotate";

const EXAMPLES: &str = "Examples:
  # one annotation on each workload of a folder, in place
  kubectl nativesidecar annotate -f k8s/ -R --write

  # what would change?
  kubectl nativesidecar annotate -f deploy.yaml --diff

  # in CI: fail if a workload that may be injected has no valid annotation
  kubectl nativesidecar annotate -f k8s/ -R --check

  # and where would this mesh not inject at all?
  kubectl nativesidecar annotate -f k8s/ -R --check -v --mesh-file mesh.yaml

  # behind Helm: all workloads regular
  helm template shop ./chart | kubectl nativesidecar annotate --mode regular | kubectl apply -f -

  # remove it again where it is true (--all: whatever it is)
  kubectl nativesidecar annotate -f k8s/ -R --remove --write";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    mode: ModeArgs,
    /// Annotate workloads too that opt out of injection (host network, label or annotation sidecar.istio.io/inject,
    /// namespaces that Istio ignores) or have a controller
    #[arg(long, help_heading = "What they become")]
    include_uninjected: bool,
    /// Remove the annotations that annotate would have set with the same --mode, and invalid ones
    #[arg(long, conflicts_with = "keep_existing", help_heading = "What they become")]
    remove: bool,
    /// With --remove: remove the annotation whatever its value
    #[arg(long, requires = "remove", conflicts_with = "mode", help_heading = "What they become")]
    all: bool,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// `words` is the command line that the arguments were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(false)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    args.output.check(&inputs)?;
    let change = Change::of(args.mode.request(&choice), args.remove, args.all)?;
    let mut task = Annotate::new(change);
    task.include_uninjected = args.include_uninjected;
    let selection = args.selection.selection(&choice, &kinds)?;
    let mut about = About::default();
    let settings = args.mesh.over(choice.target.mesh.clone());
    if settings.describe_a_mesh() {
        let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, false)?;
        about = mesh.about();
        task.meshes = Some(mesh.meshes);
    }
    about.notes.extend(choice.note().map(|text| Remark::new("project-file", text)));
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let code = args.output.run(words, &inputs, &job, about)?;
    // The process ends: its memory need not be given back piece by piece.
    std::mem::forget(task);
    Ok(code)
}
