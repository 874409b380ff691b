//! Reads kubeconfigs as kubectl does. `kube` has the format, but not all of the rules: it takes proxies from the environment
//! by rules of its own, and fails if one of the files in `KUBECONFIG` does not exist.

use std::env;
use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{AuthInfo, Cluster, Kubeconfig};

use super::certificates::{authorities, read_identity};
use super::plugin::credentials;
use super::proxy::{Environment, proxy_for};
use super::url::shown;
use super::{ClientError, Connection};

/// How to reach a cluster, as read from kubeconfigs.
pub(super) struct Settings {
    /// For the client.
    pub(super) config: Config,
    /// The name of the context; none inside of a cluster.
    pub(super) context: Option<String>,
}

impl Settings {
    /// Reads the kubeconfigs, and runs the plugin for credentials if they name one. `on_wait` is called with its name if it
    /// takes long.
    pub(super) fn read(connection: &Connection, on_wait: &dyn Fn(&str)) -> Result<Self, ClientError> {
        let (kubeconfig, file) = read(connection.kubeconfig.as_deref())?;
        let in_cluster = || Config::incluster().map_err(|_| ClientError::NoKubeconfig);
        let mut settings = match kubeconfig {
            Some(kubeconfig) => Self::of(kubeconfig, &file, connection, on_wait)?,
            None => match (&connection.context, &connection.cluster, &connection.user) {
                (None, None, None) => Self { config: in_cluster()?, context: None },
                _ => return Err(ClientError::NoKubeconfig),
            },
        };
        settings.config.auth_info.impersonate =
            connection.impersonate.clone().or(settings.config.auth_info.impersonate);
        settings.config.default_retry = false;
        Ok(settings)
    }

    fn of(
        kubeconfig: Kubeconfig,
        file: &Path,
        connection: &Connection,
        on_wait: &dyn Fn(&str),
    ) -> Result<Self, ClientError> {
        let Kubeconfig { contexts, clusters, auth_infos, current_context, .. } = kubeconfig;
        let current = current_context.filter(|name| !name.is_empty());
        let name = connection.context.clone().or(current).ok_or(ClientError::NoCurrentContext)?;
        let missing = |what: &str, name: &str, known: Vec<String>| ClientError::NotInKubeconfig {
            what: format!("{what} {name:?}"),
            known,
        };
        let names = contexts.iter().map(|context| context.name.clone()).collect();
        let context = contexts.into_iter().find(|context| context.name == name).and_then(|context| context.context);
        let context = context.ok_or_else(|| missing("context", &name, names))?;
        let cluster_name = connection.cluster.clone().unwrap_or(context.cluster);
        let names = clusters.iter().map(|cluster| cluster.name.clone()).collect();
        let cluster = clusters.into_iter().find(|cluster| cluster.name == cluster_name);
        let cluster = cluster.and_then(|cluster| cluster.cluster);
        let cluster = cluster.ok_or_else(|| missing("cluster", &cluster_name, names))?;
        let user_name = connection.user.clone().or(context.user).filter(|user| !user.is_empty());
        let names = auth_infos.iter().map(|user| user.name.clone()).collect();
        let user = match &user_name {
            None => AuthInfo::default(),
            Some(user_name) => {
                let user = auth_infos.into_iter().find(|user| user.name == *user_name);
                user.ok_or_else(|| missing("user", user_name, names))?.auth_info.unwrap_or_default()
            }
        };
        let mut config = server(&cluster, file)?;
        config.default_namespace = context.namespace.filter(|name| !name.is_empty()).unwrap_or("default".to_owned());
        config.auth_info = credentials(user, &cluster, connection.plugin_timeout, on_wait)?;
        read_identity(&mut config.auth_info)?;
        Ok(Self { config, context: Some(name) })
    }
}

/// The merged kubeconfigs, or `None` if there are none; and the file to name in errors.
fn read(given: Option<&Path>) -> Result<(Option<Kubeconfig>, PathBuf), ClientError> {
    let listed = env::var_os("KUBECONFIG").map(|list| env::split_paths(&list).collect::<Vec<_>>());
    let listed = listed.map(|files| files.into_iter().filter(|file| !file.as_os_str().is_empty()).collect::<Vec<_>>());
    let files = match (given, listed.filter(|files| !files.is_empty())) {
        (Some(file), _) => vec![file.to_owned()],
        (None, Some(files)) => files,
        (None, None) => env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect(),
    };
    let mut merged: Option<Kubeconfig> = None;
    for file in &files {
        // Of the files in KUBECONFIG, some may not exist.
        if given.is_none() && !file.exists() {
            continue;
        }
        let failed = |message: String| ClientError::Kubeconfig { file: file.clone(), message };
        let next = Kubeconfig::read_from(file).map_err(|error| failed(reason(&error)))?;
        merged = Some(match merged {
            None => next,
            Some(before) => before.merge(next).map_err(|error| failed(reason(&error)))?,
        });
    }
    Ok((merged, files.into_iter().next().unwrap_or_default()))
}

/// The innermost message of an error, on one line, without the excerpt that a parser adds: it may show secrets.
fn reason(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The server, its certificates, and the proxy on the way to it.
fn server(cluster: &Cluster, file: &Path) -> Result<Config, ClientError> {
    let unusable = |message: String| ClientError::Configuration { message: format!("{}: {message}", file.display()) };
    let server = cluster.server.as_deref().filter(|server| !server.is_empty());
    let server = server.ok_or_else(|| unusable("the cluster has no server".to_owned()))?;
    // The URL may have a password.
    let url: http::Uri = server.parse().map_err(|error| unusable(format!("server is not a valid URL: {error}")))?;
    if !matches!(url.scheme_str(), Some("http" | "https")) {
        return Err(unusable(format!("server {:?} is not an http or https URL", shown(&url))));
    }
    let mut config = Config::new(url);
    config.root_cert = authorities(cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.disable_compression = cluster.disable_compression.unwrap_or_default();
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.proxy_url = proxy_for(&config.cluster_url, cluster.proxy_url.as_deref(), &Environment::of_process())?;
    Ok(config)
}
