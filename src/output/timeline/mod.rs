//! The answers of `timeline`: a chart with a list for people, JSON for programs, a picture for documents.

mod axis;
mod json;
mod svg;
mod text;

use crate::cluster::timeline::{Timeline, What};
use crate::k8s::Time;

pub use json::timeline_value;
pub use svg::timeline_svg;
pub use text::timeline_text;

/// When the pod was ready: from the first time to the second, if that is known.
fn ready(timeline: &Timeline) -> Option<(Time, Option<Time>)> {
    let at = |is: fn(&What) -> bool| timeline.moments.iter().rfind(|moment| is(&moment.what)).map(|moment| moment.at);
    let begin = at(|what| *what == What::Ready)?;
    let end = at(|what| matches!(what, What::NoLonger { condition: "ready" })).filter(|end| *end > begin);
    Some((begin, end))
}
