//! Whole runs against a live cluster, which is a small server of these tests.

#![cfg(all(feature = "cluster", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests"
)]

mod answers;
mod credentials;
mod faults;
mod objects;
mod rights;
mod server;
mod tls;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use server::Server;

/// What a run printed.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder that is the home of a user with a kubeconfig.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Home {
    /// A kubeconfig whose context `prod` leads to a server.
    pub(crate) fn of(server: &Server) -> Self {
        Self::with(&json!({"server": server.url}), &json!({}))
    }

    /// A kubeconfig whose context `prod` has this cluster and this user.
    pub(crate) fn with(cluster: &Value, user: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "prod",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        });
        fs::create_dir(folder.path().join(".kube")).unwrap();
        fs::write(folder.path().join(".kube/config"), kubeconfig.to_string()).unwrap();
        Self { folder, variables: Vec::new() }
    }

    /// The same with a variable in the environment.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The command that runs the program with these words.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"));
        command.args(words.split(' ')).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.run_with(words, "")
    }

    /// Runs the program with a text on standard input.
    pub(crate) fn run_with(&self, words: &str, stdin: &str) -> Output {
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Output { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Writes a script that can be run.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
