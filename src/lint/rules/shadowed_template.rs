//! A custom injection template that has `istio-proxy` under `containers` only.
//!
//! ## Why
//!
//! Custom templates are merged onto the result of Istio's own. Where that puts the proxy under `initContainers`, a template
//! that changes `istio-proxy` under `containers` adds a second container instead: the pod has two proxies, or loses the
//! settings. The rule looks at the files of `--mesh-file`.
//!
//! ## Example
//!
//! ```yaml
//! templates:
//!   debug: |
//!     spec:
//!       containers:
//!       - name: istio-proxy
//!         args: [proxy, sidecar, --proxyLogLevel=debug]
//! ```
//!
//! Let the template follow the kind of the proxy:
//!
//! ```yaml
//! templates:
//!   debug: |
//!     spec:
//!       {{ if .NativeSidecars }}initContainers{{ else }}containers{{ end }}:
//!       - name: istio-proxy
//!         args: [proxy, sidecar, --proxyLogLevel=debug]
//! ```
//!
//! ## Fix
//!
//! None.
//!
//! ## Source
//!
//! [Istio: custom templates](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#custom-templates-experimental)

use serde_json::Value;

use crate::inject::Injector;
use crate::istio::Templates;
use crate::istio::names::{container, template};
use crate::istio::native::Mode;
use crate::lint::finding::Findings;
use crate::lint::node::Node;
use crate::lint::rule::{Check, Need, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "shadowed-template",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::If(Need::MeshFile, &Check::MeshFile(find))],
    source: include_str!("shadowed_template.rs"),
};

fn find(config: &Node<'_>, injector: &Injector, findings: &mut Findings<'_>) {
    let Templates::Own(templates) = &injector.mesh().injector.templates else { return };
    let is_istios = |name: &str| name == template::SIDECAR || template::NEVER_NATIVE.contains(&name);
    let custom = templates.keys().filter(|name| !is_istios(name));
    let shadowed: Vec<&str> = custom.filter(|name| is_shadowed(injector, name)).map(String::as_str).collect();
    if !shadowed.is_empty() {
        let (word, names) = if shadowed.len() == 1 { ("template", "has") } else { ("templates", "have") };
        let message = format!(
            "{word} {} {names} {} under containers only: the settings do not reach a native proxy",
            shadowed.join(", "),
            container::PROXY
        );
        findings.add(config.id(), message).help("use initContainers if .NativeSidecars is true");
    }
}

/// Whether a template has the proxy under `containers` only, although the pod's proxy is native.
fn is_shadowed(injector: &Injector, name: &str) -> bool {
    let Ok(rendered) = injector.template_alone(name, Mode::Native) else { return false };
    let has = |list: &str| {
        let containers = rendered.pointer(list).and_then(Value::as_array);
        containers.is_some_and(|list| {
            list.iter().any(|one| one.get("name").and_then(Value::as_str) == Some(container::PROXY))
        })
    };
    has("/spec/containers") && !has("/spec/initContainers")
}
