//! `lint`: finds annotations that do nothing, workarounds that can go, and traps.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::input::{InputArgs, SelectionArgs};
use super::output_error;
use super::print::{print_bytes, stdout_result, width};
use super::project::ProjectArgs;
use super::report::ReportArgs;
use crate::config::{LintSettings, MeshSettings, Project, ProjectChoice};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{Inputs, Source, io_text};
use crate::istio::platform::Platform;
use crate::k8s::Object;
use crate::lint::{
    Baseline, Facts, Finding, Grade, Linter, MeshSource, RULES, Rule, RuleSet, Severity, UnknownRule, rule,
};
use crate::output::{Look, concise, full, github, gitlab, json, json_text, sarif, totals};
use crate::run::{
    Hidden, Job, Lint, MeshUse, OutputRequest, Print, bases_note, lint_facts, project_note, resolve,
    respect_namespaces_of_mesh,
};
use lossless_yaml::Tree;

/// The command's name.
const COMMAND: &str = "lint";

const EXAMPLES: &str = "Examples:
  # what is wrong in the manifests of a folder?
  kubectl nativesidecar lint -f k8s/ -R

  # for this mesh; without one, native proxies are assumed
  kubectl nativesidecar lint -f k8s/ -R --mesh-file mesh.yaml

  # apply the safe fixes in place; show what all fixes would change
  kubectl nativesidecar lint -f k8s/ -R --fix --write
  kubectl nativesidecar lint -f k8s/ -R --fix --unsafe-fixes --diff

  # in CI: annotate the lines of a pull request, or upload to code scanning
  kubectl nativesidecar lint -f k8s/ -R -o github
  kubectl nativesidecar lint -f k8s/ -R -o sarif > lint.sarif

  # start today in an old repository: hide what is there, report what is new
  kubectl nativesidecar lint -f k8s/ -R --write-baseline lint-baseline.json
  kubectl nativesidecar lint -f k8s/ -R --baseline lint-baseline.json

  # what does a rule look for, and why?
  kubectl nativesidecar lint --rule misplaced-annotation";

/// The form in which findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the source lines
    #[default]
    Full,
    /// A line for each finding
    Concise,
    /// JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub workflow commands
    Github,
    /// GitLab code quality report
    Gitlab,
}

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    own: OwnArgs,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    report: ReportArgs,
}

// The flags that no other command has. A doc comment would become the description of the command.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
struct OwnArgs {
    /// Run these rules instead of the default ones
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    ignore: Vec<String>,
    /// Hide the findings that this file lists
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    baseline: Option<PathBuf>,
    /// Write all findings to this file, for --baseline
    #[arg(long, value_name = "FILE", help_heading = "Rules", conflicts_with_all = ["baseline", "fix", "unsafe_fixes"])]
    write_baseline: Option<PathBuf>,
    /// Print the manual page of a rule
    #[arg(long, value_name = "RULE", help_heading = "Rules", exclusive = true)]
    rule: Option<String>,
    /// List the rules
    #[arg(long, help_heading = "Rules", exclusive = true)]
    rules: bool,
    /// Apply safe fixes, and print the manifests; remaining findings go to standard error
    #[arg(long, help_heading = "Fixes")]
    fix: bool,
    /// Apply all fixes, including those that may change what a workload does
    #[arg(long, help_heading = "Fixes")]
    unsafe_fixes: bool,
    /// With --fix: print a unified diff instead
    #[arg(long, help_heading = "Fixes")]
    diff: bool,
    /// With --fix: write changed files in place
    #[arg(short = 'w', long, help_heading = "Fixes")]
    write: bool,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "full", help_heading = "Output")]
    output: Format,
}

impl OwnArgs {
    /// The fixes to apply, if any.
    fn fixes(&self) -> Option<Grade> {
        match (self.fix, self.unsafe_fixes) {
            (_, true) => Some(Grade::Unsafe),
            (true, false) => Some(Grade::Safe),
            (false, false) => None,
        }
    }

