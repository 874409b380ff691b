//! A self-contained picture of pods: bars for containers, and the list of moments below.

use std::fmt::Write as _;

use super::super::printable;
use super::axis::Axis;
use super::ready;
use super::text::{label, title, waiting, what};
use crate::cluster::timeline::{Run, Timeline};

const WIDTH: usize = 960;
const NAMES: usize = 220;
const BARS: usize = WIDTH - NAMES - 20;
const OPEN: usize = 40;
const ROW: usize = 26;
const LINE: usize = 18;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}.s{font-size:11px;\
                     fill:#666}.run{fill:#2e7d32}.start{fill:#a5d6a7}.fail{fill:#c62828}.pod{fill:#1565c0}.grid{stroke:#ddd}";

/// The picture.
pub fn timeline_svg(timelines: &[Timeline]) -> String {
    let (mut body, mut y) = (String::new(), 10);
    for timeline in timelines {
        y = one(timeline, y, &mut body) + 20;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\" \
         role=\"img\">\n<style>{STYLE}</style>\n<rect width=\"{WIDTH}\" height=\"{y}\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

/// Draws one pod from `y` on, and returns where it ends.
fn one(timeline: &Timeline, y: usize, body: &mut String) -> usize {
    let mut y = y + 16;
    text(body, 10, y, "t", &title(timeline));
    let axis = Axis::of(timeline, BARS, OPEN);
    let rows = timeline.tracks.len() + usize::from(ready(timeline).is_some());
    if timeline.tracks.iter().any(|track| !track.runs.is_empty()) {
        y += LINE;
        let mut free = 0;
        for (time, position) in axis.ticks() {
            let x = NAMES + position;
            let _ = writeln!(
                body,
                "<line class=\"grid\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>",
                y + 6,
                y + 6 + rows * ROW
            );
            if position >= free {
                text(body, x, y, "s", &time.clock());
                free = position + 60;
            }
        }
        y += 6;
        for track in &timeline.tracks {
            text(body, 10, y + 17, "", &label(track));
            for run in &track.runs {
                bar(body, run, &axis, y, "run");
            }
            y += ROW;
        }
        if let Some((begin, end)) = ready(timeline) {
            text(body, 10, y + 17, "", "pod ready");
            let run = Run { started: begin, ready: None, is_starting: false, ended: end, succeeded: true };
            bar(body, &run, &axis, y, "pod");
            y += ROW;
        }
    }
    y += 8;
    for moment in &timeline.moments {
        y += LINE;
        text(body, 10, y, "s", &moment.at.to_string());
        text(body, 160, y, "", moment.container.as_deref().unwrap_or("pod"));
        text(body, 10 + NAMES + 80, y, if moment.what.is_bad() { "fail" } else { "" }, &what(timeline, moment));
    }
    for track in &timeline.tracks {
        if let Some(waiting) = waiting(track) {
            y += LINE;
            text(body, 10, y, "s", "now");
            text(body, 160, y, "", &track.name);
            text(body, 10 + NAMES + 80, y, "", &waiting);
        }
    }
    for gap in &timeline.gaps {
        y += LINE;
        text(body, 10, y, "s", &format!("not known: {gap}"));
    }
    y
}

fn bar(body: &mut String, run: &Run, axis: &Axis, y: usize, class: &str) {
    let begin = axis.at(run.started);
    let end = run.ended.map_or(axis.width, |ended| axis.at(ended));
    let mut part = |class: &str, from: usize, to: usize| {
        let (x, width) = (NAMES + from, to.saturating_sub(from).max(2));
        let top = y + 4;
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" rx=\"2\"/>",
            ROW - 8
        );
    };
    let ready = run.ready.map_or(begin, |(at, _)| axis.at(at).min(end));
    part(if run.is_starting { "start" } else { class }, ready, end);
    if ready > begin {
        part("start", begin, ready);
    }
    if run.ended.is_some() && !run.succeeded {
        part("fail", end.saturating_sub(4), end);
    }
}

fn text(body: &mut String, x: usize, y: usize, class: &str, content: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(body, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(content));
}

fn escaped(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_add_elements() {
        assert_eq!(escaped("<script>\u{1b} & co"), "&lt;script&gt;\\u{1b} &amp; co");
    }
}
