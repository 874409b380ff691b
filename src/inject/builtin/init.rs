//! The container that sets up iptables (`istio-init`), or checks them with CNI (`istio-validation`).

use serde_json::{Map, Value, json};

use super::env::variable;
use super::shared::{self, put};
use super::text::{annotated, plain_scalar, quoted};
use crate::inject::error::InjectError;
use crate::inject::ports::excluded_inbound_ports;
use crate::inject::template_data::{ProxyIds, TemplateData};
use crate::istio::names::{annotation, container};
use crate::istio::{Mesh, ReleaseChange};

/// Ports of the proxy itself, whose traffic is not intercepted.
const OWN_PORTS: &str = "15090,15021";

/// The container, for pods whose traffic is intercepted.
pub(super) fn container(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Value, InjectError> {
    let mut out = Map::new();
    put(&mut out, "name", Value::from(if mesh.values.cni { container::VALIDATION } else { container::INIT }));
    put(&mut out, "image", Value::from(shared::init_image(mesh, data)?));
    if !mesh.values.image_pull_policy.is_empty() {
        put(&mut out, "imagePullPolicy", Value::from(mesh.values.image_pull_policy.as_str()));
    }
    put(&mut out, "args", Value::Array(arguments(mesh, data)?));
    let mut env = Vec::new();
    for (name, value) in data.proxy_config().metadata() {
        env.push(variable(&plain_scalar(name, "proxyMetadata")?, quoted(value, name)?.into()));
    }
    if !env.is_empty() {
        put(&mut out, "env", Value::Array(env));
    }
    put(&mut out, "resources", shared::resources(mesh, data));
    put(&mut out, "securityContext", security_context(mesh, data));
    Ok(Value::Object(out))
}

fn arguments(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    let (values, proxy) = (&mesh.values, &mesh.values.proxy);
    let mut args = vec![Value::from("istio-iptables")];
    let mut pair = |flag: &str, value: &str, place: &str| -> Result<(), InjectError> {
        args.extend([Value::from(flag), quoted(value, place)?.into()]);
        Ok(())
    };
    let mode = shared::interception_mode(data);

    // The proxy's ports and user.
    pair("-p", &mesh.config.proxy_listen_port.to_string(), "proxyListenPort")?;
    pair("-z", &mesh.config.proxy_inbound_listen_port.to_string(), "proxyInboundListenPort")?;
    pair("-u", &ids(mesh, data).user.to_string(), "uid")?;
    pair("-m", mode, annotation::INTERCEPTION_MODE)?;

    // The traffic that is intercepted, by annotations or values.
    for (flag, name, default) in [
        ("-i", annotation::INCLUDE_OUTBOUND_IP_RANGES, &proxy.include_ip_ranges),
        ("-x", annotation::EXCLUDE_OUTBOUND_IP_RANGES, &proxy.exclude_ip_ranges),
        ("-b", annotation::INCLUDE_INBOUND_PORTS, &proxy.include_inbound_ports),
    ] {
        pair(flag, data.annotation_or(name, default), name)?;
    }
    let listed = data.annotation_or(annotation::EXCLUDE_INBOUND_PORTS, &proxy.exclude_inbound_ports);
    let excluded = excluded_inbound_ports(shared::status_port(mesh, data), listed);
    let separator = if excluded.is_empty() { "" } else { "," };
    pair("-d", &format!("{OWN_PORTS}{separator}{excluded}"), annotation::EXCLUDE_INBOUND_PORTS)?;
    for (flag, name, default) in [
        ("-q", annotation::INCLUDE_OUTBOUND_PORTS, &proxy.include_outbound_ports),
        ("-o", annotation::EXCLUDE_OUTBOUND_PORTS, &proxy.exclude_outbound_ports),
    ] {
        let value = data.annotation(name).or_else(|| (!default.is_empty()).then_some(default.as_str()));
        if let Some(value) = value {
            pair(flag, value, name)?;
        }
    }
    for interfaces in rerouted(mesh, data) {
        pair("-k", interfaces, annotation::REROUTE_VIRTUAL_INTERFACES)?;
    }
    if let Some(interfaces) = data.annotation(annotation::EXCLUDE_INTERFACES) {
        pair("-c", interfaces, annotation::EXCLUDE_INTERFACES)?;
    }

    // Logging, and flags of the mesh.
    let level = data.annotation_or(annotation::AGENT_LOG_LEVEL, &values.agent_log_level);
    let level = annotated(level, annotation::AGENT_LOG_LEVEL, &mesh.release, quoted)?;
    args.push(format!("--log_output_level={level}").into());
    let flags = [
        (values.log_as_json, "--log_as_json"),
        (values.cni, "--run-validation"),
        (values.cni, "--skip-rule-apply"),
        (!values.cni && values.force_apply_iptables, "--force-apply"),
        (values.native_nftables && mesh.release.has(ReleaseChange::NativeNftables), "--native-nftables"),
    ];
    args.extend(flags.into_iter().filter(|(enabled, _)| *enabled).map(|(_, flag)| Value::from(flag)));
    Ok(args)
}

/// The interfaces whose traffic is rerouted, from the current annotation and the older one.
fn rerouted<'d>(mesh: &Mesh, data: &'d TemplateData<'_>) -> Vec<&'d str> {
    let kubevirt = data.annotation(annotation::KUBEVIRT_INTERFACES);
    let newer = data.annotation(annotation::REROUTE_VIRTUAL_INTERFACES);
    let newer = newer.filter(|_| mesh.release.has(ReleaseChange::RerouteInterfaces));
    if mesh.release.has(ReleaseChange::RerouteReplacesKubevirt) {
        newer.or(kubevirt).into_iter().collect()
    } else {
        kubevirt.into_iter().chain(newer).collect()
    }
}

/// The proxy's user and group: iptables exempts them, and `istio-validation` runs as them.
fn ids(mesh: &Mesh, data: &TemplateData<'_>) -> ProxyIds {
    let tproxy = shared::interception_mode(data) == "TPROXY";
    if tproxy && mesh.release.has(ReleaseChange::TproxyUser) { ProxyIds::ISTIO } else { data.proxy_ids() }
}

fn security_context(mesh: &Mesh, data: &TemplateData<'_>) -> Value {
    let privileged = mesh.values.proxy.privileged;
    // With CNI the container only checks, which needs no privileges.
    let ProxyIds { user, group } = ids(mesh, data);
    let mut out = if mesh.values.cni {
        json!({
            "allowPrivilegeEscalation": privileged,
            "capabilities": {"drop": ["ALL"]},
            "privileged": privileged,
            "readOnlyRootFilesystem": true,
            "runAsGroup": group,
            "runAsNonRoot": true,
            "runAsUser": user
        })
    } else {
        json!({
            "allowPrivilegeEscalation": privileged,
            "capabilities": {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]},
            "privileged": privileged,
            "readOnlyRootFilesystem": false,
            "runAsGroup": 0,
            "runAsNonRoot": false,
            "runAsUser": 0
        })
    };
    if let Some(out) = out.as_object_mut() {
        put(out, "seccompProfile", shared::seccomp_profile(mesh));
    }
    out
}
