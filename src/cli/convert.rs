//! `convert`: makes ordinary sidecars native, and back.

use std::ffi::OsString;
use std::fmt::Write as _;

use serde_json::json;

use super::input::{InputArgs, SelectionArgs};
use super::output::OutputArgs;
use super::print::{print_bytes, unserializable};
use super::project::ProjectArgs;
use crate::config::{kubernetes_version, node_version};
use crate::convert::{Conversion, KNOWN_SIDECARS, Position};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::istio::Node;
use crate::istio::names::container::PROXY;
use crate::istio::native::Mode;
use crate::k8s::KubernetesVersion;
use crate::output::{RunInfo, json_text};
use crate::run::{Convert, Job, report_project};

/// The command's name.
const COMMAND: &str = "convert";

const EXAMPLES: &str = "Examples:
  # a Cloud SQL proxy that init containers can use, and that does not keep Jobs from finishing
  kubectl nativesidecar convert -f k8s/ -R --container cloud-sql-proxy --write

  # what would change, and what does not survive the move?
  kubectl nativesidecar convert -f app.yaml --container fluent-bit --diff

  # after the init container that writes its configuration
  kubectl nativesidecar convert -f app.yaml --container fluent-bit --after render-config --write

  # back into an ordinary container
  kubectl nativesidecar convert -f app.yaml --container fluent-bit --to-regular --write

  # which vendors' sidecars are known, and what is special about them?
  kubectl nativesidecar convert --list";

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
    project: ProjectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

// The flags that no other command has. A doc comment would become the description of the command.
#[derive(clap::Args)]
struct OwnArgs {
    /// Name of the sidecar; can be repeated. Several sidecars keep their order
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        required_unless_present = "list",
        help_heading = "What they become"
    )]
    container: Vec<String>,
    /// Put it before this init container; by default, it goes first
    #[arg(long, value_name = "NAME", conflicts_with = "after", help_heading = "What they become")]
    before: Option<String>,
    /// Put it after this init container
    #[arg(long, value_name = "NAME", help_heading = "What they become")]
    after: Option<String>,
    /// Make a native sidecar an app container again: the last one, or --before or --after another
    #[arg(long, help_heading = "What they become")]
    to_regular: bool,
    /// List well-known sidecars, their vendors' own switches, and what to know before you convert them
    #[arg(
        long,
        conflicts_with_all = ["container", "before", "after", "to_regular", "filename", "paths"],
        help_heading = "What they become"
    )]
    list: bool,
    /// Kubelet versions of the cluster's nodes, for warnings
    #[arg(
        long = "node-version",
        value_name = "[NAME=]VERSION",
        value_delimiter = ',',
        value_parser = node_version,
        help_heading = "The cluster"
    )]
    node_versions: Vec<Node>,
    /// Version of the API server, for warnings
    #[arg(long, value_name = "VERSION", value_parser = kubernetes_version, help_heading = "The cluster")]
    kubernetes: Option<KubernetesVersion>,
}

impl OwnArgs {
    fn conversion(&self) -> Result<Conversion, Diagnostic> {
        if self.container.iter().any(String::is_empty) {
            return Err(Diagnostic::usage("--container requires a name", None));
        }
        if self.container.iter().any(|name| name == PROXY) {
            let message = format!("--container {PROXY}: Istio's own proxy is not converted");
            let hint = "annotate --mode native chooses a native proxy, and inject writes it into the manifest";
            return Err(Diagnostic::usage(message, Some(hint.to_owned())));
        }
        let position = match (&self.before, &self.after) {
            (Some(name), _) => Position::Before(name.clone()),
            (None, Some(name)) => Position::After(name.clone()),
            (None, None) => Position::Default,
        };
        let to = if self.to_regular { Mode::Regular } else { Mode::Native };
        Ok(Conversion { containers: self.container.iter().cloned().collect(), to, position })
    }
}

/// Runs the command. `words` is the command line that `args` were read from.
pub(super) fn run(args: Args, words: &[OsString]) -> Result<ExitCode, Diagnostic> {
    let own = args.own;
    if own.list {
        return list(&args.output);
    }
    let conversion = own.conversion()?;
    let choice = args.project.read(false)?;
    let (inputs, kinds) = args.input.find(COMMAND, &choice)?;
    args.output.check(&inputs)?;
    let selection = args.selection.selection(&choice, &kinds)?;
    let nodes = if own.node_versions.is_empty() { choice.target.mesh.node_versions.clone() } else { own.node_versions };
    let task = Convert::new(conversion, own.kubernetes, nodes);
    let job = Job { task: &task, selection: &selection, kinds: &kinds };
    let mut info = RunInfo::default();
    report_project(&choice, &mut info);
    args.output.run(words, &inputs, &job, info)
}

/// Prints the well-known sidecars.
fn list(output: &OutputArgs) -> Result<ExitCode, Diagnostic> {
    if output.is_json("--list")? {
        let document = json!({"version": 1, "sidecars": KNOWN_SIDECARS});
        return print_bytes(json_text(&document).map_err(|error| unserializable(&error))?.as_bytes());
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    for known in KNOWN_SIDECARS {
        let argument = known.argument.map_or_else(String::new, |argument| format!(" with {argument:?}"));
        let images = known.images.join(", ");
        let images = if images.is_empty() { images } else { format!(" ({images}{argument})") };
        let _ = writeln!(text, "{}{images}", known.name);
        if let Some(switch) = known.switch {
            let _ = writeln!(text, "  instead: {switch}");
        }
        for trap in known.traps {
            let _ = writeln!(text, "  - {}\n    {}", trap.text, trap.source);
        }
    }
    print_bytes(text.as_bytes())
}
