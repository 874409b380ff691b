//! The proxy's environment, in the template's order.

use serde_json::{Map, Value, json};

use super::text::{plain_scalar, quoted};
use crate::inject::error::InjectError;
use crate::inject::otel;
use crate::inject::pod::{self, part};
use crate::inject::template_data::TemplateData;
use crate::istio::names::container::PROXY;
use crate::istio::names::{annotation, env, label};
use crate::istio::value::{text, truthy};
use crate::istio::{Mesh, ReleaseChange};

/// Builds the list of variables.
struct Environment {
    variables: Vec<Value>,
    with_divisor: bool,
}

impl Environment {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.variables.push(variable(name, value.into()));
    }

    /// Adds a value that the template writes between double quotes without escaping it.
    fn set_quoted(&mut self, name: &str, value: &str) -> Result<(), InjectError> {
        let value = quoted(value, name)?.into_owned();
        self.set(name, value);
        Ok(())
    }

    /// The same for one of Istio's values, which errors name by its path.
    fn set_value(&mut self, name: &str, value: &str, path: &str) -> Result<(), InjectError> {
        let value = quoted(value, path)?.into_owned();
        self.set(name, value);
        Ok(())
    }

    fn field(&mut self, name: &str, path: &str) {
        self.variables.push(json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}));
    }

    fn limit(&mut self, name: &str, resource: &str) {
        let mut reference = json!({"resource": resource});
        if let Some(reference) = reference.as_object_mut().filter(|_| self.with_divisor) {
            reference.insert("divisor".to_owned(), "1".into());
        }
        self.variables.push(json!({"name": name, "valueFrom": {"resourceFieldRef": reference}}));
    }
}

/// A variable with a literal value.
pub(super) fn variable(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([("name".to_owned(), name.into()), ("value".to_owned(), value)]))
}

/// All variables of the proxy.
pub(super) fn environment(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    let values = &mesh.values;
    let with_divisor = mesh.release.has(ReleaseChange::Divisor);
    let mut out = Environment { variables: Vec::with_capacity(32), with_divisor };

    // Certificates, and what the proxy learns from the API server.
    if mesh.config.inbound_localhost {
        out.set("REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION", "true");
    }
    out.set("PILOT_CERT_PROVIDER", values.pilot_cert_provider.as_str());
    out.set("CA_ADDR", ca_address(mesh));
    for (name, path) in [
        ("POD_NAME", "metadata.name"),
        ("POD_NAMESPACE", "metadata.namespace"),
        ("INSTANCE_IP", "status.podIP"),
        ("SERVICE_ACCOUNT", "spec.serviceAccountName"),
        ("HOST_IP", "status.hostIP"),
    ] {
        out.field(name, path);
    }

    // Configuration, ports and resources.
    out.limit("ISTIO_CPU_LIMIT", "limits.cpu");
    out.set("PROXY_CONFIG", format!("{}\n", data.proxy_config_json()));
    out.set(env::POD_PORTS, pod_ports(data));
    let names: Vec<&str> = data.containers().map(pod::name).filter(|name| *name != PROXY).collect();
    out.set_quoted("ISTIO_META_APP_CONTAINERS", &names.join(","))?;
    out.limit("GOMEMLIMIT", "limits.memory");
    if !mesh.release.has(ReleaseChange::NoGomaxprocs) {
        out.limit("GOMAXPROCS", "limits.cpu");
    }
    if let Some(policy) = mesh.env.get(env::COMPLIANCE_POLICY).filter(|policy| !policy.is_empty()) {
        out.set_quoted(env::COMPLIANCE_POLICY, policy)?;
        if policy == "fips-140-3" && mesh.release.has(ReleaseChange::FipsGodebug) {
            out.set("GODEBUG", "fips140=only");
        }
    }

    // Cluster, network, and the workload that the proxy belongs to.
    let cluster = if values.cluster_name.is_empty() { "Kubernetes" } else { &values.cluster_name };
    out.set_value(env::CLUSTER_ID, cluster, "global.multiCluster.clusterName")?;
    out.field("ISTIO_META_NODE_NAME", "spec.nodeName");
    let annotated = data.annotation(annotation::INTERCEPTION_MODE).filter(|mode| !mode.is_empty());
    let mode = annotated.unwrap_or_else(|| data.proxy_config().interception_mode());
    out.set_quoted("ISTIO_META_INTERCEPTION_MODE", mode)?;
    if !values.network.is_empty() {
        out.set_value(env::NETWORK, &values.network, "global.network")?;
    }
    let labelled = data.label(label::WORKLOAD_NAME).filter(|_| mesh.release.has(ReleaseChange::WorkloadNameLabel));
    let workload = labelled.unwrap_or(&data.owner().name);
    if !workload.is_empty() {
        out.set_quoted("ISTIO_META_WORKLOAD_NAME", workload)?;
    }
    if let Some(owner) = data.owner().uri() {
        out.set("ISTIO_META_OWNER", owner);
    }
    if data.annotation(annotation::BOOTSTRAP_OVERRIDE).is_some() {
        out.set("ISTIO_BOOTSTRAP_OVERRIDE", "/etc/istio/custom-bootstrap/custom_bootstrap.json");
    }

    // Mesh and trust domain.
    let is_set = |value: &String| !value.is_empty();
    let trust_domain =
        [(&mesh.config.trust_domain, "meshConfig.trustDomain"), (&values.trust_domain, "global.trustDomain")]
            .into_iter()
            .find(|(domain, _)| is_set(domain));
    let mesh_id = Some((&values.mesh_id, "global.meshID")).filter(|(id, _)| is_set(id)).or(trust_domain);
    for (name, value) in [("ISTIO_META_MESH_ID", mesh_id), ("TRUST_DOMAIN", trust_domain)] {
        if let Some((value, path)) = value {
            out.set_value(name, value, path)?;
        }
    }

    // Tracing, telemetry, and the variables of the proxy's configuration.
    if values.proxy.datadog {
        datadog(&mut out, data)?;
    }
    if mesh.config.otel_resource_attributes && mesh.release.has(ReleaseChange::OtelResourceAttributes) {
        let containers: Vec<_> = data.containers().map(|c| (pod::name(c), pod::text(c, "image"))).collect();
        let attributes = otel::attributes(
            |name| data.annotation(name),
            |name| data.label(name),
            &data.owner().namespace,
            &containers,
        );
        if !attributes.is_empty() {
            out.set_quoted("OTEL_RESOURCE_ATTRIBUTES", &attributes)?;
        }
    }
    for (name, value) in data.proxy_config().metadata() {
        out.set_quoted(&plain_scalar(name, "proxyMetadata")?, value)?;
    }
    Ok(out.variables)
}

