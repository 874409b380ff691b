//! Runs the plugin that provides credentials (`exec` of a kubeconfig), such as kubelogin. `kube` would run it three times,
//! and let it read standard input, which may be a manifest.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;

use super::ClientError;

/// How long a plugin may take that nobody can answer.
const LIMIT: Duration = Duration::from_mins(2);

/// The longest answer of a plugin, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// What a plugin prints.
#[derive(Deserialize)]
struct ExecCredential {
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// The credentials of a user. If a plugin provides them, it runs, and its answer takes the place of `exec`.
pub(super) fn credentials(mut user: AuthInfo, cluster: &Cluster, file: &Path) -> Result<AuthInfo, ClientError> {
    if let Some(provider) = &user.auth_provider
        && !matches!(provider.name.as_str(), "gcp" | "oidc")
    {
        let message = format!("the auth provider {:?} is no longer supported", provider.name);
        let hint = match provider.name.as_str() {
            "azure" => Some("kubelogin convert-kubeconfig changes the kubeconfig to kubelogin".to_owned()),
            _ => None,
        };
        return Err(ClientError::Plugin { message, hint });
    }
    // As in kubectl, other credentials precede a plugin's.
    let has_token = user.token.is_some() || user.token_file.is_some();
    let has_password = user.username.is_some() && user.password.is_some();
    let Some(exec) = user.exec.take().filter(|_| !has_token && !has_password) else { return Ok(user) };
    let answer = run(&exec, cluster, file)?;
    user.token = answer.token.map(Into::into);
    if let (Some(certificate), Some(key)) = (answer.client_certificate_data, answer.client_key_data) {
        user.client_certificate_data = Some(STANDARD.encode(certificate));
        user.client_key_data = Some(STANDARD.encode(key).into());
    }
    Ok(user)
}

fn run(exec: &ExecConfig, cluster: &Cluster, file: &Path) -> Result<ExecStatus, ClientError> {
    let Some(name) = exec.command.as_deref().filter(|name| !name.is_empty()) else {
        return Err(ClientError::Configuration {
            message: format!("{}: the plugin of the user has no command", file.display()),
        });
    };
    let failed = |message: String| ClientError::Plugin { message, hint: None };
    let has_terminal = std::io::stdin().is_terminal();
    let is_interactive = has_terminal && exec.interactive_mode != Some(ExecInteractiveMode::Never);
    if !has_terminal && exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(failed(format!("{name} requires a terminal, and standard input is not one")));
    }
    let cluster = if exec.provide_cluster_info {
        let info = ExecAuthCluster::try_from(cluster).map_err(|error| failed(error.to_string()))?;
        serde_json::to_value(info).map_err(|error| failed(error.to_string()))?
    } else {
        serde_json::Value::Null
    };
    let mut info = json!({
        "apiVersion": exec.api_version,
        "kind": "ExecCredential",
        "spec": {"interactive": is_interactive},
    });
    if let Some(spec) = info.get_mut("spec").filter(|_| !cluster.is_null()) {
        spec["cluster"] = cluster;
    }
    let mut command = Command::new(name);
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command.stdin(if is_interactive { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped());
    let child = command.spawn().map_err(|error| ClientError::Plugin {
        message: format!("cannot run {name}: {error}"),
        hint: (error.kind() == std::io::ErrorKind::NotFound).then(|| install_hint(exec, name)),
    })?;
    let answer = answer_of(child, name, if is_interactive { None } else { Some(LIMIT) }).map_err(failed)?;
    let answer: ExecCredential = serde_json::from_slice(&answer)
        .map_err(|error| failed(format!("{name} printed no ExecCredential (line {})", error.line())))?;
    let status =
        answer.status.unwrap_or(ExecStatus { token: None, client_certificate_data: None, client_key_data: None });
    if status.token.is_none() && status.client_certificate_data.is_none() {
        return Err(failed(format!("{name} printed neither a token nor a certificate")));
    }
    Ok(status)
}

/// How to install a plugin.
fn install_hint(exec: &ExecConfig, name: &str) -> String {
    let own = exec.install_hint.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match Path::new(name).file_stem().and_then(|name| name.to_str()) {
        _ if !own.is_empty() => own,
        Some("kubelogin") => "install it with: az aks install-cli".to_owned(),
        _ => format!("install {name}, or put its folder on PATH"),
    }
}

/// What a plugin prints. It is ended after the limit.
fn answer_of(mut child: Child, name: &str, limit: Option<Duration>) -> Result<Vec<u8>, String> {
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.map(|stdout| stdout.take(MAX_ANSWER).read_to_end(&mut answer));
        read.transpose().map(|_| answer)
    });
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if limit.is_some_and(|limit| start.elapsed() > limit) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} did not end within {} s", start.elapsed().as_secs()));
            }
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("{name}: {error}")),
        }
    };
    if !status.success() {
        return Err(format!("{name} failed ({status})"));
    }
    let answer = reader.join().map_err(|_| format!("{name}: its output cannot be read"))?;
    answer.map_err(|error| format!("{name}: {error}"))
}
