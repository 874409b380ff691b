//! The flags of commands that answer questions about clusters, for saved objects.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Find, Inputs, find};
use crate::k8s::Time;
use crate::output::{Remark, RunInfo, diagnostic_text, printable};

#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(super) struct SavedArgs {
    /// Instead of a cluster: file, folder, or - for standard input, with the output of kubectl get as JSON or YAML; can be
    /// repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filename: Vec<PathBuf>,
    /// Process folders recursively
    #[arg(short = 'R', long)]
    recursive: bool,
}

#[derive(Args)]
#[command(next_help_heading = "Which pods")]
pub(super) struct PodArgs {
    /// Only this namespace; with a cluster, the context's if not given
    #[arg(short = 'n', long, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,
    /// All namespaces, which is the default with files
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(super) all_namespaces: bool,
    /// Select pods by label, as in kubectl: app=web,tier!=cache
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(super) selector: Option<String>,
}

impl SavedArgs {
    /// Whether no files are given, so that a cluster is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.filename.is_empty()
    }

    /// Finds the files to read.
    pub(super) fn find(self) -> Result<Inputs, Diagnostic> {
        find_given(&Find { paths: self.filename, recursive: self.recursive, exclude: Vec::new() })
    }
}

/// Finds the files that are given on the command line.
pub(super) fn find_given(request: &Find) -> Result<Inputs, Diagnostic> {
    find(request).map_err(|error| Diagnostic { exit_code: ExitCode::Usage, ..Diagnostic::from(&error) })
}

/// A time on the command line.
pub(super) fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| "expected a time such as 2026-11-20T08:00:00Z".to_owned())
}

/// Reports problems, and returns the exit code of the first.
pub(super) fn report_problems(problems: &[Diagnostic]) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    for problem in problems {
        let _ = stderr.write_all(diagnostic_text(problem).as_bytes());
    }
    problems.first().map_or(ExitCode::Success, |problem| problem.exit_code)
}

/// Reports the rights that are missing.
pub(super) fn report_missing(rights: &[String]) {
    let mut stderr = std::io::stderr().lock();
    for right in rights {
        let _ = writeln!(stderr, "warning: no right to {}: the answer lacks them", printable(right));
    }
}

/// Reports warnings, notes and assumptions about the mesh.
pub(super) fn report_mesh(info: &RunInfo) {
    let mut stderr = std::io::stderr().lock();
    let lists: [(&str, &[Remark]); 3] =
        [("warning", &info.warnings), ("note", &info.notes), ("assumed", &info.assumed)];
    for (label, remarks) in lists {
        for remark in remarks {
            let _ = writeln!(stderr, "{label}: {}", printable(&remark.text));
        }
    }
}
