//! Why a cluster cannot be asked.

use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, ExitCode};

/// Why a cluster cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The program was built without the feature `cluster`.
    #[error("this build cannot ask a cluster")]
    NotBuilt,
    /// There is no kubeconfig, and the program does not run in a cluster.
    #[error("no kubeconfig found")]
    NoKubeconfig,
    /// A kubeconfig cannot be read.
    #[error("{}: {message}", file.display())]
    Kubeconfig {
        /// The kubeconfig.
        file: PathBuf,
        /// The cause.
        message: String,
    },
    /// The kubeconfigs lack something that is asked for.
    #[error("the kubeconfig has no {what}")]
    NotInKubeconfig {
        /// What is missing: `context "prod"`.
        what: String,
        /// The names that the kubeconfig has.
        known: Vec<String>,
    },
    /// The kubeconfigs have no current context, and no context is given.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext,
    /// A setting of the kubeconfig cannot be used.
    #[error("{message}")]
    Configuration {
        /// The setting, and what is wrong with it.
        message: String,
    },
    /// The plugin for credentials failed.
    #[error("cannot get credentials: {message}")]
    Plugin {
        /// The cause.
        message: String,
        /// How to install it, or what else to do.
        hint: String,
    },
    /// No connection to the server, or none through the proxy.
    #[error("cannot reach {server}: {message}")]
    Unreachable {
        /// The URL of the server.
        server: String,
        /// The cause.
        message: String,
    },
    /// The certificate of the server or of the client is not accepted.
    #[error("cannot connect to {server}: {message}")]
    Certificate {
        /// The URL of the server.
        server: String,
        /// The cause.
        message: String,
        /// A hint for the user.
        hint: String,
    },
    /// The connection ended early.
    #[error("the connection to {server} was cut: {message}")]
    Cut {
        /// The URL of the server.
        server: String,
        /// The cause.
        message: String,
    },
    /// The server did not answer in time.
    #[error("{server} did not answer within {seconds} s")]
    Timeout {
        /// The URL of the server.
        server: String,
        /// The limit.
        seconds: u64,
    },
    /// The server does not accept the credentials.
    #[error("{server} does not accept the credentials")]
    Unauthorized {
        /// The URL of the server.
        server: String,
    },
    /// The user lacks a right.
    #[error("no right to {right}")]
    Forbidden {
        /// The right: `list pods in namespace shop`.
        right: String,
    },
    /// There is no such object, or the server does not have its kind.
    #[error("not found: {what}")]
    NotFound {
        /// The object or the kind.
        what: String,
    },
    /// A list took so long that the server forgot its state.
    #[error("the list of {resource} expired while it was read")]
    Expired {
        /// The kind.
        resource: &'static str,
    },
    /// Another error of the server.
    #[error("{server} answered {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Refused {
        /// The URL of the server.
        server: String,
        /// The status of HTTP.
        status: u16,
        /// The message of the answer.
        message: String,
    },
    /// An answer is longer than the limit.
    #[error("an answer of {server} is longer than the limit of {limit} MiB")]
    TooLong {
        /// The URL of the server.
        server: String,
        /// The limit.
        limit: usize,
    },
    /// The answer is not one of an API server.
    #[error("{server} is not an API server: {message}")]
    NotKubernetes {
        /// The URL of the server.
        server: String,
        /// What is wrong.
        message: String,
    },
}

impl ClientError {
    /// A hint for the user.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::NotBuilt => "build it with the cargo feature \"cluster\", or pass saved objects with -f",
            Self::NoKubeconfig | Self::NoCurrentContext => {
                "pass --kubeconfig or --context, set KUBECONFIG, or pass saved objects with -f"
            }
            Self::NotInKubeconfig { known, .. } if !known.is_empty() => {
                return format!("available: {}", known.join(", "));
            }
            Self::NotInKubeconfig { .. } => "kubectl config view shows which file is read: KUBECONFIG may name another",
            Self::Kubeconfig { .. } => "pass another one with --kubeconfig, or set KUBECONFIG",
            Self::Configuration { .. } => "kubectl config view --minify shows the part of the kubeconfig that is used",
            Self::Plugin { hint, .. } | Self::Certificate { hint, .. } => return hint.clone(),
            Self::Unreachable { .. } => "is kubectl able to reach it? A proxy is taken from HTTPS_PROXY and NO_PROXY",
            Self::Unauthorized { .. } => "log in again: the token or certificate may have expired",
            Self::Forbidden { .. } => "plugin/rbac has a role for each command; kubectl auth can-i --list shows yours",
            Self::Timeout { .. } => "pass --request-timeout to wait longer",
            Self::Expired { .. } | Self::Cut { .. } => "try again",
            Self::NotFound { .. } => "kubectl api-resources lists what the cluster has",
            Self::Refused { status: 429 | 500..=599, .. } => "the server is overloaded or starting: try again later",
            Self::Refused { .. } => "does kubectl get the same answer? If not, this is a bug of this program",
            Self::TooLong { .. } => "narrow the question with -n or -l",
            Self::NotKubernetes { .. } => "check server in the kubeconfig: a proxy or a login page may answer instead",
        };
        hint.to_owned()
    }
}

impl From<&ClientError> for Diagnostic {
    fn from(error: &ClientError) -> Self {
        Self { hint: Some(error.hint()), ..Self::error(Code::Cluster, ExitCode::Cluster, error.to_string()) }
    }
}
