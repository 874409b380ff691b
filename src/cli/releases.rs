//! `releases`: what changed in the sidecar between Istio versions.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::print::{print_bytes, unserializable};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::istio::names::{annotation, env};
use crate::istio::{AnnotationAnswer, MIN_KUBELET_MINOR, Release, ReleaseDefault, ReleaseStage, ReleaseSummary};
use crate::output::json_text;

const EXAMPLES: &str = "Examples:
  # the known releases, and what they inject
  kubectl nativesidecar releases

  # one release: its rule, its defaults, and what changed in the sidecar
  kubectl nativesidecar releases 1.28";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    /// Istio version, such as 1.28 or 1.28.3
    #[arg(value_name = "VERSION")]
    version: Option<Release>,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// How releases are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, or a description of one release
    Text,
    /// One document
    Json,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Diagnostic> {
    let releases: Vec<Release> = match &args.version {
        None => Release::known().collect(),
        Some(release) if release.decides() => vec![release.clone()],
        Some(release) => {
            let message = format!("Istio {release} is not known (known: {})", Release::decided_range());
            return Err(Diagnostic::error(Code::ReleaseNotBuiltIn, ExitCode::Mesh, message));
        }
    };
    let summaries = releases.iter().map(Release::summary).collect::<Result<Vec<_>, _>>();
    let summaries = summaries.map_err(|error| Diagnostic::from(&error))?;
    let text = match (args.output, &summaries[..]) {
        (Format::Json, summaries) => {
            let document = json!({"version": 1, "releases": summaries});
            json_text(&document).map_err(|error| unserializable(&error))?
        }
        (Format::Text, [only]) if args.version.is_some() => describe(only),
        (Format::Text, summaries) => table(summaries),
    };
    print_bytes(text.as_bytes())
}

/// One line for each release.
fn table(summaries: &[ReleaseSummary]) -> String {
    let mut text = format!("{:<13} {:<15} {:<19} ANNOTATION\n", "RELEASE", "STAGE", "WITHOUT ANNOTATION");
    for summary in summaries {
        let default = match summary.default {
            ReleaseDefault::Regular => "regular",
            ReleaseDefault::Nodes => "by nodes",
        };
        let answers = answers(&summary.annotation).map(|(value, answer)| format!("{value} {answer}"));
        let answers: Vec<String> = answers.collect();
        let answers = if is_ignored(&summary.annotation) { "ignored".to_owned() } else { answers.join(", ") };
        let stage = stage(summary.stage);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<13} {stage:<15} {default:<19} {answers}", summary.istio);
    }
    let _ = writeln!(text, "\nby nodes: native if all kubelets are 1.{MIN_KUBELET_MINOR} or later, else regular");
    text
}

/// The description of one release.
fn describe(summary: &ReleaseSummary) -> String {
    let mut text = format!("Istio:     {}\nStage:     {}\n", summary.istio, stage(summary.stage));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}{value}");
    };
    if let Some(sidecar) = &summary.sidecar {
        let value = |path: &str| sidecar.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let resources = |kind: &str| {
            format!(
                "cpu {}, memory {}",
                value(&format!("/resources/{kind}/cpu")),
                value(&format!("/resources/{kind}/memory"))
            )
        };
        line("Image:     ", value("/image"));
        line("Requests:  ", &resources("requests"));
        line("Limits:    ", &resources("limits"));
    }
    line("", "\nNative or regular, the first that applies:");
    if is_ignored(&summary.annotation) {
        line("  annotation ", &format!("{}: ignored", annotation::NATIVE_SIDECAR));
    } else {
        for (value, answer) in answers(&summary.annotation) {
            line("  annotation ", &format!("{} {value}: {answer}", annotation::NATIVE_SIDECAR));
        }
    }
    let variable = env::ENABLE_NATIVE_SIDECARS;
    line("  istiod's ", &format!("{variable}=true: native"));
    line("  istiod's ", &format!("{variable} with another value: regular"));
    match summary.default {
        ReleaseDefault::Regular => line("  ", "otherwise: regular"),
        ReleaseDefault::Nodes => {
            line("  ", &format!("all kubelets are 1.{MIN_KUBELET_MINOR} or later: native"));
            line("  ", "otherwise: regular");
        }
    }
    if !summary.changes.is_empty() {
        line("", "\nChanged in the sidecar since the previous minor release:");
    }
    for change in &summary.changes {
        let since = if change.since.ends_with(".0") { String::new() } else { format!(" (since {})", change.since) };
        line("  - ", &format!("{}{since}", change.text));
    }
    text
}

/// The values of the annotation and their answers, except those that are read as absent.
fn answers(annotation: &[AnnotationAnswer]) -> impl Iterator<Item = (String, &str)> {
    let counted = annotation.iter().filter(|one| one.answer != "absent");
    counted.map(|one| {
        let value = match one.value {
            Some(value) => format!("{value:?}"),
            None => "other".to_owned(),
        };
        (value, one.answer.as_str())
    })
}

fn is_ignored(annotation: &[AnnotationAnswer]) -> bool {
    answers(annotation).next().is_none()
}

fn stage(stage: ReleaseStage) -> &'static str {
    match stage {
        ReleaseStage::Final => "final",
        ReleaseStage::Candidate => "candidate",
        ReleaseStage::Preview => "preview",
        ReleaseStage::DecisionsOnly => "decisions only",
        ReleaseStage::Newer => "newer than known",
    }
}
