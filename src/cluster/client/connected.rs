//! A connection to an API server: requests, retries and pages.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, Instant};

use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::kubeconfig::Settings;
use super::tls;
use super::url::{add_parameters, escape, shown};
use super::{ClientError, Connection, Query, Resource};
use crate::cluster::saved::{SavedDocument, SavedObject};

/// How many objects a page has at most, as in kubectl.
const PAGE: &str = "500";

/// The longest answer, in bytes.
const MAX_ANSWER: usize = 256 << 20;

/// How many bytes of the start of a log are read, and how many lines of its end.
const LOG_START: usize = 128 << 10;
const LOG_END: &str = "500";

/// How often a request is repeated after a temporary failure.
const MAX_RETRIES: u32 = 3;

/// How long the first retry waits; the next ones wait twice as long each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The timeout of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to a cluster. It only reads, but for [`Client::dry_run`], which stores nothing.
pub struct Client {
    runtime: Runtime,
    kube: kube::Client,
    /// The URL of the server, for errors.
    server: String,
    context: Option<String>,
    namespace: String,
    timeout: Option<Duration>,
}

/// A request.
struct Call<'c> {
    method: Method,
    path: &'c str,
    body: Vec<u8>,
    /// For the error that the right is missing.
    verb: &'c str,
    resource: Resource,
    namespace: Option<&'c str>,
    /// For the error that it does not exist.
    name: &'c str,
}

/// The fields of an error's answer that are read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorStatus {
    message: String,
    metadata: ListMetadata,
}

/// The fields of a list that are read besides its items.
#[derive(Deserialize)]
struct ListHead {
    #[serde(default)]
    metadata: ListMetadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListMetadata {
    r#continue: String,
}

/// Whether an attempt may succeed if it is repeated.
#[derive(Clone, Copy)]
enum Retry {
    Never,
    /// A moment later.
    Soon,
    /// After the time that the server requests.
    After(Duration),
}

/// Why an attempt failed.
struct Failure {
    error: ClientError,
    retry: Retry,
    /// The token with which an expired list continues.
    rest: String,
}

impl Failure {
    fn temporary(error: ClientError) -> Self {
        Self { error, retry: Retry::Soon, rest: String::new() }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self { error, retry: Retry::Never, rest: String::new() }
    }
}

impl Client {
    /// Reads the kubeconfig, runs its plugin for credentials, and prepares a connection; the first request makes it.
    /// `on_wait` is called with the name of the plugin if that takes long.
    pub fn connect(connection: &Connection, on_wait: &dyn Fn(&str)) -> Result<Self, ClientError> {
        let Settings { mut config, context } = Settings::read(connection, on_wait)?;
        config.connect_timeout = Some(connection.timeout.map_or(CONNECT_TIMEOUT, |limit| limit.min(CONNECT_TIMEOUT)));
        // A request has a limit as a whole.
        config.read_timeout = None;
        let server = shown(&config.cluster_url);
        let namespace = config.default_namespace.clone();
        let runtime = runtime()?;
        let kube = {
            let _guard = runtime.enter();
            kube::Client::try_from(config).map_err(|error| ClientError::Configuration {
                message: format!("the kubeconfig: {}", messages(&error)),
            })?
        };
        Ok(Self { runtime, kube, server, context, namespace, timeout: connection.timeout })
    }

    /// A client of a service, for tests.
    #[cfg(test)]
    pub(super) fn of(runtime: Runtime, kube: kube::Client, timeout: Option<Duration>) -> Self {
        let (server, namespace) = ("https://server".to_owned(), "default".to_owned());
        Self { runtime, kube, server, context: None, namespace, timeout }
    }

    /// The name of the context; none inside of a cluster.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The namespace of the context.
    pub fn default_namespace(&self) -> &str {
        &self.namespace
    }

