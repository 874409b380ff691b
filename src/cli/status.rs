//! `status`: which proxies pods run, what the mesh would inject now, and what to restart.

use std::io::Write as _;

use clap::ValueEnum;

use super::print::{print_bytes, unserializable};
use super::project::ProjectArgs;
use super::saved::{PodArgs, SavedArgs, report_mesh, report_problems, time};
use crate::cluster::status::PodSelection;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::Time;
use crate::output::{RestartScript, json_text, status_names, status_notes, status_table, status_value, yaml_text};
use crate::run::{StatusRequest, default_namespace, project_note, status};

/// Saves the input of the command.
const SAVE: &str = "kubectl get nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,pods,\
                    events -A -o json > cluster.json";

const EXAMPLES: &str = "Examples:
  # save what the command reads
  kubectl get nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,pods,events -A \\
    -o json > cluster.json

  # what runs, what the mesh would inject now, and what to do
  kubectl nativesidecar status -f cluster.json --mesh-file mesh.yaml

  # with reasons, and READY and STATUS of every pod
  kubectl nativesidecar status -f cluster.json --istio 1.30 -o wide

  # a script that restarts the first five workloads and waits for each
  kubectl nativesidecar status -f cluster.json --istio 1.30 -o commands --wave 5 --context prod > restart.sh

  # fail in CI while something is left to do
  kubectl nativesidecar status -f cluster.json --istio 1.30 --exit-code";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    saved: SavedArgs,
    #[command(flatten)]
    pods: PodArgs,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    project: ProjectArgs,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    output: Format,
    /// With -o commands: restart at most this many workloads, and wait for each
    #[arg(long, value_name = "COUNT", help_heading = "Output")]
    wave: Option<usize>,
    /// With -o commands: the context of kubectl; without it, the script takes it as an argument
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    context: Option<String>,
    /// Exit with 1 if a workload needs an action
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    /// Count ages to this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Output")]
    now: Option<Time>,
}

/// How the state is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each workload
    Table,
    /// The same with reasons, and a line for each pod
    Wide,
    /// One document (docs/status.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
    /// The names of workloads that need an action
    Name,
    /// A shell script of the restarts; commands that delete something are comments
    Commands,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    for (flag, is_given) in [("--wave", args.wave.is_some()), ("--context", args.context.is_some())] {
        if is_given && args.output != Format::Commands {
            return Err(Diagnostic::usage(format!("{flag} requires -o commands"), None));
        }
    }
    let choice = args.project.read(true)?;
    let mut inputs = args.saved.find(SAVE)?;
    let request = StatusRequest {
        mesh: args.mesh.over(choice.target.mesh.clone()),
        default_namespace: default_namespace(None, &choice),
        selection: PodSelection { namespace: args.pods.namespace, selector: args.pods.selector },
        now: args.now.unwrap_or_else(Time::now),
    };
    let (status, mut info) = match status(&mut inputs, &request) {
        Ok(answer) => answer,
        Err(problems) => return Ok(report_problems(&problems)),
    };
    info.notes.extend(project_note(&choice));
    let structured = || status_value(&status, info.mesh.as_ref(), &info.assumed);
    let failed = |error: serde_json::Error| unserializable(&error);
    let text = match args.output {
        Format::Table | Format::Wide if status.rows.is_empty() => String::new(),
        Format::Table => status_table(&status, false),
        Format::Wide => status_table(&status, true),
        Format::Json => json_text(&structured()).map_err(failed)?,
        Format::Yaml => yaml_text(&structured()).map_err(failed)?,
        Format::Name => status_names(&status),
        Format::Commands => RestartScript { context: args.context.as_deref(), wave: args.wave }.text(&status),
    };
    print_bytes(text.as_bytes())?;
    report_mesh(&info);
    let notes = if status.rows.is_empty() { "no workloads or pods found\n".to_owned() } else { status_notes(&status) };
    let _ = std::io::stderr().write_all(notes.as_bytes());
    let is_needed = status.rows.iter().any(|row| row.action.is_needed());
    Ok(if args.exit_code && is_needed { ExitCode::Differences } else { ExitCode::Success })
}
