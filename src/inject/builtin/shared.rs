//! What the proxy and the init container have in common: image, resources, interception mode, ports.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::text::{annotated, number, quoted};
use crate::inject::error::InjectError;
use crate::inject::image;
use crate::inject::template_data::TemplateData;
use crate::istio::names::annotation;
use crate::istio::{Mesh, Release, ReleaseChange};
use crate::k8s::quantity;

/// The interception mode of containers and arguments: `REDIRECT`, `TPROXY` or `NONE`.
pub(super) fn interception_mode<'d>(data: &'d TemplateData<'_>) -> &'d str {
    data.annotation_or(annotation::INTERCEPTION_MODE, data.proxy_config().interception_mode())
}

/// The status port of the agent. `proxy.istio.io/config` does not count here.
pub(super) fn status_port<'d>(mesh: &'d Mesh, data: &'d TemplateData<'_>) -> &'d str {
    data.annotation_or(annotation::STATUS_PORT, &mesh.values.proxy.status_port)
}

/// The image of the proxy. An annotation counts only if it has a slash: if it is a whole image.
pub(super) fn image(mesh: &Mesh, data: &TemplateData<'_>) -> Result<String, InjectError> {
    whole_image(data, &mesh.values.proxy.image, &mesh.release, || image::proxy(mesh, data))
}

/// The image of the init container, by the same annotations.
pub(super) fn init_image(mesh: &Mesh, data: &TemplateData<'_>) -> Result<String, InjectError> {
    whole_image(data, &mesh.values.init_image, &mesh.release, || image::init(mesh, data))
}

fn whole_image(
    data: &TemplateData<'_>,
    default: &str,
    release: &Release,
    computed: impl FnOnce() -> String,
) -> Result<String, InjectError> {
    let image = data.annotation(annotation::PROXY_IMAGE).unwrap_or(default);
    if image.contains('/') {
        return annotated(image, annotation::PROXY_IMAGE, release, quoted).map(Cow::into_owned);
    }
    quoted(&computed(), annotation::PROXY_IMAGE_TYPE).map(Cow::into_owned)
}

/// The seccomp profile of both containers.
pub(super) fn seccomp_profile(mesh: &Mesh) -> Option<Value> {
    mesh.values.proxy.seccomp_profile.clone().filter(|_| mesh.release.has(ReleaseChange::SeccompProfile))
}

/// Requests and limits. A single annotation replaces all of the values' resources.
pub(super) fn resources(mesh: &Mesh, data: &TemplateData<'_>) -> Option<Value> {
    let group = |cpu: &str, memory: &str| {
        let named = [("cpu", data.annotation(cpu)), ("memory", data.annotation(memory))];
        let set =
            named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), quantity::canonical(value?).into())));
        let map: Map<String, Value> = set.collect();
        (!map.is_empty()).then_some(Value::Object(map))
    };
    let requests = group(annotation::PROXY_CPU, annotation::PROXY_MEMORY);
    let limits = group(annotation::PROXY_CPU_LIMIT, annotation::PROXY_MEMORY_LIMIT);
    if requests.is_none() && limits.is_none() {
        return mesh.values.proxy.resources.clone();
    }
    let groups = [("requests", requests), ("limits", limits)];
    Some(Value::Object(groups.into_iter().filter_map(|(name, group)| Some((name.to_owned(), group?))).collect()))
}

/// A number from an annotation, or from the values.
pub(super) fn probe_number(data: &TemplateData<'_>, name: &str, default: &Value) -> Result<Value, InjectError> {
    let Some(text) = data.annotation(name) else { return Ok(default.clone()) };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    // Probes have signed 32-bit numbers, annotations unsigned ones.
    match number(text).filter(|number| i32::try_from(*number).is_ok()) {
        Some(number) => Ok(number.into()),
        None => {
            Err(InjectError::Render { place: name.to_owned(), problem: format!("is {text}, too large for a probe") })
        }
    }
}

/// Sets a field of an object, unless the value is absent.
pub(super) fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<Option<Value>>) {
    if let Some(value) = value.into() {
        map.insert(key.to_owned(), value);
    }
}
