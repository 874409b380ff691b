//! `verify`: are pods what the mesh makes of their templates?

use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;

use super::connection::{ConnectionArgs, namespace};
use super::print::{print_bytes, unserializable, width};
use super::project::ProjectArgs;
use super::saved::{SavedArgs, find_given, report_mesh, report_problems};
use crate::cluster::timeline::Target;
use crate::cluster::verify::Verified;
use crate::config::MeshSettings;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::input::Find;
use crate::output::{json_text, verified_notes, verified_table, verified_value, yaml_text};
use crate::run::{VerifyBy, VerifyRequest, default_namespace, live_verify, report_project, verify};

const EXAMPLES: &str = "Examples:
  # a pod of the cluster against its owner's template, or all pods of a workload
  kubectl nativesidecar verify -n shop web-7d9c
  kubectl nativesidecar verify -n shop deployment/web

  # without access to the cluster, from saved output
  kubectl get pods,replicasets,statefulsets,daemonsets,jobs -n shop -o yaml > shop.yaml
  kubectl nativesidecar verify -f shop.yaml --mesh-file mesh.yaml

  # against manifests that were rendered earlier
  kubectl nativesidecar verify -n shop deployment/web --expected rendered.yaml";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    /// A pod's name, or KIND/NAME of a workload; without it, all pods
    #[arg(value_name = "POD|KIND/NAME")]
    pod: Option<Target>,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    saved: SavedArgs,
    /// Only this namespace; with a cluster, the context's if not given
    #[arg(short = 'n', long, value_name = "NAMESPACE", help_heading = "Which pods")]
    namespace: Option<String>,
    /// All namespaces, which is the default with files
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Which pods")]
    all_namespaces: bool,
    /// File or folder with rendered manifests to compare with, instead of the mesh; can be repeated
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    expected: Vec<PathBuf>,
    #[command(flatten)]
    mesh: MeshSettings,
    #[command(flatten)]
    project: ProjectArgs,
    /// Output format
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    output: Format,
}

/// How the differences are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each difference
    Table,
    /// One document (docs/reference/schemas/verify.schema.json)
    Json,
    /// The same document as YAML
    Yaml,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    let choice = args.project.read(true)?;
    let by = if args.expected.is_empty() {
        VerifyBy::Mesh(Box::new(args.mesh.over(choice.target.mesh.clone())))
    } else {
        VerifyBy::Manifests(find_given(&Find { paths: args.expected, ..Find::default() })?)
    };
    let is_by_mesh = matches!(by, VerifyBy::Mesh(_));
    let target = Target { namespace: args.namespace, ..args.pod.unwrap_or_default() };
    let mut request = VerifyRequest { by, default_namespace: default_namespace(None, &choice), target };
    let answer = if args.saved.is_empty() {
        let client = args.connection.connect()?;
        request.target.namespace = namespace(request.target.namespace, args.all_namespaces, &client);
        live_verify(&client, request)
    } else {
        args.connection.refuse_with_files()?;
        verify(&mut args.saved.find()?, request)
    };
    let (pods, mut info) = match answer {
        Ok(answer) => answer,
        Err(problems) => return Ok(report_problems(&problems)),
    };
    if is_by_mesh {
        report_project(&choice, &mut info);
    }
    let structured = || verified_value(&pods, info.mesh.as_ref(), &info.assumed);
    let failed = |error: serde_json::Error| unserializable(&error);
    let text = match args.output {
        Format::Table => verified_table(&pods, width(std::io::stdout())),
        Format::Json => json_text(&structured()).map_err(failed)?,
        Format::Yaml => yaml_text(&structured()).map_err(failed)?,
    };
    print_bytes(text.as_bytes())?;
    report_mesh(&info);
    let _ = std::io::stderr().write_all(verified_notes(&pods).as_bytes());
    Ok(if pods.iter().any(|pod| pod.outcome.is_err()) {
        ExitCode::Input
    } else if pods.iter().all(Verified::is_same) {
        ExitCode::Success
    } else {
        ExitCode::Differences
    })
}
