//! `status`: which proxies pods run, what the mesh would inject now, and what to restart.

use std::io::Write as _;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::connection::{ConnectionArgs, namespace};
use super::print::{print_bytes, unserializable};
use super::project::ProjectArgs;
use super::saved::{PodArgs, SavedArgs, report_mesh, report_problems, time};
use crate::cluster::status::{PodSelection, Status};
use crate::config::{MeshSettings, ProjectChoice};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::{LabelSelector, Time};
use crate::output::{
    RestartScript, RunInfo, json_text, status_names, status_notes, status_table, status_value, yaml_text,
};
use crate::run::{LiveStatus, StatusRequest, default_namespace, report_project, status};

const EXAMPLES: &str = "Examples:
  # what runs in the cluster, what the mesh would inject now, and what to do
  kubectl nativesidecar status -A

  # with reasons, and READY and STATUS of every pod
  kubectl nativesidecar status -n shop -o wide

  # a script that restarts the first five workloads; then follow until nothing is left
  kubectl nativesidecar status -n shop -o commands --wave 5 > restart.sh
  kubectl nativesidecar status -n shop --watch

  # without access to the cluster, from saved output
  kubectl get -A -o json nodes,namespaces,pods,events,deployments,replicasets,\\
statefulsets,daemonsets,jobs,cronjobs > cluster.json
  kubectl get -n istio-system -o json configmaps,mutatingwebhookconfigurations \\
    > mesh.json
  kubectl nativesidecar status -f cluster.json -f mesh.json

  # fail in CI while something is left to do
  kubectl nativesidecar status -A --exit-code";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    connection: ConnectionArgs,
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
    /// Exit with 1 if a workload needs an action, or if nothing was found
    #[arg(long, help_heading = "Output")]
    exit_code: bool,
    /// Show ages at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Output")]
    now: Option<Time>,
    /// Look again every few seconds, and print what changed, until nothing is left to do
    #[arg(short = 'w', long, conflicts_with_all = ["filename", "now", "exit_code"], help_heading = "Output")]
    watch: bool,
}

/// How the state is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each workload
    Table,
    /// The same with reasons, and a line for each pod
    Wide,
    /// One document (docs/reference/schemas/status.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
    /// The names of workloads that need an action
    Name,
    /// A shell script of the restarts; commands that delete something are comments
    Commands,
}

/// How long a watch waits at least until it looks again, and how much longer than looking took: the larger the cluster, the
/// less often.
const PAUSE: Duration = Duration::from_secs(3);
const PAUSE_FACTOR: u32 = 10;

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    if args.wave.is_some() && args.output != Format::Commands {
        return Err(Diagnostic::usage("--wave requires -o commands", None));
    }
    let is_live = args.saved.is_empty();
    let choice = args.project.read(!is_live)?;
    // A cluster knows its mesh better than the project file.
    let mesh = if is_live { args.mesh } else { args.mesh.over(choice.target.mesh.clone()) };
    let labels = args.pods.selector.unwrap_or_default();
    let selector = Some(labels.as_str()).filter(|labels| !labels.is_empty()).map(str::parse::<LabelSelector>);
    let selector = selector.transpose().map_err(|error| Diagnostic::usage(format!("--selector: {error}"), None))?;
    let mut request = StatusRequest {
        mesh,
        default_namespace: default_namespace(None, &choice),
        selection: PodSelection { namespace: args.pods.namespace, selector },
        now: args.now.unwrap_or_else(Time::now),
    };
    let printer = Printer { output: args.output, wave: args.wave, exit_code: args.exit_code, choice: &choice };
    if !is_live {
        // The script needs the context even if the answer comes from files.
        if args.output != Format::Commands || args.connection.context.is_none() {
            args.connection.refuse_with_files()?;
        }
        let answer = status(&mut args.saved.find()?, &request);
        return printer.answer(answer, args.connection.context.as_deref());
    }
    let client = args.connection.connect()?;
    request.selection.namespace = namespace(request.selection.namespace, args.pods.all_namespaces, &client);
    let now = request.now;
    let mut live = LiveStatus::new(&client, request, labels);
    if !args.watch {
        return printer.answer(live.read(now), client.context());
    }
    let mut last = String::new();
    loop {
        let start = Instant::now();
        let (status, info) = match live.read(Time::now()) {
            Ok(answer) => answer,
            Err(problems) => return Ok(report_problems(&problems)),
        };
        // Ages change without anything happening.
        let state = status_table(&status, false);
        if state != last {
            printer.print(&status, &info, client.context())?;
        }
        if status.is_settled() {
            return Ok(ExitCode::Success);
        }
        last = state;
        std::thread::sleep(PAUSE.max(start.elapsed() * PAUSE_FACTOR));
    }
}

/// Prints answers.
struct Printer<'p> {
    output: Format,
    wave: Option<usize>,
    exit_code: bool,
    choice: &'p ProjectChoice,
}

impl Printer<'_> {
    fn answer(
        &self,
        answer: Result<(Status, RunInfo), Vec<Diagnostic>>,
        context: Option<&str>,
    ) -> Result<ExitCode, Diagnostic> {
        let (status, mut info) = match answer {
            Ok(answer) => answer,
            Err(problems) => return Ok(report_problems(&problems)),
        };
        report_project(self.choice, &mut info);
        self.print(&status, &info, context)?;
        // A check that found nothing to look at has not passed.
        let has_failed = status.rows.is_empty() || status.rows.iter().any(|row| row.action.is_needed());
        Ok(if self.exit_code && has_failed { ExitCode::Differences } else { ExitCode::Success })
    }

    fn print(&self, status: &Status, info: &RunInfo, context: Option<&str>) -> Result<(), Diagnostic> {
        let structured = || status_value(status, info.mesh.as_ref(), &info.assumed);
        let failed = |error: serde_json::Error| unserializable(&error);
        let text = match self.output {
            Format::Table | Format::Wide if status.rows.is_empty() => String::new(),
            Format::Table => status_table(status, false),
            Format::Wide => status_table(status, true),
            Format::Json => json_text(&structured()).map_err(failed)?,
            Format::Yaml => yaml_text(&structured()).map_err(failed)?,
            Format::Name => status_names(status),
            Format::Commands => RestartScript { context, wave: self.wave, assumed: &info.assumed }.text(status),
        };
        print_bytes(text.as_bytes())?;
        report_mesh(info);
        let nothing = || "no workloads or pods found\n".to_owned();
        let notes = if status.rows.is_empty() { nothing() } else { status_notes(status) };
        let _ = std::io::stderr().write_all(notes.as_bytes());
        Ok(())
    }
}
