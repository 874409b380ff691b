//! `lint`: finds annotations that do nothing, workarounds that can go, and traps.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::from_cluster::FromClusterArgs;
use super::input::{InputArgs, SelectionArgs};
use super::output_error;
use super::print::{print_bytes, stdout_result, width};
use super::project::ProjectArgs;
use super::report::{Ended, ReportArgs};
use crate::config::{LintSettings, MeshSettings, Project, ProjectChoice};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{Inputs, Source, io_text};
use crate::lint::{Baseline, Finding, Grade, RULES, Rule, RuleSet, UnknownRule, rule};
use crate::output::{
    Checked, Fixed, Look, RunInfo, concise, diagnostic_text, full, github, gitlab, json, json_text, sarif, totals,
};
use crate::run::{Hidden, Job, LintRequest, OutputRequest, Print, report_project, verdict, with_lint};

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

  # in an existing repository: hide the findings of today, report new ones
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
    from_cluster: FromClusterArgs,
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

    /// What goes to standard output. With [`Print::Nothing`], the findings do.
    fn print(&self, report: &ReportArgs) -> Print {
        match self.fixes() {
            Some(_) if self.diff => report.diff(None),
            Some(_) if !self.write => Print::Manifests,
            _ => Print::Nothing,
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
    let request = LintRequest {
        mesh: &args.from_cluster.over(args.mesh.over(choice.target.mesh.clone()))?,
        selection: &selection,
        kinds: &kinds,
        rules,
        hidden: &hidden,
        fixes: own.fixes(),
        shows_changes: own.output == Format::Sarif,
    };
    with_lint(request, &mut inputs, |task, mut info, inputs, mesh| {
        report_project(&choice, &mut info);
        let job = Job { task, selection: &selection, kinds: &kinds };
        let ended = run_job(&own, &args.report, inputs, &job, info)?;
        let ended = Ended { findings: [ended.findings, task.find_in_mesh_files(mesh)].concat(), ..ended };
        end(&own, &args.report, ended, task.checked())
    })
}

/// Lints the documents, and applies the fixes.
fn run_job(
    own: &OwnArgs,
    report: &ReportArgs,
    inputs: &Inputs,
    job: &Job<'_>,
    info: RunInfo,
) -> Result<Ended, Diagnostic> {
    // If something fails, findings are still printed, but fixes are not applied.
    let keep_going = own.fixes().is_none();
    let request = OutputRequest { print: own.print(report), write: own.write, keep_going, ..OutputRequest::default() };
    report.run(inputs, job, request, info, "")
}

/// Prints the findings, or writes the baseline.
fn end(own: &OwnArgs, report: &ReportArgs, ended: Ended, checked: Checked) -> Result<ExitCode, Diagnostic> {
    let Ended { code, findings, fixed, .. } = ended;
    let has_failed = code != ExitCode::Success;
    if let Some(path) = &own.write_baseline {
        if has_failed && !report.keeps_going() {
            let message =
                format!("--write-baseline {}: not written, as not everything could be linted", path.display());
            let error = output_error(message).with_hint("pass --keep-going to write it anyway");
            let _ = io::stderr().write_all(diagnostic_text(&error).as_bytes());
            return Ok(code);
        }
        write_baseline(path, &findings, report.is_quiet())?;
        return Ok(code);
    }
    if has_failed && own.fixes().is_some() && !report.keeps_going() {
        // The remaining findings are those after fixes that were not applied.
        return Ok(code);
    }
    let is_stdout_free = own.print(report) == Print::Nothing;
    let look = Look {
        styled: report.is_styled(is_stdout_free),
        width: if is_stdout_free { width(io::stdout()) } else { width(io::stderr()) },
    };
    let printed = if is_stdout_free {
        print_findings(&findings, own.output, look, &mut BufWriter::new(io::stdout().lock()))
    } else {
        print_findings(&findings, own.output, look, &mut BufWriter::new(io::stderr().lock()))
    };
    stdout_result(printed).map_err(output_error)?;
    let claims_nothing = has_failed && findings.is_empty();
    if !report.is_quiet() && !claims_nothing {
        let is_shown = own.diff && !own.write;
        let fixed = own.fixes().map(|_| if is_shown { Fixed::Shown(fixed) } else { Fixed::Made(fixed) });
        let _ = writeln!(io::stderr(), "{}", totals(&findings, checked, fixed));
    }
    Ok(if has_failed { code } else { verdict(&findings) })
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

fn write_baseline(path: &Path, findings: &[Finding], is_quiet: bool) -> Result<(), Diagnostic> {
    let failed = |what: String| output_error(format!("--write-baseline {}: {what}", path.display()));
    let baseline = Baseline::of(findings);
    let text = json_text(&baseline.to_json()).map_err(|error| failed(error.to_string()))?;
    fs::write(path, text).map_err(|error| failed(io_text(&error).clone()))?;
    if !is_quiet {
        let _ = writeln!(io::stderr(), "wrote {} findings to {}", baseline.len(), path.display());
    }
    Ok(())
}
