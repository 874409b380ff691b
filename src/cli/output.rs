//! Flags of the commands that change manifests: what comes out.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::{Args, ValueEnum};

use super::again::writing;
use super::report::{Ended, ReportArgs};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Inputs, Source};
use crate::output::{About, Form};
use crate::run::{Asks, Deliver, Job, Print};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The whole stream, byte for byte
    Yaml,
    /// The same objects as one JSON List
    Json,
    /// A list of patches (RFC 6902), each with its target
    Jsonpatch,
    /// The patches of a kustomization, also for Flux
    Kustomize,
    /// The workloads that change, as kubectl prints names: deployment.apps/web
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ci {
    /// Commands of a workflow
    Github,
    /// A report on code quality
    Gitlab,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct OutputArgs {
    /// What is printed [default: yaml]
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
    /// Show what changes, as a unified diff; exits with 1 if something does
    #[arg(long, conflicts_with_all = ["check", "output"])]
    diff: bool,
    /// Write changed files in place
    #[arg(short = 'w', long)]
    write: bool,
    /// Only print the files that would change; exits with 1 if there are some, or if an annotation or a selection is wrong
    #[arg(long, conflicts_with_all = ["write", "output"])]
    check: bool,
    /// With --check: print notes for a CI, each at the first line that would change
    #[arg(long, value_name = "CI", requires = "check")]
    annotations: Option<Ci>,
    #[command(flatten)]
    report: ReportArgs,
    /// Print a comment where nothing else is printed: Helm takes an empty output for a failure
    #[arg(long, hide = true)]
    never_empty: bool,
}

impl OutputArgs {
    pub(super) fn writes(&self) -> bool {
        self.write
    }

    /// Whether manifests or patches come out, rather than what would change.
    pub(super) fn is_for_applying(&self) -> bool {
        !self.diff && !self.check && self.output != Some(Format::Name)
    }

    /// Whether these flags fit the inputs.
    pub(super) fn check(&self, inputs: &Inputs) -> Result<(), Diagnostic> {
        if self.write && inputs.sources.contains(&Source::Stdin) {
            let message = "--write needs files: standard input cannot be written in place";
            return Err(Diagnostic::usage(
                message,
                Some("take --write away: the result goes to standard output".to_owned()),
            ));
        }
        Ok(())
    }

    /// Does `job` with the inputs, prints, writes and reports; returns the exit code. `words` is the command line.
    pub(super) fn run(
        &self,
        words: &[OsString],
        inputs: &Inputs,
        job: &Job<'_>,
        about: About,
    ) -> Result<ExitCode, Diagnostic> {
        let deliver = Deliver {
            print: self.print(),
            write: self.write,
            asks: match (self.check, self.diff && !self.write) {
                (true, _) => Asks::Check,
                (_, true) => Asks::Differences,
                _ => Asks::Nothing,
            },
            ..Deliver::default()
        };
        let when_empty = if self.never_empty { "# no manifests\n" } else { "" };
        let Ended { code, has_changes } = self.report.run(inputs, job, deliver, about, when_empty)?;
        let is_asked = self.check && code == ExitCode::Differences && has_changes;
        if is_asked && !self.report.is_quiet() && !inputs.sources.contains(&Source::Stdin) {
            let command = writing(words);
            let command = command.as_deref().unwrap_or("the same command with --write in place of --check");
            let _ = writeln!(io::stderr(), "to write these changes: {command}");
        }
        Ok(code)
    }

    fn print(&self) -> Print {
        match (self.annotations, self.output) {
            _ if self.diff => self.report.diff(None),
            (Some(Ci::Github), _) => Print::Pieces(Form::GitHub),
            (Some(Ci::Gitlab), _) => Print::Pieces(Form::CodeQuality),
            _ if self.check => Print::ChangedFiles,
            (_, Some(Format::Name)) => Print::ChangedWorkloads,
            (_, Some(Format::Json)) => Print::Pieces(Form::Json),
            (_, Some(Format::Jsonpatch)) => Print::Pieces(Form::JsonPatch),
            (_, Some(Format::Kustomize)) => Print::Pieces(Form::Kustomize),
            _ if self.write => Print::Nothing,
            (_, Some(Format::Yaml) | None) => Print::Manifests,
        }
    }
}
