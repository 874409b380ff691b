//! A small API server: lists with pages and selectors, from objects in memory. It records all requests.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// The objects of a cluster, by the path of their list in all namespaces.
#[derive(Clone, Default)]
pub(crate) struct Cluster {
    pub(crate) lists: BTreeMap<String, Vec<Value>>,
    /// The logs of proxies, by the name of the pod.
    pub(crate) logs: BTreeMap<String, String>,
    /// The lists that may not be read.
    pub(crate) forbidden: Vec<&'static str>,
    /// What happens instead of an answer.
    pub(crate) fault: Option<Fault>,
}

/// What happens instead of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No byte is sent.
    Silence,
    /// The connection ends in the middle of a list.
    Cut,
    /// A status with a hostile message.
    Status(u16),
}

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// The headers in lower case.
    pub(crate) head: String,
}

impl Cluster {
    /// Adds an object to the list at `path`.
    pub(crate) fn add(&mut self, path: &str, object: Value) {
        self.lists.entry(path.to_owned()).or_default().push(object);
    }

    /// Makes the list at `path` exist, though it may be empty.
    pub(crate) fn allow(&mut self, path: &str) {
        self.lists.entry(path.to_owned()).or_default();
    }

    /// Removes all objects of the list at `path`.
    pub(crate) fn empty(&mut self, path: &str) {
        self.lists.insert(path.to_owned(), Vec::new());
    }

