//! Standard output.

use std::io::{self, BufRead as _, BufWriter, Write};
use std::os::fd::AsFd;

use anstream::{AutoStream, ColorChoice};
use terminal_size::terminal_size_of;

use super::output_error;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::io_text;
use crate::output::{Spool, diff_style};

/// Prints a diff, in color on a terminal or by request.
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
        let style = diff_style(&line);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        write!(out, "{style}")?;
        out.write_all(text)?;
        writeln!(out, "{style:#}")?;
        line.clear();
    }
    out.flush()
}

/// Prints the output of a command that does not print manifests.
pub(super) fn print_bytes(text: &[u8]) -> Result<ExitCode, Diagnostic> {
    print_to(&mut io::stdout().lock(), text)
}

/// Prints text with escape sequences for colors, which are removed unless standard output is a terminal.
pub(super) fn print_styled(text: &str) -> Result<ExitCode, Diagnostic> {
    print_to(&mut AutoStream::auto(io::stdout().lock()), text.as_bytes())
}

fn print_to(out: &mut impl Write, text: &[u8]) -> Result<ExitCode, Diagnostic> {
    let printed = out.write_all(text).and_then(|()| out.flush());
    stdout_result(printed).map_err(output_error)?;
    Ok(ExitCode::Success)
}

/// Prints the pieces of an answer as `write` puts them together.
pub(super) fn print_pieces<P>(
    pieces: P,
    write: impl FnOnce(P, &mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    let mut out = BufWriter::new(io::stdout().lock());
    stdout_result(write(pieces, &mut out).and_then(|()| out.flush()))
}

/// The error of standard output that cannot be written. It is not an error if the reader of a pipe closes it early.
pub(super) fn stdout_result(printed: io::Result<()>) -> Result<(), String> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {}", io_text(&error))),
        _ => Ok(()),
    }
}

/// The error of an answer that cannot be written as JSON or YAML.
pub(super) fn unserializable(error: &serde_json::Error) -> Diagnostic {
    output_error(format!("standard output: {error}"))
}

/// The width of a terminal; `None` for other streams.
pub(super) fn width(stream: impl AsFd) -> Option<usize> {
    terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

/// Prints to standard output.
pub(super) fn print(text: Spool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    text.write_to(&mut out)?;
    out.flush()
}
