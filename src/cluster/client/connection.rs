//! Which cluster to ask, and as whom.

use std::path::PathBuf;
use std::time::Duration;

/// How to reach a cluster: kubectl's flags of the same names.
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
    /// The user to impersonate.
    pub impersonate: Option<String>,
    /// The timeout of a request with all its retries; `None` for no timeout.
    pub timeout: Option<Duration>,
    /// The timeout of the plugin for credentials; `None` for no timeout, as it may wait for a login.
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
