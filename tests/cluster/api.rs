//! Requests to the API server, through `kubectl proxy`: with their status and warnings, which kubectl does not print.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::control_plane::ControlPlane;

/// A proxy that adds the administrator's credentials to requests.
pub(crate) struct Api {
    proxy: Child,
    address: String,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u64,
    /// The texts of `Warning` headers.
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Api {
    /// Starts the proxy.
    pub(crate) fn of(plane: &ControlPlane) -> Self {
        let mut command = Command::new(crate::site::client("kubectl"));
        command.arg("--kubeconfig").arg(&plane.kubeconfig).args(["proxy", "--port=0"]).stdout(Stdio::piped());
        let mut proxy = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { proxy, address }
    }

    /// Sends a request. The audit log knows it by `id`.
    pub(crate) fn send(&self, method: &str, path: &str, content_type: &str, body: &Value, id: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        // With this version of HTTP, answers end with the connection.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\nAudit-ID: {id}\r\nContent-Type: \
             {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let code = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let warning = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            let quoted = value.split_once('"').filter(|_| name.eq_ignore_ascii_case("warning"))?.1;
            Some(quoted.trim_end_matches('"').replace("\\\"", "\"").replace("\\\\", "\\"))
        };
        Answer {
            code,
            warnings: lines.filter_map(warning).collect(),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    /// Creates an object in a dry run.
    pub(crate) fn dry_run(&self, object: &Value, id: &str) -> Answer {
        self.send("POST", &format!("{}?dryRun=All", list_path(object)), "application/json", object, id)
    }

    /// An object.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, "application/json", &Value::Null, "").body
    }
}

/// The path of the list that an object is in.
pub(crate) fn list_path(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let version = text(&object["apiVersion"]);
    let root = if version.contains('/') { "apis" } else { "api" };
    let kind = text(&object["kind"]).to_lowercase();
    format!("/{root}/{version}/namespaces/{}/{kind}s", text(&object["metadata"]["namespace"]))
}

/// The path of an object.
pub(crate) fn path(object: &Value) -> String {
    format!("{}/{}", list_path(object), object["metadata"]["name"].as_str().unwrap())
}