    /// Calls `take` with each object of a list, in the order of the server, one page after the other.
    pub fn list(&self, query: &Query, take: &mut dyn FnMut(SavedObject<'_>)) -> Result<(), ClientError> {
        let Query { resource, namespace, .. } = query;
        let mut token = String::new();
        loop {
            let path = query.path(&[("limit", PAGE), ("continue", &token)]);
            let call = Call::get(&path, "list", *resource, namespace.as_deref());
            let page = match self.answer(&call) {
                // The server continues with newer objects.
                Err(Failure { error: ClientError::Expired { .. }, rest, .. }) if !rest.is_empty() && rest != token => {
                    token = rest;
                    continue;
                }
                answer => answer.map_err(|failure| failure.error)?,
            };
            let text = self.text(&page)?;
            let head: ListHead = serde_json::from_str(text).map_err(|error| self.not_kubernetes(&error))?;
            let document = SavedDocument { file: resource.name, line: 1, text };
            document.json_objects(take).ok_or_else(|| ClientError::NotKubernetes {
                server: self.server.clone(),
                message: format!("a list of {} cannot be read", resource.name),
            })?;
            let next = head.metadata.r#continue;
            if next.is_empty() || next == token {
                return Ok(());
            }
            token = next;
        }
    }

    /// An object.
    pub fn get(&self, resource: Resource, namespace: Option<&str>, name: &str) -> Result<Value, ClientError> {
        let mut path = resource.path(namespace);
        path.push('/');
        escape(name, &mut path);
        self.value(&Call { name, ..Call::get(&path, "get", resource, namespace) })
    }

    /// What `/version` answers.
    pub fn server_version(&self) -> Result<Value, ClientError> {
        let call = Call::get("/version", "get", Resource::of_cluster("", "", "/version"), None);
        self.value(&call).map_err(|error| match error {
            ClientError::NotFound { .. } => {
                let message = "it has no /version".to_owned();
                ClientError::NotKubernetes { server: self.server.clone(), message }
            }
            other => other,
        })
    }

    /// The log of a container: its start, and its end if it is longer.
    pub fn log(&self, namespace: &str, pod: &str, container: &str) -> Result<String, ClientError> {
        let mut path = Resource::PODS.path(Some(namespace));
        path.push('/');
        escape(pod, &mut path);
        path.push_str("/log");
        let read = |part: (&str, &str)| {
            let mut path = path.clone();
            add_parameters(&mut path, &[("container", container), part]);
            let call = Call { name: pod, ..Call::get(&path, "get", Resource::POD_LOGS, Some(namespace)) };
            let answer = self.answer(&call).map_err(|failure| failure.error)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        let mut log: String = read(("limitBytes", &LOG_START.to_string()))?;
        if log.len() >= LOG_START {
            append_end(&mut log, &read(("tailLines", LOG_END))?);
        }
        Ok(log)
    }

    /// What the server would store instead of a new object, after all webhooks. Nothing is stored.
    pub fn dry_run(&self, resource: Resource, namespace: &str, object: &Value) -> Result<Value, ClientError> {
        let mut path = resource.path(Some(namespace));
        add_parameters(&mut path, &[("dryRun", "All")]);
        let call = Call::get(&path, "create", resource, Some(namespace));
        self.value(&Call { method: Method::POST, body: object.to_string().into_bytes(), ..call })
    }

    fn value(&self, call: &Call<'_>) -> Result<Value, ClientError> {
        let answer = self.answer(call).map_err(|failure| failure.error)?;
        serde_json::from_slice(&answer).map_err(|error| self.not_kubernetes(&error))
    }

    fn text<'b>(&self, bytes: &'b [u8]) -> Result<&'b str, ClientError> {
        std::str::from_utf8(bytes).map_err(|error| self.not_kubernetes(&error))
    }

    fn not_kubernetes(&self, error: &dyn StdError) -> ClientError {
        ClientError::NotKubernetes { server: self.server.clone(), message: error.to_string() }
    }

