//! Errors of TLS in words: whose certificate is wrong, and what to do about it.

use rustls::{AlertDescription, CertificateError, Error};

use super::ClientError;
use crate::k8s::Time;

const NEW_KUBECONFIG: &str =
    "get a new kubeconfig from the administrator of the cluster; for AKS: az aks get-credentials";
const RIGHT_CLOCK: &str = "check the clock of this machine; if it is right, the server needs a new certificate";

/// The error for a TLS connection that fails.
pub(super) fn explained(error: &Error, server: String) -> ClientError {
    let certificate = |message: String, hint: &str| ClientError::Certificate {
        server: server.clone(),
        message,
        hint: hint.to_owned(),
    };
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => certificate(
            "its certificate is signed by an unknown authority".to_owned(),
            "certificate-authority of the kubeconfig may be outdated, or a proxy on the way opens TLS",
        ),
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            certificate(format!("its certificate expired on {}", date(not_after.as_secs())), RIGHT_CLOCK)
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            certificate(format!("its certificate is not valid before {}", date(not_before.as_secs())), RIGHT_CLOCK)
        }
        Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) => {
            let names: Vec<&str> = presented.iter().map(|name| plain(name)).collect();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            certificate(
                format!("its certificate is for {names}, not for {}", expected.to_str()),
                "use one of these names in server of the kubeconfig, or set tls-server-name to it",
            )
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            certificate("it requires a client certificate".to_owned(), NEW_KUBECONFIG)
        }
        Error::AlertReceived(AlertDescription::CertificateExpired) => {
            certificate("the client certificate has expired".to_owned(), NEW_KUBECONFIG)
        }
        Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied,
        ) => certificate("it does not accept the client certificate".to_owned(), NEW_KUBECONFIG),
        Error::InvalidMessage(_) => {
            ClientError::Unreachable { server, message: "it does not speak TLS: is it an http server?".to_owned() }
        }
        other => certificate(other.to_string(), NEW_KUBECONFIG),
    }
}

/// The day of a time in seconds since 1970.
fn date(seconds: u64) -> String {
    Time::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).date()
}

/// A name without the type that rustls writes around it: `DnsName("example.org")`.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(name, |inner| inner.trim_matches('"'))
}
