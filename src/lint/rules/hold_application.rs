//! `holdApplicationUntilProxyStarts` on a pod with a native sidecar, where it does nothing.
//!
//! ## Why
//!
//! The setting makes app containers wait for a regular proxy, by a `postStart` handler of the proxy. Kubernetes starts them
//! after a native sidecar is ready anyway. From Istio 1.21 on, the setting has no effect there.
//!
//! ## Example
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//!   proxy.istio.io/config: |
//!     concurrency: 2
//!     holdApplicationUntilProxyStarts: true
//! ```
//!
//! Write instead:
//!
//! ```yaml
//! annotations:
//!   sidecar.istio.io/nativeSidecar: "true"
//!   proxy.istio.io/config: |
//!     concurrency: 2
//! ```
//!
//! ## Fix
//!
//! Safe where the pod template has `sidecar.istio.io/nativeSidecar: "true"`: the key is removed, or the annotation if it has
//! no other. Unsafe where only the given mesh makes the proxy native; none where the mesh is assumed.
//!
//! ## Source
//!
//! Istio 1.21. [ProxyConfig](https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig)

use std::ops::Range;

use crate::explain::Proxy;
use crate::istio::names::annotation::PROXY_CONFIG;
use crate::lint::context::Pod;
use crate::lint::finding::Findings;
use crate::lint::fix::{Edit, Grade};
use crate::lint::rule::{Check, Rule, Severity};
use lossless_yaml::{Draft, Step, Tree};

pub(super) static RULE: Rule = Rule {
    name: "hold-application",
    severity: Severity::Warning,
    is_default: true,
    checks: &[Check::Pod { proxies: &[Proxy::Native], find }],
    source: include_str!("hold_application.rs"),
};

/// The names of the setting.
const KEYS: [&str; 2] = ["holdApplicationUntilProxyStarts", "hold_application_until_proxy_starts"];

fn find(pod: &Pod<'_>, findings: &mut Findings<'_>) {
    let Some(entry) = pod.annotation(PROXY_CONFIG) else { return };
    let Some(text) = entry.value.text() else { return };
    let Ok(tree) = Tree::parse(text, 1) else { return };
    let Some(setting) = Setting::of(&tree) else { return };
    let found = findings.add(entry.value.id(), "holdApplicationUntilProxyStarts has no effect on a native sidecar");
    found.help("remove it: Kubernetes starts containers after a native sidecar is ready").part(setting.part);
    let path = entry.value.path();
    let edit = match setting.rest {
        Rest::Nothing => Some(Edit::Remove { path }),
        Rest::Cut(range) => Some(Edit::Cut { path, ranges: vec![range] }),
        Rest::Unclear => None,
    };
    if let Some(edit) = edit {
        pod.fix_workaround(found, Grade::Safe, edit);
    }
}

/// The setting in the annotation's YAML or JSON.
struct Setting {
    /// The bytes of its key.
    part: Range<usize>,
    rest: Rest,
}

/// What is left of the annotation without the setting.
enum Rest {
    Nothing,
    /// All but these bytes.
    Cut(Range<usize>),
    /// It cannot be removed by a cut.
    Unclear,
}

impl Setting {
    fn of(tree: &Tree<'_>) -> Option<Self> {
        let root = tree.root().filter(|root| tree.kind(*root).is_map())?;
        let is_setting = |key: &_| tree.key(*key).is_ok_and(|name| KEYS.contains(&name.as_ref()));
        let (key, _) = tree.entries(root).find(|(key, _)| is_setting(key))?;
        let rest = if tree.entries(root).all(|(key, _)| is_setting(&key)) {
            Rest::Nothing
        } else {
            rest(tree).map_or(Rest::Unclear, Rest::Cut)
        };
        Some(Self { part: tree.span(key), rest })
    }
}

/// The bytes that go with the setting.
fn rest(tree: &Tree<'_>) -> Option<Range<usize>> {
    let mut draft = Draft::new(tree);
    for key in KEYS {
        draft.remove(&[Step::Key(key)]).ok()?;
    }
    let (old, new) = (tree.text(), draft.finish().ok()?.text);
    let start = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
    let end = start + old.len().checked_sub(new.len())?;
    let is_cut = old.is_char_boundary(start) && old.get(end..) == new.get(start..);
    is_cut.then_some(start..end)
}