    /// The body of the answer to a request. After a temporary failure, the request is repeated, within the limit.
    fn answer(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let start = Instant::now();
        let is_over = |wait: Duration| self.timeout.is_some_and(|limit| start.elapsed() + wait >= limit);
        let mut retries = 0;
        loop {
            let left = self.timeout.map(|limit| limit.saturating_sub(start.elapsed()));
            let attempt = self.runtime.block_on(async {
                match left {
                    None => Ok(self.attempt(call).await),
                    Some(left) => tokio::time::timeout(left, self.attempt(call)).await,
                }
            });
            let failure = match attempt {
                Ok(Ok(body)) => return Ok(body),
                Ok(Err(failure)) => failure,
                Err(_) => ClientError::Timeout {
                    server: self.server.clone(),
                    seconds: self.timeout.unwrap_or_default().as_secs(),
                }
                .into(),
            };
            let wait = match failure.retry {
                Retry::Never => return Err(failure),
                Retry::Soon => FIRST_WAIT * 2u32.pow(retries),
                Retry::After(wait) => wait,
            };
            if retries == MAX_RETRIES || call.method != Method::GET || is_over(wait) {
                return Err(failure);
            }
            self.runtime.block_on(async { tokio::time::sleep(wait).await });
            retries += 1;
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let request = Request::builder().method(call.method.clone()).uri(call.path);
        let request = request.header(header::ACCEPT, "application/json, */*");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(call.body.clone())).map_err(|error| self.not_kubernetes(&error))?;
        let response = self.kube.send(request).await.map_err(|error| self.not_sent(&error))?;
        let status = response.status();
        let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::temporary(self.cut(&error)))?;
            let data = frame.into_data().unwrap_or_default();
            if bytes.len() + data.len() > MAX_ANSWER {
                return Err(ClientError::TooLong { server: self.server.clone(), limit: MAX_ANSWER >> 20 }.into());
            }
            bytes.extend_from_slice(&data);
        }
        if status.is_success() { Ok(bytes) } else { Err(self.refusal(call, status, after, &bytes)) }
    }

    fn cut(&self, error: &(dyn StdError + 'static)) -> ClientError {
        ClientError::Cut { server: self.server.clone(), message: innermost(error).to_string() }
    }

    /// Why a request could not be sent, or was not answered.
    fn not_sent(&self, error: &kube::Error) -> Failure {
        let (server, message) = (self.server.clone(), messages(error));
        let io = chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
        if let Some(error) = chain(error).find_map(|error| error.downcast_ref()) {
            return tls::explained(error, server).into();
        }
        let is_connecting = message.contains("Connect") || message.contains("dns error") || message.contains("tunnel");
        match io {
            Some(io::ErrorKind::TimedOut) => {
                ClientError::Unreachable { server, message: "no answer to the attempt to connect".to_owned() }.into()
            }
            _ if is_connecting => ClientError::Unreachable { server, message: innermost(error).to_string() }.into(),
            _ if matches!(error, kube::Error::Auth(_)) => {
                ClientError::Configuration { message: format!("the user of the kubeconfig: {}", innermost(error)) }
                    .into()
            }
            _ => Failure::temporary(self.cut(error)),
        }
    }

    /// Why the server refused a request.
    fn refusal(&self, call: &Call<'_>, status: StatusCode, after: Option<u64>, body: &[u8]) -> Failure {
        let server = self.server.clone();
        let answer: ErrorStatus = serde_json::from_slice(body).unwrap_or_default();
        let refused =
            || ClientError::Refused { server: server.clone(), status: status.as_u16(), message: answer.message };
        match status {
            StatusCode::UNAUTHORIZED => ClientError::Unauthorized { server }.into(),
            StatusCode::FORBIDDEN if call.method == Method::GET => {
                ClientError::Forbidden { right: call.right() }.into()
            }
            StatusCode::NOT_FOUND if call.method == Method::GET => {
                let name = if call.name.is_empty() { String::new() } else { format!(" {}", call.name) };
                ClientError::NotFound { what: format!("{}{name}", call.resource.full_name()) }.into()
            }
            StatusCode::GONE => Failure {
                rest: answer.metadata.r#continue,
                ..ClientError::Expired { resource: call.resource.name }.into()
            },
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Failure {
                retry: after.map_or(Retry::Soon, |seconds| Retry::After(Duration::from_secs(seconds))),
                ..refused().into()
            },
            _ => refused().into(),
        }
    }
}

impl<'c> Call<'c> {
    fn get(path: &'c str, verb: &'c str, resource: Resource, namespace: Option<&'c str>) -> Self {
        Self { method: Method::GET, path, body: Vec::new(), verb, resource, namespace, name: "" }
    }

    /// The right that it requires.
    fn right(&self) -> String {
        let place = match self.namespace.filter(|_| self.resource.is_namespaced) {
            Some(namespace) => format!(" in namespace {namespace}"),
            None if self.resource.is_namespaced => " in all namespaces".to_owned(),
            None => String::new(),
        };
        format!("{} {}{place}", self.verb, self.resource.full_name())
    }
}

pub(super) fn runtime() -> Result<Runtime, ClientError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| ClientError::Configuration { message: format!("cannot start the client: {error}") })
}

/// Appends the end of a log to its start, without the lines that both have.
fn append_end(log: &mut String, end: &str) {
    // The last line of the start may be cut off.
    let whole = log.rfind('\n').map_or(0, |at| at + 1);
    let first = end.split_inclusive('\n').next().unwrap_or_default();
    let is_shared = |at: &usize| {
        let is_line = *at == 0 || log.get(..*at).is_some_and(|before| before.ends_with('\n'));
        is_line && log.get(*at..whole).is_some_and(|shared| end.starts_with(shared))
    };
    match log.match_indices(first).map(|(at, _)| at).find(is_shared) {
        Some(at) => log.truncate(at),
        None => log.push('\n'),
    }
    log.push_str(end);
}

/// An error and what caused it.
fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // The source of such an error is the one of the error in it.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

fn innermost<'e>(error: &'e (dyn StdError + 'static)) -> &'e (dyn StdError + 'static) {
    chain(error).last().unwrap_or(error)
}

/// The messages of an error and of what caused it.
fn messages(error: &(dyn StdError + 'static)) -> String {
    let mut all = String::new();
    for message in chain(error).map(ToString::to_string) {
        // Some messages have those of their causes.
        if !all.ends_with(&message) {
            all.push_str(if all.is_empty() { "" } else { ": " });
            all.push_str(&message);
        }
    }
    all
}