    /// The answer to a request: a status and a body.
    fn answer(&self, request: &Request) -> (u16, Value) {
        let failed = |code: u16, message: &str| (code, json!({"kind": "Status", "code": code, "message": message}));
        if request.path == "/version" {
            return (200, json!({"major": "1", "minor": "34", "gitVersion": "v1.34.2"}));
        }
        if let Some((path, pod)) = request.path.strip_suffix("/log").and_then(|path| path.rsplit_once('/')) {
            return match self.logs.get(pod) {
                _ if self.forbidden.contains(&"pods/log") => failed(403, "forbidden"),
                Some(log) => (200, Value::String(log.clone())),
                None => failed(400, &format!("{path}: no log of {pod}")),
            };
        }
        let (path, namespace) = match request.path.split_once("/namespaces/") {
            Some((start, rest)) => {
                let (namespace, kind) = rest.split_once('/').unwrap_or((rest, "namespaces"));
                (format!("{start}/{kind}"), Some(namespace))
            }
            None => (request.path.clone(), None),
        };
        if self.forbidden.contains(&path.as_str()) {
            return failed(403, "forbidden: User \"\u{1b}[31mreader\" cannot list it");
        }
        let Some(all) = self.lists.get(&path) else { return failed(404, "the server could not find it") };
        let text = |object: &Value, path: &str| {
            let pointer = format!("/{}", path.replace('.', "/"));
            object.pointer(&pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let is_selected = |object: &&Value| {
            let labels = request.query.get("labelSelector").map(String::as_str).unwrap_or_default();
            let fields = request.query.get("fieldSelector").map(String::as_str).unwrap_or_default();
            let has = |path: &str, requirement: &str| match requirement.split_once('=') {
                Some((key, value)) => text(object, &format!("{path}{key}")) == value,
                None => !text(object, &format!("{path}{requirement}")).is_empty(),
            };
            namespace.is_none_or(|namespace| text(object, "metadata.namespace") == namespace)
                && labels.split(',').filter(|one| !one.is_empty()).all(|one| has("metadata.labels.", one))
                && fields.split(',').filter(|one| !one.is_empty()).all(|one| has("", one))
        };
        let number = |name: &str| request.query.get(name).and_then(|text| text.parse::<usize>().ok());
        let (limit, from) = (number("limit").unwrap_or(usize::MAX), number("continue").unwrap_or(0));
        let mut found = all.iter().filter(is_selected).skip(from);
        let items: Vec<&Value> = found.by_ref().take(limit).collect();
        let next = if found.next().is_some() { (from + items.len()).to_string() } else { String::new() };
        // As the API server prints them, the items of typed lists have no kind.
        let kind = items.first().map_or("List".to_owned(), |item| format!("{}List", text(item, "kind")));
        let version = items.first().map_or("v1".to_owned(), |item| text(item, "apiVersion"));
        let metadata = json!({"resourceVersion": "1", "continue": next});
        let items: Vec<Value> = items.into_iter().map(without_kind).collect();
        (200, json!({"kind": kind, "apiVersion": version, "metadata": metadata, "items": items}))
    }
}

fn without_kind(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(object) = object.as_object_mut() {
        object.remove("kind");
        object.remove("apiVersion");
    }
    object
}

impl Server {
    /// Serves a cluster on a port of its own.
    pub(crate) fn of(cluster: Cluster) -> Self {
        Self::with(cluster, None)
    }

    /// Serves a cluster with TLS.
    pub(crate) fn with_tls(cluster: Cluster, config: ServerConfig) -> Self {
        Self::with(cluster, Some(Arc::new(config)))
    }

    fn with(cluster: Cluster, tls: Option<Arc<ServerConfig>>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (cluster, seen) = (Arc::new(cluster), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (cluster, seen, tls) = (Arc::clone(&cluster), Arc::clone(&seen), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(stream, &cluster, &seen),
                    Some(tls) => {
                        let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
                        let served = serve(&mut stream, &cluster, &seen);
                        // What refuses a certificate is sent before the connection ends.
                        stream.conn.send_close_notify();
                        let _ = stream.flush();
                        served
                    }
                });
            }
        });
        Self { url: format!("{scheme}://{address}"), address, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request. A `CONNECT` to a proxy opens a tunnel to this server itself.
fn serve(mut stream: impl Read + Write, cluster: &Cluster, seen: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte)? == 0 {
                return Ok(());
            }
            head.push(byte[0]);
            // The first byte of TLS.
            if head == [0x16] {
                return stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        }
        let request = Request::of(&String::from_utf8_lossy(&head));
        seen.lock().unwrap().push(request.clone());
        if request.method == "CONNECT" {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            continue;
        }
        let (status, body) = match cluster.fault {
            Some(Fault::Status(status)) => (status, json!({"kind": "Status", "message": "no \u{1b}[2J\nnow"})),
            _ => cluster.answer(&request),
        };
        let body = if let Value::String(log) = body { log } else { body.to_string() };
        if cluster.fault == Some(Fault::Silence) {
            let _ = stream.read(&mut byte);
            return Ok(());
        }
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: {}\r\nconnection: \
             close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        let end = if cluster.fault == Some(Fault::Cut) { body.len() / 2 } else { body.len() };
        return stream.write_all(&body.as_bytes()[..end]);
    }
}

impl Request {
    fn of(head: &str) -> Self {
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(name, value)| (name.to_owned(), unescaped(value))).collect(),
            head: head.to_lowercase(),
        }
    }

    /// The API group, the resource and the verb that a role must allow; none for what all may read.
    pub(crate) fn right(&self) -> Option<(String, String, String)> {
        let mut parts: Vec<&str> = self.path.trim_start_matches('/').split('/').collect();
        let group = match parts.first() {
            Some(&"api") => "",
            Some(&"apis") => parts.remove(1),
            _ => return None,
        };
        parts.drain(..2);
        if parts.len() > 2 && parts[0] == "namespaces" {
            parts.drain(..2);
        }
        let verb = match (self.method.as_str(), parts.len()) {
            ("GET", 1) if self.query.contains_key("watch") => "watch",
            ("GET", 1) => "list",
            ("GET", _) => "get",
            ("POST", _) => "create",
            (other, _) => other,
        };
        let resource = if parts.last() == Some(&"log") { "pods/log" } else { parts[0] };
        Some((group.to_owned(), resource.to_owned(), verb.to_owned()))
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, others @ ..]) => {
                let hex = |digit: &u8| char::from(*digit).to_digit(16).unwrap();
                bytes.push(u8::try_from(hex(high) * 16 + hex(low)).unwrap());
                rest = others;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}