    /// Checks that the flags fit each other and the inputs.
    fn check(&self, inputs: &Inputs) -> Result<(), Diagnostic> {
        if self.fixes().is_none() && (self.write || self.diff) {
            let flag = if self.write { "--write" } else { "--diff" };
            return Err(Diagnostic::usage(format!("{flag} requires --fix"), Some(format!("pass --fix {flag}"))));
        }
        if self.write && inputs.sources.contains(&Source::Stdin) {
            let message = "--write requires files: standard input cannot be written in place";
            let hint = "omit --write: the result is printed to standard output";
            return Err(Diagnostic::usage(message, Some(hint.to_owned())));
        }
        Ok(())
    }

    /// The rules that run. The flags take precedence over the project file.
    fn rule_set(&self, settings: &LintSettings) -> Result<RuleSet, Diagnostic> {
        let select = if self.select.is_empty() { &settings.select } else { &self.select };
        let ignore = [self.ignore.as_slice(), settings.ignore.as_slice()].concat();
        RuleSet::new(select, &ignore).map_err(|error| unknown(&error))
    }

    /// The findings that are hidden.
    fn hidden(&self, choice: &ProjectChoice, settings: &LintSettings) -> Result<Hidden, Diagnostic> {
        let project = choice.project.as_ref();
        let of_project = || project.map_or(Ok(None), Project::baseline);
        let path = match &self.baseline {
            _ if self.write_baseline.is_some() => None,
            Some(path) => Some(path.clone()),
            None => of_project().map_err(|error| Diagnostic::from(&error))?,
        };
        let baseline = path.map_or_else(|| Ok(Baseline::default()), |path| read_baseline(&path))?;
        let hidden = Hidden::by(baseline);
        match project {
            Some(project) => hidden.in_paths(&project.path, &settings.paths),
            None => Ok(hidden),
        }
    }
}

pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let own = args.own;
    if own.rules {
        return print_bytes(rules().as_bytes());
    }
    if let Some(name) = &own.rule {
        let rule = rule(name).ok_or_else(|| unknown(&UnknownRule::of(name)))?;
        return print_bytes(page(rule).as_bytes());
    }
    // 1. The inputs and the rules.
    let choice = args.project.read(true)?;
    let settings = choice.project.as_ref().map(|project| project.settings.lint.clone()).unwrap_or_default();
    let rules = own.rule_set(&settings)?;
    let hidden = own.hidden(&choice, &settings)?;
    let (mut inputs, kinds) = args.input.find(COMMAND, &choice)?;
    own.check(&inputs)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    // 2. The mesh.
    let mesh_settings = args.mesh.over(choice.target.mesh.clone());
    let is_given = mesh_settings != MeshSettings::default();
    let source = if is_given { MeshSource::Given } else { MeshSource::Assumed };
    let mut mesh = resolve(&mesh_settings, &mut inputs, &selection.default_namespace, MeshUse::Decisions, !is_given)?;
    let namespaces = mesh.meshes.objects.namespaces.clone();
    respect_namespaces_of_mesh(&mut mesh, &selection.default_namespace);
    let mut info = std::mem::take(&mut mesh.info);
    info.without_totals = true;
    info.notes.extend(project_note(&choice));
    // 3. The documents.
    let is_chosen = |tree: &Tree<'_>, object: &Object| selection.leaves_out(tree, object).is_none();
    let is_hidden = |finding: &Finding| hidden.hides(finding);
    let mut linter = Linter {
        meshes: &mesh.meshes,
        source,
        aks_revision: mesh_settings.platform.as_ref().and_then(aks_revision),
        has_mesh_files: !mesh_settings.mesh_files.is_empty(),
        rules,
        facts: Facts::default(),
        kinds: &kinds,
        default_namespace: selection.default_namespace.clone(),
        is_chosen: &is_chosen,
        shows_changes: own.output == Format::Sarif,
        is_hidden: &is_hidden,
    };
    linter.facts = lint_facts(&linter, namespaces, &mut inputs).map_err(|error| Diagnostic::from(&error))?;
    info.notes.extend(bases_note(&linter.facts));
    let task = Lint { linter, fixes: own.fixes() };
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let print = match task.fixes {
        Some(_) if own.diff => args.report.diff(None),
        Some(_) if !own.write => Print::Manifests,
        _ => Print::Nothing,
    };
    let is_stdout_free = print == Print::Nothing;
    let request = OutputRequest { print, write: own.write, ..OutputRequest::default() };
    let ended = args.report.run(&inputs, &job, request, info, "")?;
    let mut findings = ended.findings;
    for file in mesh.sources.files() {
        findings.extend(task.linter.lint_mesh_file(&file.name.as_str().into(), &file.text, mesh.sources.maps()));
    }
    // 4. The findings.
    if let Some(path) = &own.write_baseline {
        return write_baseline(path, &findings, args.report.is_quiet());
    }
    let look = Look {
        styled: args.report.is_styled(is_stdout_free),
        width: if is_stdout_free { width(io::stdout()) } else { width(io::stderr()) },
    };
    let printed = if is_stdout_free {
        print_findings(&findings, own.output, look, &mut BufWriter::new(io::stdout().lock()))
    } else {
        print_findings(&findings, own.output, look, &mut BufWriter::new(io::stderr().lock()))
    };
    stdout_result(printed).map_err(output_error)?;
    if !args.report.is_quiet() {
        let fixed = task.fixes.map(|_| ended.fixed);
        let _ = writeln!(io::stderr(), "{}", totals(&findings, fixed));
    }
    Ok(if ended.code == ExitCode::Success { code(&findings) } else { ended.code })
}

