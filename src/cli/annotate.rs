//! `annotate`: choose native or regular by one annotation, and nothing else.

use std::ffi::OsString;
use std::sync::Arc;

use super::Failure;
use super::function::Answer;
use super::input::{InputArgs, SelectionArgs};
use super::mesh::{Described, MeshArgs};
use super::mode::{ModeArg, ModeArgs};
use super::output::OutputArgs;
use super::project::ProjectArgs;
use crate::istio::native::Mode;
use crate::output::About;
use crate::run::{Annotate, Change, Job};

/// The command's name.
const COMMAND: &str = "annotate";

const EXAMPLES: &str = "Examples:
  # one annotation on each workload of a folder, in place, nothing else touched
  kubectl nativesidecar annotate -f k8s/ -R --write

  # what would change?
  kubectl nativesidecar annotate -f deploy.yaml --diff

  # in CI: fail if a workload has no valid annotation
  kubectl nativesidecar annotate -f k8s/ -R --check

  # and where would this mesh not inject at all?
  kubectl nativesidecar annotate -f k8s/ -R --check -v --mesh-file mesh.yaml

  # behind Helm: all workloads regular
  helm template shop ./chart | kubectl nativesidecar annotate --mode regular | kubectl apply -f -

  # take it out again
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
    /// Take the annotation out
    #[arg(long, conflicts_with_all = ["mode", "keep_existing"], help_heading = "What they become")]
    remove: bool,
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
pub(super) fn run(args: Args, words: &[OsString]) -> Result<u8, Failure> {
    let chosen = args.project.read(false)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, chosen.project.as_ref())?;
    args.output.check(&inputs)?;
    let (mode, keep) = args.mode.chosen(&chosen);
    let change = match mode {
        _ if args.remove => Change::Remove,
        None => Change::Set { mode: Mode::Native, keep_valid: true },
        Some(ModeArg::Native) => Change::Set { mode: Mode::Native, keep_valid: keep },
        Some(ModeArg::Regular) => Change::Set { mode: Mode::Regular, keep_valid: keep },
        Some(ModeArg::Mesh) => Change::Leave,
    };
    let mut task = Annotate::new(change);
    let selection = args.selection.selection(chosen.project.as_ref());
    let mut about = About::default();
    if args.mesh.is_described(&chosen.target) {
        let described = args.mesh.mesh(&chosen.target, &mut inputs, &selection.default_namespace)?;
        let Described { meshes, mesh, assumed, warnings, notes, .. } = described;
        task.meshes = Some(meshes);
        about = About { mesh: Some(mesh), assumed, warnings, notes, ..About::default() };
    }
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let code = args.output.run(words, &inputs, &job, about);
    // The process ends: its memory need not be given back piece by piece.
    std::mem::forget(task);
    Ok(code)
}
