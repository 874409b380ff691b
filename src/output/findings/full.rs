//! Findings with their source lines.
//!
//! annotate-snippets draws them, as in rustc and cargo: it cuts long lines around the marked text and counts columns by the
//! width of characters. miette has dozens of dependencies.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::lint::{Excerpt, Finding, Grade, Severity};
use crate::output::{printable, printable_file};

/// How findings are drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Whether they have colors.
    pub styled: bool,
    /// The width of the terminal; `None` if the output is not a terminal.
    pub width: Option<usize>,
}

/// The width of output that is not for a terminal.
const WIDTH: usize = 140;

/// What is drawn on narrower terminals is as wide as this.
const MIN_WIDTH: usize = 40;

/// Writes the findings with their source lines.
pub fn full(findings: &[Finding], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if look.styled { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(look.width.unwrap_or(WIDTH).max(MIN_WIDTH));
    for finding in findings {
        writeln!(out, "{}\n", drawn(finding, &renderer, look.width))?;
    }
    Ok(())
}

/// Draws a finding. On a terminal of this width, messages are wrapped.
fn drawn(finding: &Finding, renderer: &Renderer, width: Option<usize>) -> String {
    let level = match finding.rule.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let Excerpt { line, text, marked, part, is_cut } = &finding.excerpt;
    let file = printable_file(&finding.file);
    let before = format!("{}[{}]: ", finding.rule.severity.label(), finding.rule.name).len();
    let message = wrapped(&printable(&finding.message), before, width);
    let primary = if part.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let part = part.iter().map(|part| AnnotationKind::Primary.span(part.clone()));
    let snippet =
        Snippet::source(text.as_str()).line_start(*line).annotation(primary.span(marked.clone())).annotations(part);
    let group = level.primary_title(&*message).id(finding.rule.name);
    let group = if *is_cut {
        let origin = Origin::path(&*file).line(finding.start.line).char_column(finding.start.column);
        group.element(origin).element(snippet)
    } else {
        group.element(snippet.path(&*file))
    };
    // Behind the line number, ` = help: `.
    let before = finding.excerpt.line.to_string().len() + 9;
    let help = wrapped(&help(finding), before, width);
    let group = if help.is_empty() { group } else { group.element(Level::HELP.message(&*help)) };
    renderer.render(&[group])
}

/// What to do about a finding, with the flags that do it.
fn help(finding: &Finding) -> String {
    let help = finding.help.as_deref().map(printable).unwrap_or_default().into_owned();
    let flags = match finding.fix.as_ref().map(|fix| fix.grade) {
        Some(Grade::Safe) => "--fix",
        Some(Grade::Unsafe) => "--fix --unsafe-fixes",
        None => return help,
    };
    if help.is_empty() { flags.to_owned() } else { format!("{help} ({flags})") }
}

/// A text in lines for a terminal of this width, on which `before` characters precede each line.
fn wrapped(text: &str, before: usize, width: Option<usize>) -> String {
    let Some(room) = width.map(|width| width.max(MIN_WIDTH).saturating_sub(before)) else { return text.to_owned() };
    let mut lines = String::with_capacity(text.len());
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            lines.push('\n');
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 38, Some(45)), "one two\nthree");
        assert_eq!(wrapped("one two three", 38, None), "one two three");
        assert_eq!(wrapped("one two three", 30, Some(10)), "one two\nthree");
        assert_eq!(wrapped("unbreakable", 50, Some(40)), "unbreakable");
    }
}
