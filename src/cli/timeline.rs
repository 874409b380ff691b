//! `timeline`: when each container of a pod started, became ready and ended.

use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::connection::{ConnectionArgs, namespace};
use super::print::{print_bytes, unserializable};
use super::saved::{SavedArgs, report_missing, report_problems, time};
use crate::cluster::timeline::{Target, Timeline};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::Time;
use crate::output::{json_text, timeline_svg, timeline_text, timeline_value, yaml_text};
use crate::run::{LiveTimelines, timelines};

const EXAMPLES: &str = "Examples:
  # a pod, or all pods of a workload
  kubectl nativesidecar timeline web-7d9c -n shop
  kubectl nativesidecar timeline deployment/web

  # follow it; when the pod is deleted, its end is shown too
  kubectl nativesidecar timeline web-7d9c --watch

  # a picture for a document
  kubectl nativesidecar timeline web-7d9c -o svg > web.svg

  # without access to the cluster, from saved output
  kubectl get pods,replicasets,jobs,events -n shop -o yaml > shop.yaml
  kubectl nativesidecar timeline deployment/web -f shop.yaml

  # with the proxy's log, which shows when Envoy was ready
  kubectl get pod web-7d9c -o yaml > pod.yaml
  kubectl logs web-7d9c -c istio-proxy > proxy.log
  kubectl nativesidecar timeline -f pod.yaml -f proxy.log";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    /// A pod's name, or KIND/NAME of a workload; without it, all pods in the input
    #[arg(value_name = "POD|KIND/NAME")]
    target: Option<Target>,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    saved: SavedArgs,
    /// Only this namespace; with a cluster, the context's if not given
    #[arg(short = 'n', long, value_name = "NAMESPACE", help_heading = "Which pods")]
    namespace: Option<String>,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    output: Format,
    /// Show ages at this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Output")]
    now: Option<Time>,
    /// Look again every second, and print what changed, until the pods have ended
    #[arg(short = 'w', long, conflicts_with_all = ["filename", "now"], help_heading = "Output")]
    watch: bool,
}

/// How the timeline is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A chart, and a list of events
    Text,
    /// One document (docs/reference/schemas/timeline.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
    /// A picture
    Svg,
}

/// How long a watch waits at least until it looks again, and how much longer than looking took.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_FACTOR: u32 = 10;

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let mut target = Target { namespace: args.namespace, ..args.target.unwrap_or_default() };
    let now = args.now.unwrap_or_else(Time::now);
    if !args.saved.is_empty() {
        args.connection.refuse_with_files()?;
        return match timelines(&mut args.saved.find()?, &target, "default", now) {
            Ok(found) => print(&found, args.output),
            Err(problems) => Ok(report_problems(&problems)),
        };
    }
    let client = args.connection.connect()?;
    target.namespace = namespace(target.namespace, false, &client);
    let mut live = LiveTimelines::new(&client, target);
    if !args.watch {
        let (found, missing) = live.read(now)?;
        report_missing(&missing);
        return print(&found, args.output);
    }
    let mut last = String::new();
    loop {
        let start = Instant::now();
        let (found, missing) = live.read(Time::now())?;
        let pause = PAUSE.max(start.elapsed() * PAUSE_FACTOR);
        let state = text(&found, Format::Json)?;
        if state != last {
            print(&found, args.output)?;
        }
        if last.is_empty() {
            report_missing(&missing);
        }
        if found.iter().all(|timeline| timeline.is_over) {
            return Ok(ExitCode::Success);
        }
        last = state;
        std::thread::sleep(pause);
    }
}

fn print(found: &[Timeline], format: Format) -> Result<ExitCode, Diagnostic> {
    print_bytes(text(found, format)?.as_bytes())
}

fn text(found: &[Timeline], format: Format) -> Result<String, Diagnostic> {
    let failed = |error: serde_json::Error| unserializable(&error);
    match format {
        Format::Text => Ok(timeline_text(found)),
        Format::Json => json_text(&timeline_value(found)).map_err(failed),
        Format::Yaml => yaml_text(&timeline_value(found)).map_err(failed),
        Format::Svg => Ok(timeline_svg(found)),
    }
}
