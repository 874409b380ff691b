//! The report flags of all manifest commands, and the end of a run: files are replaced after everything else succeeded.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::output_error;
use super::print::{print, print_diff, stdout_result, width};
use super::progress::Progress;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::{Inputs, Source, io_text};
use crate::lint::Finding;
use crate::output::{Keep, Level, Report, RunInfo, external_diff, is_same_file, stream_is};
use crate::run::{DiffStyle, Finished, Job, OutputRequest, Print, run};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ReportArgs {
    /// Print and write the successful results even if something fails
    #[arg(long)]
    keep_going: bool,
    /// Report only problems
    #[arg(short = 'q', long, conflicts_with = "verbose")]
    quiet: bool,
    /// Report every workload with all reasons
    #[arg(short = 'v', long)]
    verbose: bool,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE", overrides_with = "report_file")]
    report_file: Option<PathBuf>,
    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

impl ReportArgs {
    /// The flags of a command whose report has only problems and totals. What succeeds is printed even if something fails.
    pub(super) fn of_questions(quiet: bool, color: Color) -> Self {
        Self { keep_going: true, quiet, verbose: false, report_file: None, color }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// The same flags for a report without a line for each workload.
    pub(super) fn not_verbose(self) -> Self {
        Self { verbose: false, ..self }
    }

    pub(super) fn keeps_going(&self) -> bool {
        self.keep_going
    }

    /// Whether to print in color, on standard output or else on standard error.
    pub(super) fn is_styled(&self, on_stdout: bool) -> bool {
        let choice = if on_stdout { AutoStream::choice(&io::stdout()) } else { AutoStream::choice(&io::stderr()) };
        self.color.choice().unwrap_or(choice) != ColorChoice::Never
    }

    /// How to show a diff: with `KUBECTL_EXTERNAL_DIFF`, unless the flags require the built-in diff.
    pub(super) fn diff(&self, style: Option<DiffStyle>) -> Print {
        let program = std::env::var("KUBECTL_EXTERNAL_DIFF").ok().and_then(|variable| external_diff(&variable));
        match (program, style) {
            (Some(program), None) if self.color == Color::Auto => Print::ExternalDiff(program),
            (_, style) => Print::Diff(style.unwrap_or_default()),
        }
    }

    /// Runs the job. Nothing is printed or written yet.
    fn finished(&self, inputs: &Inputs, job: &Job<'_>, request: OutputRequest, info: RunInfo) -> Finished {
        let request = OutputRequest { keep_going: self.keep_going || request.keep_going, ..request };
        let level = match (self.quiet, self.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        };
        let keep = if self.report_file.is_some() { Keep::Json } else { Keep::Text };
        let info = RunInfo { level, keep, styled: self.is_styled(false), width: width(io::stderr()), ..info };
        let mut progress = Progress::new(inputs, !self.quiet);
        run(inputs, job, request, info, &mut |so_far| progress.show(so_far))
    }

    /// Runs the job, prints, writes and reports. Files are replaced last, and only if everything else succeeded.
    /// `when_empty` is printed if there is nothing else to print.
    pub(super) fn run(
        &self,
        inputs: &Inputs,
        job: &Job<'_>,
        request: OutputRequest,
        info: RunInfo,
        when_empty: &str,
    ) -> Result<Ended, Diagnostic> {
        let is_diff = matches!(request.print, Print::Diff(_));
        self.run_with(inputs, job, request, info, |finished| {
            let stdout = finished.take_stdout();
            match finished.external.take() {
                Some(external) => external.run().map_err(|error| error.to_string()),
                None if is_diff => stdout_result(print_diff(stdout, self.color.choice())),
                None if stdout.is_empty() && finished.code == ExitCode::Success => {
                    stdout_result(io::stdout().write_all(when_empty.as_bytes()))
                }
                None => stdout_result(print(stdout)),
            }
        })
    }

    /// Like [`run`](Self::run), but `print` prints the result. It returns a message if that fails.
    pub(super) fn run_with(
        &self,
        inputs: &Inputs,
        job: &Job<'_>,
        request: OutputRequest,
        info: RunInfo,
        print: impl FnOnce(&mut Finished) -> Result<(), String>,
    ) -> Result<Ended, Diagnostic> {
        let prints = request.print != Print::Nothing;
        let path = self.report_file.as_deref();
        let mut file = path.map(|path| ReportFile::open(path, inputs, prints)).transpose()?;
        let mut finished = self.finished(inputs, job, request, info);
        let printed = print(&mut finished);
        let reported = |file: &mut Option<ReportFile>, report: &mut Report| {
            file.as_mut().map_or(Ok(()), |file| file.write(report))
        };
        if let Err(message) = printed {
            finished.give_up(&message);
        }
        if let Err(message) = reported(&mut file, &mut finished.report) {
            finished.give_up(&message);
        } else if !finished.commit()
            && let Err(message) = reported(&mut file, &mut finished.report)
        {
            finished.give_up(&message);
        }
        let mut stderr = BufWriter::new(io::stderr().lock());
        let Finished { report, code, findings, fixed, .. } = finished;
        let has_changes = report.has_changes();
        let _ = report.write_text(&mut stderr).and_then(|()| stderr.flush());
        Ok(Ended { code, has_changes, findings, fixed })
    }
}

/// The end of a run.
pub(super) struct Ended {
    /// The exit code.
    pub(super) code: ExitCode,
    /// Whether a workload changes.
    pub(super) has_changes: bool,
    /// What was found, in input order.
    pub(super) findings: Vec<Finding>,
    /// How many findings were fixed.
    pub(super) fixed: usize,
}

impl Color {
    /// The choice of the user; `None` leaves it to the terminal.
    pub(super) fn choice(self) -> Option<ColorChoice> {
        match self {
            Self::Auto => None,
            Self::Always => Some(ColorChoice::Always),
            Self::Never => Some(ColorChoice::Never),
        }
    }
}

/// The file for the report as JSON. It is opened before the run, and not changed until the report is written.
struct ReportFile {
    path: PathBuf,
    file: File,
}

impl ReportFile {
    /// Opens the file, unless the run reads it or `prints` into it.
    fn open(path: &Path, inputs: &Inputs, prints: bool) -> Result<Self, Diagnostic> {
        if let Some(use_of_it) = use_of(path, inputs, prints) {
            let message = format!("--report-file {}: this file is {use_of_it}", path.display());
            return Err(Diagnostic::usage(message, Some("use another file for the report".to_owned())));
        }
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        match opened {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) => {
                let message = format!("--report-file {}: {}", path.display(), io_text(&error));
                Err(output_error(message))
            }
        }
    }

    /// Writes the report over the content of the file.
    fn write(&mut self, report: &mut Report) -> Result<(), String> {
        let mut write = || {
            let is_regular = self.file.metadata()?.is_file();
            if is_regular {
                self.file.rewind()?;
                self.file.set_len(0)?;
            }
            let mut out = BufWriter::new(&self.file);
            report.write_json(&mut out)?;
            out.flush()?;
            if is_regular { self.file.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| format!("--report-file {}: {}", self.path.display(), io_text(&error)))
    }
}

/// How the run uses the file, if it does: then no report can be written there. A report of an earlier run is not an input,
/// even if it is in a folder that is read.
fn use_of(path: &Path, inputs: &Inputs, prints: bool) -> Option<String> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let is_read = |source: &&Source| match source {
        Source::File(file) => is_same_file(file, path) && !is_report(path),
        Source::Stdin => stream_is(&io::stdin(), path),
        Source::Text(_) => false,
    };
    if let Some(source) = inputs.sources.iter().find(is_read) {
        return Some(format!("an input ({source})"));
    }
    if let Some(file) = inputs.beside.iter().find(|file| is_same_file(file, path)) {
        return Some(format!("read too ({})", file.display()));
    }
    (prints && stream_is(&io::stdout(), path)).then(|| "standard output".to_owned())
}

/// Whether a file is the report of an earlier run.
fn is_report(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok() && Report::is_json(&start)
}
