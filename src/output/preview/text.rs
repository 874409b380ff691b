//! The default form: a summary of the groups, then the diffs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::groups::{Group, PreviewGroups, PreviewKeep};
use super::words::lines;
use super::{PreviewRun, words};
use crate::explain::Proxy;
use crate::output::report::plural;
use crate::output::{Comparison, Spool, diff_style, printable};

/// Writes the summary and the diffs.
pub fn preview_text(mut groups: PreviewGroups, run: &PreviewRun<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (sorted, counts) = (groups.sorted(), groups.counts());
    let workloads = counts.changed + counts.unchanged;
    if workloads == 0 {
        return Ok(());
    }
    let style = |style: Style| if run.styled { style } else { Style::new() };
    let title = style(Style::new().bold());
    let meshes = change_of_mesh(run.comparison);
    if sorted.is_empty() {
        let stay = if workloads == 1 { "stays as it is" } else { "stay as they are" };
        return writeln!(out, "{title}{meshes}no pod changes{title:#}: {} {stay}", plural(workloads, "workload"));
    }
    // The summary.
    let ways = if sorted.len() > 1 { format!(" in {} ways", sorted.len()) } else { String::new() };
    let flips = match counts.flips {
        0 => "no proxy flips".to_owned(),
        1 => "1 flips".to_owned(),
        count => format!("{count} flip"),
    };
    let (changed, verb) = (counts.changed, if counts.changed == 1 { "changes" } else { "change" });
    writeln!(out, "{title}{meshes}{changed} of {} {verb}{ways}, {flips}{title:#}", plural(workloads, "workload"))?;
    let numbered = sorted.len() > 1;
    for (number, group) in (1..).zip(&sorted) {
        let number = if numbered { format!("{number}. ") } else { String::new() };
        let color = style(if group.flips() { AnsiColor::Yellow.on_default().bold() } else { Style::new().bold() });
        writeln!(out, "\n{number}{color}{}{color:#}: {}", heading(group), names(group))?;
        for line in lines(&groups.body(group)?.changes) {
            writeln!(out, "  {line}")?;
        }
    }
    if let Some(pin) = run.comparison.pin.as_ref().filter(|_| counts.flips > 0) {
        writeln!(out, "\nto keep today's proxies, run this first:\n  {pin}")?;
    }
    if run.summary_only {
        return Ok(());
    }
    // The diffs.
    if groups.keeps() == PreviewKeep::Diffs {
        writeln!(out)?;
        let diffs = std::mem::replace(&mut groups.workloads, Spool::new(0));
        return write_diff(diffs.reader()?, run.styled, out);
    }
    for (number, group) in (1..).zip(&sorted) {
        writeln!(out)?;
        if numbered {
            writeln!(out, "{title}{number}. {}{title:#}", like(group))?;
        }
        write_diff(groups.body(group)?.diff.as_bytes(), run.styled, out)?;
    }
    Ok(())
}

/// `istio 1.26.8 -> 1.30.3: `, empty if the release stays.
fn change_of_mesh(comparison: &Comparison) -> String {
    let releases: Vec<&str> =
        comparison.columns.iter().filter_map(|column| column.mesh.as_ref()?.get("istio")?.as_str()).collect();
    match releases[..] {
        [before, after] if before != after => format!("istio {} -> {}: ", printable(before), printable(after)),
        _ => String::new(),
    }
}

/// `2 workloads flip, regular -> native`
fn heading(group: &Group) -> String {
    let [before, after] = group.proxies;
    let workloads = plural(group.count, "workload");
    let s = if group.count == 1 { "s" } else { "" };
    match (before, after) {
        _ if !group.flips() => format!("{workloads} stay{s} {}", words::proxy(before)),
        (Proxy::None, _) => format!("{workloads} get{s} a proxy, {}", words::proxy(after)),
        (_, Proxy::None) => format!("{workloads} lose{s} the {} proxy", words::proxy(before)),
        _ => format!("{workloads} flip{s}, {} -> {}", words::proxy(before), words::proxy(after)),
    }
}

/// The names of the first workloads.
fn names(group: &Group) -> String {
    let names = group.names.join(", ");
    match group.count.saturating_sub(group.names.len()) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// The title of a diff.
fn like(group: &Group) -> String {
    let first = group.names.first().map(String::as_str).unwrap_or_default();
    match group.count {
        1 => first.to_owned(),
        count => format!("{first}, and {} alike", plural(count - 1, "workload")),
    }
}

fn write_diff(mut lines: impl io::BufRead, styled: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let style = if styled { diff_style(&line) } else { Style::new() };
        write!(out, "{style}")?;
        out.write_all(line.strip_suffix(b"\n").unwrap_or(&line))?;
        writeln!(out, "{style:#}")?;
        line.clear();
    }
    Ok(())
}
