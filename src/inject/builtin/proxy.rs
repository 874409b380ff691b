//! The container of the proxy, except its environment and mounts.

use serde_json::{Map, Value, json};

use super::shared::{self, put};
use super::text::{annotated, plain};
use super::{env, volumes};
use crate::inject::error::InjectError;
use crate::inject::template_data::{ProxyIds, TemplateData};
use crate::istio::names::{annotation, container};
use crate::istio::{Mesh, ReleaseChange};

/// The port of the proxy's readiness at the agent.
const READINESS_PORT: u16 = 15021;

/// The container of the proxy.
pub(super) fn container(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Value, InjectError> {
    let mut out = Map::new();
    put(&mut out, "name", Value::from(container::PROXY));
    put(&mut out, "image", Value::from(shared::image(mesh, data)?));
    if !mesh.values.image_pull_policy.is_empty() {
        put(&mut out, "imagePullPolicy", Value::from(mesh.values.image_pull_policy.as_str()));
    }
    put(&mut out, "ports", json!([{"containerPort": 15090, "protocol": "TCP", "name": "http-envoy-prom"}]));
    put(&mut out, "args", Value::Array(arguments(mesh, data)?));
    put(&mut out, "env", Value::Array(env::environment(mesh, data)?));
    if data.is_native() {
        put(&mut out, "restartPolicy", Value::from("Always"));
    }
    put(&mut out, "lifecycle", lifecycle(mesh, data)?);
    probes(&mut out, mesh, data)?;
    put(&mut out, "resources", shared::resources(mesh, data));
    put(&mut out, "securityContext", security_context(mesh, data));
    put(&mut out, "volumeMounts", Value::Array(volumes::mounts(mesh, data)?));
    Ok(Value::Object(out))
}

fn arguments(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    let (values, proxy) = (&mesh.values, &mesh.values.proxy);
    let mut args: Vec<Value> = ["proxy", "sidecar", "--domain"].map(Value::from).into();
    args.push(format!("$(POD_NAMESPACE).svc.{}", proxy.cluster_domain).into());
    for (flag, name, default) in [
        ("--proxyLogLevel", annotation::LOG_LEVEL, &proxy.log_level),
        ("--proxyComponentLogLevel", annotation::COMPONENT_LOG_LEVEL, &proxy.component_log_level),
        ("--log_output_level", annotation::AGENT_LOG_LEVEL, &values.agent_log_level),
    ] {
        args.push(
            format!("{flag}={}", annotated(data.annotation_or(name, default), name, &mesh.release, plain)?).into(),
        );
    }
    if !values.sts_port.is_empty() {
        args.push(format!("--stsPort={}", values.sts_port).into());
    }
    if values.log_as_json {
        args.push("--log_as_json".into());
    }
    if !proxy.outlier_log_path.is_empty() {
        args.push(format!("--outlierLogPath={}", proxy.outlier_log_path).into());
    }
    Ok(args)
}

/// The values' own handlers; else draining in native mode, and waiting for the proxy in regular mode.
fn lifecycle(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Option<Value>, InjectError> {
    let proxy = &mesh.values.proxy;
    if proxy.lifecycle.is_some() {
        return Ok(proxy.lifecycle.clone());
    }
    if data.is_native() {
        let port = plain(shared::status_port(mesh, data), annotation::STATUS_PORT)?;
        let command = json!(["pilot-agent", "request", format!("--debug-port={port}"), "POST", "drain"]);
        return Ok(Some(json!({"preStop": {"exec": {"command": command}}})));
    }
    let hold = data.proxy_config().hold_application() || proxy.hold_application;
    Ok(hold.then(|| json!({"postStart": {"exec": {"command": ["pilot-agent", "wait"]}}})))
}

/// Readiness and startup probes, unless the status port is exactly `0`.
fn probes(out: &mut Map<String, Value>, mesh: &Mesh, data: &TemplateData<'_>) -> Result<(), InjectError> {
    if shared::status_port(mesh, data) == "0" {
        return Ok(());
    }
    let proxy = &mesh.values.proxy;
    let get = || json!({"path": "/healthz/ready", "port": READINESS_PORT});
    if let Some(threshold) = &proxy.startup_failure_threshold {
        let probe = json!({"httpGet": get(), "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": threshold});
        put(out, "startupProbe", probe);
    }
    let numbers = [
        ("initialDelaySeconds", annotation::READINESS_INITIAL_DELAY, &proxy.readiness_initial_delay),
        ("periodSeconds", annotation::READINESS_PERIOD, &proxy.readiness_period),
        ("failureThreshold", annotation::READINESS_FAILURE_THRESHOLD, &proxy.readiness_failure_threshold),
    ];
    let mut readiness = Map::new();
    put(&mut readiness, "httpGet", get());
    for (field, name, default) in numbers {
        if field == "failureThreshold" {
            put(&mut readiness, "timeoutSeconds", Value::from(3));
        }
        let number = shared::probe_number(data, name, default)?;
        if number.as_i64().is_some_and(|number| number != 0) {
            put(&mut readiness, field, number);
        }
    }
    put(out, "readinessProbe", Value::Object(readiness));
    Ok(())
}

fn security_context(mesh: &Mesh, data: &TemplateData<'_>) -> Value {
    let proxy = &mesh.values.proxy;
    let tracing = data.proxy_config().metadata_value("IPTABLES_TRACE_LOGGING") == Some("true");
    let tproxy = shared::interception_mode(data) == "TPROXY";
    let binds = match data.annotation(annotation::CAP_NET_BIND_SERVICE) {
        Some(value) => value == "true",
        None => proxy.cap_net_bind_service,
    };
    let mut capabilities = Map::new();
    let added: Vec<Value> = [(tracing || tproxy, "NET_ADMIN"), (!tracing && binds, "NET_BIND_SERVICE")]
        .into_iter()
        .filter(|(enabled, _)| *enabled)
        .map(|(_, capability)| capability.into())
        .collect();
    if !added.is_empty() {
        put(&mut capabilities, "add", Value::Array(added));
    }
    put(&mut capabilities, "drop", json!(["ALL"]));
    let root = tracing || tproxy || binds;
    let privileged = tracing || proxy.privileged;
    let ProxyIds { user, mut group } = data.proxy_ids();
    if root && !tracing && mesh.release.has(ReleaseChange::TproxyUser) {
        group = ProxyIds::ISTIO.group;
    }
    let mut out = Map::new();
    put(&mut out, "allowPrivilegeEscalation", Value::from(privileged));
    put(&mut out, "capabilities", Value::Object(capabilities));
    put(&mut out, "privileged", Value::from(privileged));
    put(&mut out, "readOnlyRootFilesystem", Value::from(true));
    put(&mut out, "runAsGroup", Value::from(group));
    put(&mut out, "runAsNonRoot", Value::from(!root));
    put(&mut out, "runAsUser", Value::from(if root { 0 } else { user }));
    put(&mut out, "seccompProfile", shared::seccomp_profile(mesh));
    Value::Object(out)
}
