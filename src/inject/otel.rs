//! OpenTelemetry's resource attributes of a pod, for the proxy of a mesh whose extension providers ask for them (istio 1.30).

use crate::istio::names::{annotation, label};

/// The known attributes as `OTEL_RESOURCE_ATTRIBUTES` has them, comma separated.
///
/// `annotation` and `label` look up those of the pod; empty ones do not count. `containers` are the names and images of
/// `spec.containers`.
pub(super) fn attributes<'a>(
    annotation: impl Fn(&str) -> Option<&'a str>,
    label: impl Fn(&str) -> Option<&'a str>,
    namespace: &str,
    containers: &[(&str, &str)],
) -> String {
    let annotated = |name| annotation(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let known = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
    let version = annotated(annotation::OTEL_SERVICE_VERSION)
        .or_else(|| label(label::APP_VERSION).filter(|version| !version.is_empty()).map(str::to_owned))
        .or_else(|| match containers {
            [(_, image)] => image_version(image),
            _ => None,
        });
    let instance = annotated(annotation::OTEL_SERVICE_INSTANCE_ID).or_else(|| {
        let (first, _) = containers.first().filter(|(name, _)| !name.is_empty())?;
        Some(format!("{namespace}.$(POD_NAME).{first}"))
    });
    let attributes = [
        ("service.namespace", annotated(annotation::OTEL_SERVICE_NAMESPACE).or(known)),
        ("service.version", version),
        ("service.instance.id", instance),
    ];
    let set = attributes.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    set.collect::<Vec<_>>().join(",")
}

/// An image's tag, digest, or `tag@digest`.
fn image_version(image: &str) -> Option<String> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    let tag = last.split_once(':').map(|(_, tag)| tag).filter(|tag| !tag.is_empty());
    match (tag, digest) {
        (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_images() {
        let table = [
            ("app", None),
            ("example.com:5000/app", None),
            ("example.com:5000/app:1.2", Some("1.2")),
            ("app@sha256:ab", Some("sha256:ab")),
            ("app:1@sha256:ab", Some("1@sha256:ab")),
        ];
        for (image, version) in table {
            assert_eq!(image_version(image).as_deref(), version, "{image}");
        }
    }
}
