//! Flags of all manifest commands: what comes out; and the end of a run.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use terminal_size::terminal_size_of;

use super::Failure;
use super::again::writing;
use super::function::Answer;
use super::progress::Progress;
use crate::input::{Inputs, Source, io_text};
use crate::output::{About, Delivered, ExternalDiff, Form, Level, Spool, external_diff, printable};
use crate::run::{CODE_OUTPUT, Deliver, Finished, Job, run};

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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct OutputArgs {
    /// What is printed
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "yaml")]
    output: Format,
    /// Show what changes, as a unified diff; exits with 1 if something does
    #[arg(long)]
    diff: bool,
    /// Write changed files in place
    #[arg(short = 'w', long)]
    write: bool,
    /// Only print the files that would change; exits with 1 if there are some
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// With --check: print notes for a CI, each at the first line that would change
    #[arg(long, value_name = "CI", requires = "check")]
    annotations: Option<Ci>,
    /// Print and write what succeeded, although something failed
    #[arg(long)]
    keep_going: bool,
    /// Report problems only
    #[arg(short = 'q', long, conflicts_with = "verbose")]
    quiet: bool,
    /// Report every workload, with all reasons
    #[arg(short = 'v', long)]
    verbose: bool,
    /// Write the report as JSON too
    #[arg(long, value_name = "FILE", overrides_with = "report_file")]
    report_file: Option<PathBuf>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print a comment where nothing else is printed: Helm takes an empty output for a failure
    #[arg(long, hide = true)]
    never_empty: bool,
    /// The result is a list for those that call functions.
    #[arg(skip)]
    function: Option<Answer>,
}

impl OutputArgs {
    /// Answers as a function does.
    pub(super) fn answer(&mut self, answer: Answer) {
        self.check = answer == Answer::Verdict;
        self.quiet = answer == Answer::List;
        self.function = Some(answer);
    }

    pub(super) fn writes(&self) -> bool {
        self.write
    }

    /// Whether manifests or patches come out, rather than what would change.
    pub(super) fn is_for_applying(&self) -> bool {
        !self.diff && !self.check && self.output != Format::Name
    }

    /// Shows a diff, as a command that is about nothing else.
    pub(super) fn show_diff(&mut self) {
        self.diff = true;
    }

    /// Whether these flags fit the inputs.
    pub(super) fn check(&self, inputs: &Inputs) -> Result<(), Failure> {
        if self.write && inputs.sources.contains(&Source::Stdin) {
            let message = "--write needs files: standard input cannot be written in place";
            return Err(Failure::usage(
                message,
                Some("take --write away: the result goes to standard output".to_owned()),
            ));
        }
        if self.output.form().is_some() && (self.diff || self.check) {
            let name = self.output.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default();
            let message = format!("-o {name} prints something else than --diff and --check do");
            return Err(Failure::usage(message, Some("say one of them".to_owned())));
        }
        Ok(())
    }

