//! Labels and annotations of an injected pod.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::shared;
use super::text::quoted;
use crate::inject::error::InjectError;
use crate::inject::networks;
use crate::inject::pod;
use crate::inject::ports::excluded_inbound_ports;
use crate::inject::template_data::TemplateData;
use crate::istio::names::container::PROXY;
use crate::istio::names::{annotation, label};
use crate::istio::{Mesh, Release, ReleaseChange};

/// The longest label value, in bytes.
const MAX_LABEL: usize = 63;
/// The name of Istio's CNI plugin as a network of Multus.
const MULTUS_NETWORK: &str = "default/istio-cni";

/// The overlay's `metadata`.
pub(super) fn metadata(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Value, InjectError> {
    Ok(Value::Object(Map::from_iter([
        ("labels".to_owned(), Value::Object(labels(mesh, data))),
        ("annotations".to_owned(), Value::Object(annotations(mesh, data)?)),
    ])))
}

fn labels(mesh: &Mesh, data: &TemplateData<'_>) -> Map<String, Value> {
    let mut out = Map::new();
    let first = |names: &[&str]| names.iter().find_map(|name| data.label(name));
    out.insert(label::TLS_MODE.to_owned(), first(&[label::TLS_MODE]).unwrap_or("istio").into());
    if data.proxy_config().metadata_value("ISTIO_META_ENABLE_HBONE") == Some("true") {
        out.insert(label::TUNNEL.to_owned(), first(&[label::TUNNEL]).unwrap_or("http").into());
    }
    let name = first(&[label::CANONICAL_NAME, label::APP_NAME, label::APP]).unwrap_or(&data.owner().name);
    out.insert(label::CANONICAL_NAME.to_owned(), label_value(name, &mesh.release).into());
    let revision = first(&[label::CANONICAL_REVISION, label::APP_VERSION, label::VERSION]).unwrap_or("latest");
    out.insert(label::CANONICAL_REVISION.to_owned(), revision.into());
    out
}

/// A name cut to the length of a label value, without punctuation at the cut.
fn label_value<'a>(name: &'a str, release: &Release) -> Cow<'a, str> {
    // Go cuts bytes: half a character becomes a replacement character.
    let cut = String::from_utf8_lossy(name.as_bytes().get(..MAX_LABEL).unwrap_or(name.as_bytes()));
    let trimmed = if release.has(ReleaseChange::TrimsCanonicalNames) {
        cut.trim_matches(['-', '_', '.'])
    } else {
        cut.strip_suffix('-').unwrap_or(&cut)
    };
    if trimmed.len() == cut.len() { cut } else { Cow::Owned(trimmed.to_owned()) }
}

fn annotations(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Map<String, Value>, InjectError> {
    let mut out = Map::new();
    out.insert(annotation::REVISION.to_owned(), quoted(&mesh.revision, "revision")?.into());
    let app = data.containers().map(pod::name).find(|name| *name != PROXY);
    for name in [annotation::DEFAULT_LOGS_CONTAINER, annotation::DEFAULT_CONTAINER] {
        if let Some(app) = app.filter(|_| data.annotation(name).is_none()) {
            out.insert(name.to_owned(), quoted(app, name)?.into());
        }
    }
    if mesh.values.cni {
        cni(&mut out, mesh, data)?;
    }
    Ok(out)
}

/// With CNI a plugin on the node sets up iptables. It reads from annotations what istio-init would get as arguments.
fn cni(out: &mut Map<String, Value>, mesh: &Mesh, data: &TemplateData<'_>) -> Result<(), InjectError> {
    let proxy = &mesh.values.proxy;
    if mesh.values.cni_provider == "multus" {
        let existing = data.annotation_or(annotation::CNI_NETWORKS, "");
        out.insert(annotation::CNI_NETWORKS.to_owned(), networks::add(existing, MULTUS_NETWORK).into());
    }
    let mut set = |name: &str, value: &str, enabled: bool| -> Result<(), InjectError> {
        if enabled {
            out.insert(name.to_owned(), quoted(value, name)?.into());
        }
        Ok(())
    };
    set(annotation::INTERCEPTION_MODE, shared::interception_mode(data), true)?;
    for (name, default) in [
        (annotation::INCLUDE_OUTBOUND_IP_RANGES, &proxy.include_ip_ranges),
        (annotation::EXCLUDE_OUTBOUND_IP_RANGES, &proxy.exclude_ip_ranges),
    ] {
        let value = data.annotation_or(name, default);
        set(name, value, !value.is_empty())?;
    }
    let included = data.annotation_or(annotation::INCLUDE_INBOUND_PORTS, &proxy.include_inbound_ports);
    let always = mesh.release.has(ReleaseChange::CniIncludeInboundPorts);
    set(annotation::INCLUDE_INBOUND_PORTS, included, always || !included.is_empty())?;
    let listed = data.annotation_or(annotation::EXCLUDE_INBOUND_PORTS, &proxy.exclude_inbound_ports);
    let excluded = excluded_inbound_ports(shared::status_port(mesh, data), listed);
    set(annotation::EXCLUDE_INBOUND_PORTS, &excluded, true)?;
    for (name, default) in [
        (annotation::INCLUDE_OUTBOUND_PORTS, &proxy.include_outbound_ports),
        (annotation::EXCLUDE_OUTBOUND_PORTS, &proxy.exclude_outbound_ports),
    ] {
        let annotated = data.annotation(name);
        set(name, annotated.unwrap_or(default), annotated.is_some() || !default.is_empty())?;
    }
    for name in
        [annotation::KUBEVIRT_INTERFACES, annotation::REROUTE_VIRTUAL_INTERFACES, annotation::EXCLUDE_INTERFACES]
    {
        let value = data.annotation_or(name, "");
        let known =
            name != annotation::REROUTE_VIRTUAL_INTERFACES || mesh.release.has(ReleaseChange::RerouteInterfaces);
        set(name, value, known && !value.is_empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_lose_one_dash() {
        let label_value = |name| label_value(name, &"1.30".parse().unwrap()).into_owned();
        assert_eq!(label_value("web-"), "web");
        let long = format!("{}--tail", "a".repeat(61));
        assert_eq!(label_value(&long), format!("{}-", "a".repeat(61)));
        assert_eq!(label_value(&"a".repeat(70)).len(), 63);
    }

    #[test]
    fn names_are_trimmed_at_both_ends_since_1_31() {
        assert_eq!(label_value("-.web_-", &"1.31".parse().unwrap()), "web");
        assert_eq!(label_value("-.web_-", &"1.30".parse().unwrap()), "-.web_");
    }
}
