//! A progress bar on a terminal, for work that takes longer than a second.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::input::{Inputs, Source};
use crate::run;

/// Shorter runs show no bar.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Progress<'i> {
    inputs: &'i Inputs,
    since: Instant,
    is_wanted: bool,
    bar: Option<ProgressBar>,
}

impl<'i> Progress<'i> {
    pub(super) fn new(inputs: &'i Inputs, is_wanted: bool) -> Self {
        let is_wanted = is_wanted && std::io::stderr().is_terminal();
        Self { inputs, since: Instant::now(), is_wanted, bar: None }
    }

    /// Shows the progress so far.
    pub(super) fn show(&mut self, so_far: run::Progress) {
        if !self.is_wanted || (self.bar.is_none() && self.since.elapsed() < PATIENCE) {
            return;
        }
        let counts_files = self.inputs.sources.len() > 1;
        let bar = self.bar.get_or_insert_with(|| bar(self.inputs));
        bar.set_position(if counts_files { so_far.files as u64 } else { so_far.bytes });
        bar.set_message(format!("{} workloads", so_far.workloads));
    }
}

/// The bar disappears when the work is done, before the report is printed.
impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(inputs: &Inputs) -> ProgressBar {
    let (bar, template) = match &inputs.sources[..] {
        [Source::File(path)] => {
            let length = std::fs::metadata(path).map_or(0, |m| m.len());
            (ProgressBar::new(length), "{wide_bar} {bytes} of {total_bytes}, {msg}")
        }
        [_] => (ProgressBar::no_length(), "{spinner} {bytes}, {msg}"),
        files => (ProgressBar::new(files.len() as u64), "{wide_bar} {pos} of {len} files, {msg}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