/// The revision of the AKS add-on, empty if it is not named; `None` for another platform.
fn aks_revision(platform: &Platform) -> Option<String> {
    matches!(platform, Platform::Aks(_)).then(|| platform.revision().unwrap_or_default())
}

fn print_findings(findings: &[Finding], format: Format, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Full => full(findings, look, out),
        Format::Concise => concise(findings, out),
        Format::Json => json(findings, out),
        Format::Sarif => sarif(findings, out),
        Format::Github => github(findings, out),
        Format::Gitlab => gitlab(findings, out),
    }?;
    out.flush()
}

/// Notes alone do not make the command fail.
fn code(findings: &[Finding]) -> ExitCode {
    let fails = findings.iter().any(|finding| finding.rule.severity != Severity::Info);
    if fails { ExitCode::Differences } else { ExitCode::Success }
}

/// The rules, one on each line.
fn rules() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &&Rule| {
        let default = if rule.is_default { "" } else { " (only if selected)" };
        format!("{:width$}  {:7}  {}{default}\n", rule.name, rule.severity.label(), rule.summary())
    };
    RULES.iter().map(line).collect()
}

/// The manual page of a rule.
fn page(rule: &Rule) -> String {
    let default = if rule.is_default { "" } else { ", only if selected" };
    format!("# {}\n\nSeverity: {}{default}\n\n{}", rule.name, rule.severity.label(), rule.manual())
}

fn unknown(error: &UnknownRule) -> Diagnostic {
    Diagnostic::usage(error.to_string(), Some(error.hint()))
}

fn read_baseline(path: &Path) -> Result<Baseline, Diagnostic> {
    let failed = |code: Code, what: String| {
        Diagnostic::error(code, ExitCode::Usage, format!("--baseline {}: {what}", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|error| failed(Code::Unreadable, io_text(&error).clone()))?;
    Baseline::parse(&text).map_err(|error| failed(Code::Usage, error.to_string()))
}

fn write_baseline(path: &Path, findings: &[Finding], is_quiet: bool) -> Result<ExitCode, Diagnostic> {
    let failed = |what: String| output_error(format!("--write-baseline {}: {what}", path.display()));
    let baseline = Baseline::of(findings);
    let text = json_text(&baseline.to_json()).map_err(|error| failed(error.to_string()))?;
    fs::write(path, text).map_err(|error| failed(io_text(&error).clone()))?;
    if !is_quiet {
        let _ = writeln!(io::stderr(), "wrote {} findings to {}", baseline.len(), path.display());
    }
    Ok(ExitCode::Success)
}
