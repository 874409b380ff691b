//! Runs the plugin that provides credentials (`exec` of a kubeconfig), such as kubelogin. `kube` would run it three times,
//! and let it read standard input, which may be a manifest.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;

use super::ClientError;
use super::group::Group;

/// How long a plugin runs before `on_wait` is called.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer of a plugin, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// How often a running plugin is polled.
const INTERVAL: Duration = Duration::from_millis(5);

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

/// The credentials of a user. If a plugin provides them, it runs, and its answer replaces `exec`. `on_wait` is
/// called with its name if it takes long.
pub(super) fn credentials(
    mut user: AuthInfo,
    cluster: &Cluster,
    limit: Option<Duration>,
    on_wait: &dyn Fn(&str),
) -> Result<AuthInfo, ClientError> {
    if let Some(provider) = &user.auth_provider
        && !matches!(provider.name.as_str(), "gcp" | "oidc")
    {
        let message = format!("the auth provider {:?} is no longer supported", provider.name);
        let hint = match provider.name.as_str() {
            "azure" => "kubelogin convert-kubeconfig changes the kubeconfig to kubelogin",
            _ => "get a new kubeconfig from the administrator of the cluster",
        };
        let hint = hint.to_owned();
        return Err(ClientError::Plugin { message, hint });
    }
    // As in kubectl, other credentials precede a plugin's.
    let has_token = user.token.is_some() || user.token_file.is_some();
    let has_password = user.username.is_some() && user.password.is_some();
    let Some(exec) = user.exec.take().filter(|_| !has_token && !has_password) else { return Ok(user) };
    let answer = run(&exec, cluster, limit, on_wait)?;
    user.token = answer.token.map(Into::into);
    if let (Some(certificate), Some(key)) = (answer.client_certificate_data, answer.client_key_data) {
        user.client_certificate_data = Some(STANDARD.encode(certificate));
        user.client_key_data = Some(STANDARD.encode(key).into());
    }
    Ok(user)
}

fn run(
    exec: &ExecConfig,
    cluster: &Cluster,
    limit: Option<Duration>,
    on_wait: &dyn Fn(&str),
) -> Result<ExecStatus, ClientError> {
    let Some(name) = exec.command.as_deref().filter(|name| !name.is_empty()) else {
        let message = "exec of the user of the kubeconfig has no command".to_owned();
        return Err(ClientError::Configuration { message });
    };
    let failed = |message: String| ClientError::Plugin {
        message,
        hint: "kubectl runs it, too: see whether kubectl version works".to_owned(),
    };
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
    // In a process group of its own, it could not read from the terminal.
    let spawned = if is_interactive {
        command.spawn().map(|child| (child, None))
    } else {
        Group::spawn(&mut command).map(|(child, group)| (child, Some(group)))
    };
    let (child, group) = spawned.map_err(|error| ClientError::Plugin {
        message: format!("cannot run {name}: {error}"),
        hint: install_hint(exec, name),
    })?;
    let answer = Running { child, group, limit }.answer(PATIENCE, &|| on_wait(name));
    let answer = answer.map_err(|failure| match failure {
        Failure::TooLong(limit) => ClientError::Plugin {
            message: format!("{name} did not end within {} s", limit.as_secs()),
            hint: "log in first, or pass --request-timeout to wait longer".to_owned(),
        },
        Failure::Status(status) => failed(format!("{name} failed ({status})")),
        Failure::Io(error) => failed(format!("{name}: {error}")),
    })?;
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

/// A plugin that runs.
struct Running {
    child: Child,
    group: Option<Group>,
    limit: Option<Duration>,
}

enum Failure {
    TooLong(Duration),
    Status(ExitStatus),
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Running {
    /// What the plugin prints. It is killed at the limit. `on_wait` is called when it has run for `patience`.
    fn answer(mut self, patience: Duration, on_wait: &dyn Fn()) -> Result<Vec<u8>, Failure> {
        let (sender, output) = channel();
        let stdout = self.child.stdout.take();
        // Reading ends with the last process that has the pipe, which may be another one than the plugin.
        thread::Builder::new().spawn(move || sender.send(stdout.map_or_else(|| Ok(Vec::new()), read)))?;
        let (start, mut is_patient) = (Instant::now(), true);
        let (mut status, mut answer) = (None, None);
        loop {
            if status.is_none() {
                status = self.child.try_wait()?;
            }
            answer = answer.or_else(|| output.try_recv().ok());
            if let Some(status) = status.filter(|status| !status.success()) {
                return Err(Failure::Status(status));
            }
            if status.is_some()
                && let Some(answer) = answer.take()
            {
                return Ok(answer?);
            }
            if let Some(limit) = self.limit.filter(|limit| start.elapsed() > *limit) {
                self.kill();
                return Err(Failure::TooLong(limit));
            }
            if is_patient && start.elapsed() > patience {
                is_patient = false;
                on_wait();
            }
            thread::sleep(INTERVAL);
        }
    }

    fn kill(&mut self) {
        if let Some(group) = &self.group {
            group.kill();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stdout: ChildStdout) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    stdout.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[cfg(unix)]
    #[test]
    fn a_caller_learns_once_that_a_plugin_runs_long() {
        let waits = Cell::new(0);
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 0.2; echo answer"]).stdout(Stdio::piped());
        let running = Running { child: command.spawn().unwrap(), group: None, limit: None };
        let answer = running.answer(Duration::ZERO, &|| waits.set(waits.get() + 1));
        assert_eq!((answer.ok().as_deref(), waits.get()), (Some(&b"answer\n"[..]), 1));
    }
}
