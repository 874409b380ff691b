//! `lint`: finds annotations that do nothing, workarounds that can go, and traps.

use std::io::{self, BufWriter, Write as _};

use clap::ValueEnum;

use super::input::{InputArgs, SelectionArgs};
use super::print::print_bytes;
use super::project::ProjectArgs;
use super::report::ReportArgs;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::Object;
use crate::lint::{Facts, Finding, Linter, MeshSource, RULES, RuleSet, Severity, UnknownRule, rule};
use crate::output::{concise, json};
use crate::run::{Job, Lint, OutputRequest, Print, project_note, resolve};
use lossless_yaml::Tree;

/// The command's name.
const COMMAND: &str = "lint";

const EXAMPLES: &str = "Examples:
  # what is wrong in the manifests of a folder?
  kubectl nativesidecar lint -f k8s/ -R

  # for this mesh
  kubectl nativesidecar lint -f k8s/ -R --mesh-file mesh.yaml

  # what does a rule look for, and why?
  kubectl nativesidecar lint --rule annotation-not-a-string";

/// The form in which findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each finding
    #[default]
    Concise,
    /// JSON
    Json,
}

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Run these rules instead of the default ones
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    ignore: Vec<String>,
    /// Print the manual page of a rule
    #[arg(long, value_name = "RULE", help_heading = "Rules", exclusive = true)]
    rule: Option<String>,
    /// List the rules
    #[arg(long, help_heading = "Rules", exclusive = true)]
    rules: bool,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    project: ProjectArgs,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "concise", help_heading = "Output")]
    output: Format,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    if args.rules {
        return print_bytes(rules().as_bytes());
    }
    if let Some(name) = &args.rule {
        let rule = rule(name).ok_or_else(|| unknown(&UnknownRule::of(name)))?;
        return print_bytes(rule.manual().as_bytes());
    }
    let rules = RuleSet::new(&args.select, &args.ignore).map_err(|error| unknown(&error))?;
    let choice = args.project.read(true)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    let settings = args.mesh.over(choice.target.mesh.clone());
    let source = if settings == MeshSettings::default() { MeshSource::Assumed } else { MeshSource::Given };
    let mesh = resolve(&settings, &mut inputs, &selection.default_namespace, source == MeshSource::Assumed)?;
    let mut info = mesh.info;
    info.notes.extend(project_note(&choice));
    let facts = Facts { namespaces: mesh.meshes.objects.namespaces.clone(), ..Facts::default() };
    let meshes = mesh.meshes;
    let default_namespace = selection.default_namespace.clone();
    let is_chosen = |tree: &Tree<'_>, object: &Object| selection.leaves_out(tree, object).is_none();
    let linter =
        Linter { meshes: &meshes, source, rules, facts, kinds: &kinds, default_namespace, is_chosen: &is_chosen };
    let task = Lint { linter };
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let request = OutputRequest { print: Print::Nothing, ..OutputRequest::default() };
    let ended = args.report.run(&inputs, &job, request, info, "")?;
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = match args.output {
        Format::Concise => concise(&ended.findings, &mut out),
        Format::Json => json(&ended.findings, &mut out),
    };
    printed.and_then(|()| out.flush()).map_err(|error| super::output_error(error.to_string()))?;
    Ok(if ended.code == ExitCode::Success { code(&ended.findings) } else { ended.code })
}

fn code(findings: &[Finding]) -> ExitCode {
    let fails = findings.iter().any(|finding| finding.rule.severity != Severity::Info);
    if fails { ExitCode::Differences } else { ExitCode::Success }
}

/// The rules, one on each line.
fn rules() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &&crate::lint::Rule| {
        let default = if rule.is_default { "" } else { " (not run unless selected)" };
        format!("{:width$}  {:7}  {}{default}\n", rule.name, rule.severity.label(), rule.summary())
    };
    RULES.iter().map(line).collect()
}

fn unknown(error: &UnknownRule) -> Diagnostic {
    Diagnostic::usage(error.to_string(), Some(error.hint()))
}