fn ca_address(mesh: &Mesh) -> String {
    let values = &mesh.values;
    if !values.ca_address.is_empty() {
        return values.ca_address.clone();
    }
    let revision = if values.revision.is_empty() { String::new() } else { format!("-{}", values.revision) };
    format!("istiod{revision}.{}.svc:15012", values.istio_namespace)
}

/// The ports of the containers as JSON, one per line, with fields in the order of Go's `ContainerPort`.
fn pod_ports(data: &TemplateData<'_>) -> String {
    let mut out = String::from("[\n");
    let mut first = true;
    for port in data.containers().flat_map(|container| part(container, "ports").as_array().into_iter().flatten()) {
        let mut fields = Map::new();
        for field in ["name", "hostPort", "containerPort", "protocol", "hostIP"] {
            let value = part(port, field);
            if truthy(Some(value)) {
                fields.insert(field.to_owned(), value.clone());
            } else if field == "containerPort" {
                fields.insert(field.to_owned(), 0.into());
            }
        }
        out.push_str(if first { "    " } else { "    ," });
        gostd::json::append(&mut out, &Value::Object(fields));
        out.push('\n');
        first = false;
    }
    out.push(']');
    out
}

/// The settings of the Datadog tracer, one variable each, sorted.
fn datadog(out: &mut Environment, data: &TemplateData<'_>) -> Result<(), InjectError> {
    let Some(settings) = data.annotation(annotation::DATADOG_ENV) else { return Ok(()) };
    for (name, value) in json_object(settings, annotation::DATADOG_ENV)? {
        out.set_quoted(&name, &text(Some(&value)))?;
    }
    Ok(())
}

/// The entries of a JSON object in an annotation, sorted by key as templates do. `null` is empty; keys of a list are positions.
pub(super) fn json_object(text: &str, place: &str) -> Result<Vec<(String, Value)>, InjectError> {
    let failure = |problem: String| InjectError::Render { place: place.to_owned(), problem };
    match serde_json::from_str(text).map_err(|error| failure(format!("is not JSON: {error}")))? {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ok(entries)
        }
        Value::Array(items) => Ok(items.into_iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect()),
        Value::Null => Ok(Vec::new()),
        _ => Err(failure("is not a JSON object".to_owned())),
    }
}
