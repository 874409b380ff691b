//! Reads the certificates that a kubeconfig names. The errors of `kube` do not name the file.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster};

use super::ClientError;

/// The authorities that may have signed the server's certificate; `None` for those that the system trusts.
pub(super) fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, ClientError> {
    const NAME: &str = "certificate-authority";
    let (bundle, origin) = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => {
            let origin = format!("{NAME}-data");
            (decode(data, &origin)?, origin)
        }
        (_, Some(file)) if !file.is_empty() => (read(NAME, file)?, format!("{NAME} {file}")),
        _ => return Ok(None),
    };
    certificates(&bundle, &origin).map(Some)
}

/// Replaces the files of a user's certificate and key by what is in them. The file of a token is only checked, as it may
/// change.
pub(super) fn read_identity(user: &mut AuthInfo) -> Result<(), ClientError> {
    const NAME: &str = "client-certificate";
    if let Some(file) = user.token_file.as_ref().filter(|file| !file.is_empty()) {
        read("tokenFile", file)?;
    }
    if user.client_certificate_data.is_none()
        && let Some(file) = user.client_certificate.take().filter(|file| !file.is_empty())
    {
        let content = read(NAME, &file)?;
        certificates(&content, &format!("{NAME} {file}"))?;
        user.client_certificate_data = Some(STANDARD.encode(content));
    } else if let Some(data) = &user.client_certificate_data {
        let origin = format!("{NAME}-data");
        certificates(&decode(data, &origin)?, &origin)?;
    }
    if user.client_key_data.is_none()
        && let Some(file) = user.client_key.take().filter(|file| !file.is_empty())
    {
        user.client_key_data = Some(STANDARD.encode(read("client-key", &file)?).into());
    }
    match (&user.client_certificate_data, &user.client_key_data) {
        (Some(_), None) => Err(unusable("the user of the kubeconfig", "client-certificate without client-key")),
        (None, Some(_)) => Err(unusable("the user of the kubeconfig", "client-key without client-certificate")),
        _ => Ok(()),
    }
}

fn unusable(origin: &str, why: &str) -> ClientError {
    ClientError::Configuration { message: format!("{origin}: {why}") }
}

fn decode(data: &str, origin: &str) -> Result<Vec<u8>, ClientError> {
    STANDARD.decode(data).map_err(|_| unusable(origin, "not base64"))
}

fn read(key: &str, file: &str) -> Result<Vec<u8>, ClientError> {
    fs::read(file).map_err(|error| unusable(&format!("{key} {file}"), &error.to_string()))
}

/// The certificates of a text in PEM.
fn certificates(bundle: &[u8], origin: &str) -> Result<Vec<Vec<u8>>, ClientError> {
    let blocks = pem::parse_many(bundle).map_err(|error| unusable(origin, &error.to_string()))?;
    let certificates = blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE").map(pem::Pem::into_contents);
    let certificates: Vec<Vec<u8>> = certificates.collect();
    if certificates.is_empty() { Err(unusable(origin, "no certificate found")) } else { Ok(certificates) }
}
