//! `snapshot`: everything in a cluster that decides injection, as one mesh file.

use std::fmt::Write as _;
use std::io::Write as _;

use super::connection::ConnectionArgs;
use super::print::print_bytes;
use super::saved::{SavedArgs, report_missing, report_problems};
use crate::cluster::snapshot::{Kind, Snapshot};
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::istio::mesh_file::REDACTED;
use crate::output::printable;
use crate::run::{UnusedInput, live_snapshot, snapshot};

const EXAMPLES: &str = "Examples:
  # save what decides injection in the cluster, and compare manifests with it later
  kubectl nativesidecar snapshot > mesh.yaml
  kubectl nativesidecar diff -f k8s/ --mesh-file mesh.yaml

  # without access to the cluster, from saved output
  kubectl get configmaps,deployments -n istio-system -o yaml > istio.yaml
  kubectl get nodes,namespaces,mutatingwebhookconfigurations -o yaml > cluster.yaml
  kubectl nativesidecar snapshot -f istio.yaml -f cluster.yaml > mesh.yaml";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    saved: SavedArgs,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let (mut snapshot, missing, unused) = if args.saved.is_empty() {
        let client = args.connection.connect()?;
        let (snapshot, missing) = live_snapshot(&client).map_err(|error| Diagnostic::from(&error))?;
        (snapshot, missing, Vec::new())
    } else {
        args.connection.refuse_with_files()?;
        match snapshot(&args.saved.find()?) {
            Ok((snapshot, unused)) => (snapshot, Vec::new(), unused),
            Err(problems) => return Ok(report_problems(&problems)),
        }
    };
    let redacted = snapshot.redact();
    print_bytes(snapshot.text().as_bytes())?;
    report_missing(&missing);
    let mut stderr = std::io::stderr().lock();
    for UnusedInput { file, is_version, is_foreign } in unused {
        let file = printable(&file);
        let what = if is_version {
            " (output of kubectl version: only precheck reads it)"
        } else if is_foreign {
            " (az output: pass it as another --mesh-file)"
        } else {
            ""
        };
        let _ = writeln!(stderr, "warning: {file}: nothing that a snapshot keeps{what}");
    }
    for place in redacted {
        let _ = writeln!(stderr, "note: {}: looks secret, replaced by {REDACTED}", printable(&place));
    }
    drop(stderr);
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
            // Writing to a string cannot fail.
            let _ = writeln!(notes, "note: no {what}");
        }
    }
    let counts: Vec<String> = Kind::ALL.iter().filter_map(count).collect();
    notes + &counts.join(", ") + "\n"
}
