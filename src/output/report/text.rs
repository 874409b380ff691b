//! The report as text for people.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::entry::{Entry, Outcome, rendered_from};
use super::line::{self, Line, Look};
use super::totals::plural;
use super::{Delivered, Level, Remark, Report};
use crate::k8s::Unhandled;
use crate::output::{fleet_text, printable, printable_file};

impl Report {
    /// Writes the report as text.
    pub fn write_text(mut self, out: &mut impl Write) -> io::Result<()> {
        // The texts borrow the report, so they are built before its spools are written.
        let is_quiet = self.info.level == Level::Quiet;
        let (object_lines, run_lines, last_lines) = if is_quiet {
            (self.warning_lines.lines("warnings"), self.warnings(&self.assumption_warnings()), String::new())
        } else {
            (self.object_lines(), self.run_lines(), self.last_lines())
        };
        let hint = self.hints.rest();
        let look = Look {
            would: !self.is_delivered(),
            width: self.info.width.filter(|_| self.info.level != Level::Verbose),
            change: self.style(AnsiColor::Green),
            other: self.style(AnsiColor::Cyan),
        };
        line::write_all(self.lines, out, &look)?;
        out.write_all(object_lines.as_bytes())?;
        self.urgent_lines.write_to(out)?;
        out.write_all(run_lines.as_bytes())?;
        self.problem_lines.write_to(out)?;
        out.write_all(hint.as_bytes())?;
        out.write_all(last_lines.as_bytes())?;
        self.spool_error.take().map_or(Ok(()), Err)
    }

    /// The spooled form of a workload's line.
    pub(super) fn workload_line(&self, entry: &Entry) -> String {
        let mut details = String::new();
        // The mode.
        if let Some(mode) = entry.mode.filter(|_| !matches!(entry.outcome, Outcome::Skipped | Outcome::NotChosen)) {
            let _ = write!(details, ", {mode}");
        }
        // The release and revision that inject it, then its reasons: all with `-v`, otherwise the first.
        let has_revisions = self.info.mesh.as_ref().is_some_and(|mesh| mesh.get("revisions").is_some());
        let istio = entry.by.as_ref().filter(|_| entry.outcome == Outcome::Injected).map(|by| {
            let revision = if has_revisions { format!(", revision {}", by.revision) } else { String::new() };
            format!("istio {}{revision}", by.istio)
        });
        let limit = if self.info.level == Level::Verbose { usize::MAX } else { 1 };
        let reasons = entry.reasons.iter().map(ToString::to_string).take(limit);
        let parts: Vec<String> = istio.into_iter().chain(reasons).collect();
        if !parts.is_empty() {
            let _ = write!(details, " ({})", printable(&parts.join("; ")));
        }
        let (outcome, is_change) = (entry.outcome.label(), entry.outcome.is_change());
        Line { place: &entry.place(), outcome, is_change, details: &details }.spooled()
    }

    /// The style for text in `color`; plain if the report has no colours.
    pub(super) fn style(&self, color: AnsiColor) -> Style {
        if self.info.styled { color.on_default() } else { Style::new() }
    }

    /// Lines about objects, below those of the workloads: unhandled objects, skipped paths and warnings.
    fn object_lines(&self) -> String {
        let mut text = self.unhandled_lines.lines("objects");
        text.push_str(&self.skipped_paths.lines());
        text.push_str(&self.warning_lines.lines("warnings"));
        text
    }

    /// Lines of warnings about the run: `warnings`, then the urgent ones.
    fn warnings(&self, warnings: &[Remark]) -> String {
        let mut text = String::new();
        let style = self.style(AnsiColor::Yellow);
        for warning in warnings.iter().chain(&self.urgent_warnings) {
            let _ = writeln!(text, "{style}warning{style:#}: {}", printable(&warning.text));
        }
        text
    }

    /// Lines about the run as a whole: warnings, notes and assumptions.
    fn run_lines(&self) -> String {
        let mut text = self.warnings(&self.info.warnings);
        for note in &self.info.notes {
            let _ = writeln!(text, "note: {}", printable(&note.text));
        }
        for assumed in &self.info.assumed {
            let _ = writeln!(text, "assumed: {}", printable(&assumed.text));
        }
        text
    }

    /// The assumptions as warnings, if `--quiet` still shows them.
    fn assumption_warnings(&self) -> Vec<Remark> {
        let assumed = self.info.assumed.iter().filter(|_| self.info.warns_of_assumed);
        assumed.map(|assumed| Remark::new(assumed.code, format!("assumed {assumed}"))).collect()
    }

    /// The last lines: totals, the number of problems, and the effects of applying the changes.
    fn last_lines(&self) -> String {
        let is_explained = self.delivered == Delivered::Explanations && self.selected() > 0;
        let mut text = if let (true, Some(comparison)) = (is_explained, &self.info.comparison) {
            self.totals.compared().lines(comparison, self.files)
        } else if is_explained {
            let mut text = self.totals.explained_line(self.files);
            if let Some(quotas) = &self.info.quotas {
                text.push_str(&fleet_text(self.totals.fleet(), quotas));
            }
            text
        } else {
            self.totals.lines(self.files, !self.is_delivered())
        };
        if text.is_empty() && self.problems == 0 && !self.info.without_totals {
            let elsewhere = match self.rendered_elsewhere {
                0 => String::new(),
                1 => ": 1 object renders workloads elsewhere".to_owned(),
                count => format!(": {count} objects render workloads elsewhere"),
            };
            let _ = writeln!(text, "no workloads found in {}{elsewhere}", plural(self.files, "file"));
        }
        if self.problems > 0 {
            let (problems, style) = (plural(self.problems, "problem"), self.style(AnsiColor::Red));
            let nothing = if self.delivered == Delivered::Nothing { ": nothing was printed or written" } else { "" };
            let _ = writeln!(text, "{style}{problems}{style:#}{nothing}");
        }
        let restarts = match self.delivered {
            Delivered::Manifests => "restarts",
            Delivered::Preview => "would restart",
            Delivered::Explanations | Delivered::Nothing | Delivered::Incomplete => return text,
        };
        if self.restarts {
            let _ = writeln!(text, "applying these changes {restarts} the pods of these workloads");
        }
        if self.recreates {
            text.push_str("existing Jobs and Pods cannot be changed like this: delete and recreate them\n");
        }
        text
    }
}

/// The line of an unhandled object and its hint, without the final line end. `source` is the template its document
/// was rendered from.
pub(super) fn unhandled_line(file: &str, source: Option<&str>, unhandled: &Unhandled) -> String {
    let kind = unhandled.kind.to_lowercase();
    let object = if unhandled.name.is_empty() { kind } else { format!("{kind}/{}", unhandled.name) };
    let text = format!("{}: {object}: {}: {}", rendered_from(source), unhandled.outcome(), unhandled.why());
    let hint = unhandled.hint().map_or_else(String::new, |hint| format!("\n  hint: {}", printable(&hint)));
    format!("{}:{}{}{hint}", printable_file(file), unhandled.place.line, printable(&text))
}
