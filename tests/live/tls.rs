//! Certificates that are not accepted, on both sides: one line and a hint. `tls/make` made them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};

use super::Home;
use super::faults::failure;
use super::server::{Cluster, Server};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live/tls").join(name)
}

/// A server with this certificate, which may require one of its clients.
fn server(certificate: &str, requires_one: bool) -> Server {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let read = |name: &str| CertificateDer::from_pem_file(path(name)).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let config = if requires_one {
        let mut roots = RootCertStore::empty();
        roots.add(read("authority.pem")).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_file(path("key.pem")).unwrap();
    Server::with_tls(Cluster::shop(), config.with_single_cert(vec![read(certificate)], key).unwrap())
}

/// A user with this certificate.
fn user(certificate: &str) -> Value {
    json!({"client-certificate": path(certificate), "client-key": path("key.pem")})
}

/// The home of a user who trusts the authority of the servers, with more in the kubeconfig's cluster.
fn home(server: &Server, more: &Value, user: &Value) -> Home {
    let mut cluster = json!({"server": server.url, "certificate-authority": path("authority.pem")});
    cluster.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    Home::with(&cluster, user)
}

fn refused(server: &Server, more: &Value, user: &Value) -> (String, String) {
    let (message, hint) = failure(&home(server, more, user).run("status"));
    assert!(server.requests().is_empty(), "{:?}", server.requests());
    (message.replace(&server.url, "URL"), hint)
}

#[test]
fn certificates_that_are_accepted() {
    let elsewhere = json!({"tls-server-name": "elsewhere.example"});
    let insecure = json!({"certificate-authority": null, "insecure-skip-tls-verify": true});
    for (certificate, more, requires_one, user) in [
        ("server.pem", json!({}), false, json!({})),
        ("server.pem", json!({"tls-server-name": "cluster.example"}), true, user("client.pem")),
        ("server-elsewhere.pem", elsewhere, false, json!({})),
        ("server-expired.pem", insecure, false, json!({})),
    ] {
        let output = home(&server(certificate, requires_one), &more, &user).run("status");
        assert_eq!(output.code, 0, "{certificate} {more}: {}", output.err);
    }
}

#[test]
fn servers_that_are_not_trusted() {
    let none = json!({});
    let other = json!({"certificate-authority": path("other-authority.pem")});
    let good = server("server.pem", false);
    for more in [other, json!({"certificate-authority": null})] {
        let (message, hint) = refused(&good, &more, &none);
        assert_eq!(message, "cannot connect to URL: its certificate is signed by an unknown authority");
        assert!(hint.contains("certificate-authority"), "{hint}");
    }
    let (message, hint) = refused(&server("server-expired.pem", false), &none, &none);
    assert_eq!(message, "cannot connect to URL: its certificate expired on 2021-01-01");
    assert!(hint.contains("clock"), "{hint}");
    let (message, hint) = refused(&server("server-elsewhere.pem", false), &none, &none);
    assert_eq!(message, "cannot connect to URL: its certificate is for elsewhere.example, not for 127.0.0.1");
    assert!(hint.contains("tls-server-name"), "{hint}");
    let (message, _) = refused(&good, &json!({"tls-server-name": "x.example"}), &none);
    assert!(message.ends_with("not for x.example") && message.contains("cluster.example"), "{message}");
    let (message, _) = refused(&good, &json!({"server": good.url.replace("https", "http")}), &none);
    assert!(message.starts_with("the connection to http://"), "{message}");
}

#[test]
fn clients_that_are_not_trusted() {
    let server = server("server.pem", true);
    let (message, hint) = refused(&server, &json!({}), &json!({}));
    assert_eq!(message, "cannot connect to URL: it requires a client certificate");
    assert!(hint.contains("new kubeconfig"), "{hint}");
    let (message, hint) = refused(&server, &json!({}), &user("client-expired.pem"));
    assert_eq!(message, "cannot connect to URL: the client certificate has expired");
    assert!(hint.contains("new kubeconfig"), "{hint}");
    let (message, _) = refused(&server, &json!({}), &user("other-authority.pem"));
    assert!(message.contains("client certificate") || message.contains("key"), "{message}");
}

#[test]
fn files_of_certificates_that_cannot_be_used_are_named() {
    let server = server("server.pem", false);
    let scratch = tempfile::tempdir().unwrap();
    let text = scratch.path().join("text");
    fs::write(&text, "hello\n").unwrap();
    for (more, user, expected) in [
        (
            json!({"certificate-authority": "/none/ca.pem"}),
            json!({}),
            "certificate-authority /none/ca.pem: No such file",
        ),
        (json!({"certificate-authority": text}), json!({}), "text: no certificate found"),
        (json!({"certificate-authority-data": "%"}), json!({}), "certificate-authority-data: not base64"),
        (json!({}), user("none.pem"), "none.pem: No such file"),
        (json!({}), json!({"client-certificate": path("client.pem")}), "client-certificate without client-key"),
        (json!({}), json!({"client-certificate": text, "client-key": path("key.pem")}), "text: no certificate found"),
        (
            json!({}),
            json!({"client-certificate": path("client.pem"), "client-key": "/none/key"}),
            "client-key /none/key: No such",
        ),
        (
            json!({}),
            json!({"client-certificate-data": "AAAA", "client-key-data": "AAAA"}),
            "client-certificate-data: no certificate",
        ),
        (json!({}), json!({"tokenFile": "/none/token"}), "tokenFile /none/token: No such file"),
    ] {
        let (message, hint) = refused(&server, &more, &user);
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(hint.contains("kubectl config view"), "{hint}");
    }
}
