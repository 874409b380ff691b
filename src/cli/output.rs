//! Flags of all manifest commands: what comes out; and the end of a run.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};

use super::Failure;
use crate::input::{Inputs, Source, io_text};
use crate::output::{Level, Pair, Report, external_diff, run_external_diff};
use crate::run::{CODE_OUTPUT, Deliver, Processed, finish};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The whole stream, byte for byte
    Yaml,
    /// The workloads that change, as kind/name
    Name,
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
    #[arg(long, value_name = "FILE")]
    report_file: Option<PathBuf>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

impl OutputArgs {
    pub(super) fn writes(&self) -> bool {
        self.write
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
        Ok(())
    }

    /// Prints, writes and reports; returns the exit code.
    pub(super) fn deliver(&self, files: &[Processed], mut report: Report) -> u8 {
        let deliver = Deliver {
            diff: self.diff,
            write: self.write,
            check: self.check,
            names: self.output == Format::Name,
            keep_going: self.keep_going,
        };
        let finished = finish(files, &mut report, deliver);
        let mut code = finished.code;
        let printed = if !self.diff {
            print(&finished.stdout)
        } else if let Some(command) = self.external_diff().filter(|_| finished.code <= 1) {
            run_external(&command, files)
        } else {
            print_diff(&finished.stdout, self.color.choice())
        };
        // A reader that has seen enough is no error.
        if let Some(error) = printed.err().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe) {
            let _ = writeln!(std::io::stderr(), "error: standard output: {error}");
            code = CODE_OUTPUT;
        }
        let level = match (self.quiet, self.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        };
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(report.to_text(level).as_bytes());
        if let Some(path) = &self.report_file {
            let text = format!("{:#}\n", report.to_json());
            if let Err(error) = std::fs::write(path, text) {
                let _ = writeln!(stderr, "{}: {}", path.display(), io_text(&error));
                code = if code > 1 { code } else { CODE_OUTPUT };
            }
        }
        code
    }

    /// The diff program that the user has chosen; colours are a choice of ours.
    fn external_diff(&self) -> Option<Vec<String>> {
        external_diff(&std::env::var("KUBECTL_EXTERNAL_DIFF").ok()?).filter(|_| self.color == Color::Auto)
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

fn run_external(command: &[String], files: &[Processed]) -> std::io::Result<()> {
    let changed: Vec<(String, &Processed)> =
        files.iter().filter(|f| f.new.is_some()).map(|f| (f.source.to_string(), f)).collect();
    let pairs: Vec<Pair<'_>> = changed
        .iter()
        .map(|(name, file)| Pair { name, old: &file.old, new: file.new.as_deref().unwrap_or(&file.old) })
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    match run_external_diff(command, &pairs)? {
        0 | 1 => Ok(()),
        code => Err(std::io::Error::other(format!("KUBECTL_EXTERNAL_DIFF ended with exit code {code}"))),
    }
}

/// Prints a diff, in colour on a terminal or where that is asked for.
pub(super) fn print_diff(diff: &str, choice: Option<ColorChoice>) -> std::io::Result<()> {
    let on_terminal = std::io::stdout().is_terminal();
    let choice = choice.unwrap_or(if on_terminal { ColorChoice::Auto } else { ColorChoice::Never });
    let mut styled = String::new();
    for line in diff.split_inclusive('\n') {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Style::new().bold(),
            [b'-', ..] => AnsiColor::Red.on_default(),
            [b'+', ..] => AnsiColor::Green.on_default(),
            [b'@', ..] => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let text = line.strip_suffix('\n').unwrap_or(line);
        let end = if text.len() < line.len() { "\n" } else { "" };
        let _ = write!(styled, "{style}{text}{style:#}{end}");
    }
    let mut out = AutoStream::new(std::io::stdout().lock(), choice);
    out.write_all(styled.as_bytes())?;
    out.flush()
}

/// Prints text to standard output.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
