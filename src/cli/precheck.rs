//! `precheck`: whether a cluster is ready for native sidecars, and what blocks it.

use std::path::PathBuf;

use clap::ValueEnum;

use super::connection::ConnectionArgs;
use super::print::{print_bytes, print_styled, unserializable, width};
use super::saved::{find_given, report_problems};
use crate::cluster::precheck::{Date, Facts, Report, precheck};
use crate::diagnostic::{Code, Diagnostic, ExitCode, Severity};
use crate::input::{Find, Inputs, Source};
use crate::output::{json_text, precheck_text, yaml_text};
use crate::run::{live_facts, live_probe, saved_objects};

const EXAMPLES: &str = "Examples:
  # the cluster of the current context
  kubectl nativesidecar precheck

  # an AKS cluster, from Azure's description alone, or together with the cluster itself
  az aks show -g shop -n prod -o json | kubectl nativesidecar precheck -f -
  az aks show -g shop -n prod -o json | kubectl nativesidecar precheck -f - --context prod

  # without access to the cluster, from saved output
  kubectl get deployments,daemonsets -A -o yaml > workloads.yaml
  kubectl get nodes,namespaces,mutatingwebhookconfigurations -o yaml \\
    > cluster.yaml
  kubectl version -o json > version.json
  kubectl nativesidecar precheck -f workloads.yaml -f cluster.yaml \\
    -f version.json

  # one of several clusters
  az aks list -o json | kubectl nativesidecar precheck -f - --name prod

  # do webhooks leave native sidecars intact?
  kubectl nativesidecar precheck --probe -n shop

  # in CI: also fail on warnings, and on unknown answers that decide
  kubectl nativesidecar precheck --strict";

/// What to pass instead of files of other kinds.
const EXPORT: &str =
    "pass the output of az aks show -o json, or of kubectl get nodes,namespaces,deployments -A -o yaml";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Instead of a cluster: file, folder, or - for standard input, with the output of kubectl get and az as JSON or YAML; can
    /// be repeated
    #[arg(short = 'f', long = "filename", value_name = "PATH", help_heading = "Input")]
    filename: Vec<PathBuf>,
    /// The same as --filename
    #[arg(value_name = "PATH", help_heading = "Input")]
    paths: Vec<PathBuf>,
    /// The cluster, if the output of az aks list has several: its name, or GROUP/NAME
    #[arg(long, value_name = "CLUSTER", help_heading = "Input")]
    name: Option<String>,
    /// Ask the API server, in a dry run that stores nothing, to create a pod with a native sidecar: shows how webhooks
    /// change it. Requires the right to create pods
    #[arg(long, help_heading = "Which cluster")]
    probe: bool,
    /// The namespace of the probe; by default the one of the context
    #[arg(short = 'n', long, value_name = "NAMESPACE", requires = "probe", help_heading = "Which cluster")]
    namespace: Option<String>,
    /// Also exit with 1 on warnings, and on unknown answers that decide
    #[arg(long, help_heading = "Output")]
    strict: bool,
    /// The date for support periods; today if not given
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Output")]
    today: Option<Date>,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    output: Format,
}

/// How the answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Groups of lines, for people
    Table,
    /// One document (docs/reference/schemas/precheck.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let paths: Vec<PathBuf> = args.filename.into_iter().chain(args.paths).collect();
    let mut facts = Facts::default();
    let (has_files, is_live) = (!paths.is_empty(), paths.is_empty() || args.connection.given().is_some());
    if has_files {
        let inputs = find_given(&Find { paths, ..Find::default() })?;
        let Some(read) = read(&inputs) else { return Ok(ExitCode::Input) };
        facts = read;
    }
    if is_live {
        let client = args.connection.connect()?;
        if let Err(problems) = live_facts(&client, &mut facts) {
            return Ok(report_problems(&problems));
        }
        if args.probe {
            let namespace = args.namespace.as_deref().unwrap_or_else(|| client.default_namespace());
            live_probe(&client, namespace, &mut facts)?;
        }
    } else if args.probe {
        let hint = "add --context NAME to ask the cluster, too";
        return Err(Diagnostic::usage("--probe asks a live cluster, and -f answers from files", Some(hint.to_owned())));
    }
    facts.choose_cluster(args.name.as_deref()).map_err(|error| Diagnostic::from(&error))?;
    let report = precheck(&facts, args.today.unwrap_or_else(Date::today));
    print(&report, args.output)?;
    Ok(if report.is_failure(args.strict) { ExitCode::Differences } else { ExitCode::Success })
}

/// Reads the documents. Prints problems, and warnings about files that have nothing to read; none if there are problems.
fn read(inputs: &Inputs) -> Option<Facts> {
    let mut facts = Facts::default();
    let mut wrong = Vec::new();
    let mut problems = saved_objects(inputs, &mut |object| wrong.extend(facts.take(&object).err()));
    problems.extend(wrong);
    let failed = !problems.is_empty();
    let unread = |source: &Source| {
        let file = source.to_string();
        let kinds = facts.unread(&file)?;
        Some(nothing_to_read(file, &kinds))
    };
    let unread: Vec<Diagnostic> = inputs.sources.iter().filter_map(unread).collect();
    // If some files can be used, the others may be there by mistake.
    let is_usable = unread.len() < inputs.sources.len();
    if !failed {
        let severity = if is_usable { Severity::Warning } else { Severity::Error };
        problems.extend(unread.into_iter().map(|problem| Diagnostic { severity, ..problem }));
        if let Some(last) = problems.last_mut() {
            last.hint = Some(EXPORT.to_owned());
        }
    }
    report_problems(&problems);
    (!failed && is_usable).then_some(facts)
}

/// The problem of a file without anything that precheck reads. It has these kinds instead.
fn nothing_to_read(file: String, kinds: &[&str]) -> Diagnostic {
    let found = if kinds.is_empty() { String::new() } else { format!(" (found {})", kinds.join(", ")) };
    let message = format!("nothing that precheck reads{found}");
    Diagnostic::error(Code::NothingToRead, ExitCode::Input, message).in_file(file)
}

fn print(report: &Report, format: Format) -> Result<ExitCode, Diagnostic> {
    let text = match format {
        Format::Table => {
            return print_styled(&precheck_text(report, width(std::io::stdout())));
        }
        Format::Json => json_text(report),
        Format::Yaml => yaml_text(report),
    };
    let text = text.map_err(|error| unserializable(&error))?;
    print_bytes(text.as_bytes())
}
