//! A manifest that was injected by another release, revision or kind of proxy than the mesh has.
//!
//! ## Why
//!
//! A sidecar that is written into the manifest stays as it is when the mesh is upgraded: old images run, and a regular
//! proxy stays regular. The rule runs if a mesh is given.
//!
//! ## Example
//!
//! With `--istio 1.30`:
//!
//! ```yaml
//! initContainers:
//! - name: istio-proxy
//!   image: docker.io/istio/proxyv2:1.27.4
//!   restartPolicy: Always
//! ```
//!
//! Run `kubectl nativesidecar inject` again.
//!
//! ## Fix
//!
//! None: `inject` does it.
//!
//! ## Source
//!
//! [Istio: installing the sidecar](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/)

use serde_json::Value;

use super::duplicate_proxy::duplicate;
use crate::explain::Proxy;
use crate::istio::image_tag;
use crate::istio::names::annotation::STATUS;
use crate::istio::names::{DEFAULT_REVISION, container};
use crate::lint::context::{INJECTED, Pod};
use crate::lint::finding::Findings;
use crate::lint::rule::{Check, Need, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    name: "stale-injection",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::If(Need::Mesh, &Check::Pod { proxies: INJECTED, find })],
    source: include_str!("stale_injection.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = pod.annotation(STATUS).filter(|_| duplicate(pod).is_none()) else { return };
    let Some(Ok(status)) = entry.value.text().map(serde_json::from_str::<Value>) else { return };
    let mesh = pod.decision.injector.mesh();
    let mut differences = Vec::new();
    let minor = tag_minor(pod).filter(|minor| *minor != mesh.release.minor());
    differences.extend(minor.map(|minor| format!("Istio 1.{minor}, the mesh is {}", mesh.release)));
    let revision = status.get("revision").and_then(Value::as_str).unwrap_or(DEFAULT_REVISION);
    if revision != mesh.revision {
        differences.push(format!("revision {revision}, the mesh is {}", mesh.revision));
    }
    let containers = status.get("containers").and_then(Value::as_array);
    let is_regular = containers.is_some_and(|names| names.iter().any(|name| name == container::PROXY));
    let kind = if is_regular { Proxy::Regular } else { Proxy::Native };
    if matches!(pod.decision.proxy, Proxy::Native | Proxy::Regular) && kind != pod.decision.proxy {
        differences.push(format!("a {} proxy, the mesh makes a {} one", kind.word(), pod.decision.proxy.word()));
    }
    if !differences.is_empty() {
        let message = format!("this pod was injected by another mesh: {}", differences.join("; "));
        findings.add(entry.key, message).help("run kubectl nativesidecar inject again");
    }
}

/// The minor version in the tag of the proxy's image.
fn tag_minor(pod: &Pod<'_>) -> Option<u16> {
    let containers = pod.containers();
    let proxy = containers.iter().find(|container| container.name == container::PROXY)?;
    let image = proxy.node.get("image")?.text()?;
    let mut numbers = image_tag(image)?.split(['.', '-']);
    let major = numbers.next()?;
    numbers.next()?.parse().ok().filter(|_| major == "1")
}