    /// Does `job` with the inputs, prints, writes and reports; returns the exit code. `words` is the command line.
    pub(super) fn run(&self, words: &[OsString], inputs: &Inputs, job: &Job<'_>, about: About) -> u8 {
        let deliver = Deliver {
            diff: self.diff,
            diff_program: self.external_diff().filter(|_| self.diff),
            write: self.write,
            check: self.check,
            names: self.output == Format::Name,
            form: match self.annotations {
                Some(Ci::Github) => Some(Form::GitHub),
                Some(Ci::Gitlab) => Some(Form::CodeQuality),
                None => self.output.form(),
            },
            keep_going: self.keep_going,
        };
        let level = match (self.quiet, self.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        };
        let styled = match self.color {
            Color::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            Color::Always => true,
            Color::Never => false,
        };
        let json = self.report_file.is_some() || self.function.is_some();
        let width = terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
        let about = About { level, json, styled, width, ..about };
        let mut progress = Progress::new(inputs, !self.quiet);
        let finished = run(inputs, job, deliver, about, &mut |so_far| progress.show(so_far));
        drop(progress);
        if let Some(answer) = self.function {
            return answer.give(finished);
        }
        let Finished { stdout, external, mut report, mut code } = finished;
        let printed = match external {
            Some(external) => run_external(&external),
            None if self.diff => print_diff(stdout, self.color.choice()),
            None if self.never_empty && stdout.is_empty() && code == 0 => {
                io::stdout().lock().write_all(b"# no manifests\n")
            }
            None => print(stdout),
        };
        // A reader that has seen enough is no error.
        if let Some(error) = printed.err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe) {
            let _ = writeln!(std::io::stderr(), "error: standard output: {error}");
            code = CODE_OUTPUT;
            if !self.write {
                report.delivered = Delivered::Incomplete;
            }
        }
        let mut file = None;
        let mut failed = None;
        if let Some(path) = &self.report_file {
            match File::create(path) {
                Ok(opened) => file = Some(BufWriter::new(opened)),
                Err(error) => failed = Some(error),
            }
        }
        let has_changes = report.has_changes();
        let mut stderr = BufWriter::new(std::io::stderr().lock());
        let programs = file.as_mut().map(|file| file as &mut dyn Write);
        let written = report.write(&mut stderr, programs).and_then(|()| file.as_mut().map_or(Ok(()), Write::flush));
        if let Some(error) = failed.or(written.err().filter(|_| file.is_some())) {
            let path = self.report_file.as_deref().unwrap_or(Path::new(""));
            let path = path.display().to_string();
            let _ = writeln!(stderr, "error: {}: {}", printable(&path), io_text(&error));
            code = if code > 1 { code } else { CODE_OUTPUT };
        }
        if self.check && code == 1 && has_changes && !self.quiet && !inputs.sources.contains(&Source::Stdin) {
            let command = writing(words);
            let command = command.as_deref().unwrap_or("the same command with --write in place of --check");
            let _ = writeln!(stderr, "to write these changes: {command}");
        }
        let _ = stderr.flush();
        code
    }

    /// The diff program that the user has chosen; colours are a choice of ours.
    fn external_diff(&self) -> Option<Vec<String>> {
        external_diff(&std::env::var("KUBECTL_EXTERNAL_DIFF").ok()?).filter(|_| self.color == Color::Auto)
    }
}

impl Format {
    fn form(self) -> Option<Form> {
        match self {
            Self::Json => Some(Form::Json),
            Self::Jsonpatch => Some(Form::JsonPatch),
            Self::Kustomize => Some(Form::Kustomize),
            Self::Yaml | Self::Name => None,
        }
    }
}

impl Color {
    /// What was asked for; none leaves it to the terminal.
    fn choice(self) -> Option<ColorChoice> {
        match self {
            Self::Auto => None,
            Self::Always => Some(ColorChoice::Always),
            Self::Never => Some(ColorChoice::Never),
        }
    }
}

fn run_external(diff: &ExternalDiff) -> io::Result<()> {
    match diff.run()? {
        0 | 1 => Ok(()),
        code => Err(io::Error::other(format!("KUBECTL_EXTERNAL_DIFF ended with exit code {code}"))),
    }
}

/// Prints a diff, in colour on a terminal or where that is asked for.
pub(super) fn print_diff(diff: Spool, choice: Option<ColorChoice>) -> io::Result<()> {
    let stdout = io::stdout().lock();
    let choice = choice.unwrap_or_else(|| AutoStream::choice(&stdout));
    if choice == ColorChoice::Never {
        return print(diff);
    }
    let mut out = BufWriter::new(AutoStream::new(stdout, choice));
    let mut lines = diff.reader()?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let style = match line[..] {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Style::new().bold(),
            [b'-', ..] => AnsiColor::Red.on_default(),
            [b'+', ..] => AnsiColor::Green.on_default(),
            [b'@', ..] => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        write!(out, "{style}")?;
        out.write_all(text)?;
        writeln!(out, "{style:#}")?;
        line.clear();
    }
    out.flush()
}

/// Prints what another command than those for manifests has to say.
pub(super) fn print_bytes(text: &[u8]) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("standard output: {}", io_text(&error));
            Err(Failure { code: CODE_OUTPUT, message, hint: None })
        }
        _ => Ok(0),
    }
}

/// Prints to standard output.
pub(super) fn print(text: Spool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    text.write_to(&mut out)?;
    out.flush()
}
