//! `timeline`: when each container of a pod started, became ready and ended.

use clap::ValueEnum;

use super::print::{print_bytes, unserializable};
use super::saved::{SavedArgs, report_problems, time};
use crate::cluster::timeline::Target;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::k8s::Time;
use crate::output::{json_text, timeline_svg, timeline_text, timeline_value, yaml_text};
use crate::run::timelines;

/// Saves the input of the command.
const SAVE: &str = "kubectl get pods,events -n shop -o yaml > shop.yaml";

const EXAMPLES: &str = "Examples:
  # the only pod in a file, with its events
  kubectl get pod web-7d9c -o yaml > pod.yaml
  kubectl get events -o yaml > events.yaml
  kubectl nativesidecar timeline -f pod.yaml -f events.yaml

  # one of many pods, or all pods of a workload
  kubectl get pods,replicasets,jobs,events -n shop -o yaml > shop.yaml
  kubectl nativesidecar timeline web-7d9c -f shop.yaml
  kubectl nativesidecar timeline deployment/web -f shop.yaml

  # with the proxy's log, which shows when Envoy was ready
  kubectl logs web-7d9c -c istio-proxy > proxy.log
  kubectl nativesidecar timeline -f pod.yaml -f proxy.log

  # a picture for a document
  kubectl nativesidecar timeline -f pod.yaml -o svg > web.svg";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    /// A pod's name, or KIND/NAME of a workload; without it, all pods in the input
    #[arg(value_name = "POD|KIND/NAME")]
    target: Option<Target>,
    #[command(flatten)]
    saved: SavedArgs,
    /// Only this namespace
    #[arg(short = 'n', long, value_name = "NAMESPACE", help_heading = "Input")]
    namespace: Option<String>,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    output: Format,
    /// Count ages to this time instead of now
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Output")]
    now: Option<Time>,
}

/// How the timeline is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A chart, and a list of events
    Text,
    /// One document (docs/timeline.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
    /// A picture
    Svg,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let mut inputs = args.saved.find(SAVE)?;
    let target = Target { namespace: args.namespace, ..args.target.unwrap_or_default() };
    let now = args.now.unwrap_or_else(Time::now);
    let found = match timelines(&mut inputs, &target, "default", now) {
        Ok(found) => found,
        Err(problems) => return Ok(report_problems(&problems)),
    };
    let failed = |error: serde_json::Error| unserializable(&error);
    let text = match args.output {
        Format::Text => timeline_text(&found),
        Format::Json => json_text(&timeline_value(&found)).map_err(failed)?,
        Format::Yaml => yaml_text(&timeline_value(&found)).map_err(failed)?,
        Format::Svg => timeline_svg(&found),
    };
    print_bytes(text.as_bytes())
}
