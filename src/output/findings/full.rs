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

/// Writes the findings with their source lines.
pub fn full(findings: &[Finding], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if look.styled { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(look.width.unwrap_or(WIDTH).max(40));
    for finding in findings {
        writeln!(out, "{}\n", drawn(finding, &renderer))?;
    }
    Ok(())
}

fn drawn(finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.rule.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let Excerpt { line, text, marked, part, cut } = &finding.excerpt;
    let (file, message) = (printable_file(&finding.file), printable(&finding.message));
    let primary = if part.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let part = part.iter().map(|part| AnnotationKind::Primary.span(part.clone()));
    let snippet =
        Snippet::source(text.as_str()).line_start(*line).annotation(primary.span(marked.clone())).annotations(part);
    let group = level.primary_title(&*message).id(finding.rule.name);
    let group = if *cut == 0 {
        group.element(snippet.path(&*file))
    } else {
        let origin = Origin::path(&*file).line(finding.start.line).char_column(finding.start.column);
        group.element(origin).element(snippet)
    };
    let help = help(finding);
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
