//! The volumes of the sidecar, and the mounts of the proxy.

use serde_json::{Map, Value, json};

use super::env::json_object;
use super::text::{annotated, plain_scalar, quoted};
use crate::inject::error::InjectError;
use crate::inject::template_data::TemplateData;
use crate::istio::names::{annotation, env};
use crate::istio::{Mesh, ReleaseChange};

const GKE_CA: &str = "GkeWorkloadCertificate";
const ROOT_CERT_CONFIG_MAP: &str = "istio-ca-root-cert";
const CRL_CONFIG_MAP: &str = "istio-ca-crl";

/// The certificate file of the Lightstep tracer with TLS.
fn lightstep_certificates<'d>(mesh: &Mesh, data: &'d TemplateData<'_>) -> Option<&'d str> {
    data.proxy_config().tracing_ca_certificates().filter(|_| mesh.values.proxy.lightstep)
}

/// The mounts of the proxy.
pub(super) fn mounts(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    let values = &mesh.values;
    let istiod_certificates = values.pilot_cert_provider == "istiod";
    let gke = values.ca_name == GKE_CA;
    let mut out = Vec::with_capacity(12);
    let mut mount = |enabled: bool, volume: &str, path: &str, read_only: bool| {
        if enabled {
            let mut body = json!({"name": volume, "mountPath": path});
            if let (true, Some(body)) = (read_only, body.as_object_mut()) {
                body.insert("readOnly".to_owned(), true.into());
            }
            out.push(body);
        }
    };
    // Sockets and certificates.
    mount(true, "workload-socket", "/var/run/secrets/workload-spiffe-uds", false);
    mount(true, "credential-socket", "/var/run/secrets/credential-uds", false);
    let certificates = if gke { "gke-workload-certificate" } else { "workload-certs" };
    mount(true, certificates, "/var/run/secrets/workload-spiffe-credentials", gke);
    mount(istiod_certificates, "istiod-ca-cert", "/var/run/secrets/istio", false);
    let revoked = istiod_certificates && mesh.release.has(ReleaseChange::RevokedCertificates);
    mount(revoked, "istio-ca-crl", "/var/run/secrets/istio/crl", false);

    // Configuration of the proxy.
    mount(true, "istio-data", "/var/lib/istio/data", false);
    let bootstrap = data.annotation(annotation::BOOTSTRAP_OVERRIDE).is_some();
    mount(bootstrap, "custom-bootstrap-volume", "/etc/istio/custom-bootstrap", false);
    mount(true, "istio-envoy", "/etc/istio/proxy", false);
    mount(true, "istio-token", "/var/run/secrets/tokens", false);
    mount(values.mount_mtls_certs, "istio-certs", "/etc/certs/", true);
    mount(true, "istio-podinfo", "/etc/istio/pod", false);
    if let Some(file) = lightstep_certificates(mesh, data) {
        let end = file.rfind('/').map_or(0, |slash| slash + 1);
        mount(true, "lightstep-certs", file.get(..end).unwrap_or(file), true);
    }
    users_own(&mut out, data, annotation::USER_VOLUME_MOUNT)?;
    Ok(out)
}

/// The volumes of the pod.
pub(super) fn volumes(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    let values = &mesh.values;
    // The template has these without settings, which removes those of a user's volume of the same name.
    let bare = |name: &str| json!({"name": name, "emptyDir": null});
    let mut out = vec![bare("workload-socket"), bare("credential-socket")];
    if values.ca_name == GKE_CA {
        let driver = "workloadcertificates.security.cloud.google.com";
        out.push(json!({"name": "gke-workload-certificate", "csi": {"driver": driver}}));
    } else {
        out.push(bare("workload-certs"));
    }

    // Configuration of the proxy.
    if let Some(name) = data.annotation(annotation::BOOTSTRAP_OVERRIDE) {
        let name = annotated(name, annotation::BOOTSTRAP_OVERRIDE, &mesh.release, plain_scalar)?;
        out.push(json!({"name": "custom-bootstrap-volume", "configMap": {"name": name}}));
    }
    out.push(json!({"name": "istio-envoy", "emptyDir": {"medium": "Memory"}}));
    out.push(json!({"name": "istio-data", "emptyDir": {}}));
    out.push(json!({"name": "istio-podinfo", "downwardAPI": {"items": [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "annotations", "fieldRef": {"fieldPath": "metadata.annotations"}}
    ]}}));
    out.push(json!({"name": "istio-token", "projected": {"sources": [{"serviceAccountToken": {
        "path": "istio-token", "expirationSeconds": 43200, "audience": values.token_audience
    }}]}}));

    // Certificates, and the user's own volumes.
    if values.pilot_cert_provider == "istiod" {
        out.push(root_certificate(mesh)?);
    }
    if mesh.release.has(ReleaseChange::RevokedCertificates) {
        let named = mesh.release.has(ReleaseChange::CrlConfigMapName) && !values.crl_config_map.is_empty();
        let crl = if named { &values.crl_config_map } else { CRL_CONFIG_MAP };
        out.push(json!({"name": "istio-ca-crl", "configMap": {"name": crl, "optional": true}}));
    }
    if values.mount_mtls_certs {
        let account = data.spec("serviceAccountName").as_str().filter(|account| !account.is_empty());
        let secret = format!("istio.{}", account.unwrap_or("default"));
        out.push(json!({"name": "istio-certs", "secret": {"optional": true, "secretName": secret}}));
    }
    users_own(&mut out, data, annotation::USER_VOLUME)?;
    if lightstep_certificates(mesh, data).is_some() {
        out.push(json!({"name": "lightstep-certs", "secret": {"optional": true, "secretName": "lightstep.cacert"}}));
    }
    Ok(out)
}

