//! A drawing of the order in which the containers of a pod start and stop.

use maud::{Markup, html};

use crate::explain::{Details, Role};
use crate::output::printable;

/// The height of a container's line, in pixels.
const LINE: usize = 22;
/// The height of a container's bar.
const BAR: usize = 14;
/// The width of a step of the start.
const START: usize = 90;
/// The width of a step of the stop.
const STOP: usize = 30;
/// The width of the time in which the containers under `containers` run.
const RUN: usize = 160;
/// The width of a character of a name.
const CHARACTER: usize = 8;
/// The most characters of a name that are drawn.
const MAX_NAME: usize = 40;

/// A line for each container: when it starts, and until when it runs. Times are not to scale.
pub(super) fn drawing(details: &Details) -> Markup {
    let names = details.containers.iter().map(|container| printable(&container.name));
    let names: Vec<String> = names.map(|name| name.chars().take(MAX_NAME).collect()).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let steps = details.start_steps();
    let left = (longest + 2) * CHARACTER;
    let apps_start = left + (steps.iter().max().unwrap_or(&1) - 1) * START;
    let apps_end = apps_start + RUN;
    // Native sidecars stop in reverse order, once all others have ended.
    let mut running = details.containers.iter().filter(|container| container.role == Role::Sidecar).count();
    let (width, height) = (apps_end + (running + 1) * STOP, LINE * names.len());
    let mut bars = Vec::with_capacity(names.len());
    for ((container, step), name) in details.containers.iter().zip(&steps).zip(&names) {
        let start = left + (step - 1) * START;
        let end = match container.role {
            Role::Init => start + START,
            Role::Sidecar => apps_end + running * STOP,
            Role::App => apps_end,
        };
        running -= usize::from(container.role == Role::Sidecar);
        bars.push((bars.len() * LINE, name, container.role.word(), start, end - start));
    }
    html! {
        svg role="img" aria-label=(description(details)) width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) } {
            @for (y, name, role, x, width) in bars {
                text x="0" y=(y + LINE * 2 / 3) { (name) }
                rect class=(role) x=(x) y=(y + (LINE - BAR) / 2) width=(width - 2) height=(BAR) rx="3" {}
            }
        }
    }
}

/// The drawing in words.
fn description(details: &Details) -> String {
    let steps = details.containers.iter().map(|container| {
        let what = match container.role {
            Role::Init => "ends",
            Role::Sidecar => "keeps running",
            Role::App => "runs",
        };
        format!("{} {what}", printable(&container.name))
    });
    format!("Start order: {}", steps.collect::<Vec<_>>().join(", then "))
}
