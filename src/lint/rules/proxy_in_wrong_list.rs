//! Your own `istio-proxy` under `initContainers` of a pod whose proxy is regular.
//!
//! ## Why
//!
//! Settings for the proxy are given in a container `istio-proxy` that injection merges with its own. If the proxy is
//! regular, injection looks for it under `containers`: one under `initContainers` stays a container of its own, which the
//! pod waits for.
//!
//! ## Example
//!
//! ```yaml
//! spec:
//!   initContainers:
//!   - name: istio-proxy
//!     image: auto
//! ```
//!
//! Move it to `containers`, or make the proxy native.
//!
//! ## Fix
//!
//! Unsafe: the container moves to the end of `containers`, without its `restartPolicy`.
//!
//! ## Source
//!
//! [Istio: customizing injection](https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#customizing-injection)

use super::duplicate_proxy::duplicate;
use crate::explain::Proxy;
use crate::inject::Group;
use crate::istio::names::annotation::STATUS;
use crate::istio::names::container::PROXY;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Fix, Grade};
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::Step;

pub(super) static RULE: Rule = Rule {
    name: "proxy-in-wrong-list",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Regular], find }],
    source: include_str!("proxy_in_wrong_list.rs"),
};

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    if pod.annotation(STATUS).is_some() || duplicate(pod).is_some() {
        return;
    }
    let is_it = |list: Group, name: &str| list == Group::InitContainers && name == PROXY;
    let Some(proxy) = pod.containers().into_iter().find(|container| is_it(container.list, container.name)) else {
        return;
    };
    let message = "the proxy of this pod is regular: this container is not merged with it, and the pod has two proxies";
    let reported = findings.add(proxy.node.id(), message);
    reported.help("move it to containers, without restartPolicy");
    let restart_policy = proxy.node.get("restartPolicy").map(|policy| Edit::Remove { path: policy.path() });
    let to = pod.template.path_to([Step::Key("spec"), Step::Key(Group::Containers.key())]);
    let moved = Edit::MoveItem { from: proxy.node.path(), to, before: None };
    reported.fix(Fix { grade: Grade::Unsafe, edits: restart_policy.into_iter().chain([moved]).collect() });
}