/// The source of the root certificate: a `ConfigMap`, or a `ClusterTrustBundle` if the values enable it.
fn root_certificate(mesh: &Mesh) -> Result<Value, InjectError> {
    let bundle = &mesh.values.trust_bundle_name;
    if !mesh.release.has(ReleaseChange::TrustBundleName) && !mesh.release.has(ReleaseChange::ClusterTrustBundle) {
        return Ok(json!({"name": "istiod-ca-cert", "configMap": {"name": ROOT_CERT_CONFIG_MAP}}));
    }
    match &mesh.values.cluster_trust_bundle {
        Ok(true) => {
            let name = format!("istio.io:istiod-ca:{}", if bundle.is_empty() { "root-cert" } else { bundle });
            let source = json!({"clusterTrustBundle": {"name": name, "path": "root-cert.pem"}});
            Ok(json!({"name": "istiod-ca-cert", "projected": {"sources": [source]}}))
        }
        Ok(false) => {
            let named = mesh.release.has(ReleaseChange::TrustBundleName) && !bundle.is_empty();
            let name = if named { bundle } else { ROOT_CERT_CONFIG_MAP };
            Ok(json!({"name": "istiod-ca-cert", "configMap": {"name": name}}))
        }
        Err(value) => Err(InjectError::Render {
            place: format!("pilot.env.{}", env::ENABLE_CLUSTER_TRUST_BUNDLE_API),
            problem: format!("is {value:?}, and istio's template compares it with a boolean"),
        }),
    }
}

/// The user's volumes or mounts: a JSON object by name, or a list. The template writes the key or the position as `name`, then the
/// body, whose own name wins.
fn users_own(out: &mut Vec<Value>, data: &TemplateData<'_>, name: &str) -> Result<(), InjectError> {
    let Some(text) = data.annotation(name) else { return Ok(()) };
    for (key, body) in json_object(text, name)? {
        let Value::Object(body) = body else {
            let problem = format!("has an entry {key:?} that is not an object");
            return Err(InjectError::Render { place: name.to_owned(), problem });
        };
        let mut item = Map::from_iter([("name".to_owned(), quoted(&key, name)?.into())]);
        item.extend(body);
        out.push(Value::Object(item));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::{Injection, Injector, ModeRequest, Workload};
    use crate::istio::Release;

    /// The volumes and the proxy's mounts, without those of the template, of a pod with these annotations.
    fn users_own(release: Release, volumes: &Value, mounts: &Value) -> (Vec<Value>, Vec<Value>) {
        let pod = json!({
            "metadata": {"annotations": {
                annotation::USER_VOLUME: volumes.to_string(), annotation::USER_VOLUME_MOUNT: mounts.to_string()
            }},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}
        });
        let injector = Injector::new(Mesh::install(release, &Value::Null).unwrap()).unwrap();
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let Injection::Injected(injected) = injector.inject(&web, &pod, ModeRequest::default()).unwrap() else {
            panic!()
        };
        let spec = &injected.pod["spec"];
        let own = |list: &Value| {
            let is_own = |item: &&Value| !item["name"].as_str().unwrap().contains('-');
            list.as_array().unwrap().iter().filter(is_own).cloned().collect()
        };
        (own(&spec["volumes"]), own(&spec["initContainers"][1]["volumeMounts"]))
    }

    #[test]
    fn the_name_in_an_entry_wins_over_key_and_position() {
        let filters = json!({"name": "filters", "configMap": {"name": "filters"}});
        let mount = json!({"name": "filters", "mountPath": "/filters"});
        for release in Release::built_in() {
            let of_list = users_own(release.clone(), &json!([filters]), &json!([mount]));
            assert_eq!(of_list, (vec![filters.clone()], vec![mount.clone()]), "{release}");
            let of_object = users_own(
                release.clone(),
                &json!({"z": {"emptyDir": {}}, "a": filters}),
                &json!({"z": {"mountPath": "/z"}, "a": mount}),
            );
            let volumes = vec![filters.clone(), json!({"name": "z", "emptyDir": {}})];
            let mounts = vec![mount.clone(), json!({"name": "z", "mountPath": "/z"})];
            assert_eq!(of_object, (volumes, mounts), "{release}");
        }
    }

    #[test]
    fn items_without_a_name_get_their_position_as_name() {
        let release = Release::newest_of(30).unwrap();
        let volumes: Vec<Value> = (0..11).map(|_| json!({"emptyDir": {}})).collect();
        let (volumes, _) = users_own(release, &volumes.into(), &json!([]));
        let names: Vec<&str> = volumes.iter().map(|volume| volume["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    }
}
