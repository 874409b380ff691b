//! The output flags of commands that change manifests.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::report::{Ended, ReportArgs};
use super::write_command::writing;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Inputs, Source};
use crate::output::{ANNOTATION_FORMS, Form, OUTPUT_FORMS, RunInfo};
use crate::run::{ExitRule, Job, OutputRequest, Print};

/// What `-o` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Yaml,
    Form(&'static dyn Form),
    Name,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
            let forms = OUTPUT_FORMS.into_iter().map(Format::Form);
            std::iter::once(Format::Yaml).chain(forms).chain([Format::Name]).collect()
        });
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Yaml => PossibleValue::new("yaml").help("The whole stream, byte for byte"),
            Self::Form(form) => PossibleValue::new(form.name()).help(form.help()),
            Self::Name => PossibleValue::new("name")
                .help("The workloads that change, as kubectl prints names: deployment.apps/web"),
        })
    }
}

/// What `--annotations` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Annotations(&'static dyn Form);

impl ValueEnum for Annotations {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Annotations>> =
            LazyLock::new(|| ANNOTATION_FORMS.into_iter().map(Annotations).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.0.help()))
    }
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct OutputArgs {
    /// Output format [default: yaml]
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
    /// Print a unified diff; exit with 1 if anything differs
    #[arg(long, conflicts_with_all = ["check", "output"])]
    diff: bool,
    /// Write changed files in place
    #[arg(short = 'w', long)]
    write: bool,
    /// Only print the files that would change; exit with 1 if there are any, or if an annotation or a selection is wrong
    #[arg(long, conflicts_with_all = ["write", "output"])]
    check: bool,
    /// With --check: print annotations for a CI system, each at the first line that would change
    #[arg(long, value_name = "CI", requires = "check")]
    annotations: Option<Annotations>,
    #[command(flatten)]
    report: ReportArgs,
    /// Print a comment instead of nothing: Helm treats an empty output as a failure
    #[arg(long, hide = true)]
    never_empty: bool,
}

impl OutputArgs {
    pub(super) fn writes(&self) -> bool {
        self.write
    }

    /// Whether the output is meant to be applied: manifests or patches.
    pub(super) fn is_for_applying(&self) -> bool {
        !self.diff && !self.check && self.output != Some(Format::Name)
    }

    /// Whether `-o json` is given. Another flag about output is an error beside `flag`, which prints no manifests.
    pub(super) fn is_json(&self, flag: &str) -> Result<bool, Diagnostic> {
        let is_json = matches!(self.output, Some(Format::Form(form)) if form.name() == "json");
        if self.diff || self.write || self.check || (self.output.is_some() && !is_json) {
            let message = format!("{flag} prints text, or JSON with -o json");
            return Err(Diagnostic::usage(message, Some("omit the other flags about output".to_owned())));
        }
        Ok(is_json)
    }

    /// Checks that the flags fit the inputs.
    pub(super) fn check(&self, inputs: &Inputs) -> Result<(), Diagnostic> {
        if self.write && inputs.sources.contains(&Source::Stdin) {
            let message = "--write requires files: standard input cannot be written in place";
            return Err(Diagnostic::usage(
                message,
                Some("omit --write: the result is printed to standard output".to_owned()),
            ));
        }
        Ok(())
    }

    /// Runs the job, prints, writes and reports. `words` is the command line. Returns the exit code.
    pub(super) fn run(
        &self,
        words: &[OsString],
        inputs: &Inputs,
        job: &Job<'_>,
        info: RunInfo,
    ) -> Result<ExitCode, Diagnostic> {
        let request = OutputRequest {
            print: self.print(),
            write: self.write,
            exit_rule: match (self.check, self.diff && !self.write) {
                (true, _) => ExitRule::Check,
                (_, true) => ExitRule::Differences,
                _ => ExitRule::Nothing,
            },
            ..OutputRequest::default()
        };
        let when_empty = if self.never_empty { "# no manifests\n" } else { "" };
        let Ended { code, has_changes, .. } = self.report.run(inputs, job, request, info, when_empty)?;
        let is_asked = self.check && code == ExitCode::Differences && has_changes;
        if is_asked && !self.report.is_quiet() && !inputs.sources.contains(&Source::Stdin) {
            let command = writing(words);
            let command = command.as_deref().unwrap_or("the same command with --write instead of --check");
            let _ = writeln!(io::stderr(), "to write these changes: {command}");
        }
        Ok(code)
    }

    fn print(&self) -> Print {
        match (self.annotations, self.output) {
            _ if self.diff => self.report.diff(None),
            (Some(Annotations(form)), _) => Print::Pieces(form),
            _ if self.check => Print::ChangedFiles,
            (_, Some(Format::Name)) => Print::ChangedWorkloads,
            (_, Some(Format::Form(form))) => Print::Pieces(form),
            _ if self.write => Print::Nothing,
            (_, Some(Format::Yaml) | None) => Print::Manifests,
        }
    }
}
