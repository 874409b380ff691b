//! `policy`: admission policies that set or require the annotation in the cluster.

use std::collections::BTreeSet;
use std::io::Write as _;

use clap::ValueEnum;

use super::connection::ConnectionArgs;
use super::print::print_bytes;
use super::saved::report_missing;
use crate::cluster::client::ClientError;
use crate::diagnostic::{Diagnostic, ExitCode};
use crate::istio::native::Mode;
use crate::k8s::{KubernetesVersion, LabelSelector};
use crate::policy::{NamespaceChoice, OwnerKind, PolicyAction, PolicyRequest};
use crate::run::{PolicyCluster, policy_cluster};

const EXAMPLES: &str = "Examples:
  # what would be refused? Warn people who apply such workloads in a namespace
  kubectl nativesidecar policy --action warn -n shop | kubectl apply -f -

  # native sidecars for the pods of all Jobs, in namespaces with a label
  kubectl nativesidecar policy --action set --kind Job --namespace-selector team=data \\
    --kubernetes 1.36 > policy.yaml

  # the same on Kubernetes 1.34 and 1.35, if the API server has the beta API and its feature gate
  kubectl nativesidecar policy --action set --kind Job --namespace-selector team=data \\
    --kubernetes 1.35 --beta-api

  # refuse pods and pod templates without a valid annotation, everywhere
  kubectl nativesidecar policy --action require --all-namespaces

  # remove the policies of require, warn and audit; set makes mutatingadmissionpolicies
  kubectl delete -l app.kubernetes.io/managed-by=kubectl-nativesidecar \\
    validatingadmissionpolicies,validatingadmissionpolicybindings";

/// How to choose namespaces.
const NAMESPACES: &str = "pass -n NAMESPACE, --namespace-selector SELECTOR or --all-namespaces, as in: kubectl nativesidecar \
                          policy --action audit -n shop";

#[derive(clap::Args)]
#[command(help_template = super::HELP, after_help = EXAMPLES)]
pub(super) struct Args {
    /// What the policy does
    #[arg(long, value_name = "ACTION")]
    action: Option<Action>,
    /// Set this value where there is no valid one; with the other actions, accept only this value
    #[arg(long, value_name = "MODE")]
    mode: Option<PolicyMode>,
    /// Select pods by the kind of their controller: Job, sts, TaskRun.tekton.dev; Pod for those without one
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// A namespace; can be repeated
    #[arg(short = 'n', long, value_name = "NAMESPACE", value_delimiter = ',', help_heading = "Which namespaces")]
    namespace: Vec<String>,
    /// Namespaces with these labels, as in kubectl: team=data,tier!=test
    #[arg(
        long,
        value_name = "SELECTOR",
        conflicts_with_all = ["namespace", "all_namespaces"],
        help_heading = "Which namespaces"
    )]
    namespace_selector: Option<String>,
    /// All namespaces; those of Kubernetes and the mesh are always excluded
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Which namespaces")]
    all_namespaces: bool,
    /// The version of the API server, instead of asking the cluster
    #[arg(long, value_name = "VERSION", value_parser = kubernetes)]
    kubernetes: Option<KubernetesVersion>,
    /// With --action set before Kubernetes 1.36: use the beta API, which the API server must have switched on
    #[arg(long)]
    beta_api: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[arg(short = 'l', long, value_name = "SELECTOR", hide = true)]
    selector: Option<String>,
    #[arg(long, value_name = "N", hide = true)]
    percent: Option<String>,
}

/// What the policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Set the annotation of new pods
    Set,
    /// Refuse pods and pod templates without a valid annotation
    Require,
    /// Accept them, and warn whoever creates them
    Warn,
    /// Accept them, and record them in the audit log
    Audit,
}

/// A mode that an annotation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PolicyMode {
    /// "true"
    Native,
    /// "false"
    Regular,
}

