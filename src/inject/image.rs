//! The images of the proxy and of the init container, as istiod computes them for its templates.

use super::template_data::TemplateData;
use crate::istio::names::annotation;
use crate::istio::{Mesh, ReleaseChange};

/// The image of the proxy (`ProxyImage`, pkg/kube/inject).
pub(super) fn proxy(mesh: &Mesh, data: &TemplateData<'_>) -> String {
    let configured = data.proxy_config().image_type();
    // Since that change an empty image type leaves the choice to the values.
    let configured = configured.filter(|kind| !mesh.release.has(ReleaseChange::InitImage) || !kind.is_empty());
    of(mesh, &mesh.values.proxy.image, data.annotation(annotation::PROXY_IMAGE_TYPE).or(configured))
}

/// The image of the init container: that of the proxy up to 1.30.
pub(super) fn init(mesh: &Mesh, data: &TemplateData<'_>) -> String {
    if !mesh.release.has(ReleaseChange::InitImage) {
        return proxy(mesh, data);
    }
    of(mesh, &mesh.values.init_image, data.annotation(annotation::PROXY_IMAGE_TYPE))
}

fn of(mesh: &Mesh, name: &str, variant: Option<&str>) -> String {
    let values = &mesh.values;
    let name = if name.is_empty() { "proxyv2" } else { name };
    format!("{}/{name}:{}", values.hub, tag(&values.tag, variant.unwrap_or(&values.variant)))
}

/// A tag with its variant replaced; an empty variant keeps the tag.
fn tag(tag: &str, variant: &str) -> String {
    if variant.is_empty() {
        return tag.to_owned();
    }
    let base = ["-distroless", "-debug"].iter().find_map(|suffix| tag.strip_suffix(suffix)).unwrap_or(tag);
    if variant == "default" { base.to_owned() } else { format!("{base}-{variant}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_replace_each_other() {
        let table = [
            ("1.30.3", "", "1.30.3"),
            ("1.30.3", "distroless", "1.30.3-distroless"),
            ("1.30.3-distroless", "debug", "1.30.3-debug"),
            ("1.30.3-debug", "default", "1.30.3"),
            ("1.30.3-debug", "", "1.30.3-debug"),
            ("1.30.3", "odd", "1.30.3-odd"),
        ];
        for (from, variant, to) in table {
            assert_eq!(tag(from, variant), to);
        }
    }
}
