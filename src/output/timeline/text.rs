//! A chart of 80 columns, and the list of moments below it.

use std::fmt::Write as _;

use super::super::printable;
use super::super::table::{cut, padded, table};
use super::axis::Axis;
use super::ready;
use crate::cluster::printing::duration;
use crate::cluster::timeline::{Moment, Run, Timeline, Track, What};
use crate::explain::Role;
use crate::k8s::Time;

/// The columns for names.
const NAMES: usize = 24;
/// The columns for bars.
const BARS: usize = 55;
/// The columns by which bars of running containers extend.
const OPEN: usize = 4;

const LEGEND: &str = "█ running  ░ starting  · waiting  ┤ ended  × failed  ▶ still runs  (not to scale)";

/// Charts and lists of these pods.
pub fn timeline_text(timelines: &[Timeline]) -> String {
    let each: Vec<String> = timelines.iter().map(one).collect();
    each.join("\n")
}

fn one(timeline: &Timeline) -> String {
    let mut text = format!("{}\n", printable(&title(timeline)));
    if timeline.tracks.iter().any(|track| !track.runs.is_empty()) {
        text.push('\n');
        text.push_str(&chart(timeline));
        let _ = writeln!(text, "\n{LEGEND}");
    }
    if !timeline.moments.is_empty() {
        text.push('\n');
        text.push_str(&list(timeline));
    }
    if !timeline.gaps.is_empty() {
        text.push_str("\nNot known:\n");
        for gap in &timeline.gaps {
            let _ = writeln!(text, "- {}", printable(&gap.to_string()));
        }
    }
    text
}

/// `shop/web-1: 2/2 Running, native proxy, on node-1`.
pub(super) fn title(timeline: &Timeline) -> String {
    let columns = timeline.columns.iter().map(|columns| format!("{} {}", columns.ready, columns.status));
    let proxy = timeline.columns.iter().map(|_| match timeline.proxy.word() {
        "none" => "no proxy".to_owned(),
        kind => format!("{kind} proxy"),
    });
    let node = Some(&timeline.node).filter(|node| !node.is_empty()).map(|node| format!("on {node}"));
    let facts: Vec<String> = columns.chain(proxy).chain(node).collect();
    let name = format!("{}/{}", timeline.namespace, timeline.name);
    if facts.is_empty() { name } else { format!("{name}: {}", facts.join(", ")) }
}

/// The name of a container, with its role if that is not obvious.
pub(super) fn label(track: &Track) -> String {
    match track.role {
        Role::Sidecar => format!("{} (sidecar)", track.name),
        Role::Init => format!("{} (init)", track.name),
        Role::App => track.name.clone(),
    }
}

fn chart(timeline: &Timeline) -> String {
    let axis = Axis::of(timeline, BARS, OPEN);
    let mut text = String::new();
    line(&mut text, "", &clocks(&axis));
    let begin = axis.ticks().next().map_or(0, |(_, position)| position);
    for track in &timeline.tracks {
        let mut bar = vec![' '; BARS];
        let first = track.runs.first().map_or(axis.width, |run| axis.at(run.started));
        fill(&mut bar, begin, first, '·');
        track.runs.iter().for_each(|run| draw(&mut bar, run, &axis));
        line(&mut text, &label(track), &bar);
    }
    if let Some((begin, end)) = ready(timeline) {
        let mut bar = vec![' '; BARS];
        let run = Run { started: begin, ready: None, is_starting: false, ended: end, succeeded: true };
        draw(&mut bar, &run, &axis);
        line(&mut text, "pod ready", &bar);
    }
    text
}

fn draw(bar: &mut [char], run: &Run, axis: &Axis) {
    let begin = axis.at(run.started);
    let end = run.ended.map_or(axis.width - 1, |ended| axis.at(ended));
    fill(bar, begin, end, if run.is_starting { '░' } else { '█' });
    if let Some((ready, _)) = run.ready {
        fill(bar, begin, axis.at(ready).min(end), '░');
    }
    let last = match run.ended {
        None => '▶',
        Some(_) if run.succeeded => '┤',
        Some(_) => '×',
    };
    if let Some(cell) = bar.get_mut(end) {
        *cell = last;
    }
}

fn fill(bar: &mut [char], from: usize, to: usize, with: char) {
    if let Some(cells) = bar.get_mut(from..to) {
        cells.fill(with);
    }
}

/// Times of day at their positions, as many as there is room for.
fn clocks(axis: &Axis) -> Vec<char> {
    let mut row = vec![' '; BARS];
    let mut free = 0;
    for (time, position) in axis.ticks() {
        let clock: Vec<char> = time.clock().chars().collect();
        if position >= free
            && let Some(cells) = row.get_mut(position..position + clock.len())
        {
            cells.copy_from_slice(&clock);
            free = position + clock.len() + 2;
        }
    }
    row
}

fn line(text: &mut String, name: &str, bar: &[char]) {
    let name = padded(&cut(&printable(name), NAMES), NAMES);
    let whole = format!("{name} {}", bar.iter().collect::<String>());
    let _ = writeln!(text, "{}", whole.trim_end());
}

fn list(timeline: &Timeline) -> String {
    let dates: Vec<String> = timeline.moments.iter().map(|moment| moment.at.date()).collect();
    let is_one_day = dates.windows(2).all(|pair| pair.first() == pair.last());
    let start = timeline.moments.first().map(|moment| moment.at);
    let rows = timeline.moments.iter().map(|moment| {
        let time = if is_one_day { moment.at.clock() } else { moment.at.to_string() };
        let about = moment.container.clone().unwrap_or_else(|| "pod".to_owned());
        vec![time, after(start, moment.at), about, what(timeline, moment)]
    });
    // Containers that are waiting now.
    let now = timeline
        .tracks
        .iter()
        .filter_map(|track| Some(vec!["now".to_owned(), String::new(), track.name.clone(), waiting(track)?]));
    let rows = rows.chain(now);
    let time = if is_one_day { dates.first().map_or("TIME", |date| date) } else { "TIME" };
    table(&[time, "AFTER", "ABOUT", "WHAT"], &rows.collect::<Vec<_>>())
}

/// Why a container does not run now, if it is not because it ended.
pub(super) fn waiting(track: &Track) -> Option<String> {
    match (track.waiting.as_str(), &track.blocked_by) {
        ("", None) => None,
        ("", Some(other)) => Some(format!("waiting for {other}")),
        (reason, None) => Some(format!("waiting: {reason}")),
        (reason, Some(other)) => Some(format!("waiting for {other} ({reason})")),
    }
}

fn after(start: Option<Time>, at: Time) -> String {
    start.map_or_else(String::new, |start| duration(at.millis_since(start)))
}

/// The text of a moment, with what it waited for.
pub(super) fn what(timeline: &Timeline, moment: &Moment) -> String {
    let text = moment.what.to_string();
    let track = timeline.tracks.iter().find(|track| Some(&track.name) == moment.container.as_ref());
    let Some(track) = track else { return text };
    let is_first = track.runs.first().is_some_and(|run| run.started == moment.at);
    let is_last = track.runs.last().is_some_and(|run| run.ended == Some(moment.at));
    match (&moment.what, &track.waited_for, &track.outlived) {
        (What::Started { .. }, Some(wait), _) if is_first => {
            format!("{text}, after waiting {}s for {}", wait.seconds, wait.container)
        }
        (What::Ended { .. }, _, Some(wait)) if is_last => {
            format!("{text}, {}s after {}", wait.seconds, wait.container)
        }
        _ => text,
    }
}
