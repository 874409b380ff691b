//! Webhooks over HTTPS. The one at `/inject` injects by this program's library, with the mesh of a file that may change.
//! The others record which annotation they see: `/copy` in another annotation, `/strip` too, and removes it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nativesidecar::config::MeshSettings;
use nativesidecar::inject::{Injection, InjectorChoice, ModeRequest, Workload};
use nativesidecar::input::Inputs;
use nativesidecar::istio::names::annotation::NATIVE_SIDECAR;
use nativesidecar::run::{MeshUse, resolve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;

/// Serves while the tests run. Returns the port.
pub(crate) fn serve(plane: &ControlPlane, mesh: PathBuf) -> u16 {
    let certificate = CertificateDer::from_pem_file(plane.path("webhook.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_file(plane.path("webhook.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (config, mesh) = (Arc::clone(&config), mesh.clone());
            // A connection that the server closes early is no failure.
            std::thread::spawn(move || answer_all(stream.unwrap(), config, &mesh).ok());
        }
    });
    port
}

/// Answers the requests of one connection.
fn answer_all(stream: TcpStream, config: Arc<ServerConfig>, mesh: &Path) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            match line.trim().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let review: Value = serde_json::from_slice(&body)?;
        let text = answer(&path, &review["request"], mesh).to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length";
        write!(stream.get_mut(), "{head}: {}\r\n\r\n{text}", text.len())?;
        stream.get_mut().flush()?;
    }
}

/// The annotation with what the webhooks at `/copy` and `/strip` saw.
pub(crate) const SAW: &str = "test.nativesidecar.dev/saw";

/// The pod of a request with what the annotation is in another annotation.
fn copied(request: &Value, strips: bool) -> Value {
    let mut pod = request["object"].clone();
    if pod["metadata"]["annotations"].is_null() {
        pod["metadata"]["annotations"] = json!({});
    }
    let annotations = pod["metadata"]["annotations"].as_object_mut().unwrap();
    let value = annotations.get(NATIVE_SIDECAR).and_then(Value::as_str).unwrap_or("<absent>").to_owned();
    annotations.entry(SAW).or_insert(value.into());
    if strips {
        annotations.remove(NATIVE_SIDECAR);
    }
    pod
}

fn answer(hook: &str, request: &Value, mesh: &Path) -> Value {
    let mut response = json!({"uid": request["uid"], "allowed": true});
    let pod = match hook {
        "/inject" => injected(request, mesh),
        other => Ok(Some(copied(request, other == "/strip"))),
    };
    match pod {
        Ok(None) => {}
        Ok(Some(pod)) => {
            let patch = ["metadata", "spec"]
                .map(|part| json!({"op": "replace", "path": format!("/{part}"), "value": pod[part]}));
            response["patchType"] = "JSONPatch".into();
            response["patch"] = base64(json!(patch).to_string().as_bytes()).into();
        }
        Err(message) => {
            response["allowed"] = false.into();
            response["status"] = json!({"message": message});
        }
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

/// The pod of a request with its sidecar; `None` if it gets none.
fn injected(request: &Value, mesh: &Path) -> Result<Option<Value>, String> {
    let settings = MeshSettings { mesh_files: vec![mesh.to_owned()], ..MeshSettings::default() };
    let mesh = resolve(&settings, &mut Inputs::default(), "default", MeshUse::Sidecars, false);
    let meshes = mesh.map_err(|error| error.message)?.meshes;
    let (pod, namespace) = (&request["object"], request["namespace"].as_str().unwrap());
    let mut workload = Workload::new("v1", "Pod", pod["metadata"]["name"].as_str().unwrap_or_default(), namespace);
    workload.set_cluster(&meshes.objects, pod);
    let InjectorChoice::Injector(injector, _) = meshes.choose(&workload, pod).map_err(|error| error.to_string())?
    else {
        return Ok(None);
    };
    match injector.inject(&workload, pod, ModeRequest::Mesh).map_err(|error| error.to_string())? {
        Injection::Injected(injected) => Ok(Some(injected.pod)),
        Injection::Unchanged(_) | Injection::Skipped(_) => Ok(None),
    }
}

/// The webhook's configuration.
pub(crate) fn configuration(plane: &ControlPlane, port: u16) -> String {
    let metadata =
        json!({"name": "istio-sidecar-injector", "labels": {"app": "sidecar-injector", "istio.io/rev": "default"}});
    let name = "namespace.sidecar-injector.istio.io";
    of_path(plane, port, "/inject", name, &metadata, &json!({"istio-injection": "enabled"}))
}

/// The configuration of the webhook at `/copy` or `/strip`, for namespaces with these labels.
pub(crate) fn recorder(plane: &ControlPlane, port: u16, path: &str, labels: &Value) -> String {
    let name = path.trim_start_matches('/');
    of_path(plane, port, path, &format!("{name}.nativesidecar.dev"), &json!({"name": name}), labels)
}

fn of_path(plane: &ControlPlane, port: u16, path: &str, name: &str, metadata: &Value, labels: &Value) -> String {
    let authority = base64(&fs::read(plane.path("ca.crt")).unwrap());
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [{
            "name": name,
            "clientConfig": {"url": format!("https://127.0.0.1:{port}{path}"), "caBundle": authority},
            "namespaceSelector": {"matchLabels": labels},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "admissionReviewVersions": ["v1"],
        }],
    });
    configuration.to_string()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let is_padding = digit > chunk.len();
            text.push(if is_padding { '=' } else { char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]) });
        }
    }
    text
}
