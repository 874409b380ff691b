//! Which cluster to ask, and as whom.

use std::path::PathBuf;
use std::time::Duration;

/// How to reach a cluster, as kubectl's flags of the same names say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The kubeconfig to use instead of those that `KUBECONFIG` lists or the one in the home folder.
    pub kubeconfig: Option<PathBuf>,
    /// The context; the current one if not given.
    pub context: Option<String>,
    /// The cluster, instead of the context's.
    pub cluster: Option<String>,
    /// The user, instead of the context's.
    pub user: Option<String>,
    /// Whom to impersonate.
    pub impersonate: Option<String>,
    /// How long a request may take with all its retries; `None` for ever.
    pub timeout: Option<Duration>,
    /// How long the plugin for credentials may take; `None` for ever: somebody may be logging in.
    pub plugin_timeout: Option<Duration>,
}

impl Connection {
    /// How long a request may take if nothing else is given.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            cluster: None,
            user: None,
            impersonate: None,
            timeout: Some(Self::TIMEOUT),
            plugin_timeout: Some(Self::TIMEOUT),
        }
    }
}