/// Runs the command.
pub(super) fn run(args: Args) -> Result<ExitCode, Diagnostic> {
    refuse_inexpressible(&args)?;
    let Some(action) = args.action else {
        let hint = "pass set, require, warn or audit, as in: kubectl nativesidecar policy --action warn -n shop";
        return Err(Diagnostic::usage("--action is required", Some(hint.to_owned())));
    };
    let mut request = PolicyRequest {
        action: match action {
            Action::Set => PolicyAction::Set,
            Action::Require => PolicyAction::Require,
            Action::Warn => PolicyAction::Warn,
            Action::Audit => PolicyAction::Audit,
        },
        mode: args.mode.map(|mode| match mode {
            PolicyMode::Native => Mode::Native,
            PolicyMode::Regular => Mode::Regular,
        }),
        owners: OwnerKind::read(&args.kind).map_err(|error| Diagnostic::from(&error))?,
        namespaces: namespaces(args.namespace, args.namespace_selector, args.all_namespaces)?,
        kubernetes: KubernetesVersion::of_minor(0),
        beta_api: args.beta_api,
        mesh_namespaces: BTreeSet::new(),
    };
    let mut missing = Vec::new();
    match args.kubernetes {
        Some(_) if args.connection.given().is_some() => {
            let flag = args.connection.given().unwrap_or_default();
            let hint = "leave one of them out: with --kubernetes, no cluster is asked";
            return Err(Diagnostic::usage(
                format!("{flag} and --kubernetes exclude each other"),
                Some(hint.to_owned()),
            ));
        }
        Some(version) => request.kubernetes = version,
        None => {
            let client = args.connection.try_connect().map_err(|error| no_cluster(&error))?;
            let cluster = policy_cluster(&client).map_err(|error| Diagnostic::from(&error))?;
            let PolicyCluster { kubernetes, mesh_namespaces, missing: rights } = cluster;
            (request.mesh_namespaces, missing) = (mesh_namespaces, rights);
            request.kubernetes = kubernetes.ok_or_else(|| {
                let hint = "pass it, as in --kubernetes 1.36";
                Diagnostic::usage("the version of the API server cannot be read", Some(hint.to_owned()))
            })?;
        }
    }
    let policy = request.generate().map_err(|error| Diagnostic::from(&error))?;
    print_bytes(policy.text.as_bytes())?;
    report_missing(&missing);
    let mut stderr = std::io::stderr().lock();
    for note in &policy.notes {
        let _ = writeln!(stderr, "note: {note}");
    }
    Ok(ExitCode::Success)
}

/// The error of a cluster that cannot be asked.
fn no_cluster(error: &ClientError) -> Diagnostic {
    let problem = Diagnostic::from(error);
    match error {
        ClientError::NotBuilt | ClientError::NoKubeconfig | ClientError::NoCurrentContext => {
            problem.with_hint("pass the version of the API server, as in --kubernetes 1.36, or choose a cluster")
        }
        _ => problem,
    }
}

/// Refuses selections of the other commands that a policy cannot make.
fn refuse_inexpressible(args: &Args) -> Result<(), Diagnostic> {
    let (message, hint) = if args.percent.is_some() {
        let message = "--percent cannot be a policy: CEL has no hash of the workload's name to select a share by";
        (message, "roll out by namespace instead: label some, and pass --namespace-selector")
    } else if args.selector.is_some() {
        let message = "-l cannot be a policy: a pod names its owner, but does not have the owner's labels";
        (message, "choose by namespace and kind instead: --namespace-selector team=data --kind Job")
    } else {
        return Ok(());
    };
    Err(Diagnostic::usage(message, Some(hint.to_owned())))
}

fn namespaces(names: Vec<String>, selector: Option<String>, all: bool) -> Result<NamespaceChoice, Diagnostic> {
    if let Some(text) = selector {
        let selector: LabelSelector =
            text.parse().map_err(|error| Diagnostic::usage(format!("--namespace-selector: {error}"), None))?;
        Ok(NamespaceChoice::Selector(selector))
    } else if all {
        Ok(NamespaceChoice::All)
    } else if names.is_empty() {
        Err(Diagnostic::usage("no namespaces are chosen", Some(NAMESPACES.to_owned())))
    } else {
        Ok(NamespaceChoice::Names(names.into_iter().collect()))
    }
}

fn kubernetes(text: &str) -> Result<KubernetesVersion, &'static str> {
    KubernetesVersion::read(text).ok_or("expected a version such as 1.36")
}
