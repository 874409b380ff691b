//! `uninject`: removes what an injection added.

use std::ffi::OsString;

use super::input::{InputArgs, SelectionArgs};
use super::output::OutputArgs;
use super::project::ProjectArgs;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::output::RunInfo;
use crate::run::{Job, Uninject, report_project};

/// The command's name.
const COMMAND: &str = "uninject";

const EXAMPLES: &str = "Examples:
  # in place
  kubectl nativesidecar uninject -f k8s/ -R --write

  # there and back, to the same bytes
  kubectl nativesidecar inject -f web.yaml --istio 1.30 --reversible \\
    | kubectl nativesidecar uninject

  # what did the webhook add to this pod?
  kubectl get pod web-7d9c -o yaml | kubectl nativesidecar uninject --diff";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command. `words` is the command line that `args` were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(false)?;
    let (inputs, kinds) = args.input.find(COMMAND, &choice)?;
    args.output.check(&inputs)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    let task = Uninject::default();
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let mut info = RunInfo::default();
    report_project(&choice, &mut info);
    args.output.run(words, &inputs, &job, info)
}
