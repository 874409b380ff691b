//! `diff --to`: what a change of the mesh changes in pods.

use std::io::Write;

use clap::ValueEnum;

use super::compare::{ResolvedSides, Sides};
use super::print::print_pieces;
use super::report::ReportArgs;
use crate::config::ProjectChoice;
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::Inputs;
use crate::k8s::Kinds;
use crate::output::{Comparison, PreviewGroups, PreviewKeep, PreviewRun, preview_json, preview_text};
use crate::run::{ExitRule, Job, MeshUse, OutputRequest, Preview, Print, Selection};

/// What `-o` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The groups and the workloads as JSON
    Json,
}

/// What to preview, and how to show it.
pub(super) struct PreviewJob<'j> {
    pub(super) sides: Sides,
    pub(super) choice: &'j ProjectChoice,
    pub(super) selection: &'j Selection,
    pub(super) kinds: &'j Kinds,
    pub(super) api_defaults: bool,
    /// Lines of context around each change.
    pub(super) context: usize,
    pub(super) summary: bool,
    pub(super) output: Option<Format>,
    pub(super) report: ReportArgs,
}

/// Compares the pods of workloads before and after a change of the mesh.
pub(super) fn preview(job: PreviewJob<'_>, mut inputs: Inputs) -> Result<ExitCode, Diagnostic> {
    let PreviewJob { sides, choice, selection, kinds, api_defaults, context, summary, output, report } = job;
    let assume_new_nodes = sides.may_assume_new_nodes();
    let namespace = &selection.default_namespace;
    let resolved = sides.resolve(choice, &mut inputs, namespace, MeshUse::Sidecars, assume_new_nodes)?;
    let ResolvedSides { meshes, comparison, mut info } = resolved;
    // The summary shows the command that keeps today's proxies.
    info.comparison = Some(Comparison { pin: None, ..comparison.clone() });
    let names: Vec<String> = comparison.columns.iter().map(|column| column.name.clone()).collect();
    let mut sides = names.into_iter().zip(meshes);
    let (Some(before), Some(after)) = (sides.next(), sides.next()) else {
        return Err(Diagnostic::error(Code::Internal, ExitCode::Internal, "a comparison has two meshes"));
    };
    let mut task = Preview::of(before, after, api_defaults, context);
    let keep = match (output, report.is_verbose()) {
        (Some(Format::Json), _) => PreviewKeep::Items,
        (None, true) if !summary => PreviewKeep::Diffs,
        (None, _) => PreviewKeep::Groups,
    };
    task.every_diff = keep == PreviewKeep::Diffs;
    let job = Job { task: &task, selection, kinds };
    let print = Print::Groups(keep);
    let request =
        OutputRequest { print, exit_rule: ExitRule::Differences, keep_going: true, ..OutputRequest::default() };
    let report = report.not_verbose();
    let ended = report.run_with(&inputs, &job, request, info, |finished| {
        let Some(groups) = finished.groups.take() else { return Ok(()) };
        let run = PreviewRun { comparison: &comparison, summary_only: summary, styled: report.is_styled(true) };
        print_pieces(groups, |groups, out| write(groups, output, &run, out))
    });
    // The process ends: freeing the memory would take time for nothing.
    std::mem::forget(task);
    Ok(ended?.code)
}

fn write(
    groups: PreviewGroups,
    output: Option<Format>,
    run: &PreviewRun<'_>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match output {
        Some(Format::Json) => preview_json(groups, run, out),
        None => preview_text(groups, run, out),
    }
}
