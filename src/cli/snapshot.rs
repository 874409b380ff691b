//! `snapshot`: everything in a cluster that decides injection, as one mesh file.

use std::io::Write as _;

use super::print::print_bytes;
use super::saved::{SavedArgs, report_problems};
use crate::cluster::snapshot::{Kind, Snapshot};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::run::snapshot;

/// Saves what the command reads.
const SAVE: &str = "kubectl get configmaps,deployments -n istio-system -o yaml > istio.yaml";

const EXAMPLES: &str = "Examples:
  # reduce what kubectl saved to what decides injection
  kubectl get configmaps,deployments -n istio-system -o yaml > istio.yaml
  kubectl get nodes,namespaces,mutatingwebhookconfigurations -o yaml > cluster.yaml
  kubectl nativesidecar snapshot -f istio.yaml -f cluster.yaml > mesh.yaml

  # what that mesh makes of manifests, without the cluster
  kubectl nativesidecar diff -f k8s/ --mesh-file mesh.yaml";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    saved: SavedArgs,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let inputs = args.saved.find(SAVE)?;
    let snapshot = match snapshot(&inputs) {
        Ok(snapshot) => snapshot,
        Err(problems) => return Ok(report_problems(&problems)),
    };
    print_bytes(snapshot.text().as_bytes())?;
    let _ = std::io::stderr().write_all(notes(&snapshot).as_bytes());
    Ok(ExitCode::Success)
}

/// What is in the snapshot, and what is missing.
fn notes(snapshot: &Snapshot) -> String {
    let count = |kind: &Kind| match snapshot.count(*kind) {
        0 => None,
        1 => Some(format!("1 {kind}")),
        count => Some(format!("{count} {kind}s")),
    };
    let mut notes = String::new();
    if !snapshot.has_injector() {
        notes.push_str("warning: no ConfigMap istio-sidecar-injector found: this file cannot render sidecars\n");
    }
    for (kind, what) in [
        (Kind::Deployment, "Deployment of istiod found: its environment is unknown"),
        (Kind::Node, "Nodes found: their kubelet versions are unknown"),
        (Kind::Namespace, "Namespaces found: their labels are unknown"),
    ] {
        if snapshot.count(kind) == 0 {
            notes.push_str(&format!("note: no {what}\n"));
        }
    }
    let counts: Vec<String> = Kind::ALL.iter().filter_map(count).collect();
    notes.push_str(&format!("{}\n", counts.join(", ")));
    notes
}
