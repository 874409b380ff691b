//! The time axis of a chart. A pod starts in seconds and runs for days, so the axis is not to scale: long times between two
//! moments are shortened.

use crate::cluster::timeline::Timeline;
use crate::k8s::Time;

/// Where times are on a chart.
pub(super) struct Axis {
    /// The times at which something happened, in order, each with its position.
    ticks: Vec<(Time, usize)>,
    /// The last position.
    pub(super) width: usize,
}

impl Axis {
    /// The axis of a timeline, `width` units long. Running containers extend `open` units beyond the last moment.
    pub(super) fn of(timeline: &Timeline, width: usize, open: usize) -> Self {
        let runs = timeline.tracks.iter().flat_map(|track| &track.runs);
        let of_runs = runs.flat_map(|run| [Some(run.started), run.ready.map(|(at, _)| at), run.ended]);
        let mut times: Vec<Time> = of_runs.flatten().chain(timeline.moments.iter().map(|moment| moment.at)).collect();
        times.sort_unstable();
        // Positions are in seconds, as Kubernetes' times are.
        times.dedup_by(|later, earlier| later.millis_since(*earlier) < 1000);
        let open = if timeline.is_running { open } else { 0 };
        let length = width.saturating_sub(open).saturating_sub(1);
        Self { ticks: positions(&times, length), width }
    }

    /// The position of a time.
    pub(super) fn at(&self, time: Time) -> usize {
        let after = self.ticks.iter().position(|(tick, _)| *tick > time).unwrap_or(self.ticks.len());
        let before = after.checked_sub(1).and_then(|before| self.ticks.get(before));
        match (before, self.ticks.get(after)) {
            (Some((start, from)), Some((end, to))) => {
                let part = time.millis_since(*start).unsigned_abs();
                let whole = end.millis_since(*start).unsigned_abs().max(1);
                let add = (to - from) as u64 * part / whole;
                from + usize::try_from(add).unwrap_or_default()
            }
            (Some((_, position)), None) | (None, Some((_, position))) => *position,
            (None, None) => 0,
        }
    }

    /// The ticks, with their positions.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (Time, usize)> {
        self.ticks.iter().copied()
    }
}

/// Positions from 0 to `length`: each step gets one unit, and a share of the rest by the logarithm of its duration.
fn positions(times: &[Time], length: usize) -> Vec<(Time, usize)> {
    let steps: Vec<u64> = times
        .iter()
        .zip(times.iter().skip(1))
        .map(|(earlier, later)| {
            let seconds = later.millis_since(*earlier).unsigned_abs() / 1000;
            // Eight times the logarithm of the seconds, in whole numbers.
            u64::from(seconds.saturating_add(1).saturating_pow(2).ilog2()) * 4 + 1
        })
        .collect();
    let total: u64 = steps.iter().sum::<u64>().max(1);
    let each = usize::from(steps.len() <= length);
    let rest = length.saturating_sub(each * steps.len()) as u64;
    let (mut found, mut sum) = (Vec::with_capacity(times.len()), 0);
    for (index, time) in times.iter().enumerate() {
        let share = usize::try_from(rest * sum / total).unwrap_or_default();
        found.push((*time, each * index + share));
        sum += steps.get(index).copied().unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_shortened_and_short_ones_stay_visible() {
        let start = Time::parse("2026-11-20T08:00:00Z").unwrap();
        let times: Vec<Time> = [0, 1, 3, 10, 86_400].map(|seconds| start.plus_seconds(seconds)).to_vec();
        let found: Vec<usize> = positions(&times, 50).into_iter().map(|(_, position)| position).collect();
        assert_eq!((found[0], found[4]), (0, 50));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        assert!(found[4] - found[3] < 40, "{found:?}");
        // More moments than units.
        let many: Vec<Time> = (0..200).map(|seconds| start.plus_seconds(seconds)).collect();
        assert_eq!(positions(&many, 50).last().map(|(_, position)| *position), Some(50));
    }
}
