//! `annotate`: choose native or regular by one annotation, and nothing else.

use std::ffi::OsString;
use std::sync::Arc;

use super::function::Answer;
use super::input::{InputArgs, SelectionArgs};
use super::mesh::{Described, MeshArgs};
use super::mode::ModeArgs;
use super::output::OutputArgs;
use super::project::ProjectArgs;
use super::{Failure, usage_error};
use crate::diagnostic::ExitCode;
use crate::inject::ModeRequest;
use crate::istio::native::Mode;
use crate::output::About;
use crate::run::{Annotate, Change, Job};

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
    mesh: MeshArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Reads `list` and answers as a function does.
    pub(super) fn answer(&mut self, list: Arc<[u8]>, answer: Answer) {
        self.input.read(list);
        self.output.answer(answer);
    }
}

/// `words` is the command line that the arguments were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Failure> {
    let chosen = args.project.read(false)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, chosen.project.as_ref())?;
    args.output.check(&inputs)?;
    let request = args.mode.request(&chosen);
    let change = match request {
        _ if args.all => Change::Remove(None),
        _ if !args.remove => Change::Set(request),
        ModeRequest::NativeIfAbsent => Change::Remove(Some(Mode::Native)),
        ModeRequest::Set { mode, .. } => Change::Remove(Some(mode)),
        ModeRequest::Mesh => {
            let message = "--remove removes what --mode would have set, and --mode mesh sets nothing";
            let hint = "pass --mode native or --mode regular, or --all to remove the annotation whatever its value";
            return Err(usage_error(message, Some(hint.to_owned())));
        }
    };
    let mut task = Annotate::new(change);
    task.include_uninjected = args.include_uninjected;
    let selection = args.selection.selection(chosen.project.as_ref(), &kinds)?;
    let mut about = About::default();
    if args.mesh.is_described(&chosen.target) {
        let described = args.mesh.mesh(&chosen.target, &mut inputs, &selection.default_namespace)?;
        let Described { meshes, mesh, assumed, warnings, notes, .. } = described;
        task.meshes = Some(meshes);
        about = About { mesh: Some(mesh), assumed, warnings, notes, ..About::default() };
    }
    about.notes.extend(chosen.note());
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let code = args.output.run(words, &inputs, &job, about)?;
    // The process ends: its memory need not be given back piece by piece.
    std::mem::forget(task);
    Ok(code)
}
