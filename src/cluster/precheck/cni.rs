//! Whether istio-cni is where the mesh expects it.

use serde_json::Value;

use super::command::{GET_ISTIOD, get_injector};
use super::facts::{Known, items, text};
use super::{Answer, Check, Date, Facts, Group};
use crate::istio::platform::AksRevision;
use crate::istio::value::at;
use crate::istio::{Release, image_tag};

pub(super) const CHECK: Check = Check { code: "cni", group: Group::Istio, decides: false, answers };

const GET: &str = "kubectl get daemonsets -A -o yaml";
/// By how many minor versions istio-cni may differ from istiod (Istio's documentation of its CNI node agent).
const APART: u16 = 1;
/// The first revision of AKS whose new installations use istio-cni.
const AKS_DEFAULT: u16 = 30;

/// A `DaemonSet` of istio-cni.
#[derive(Debug)]
pub(super) struct DaemonSet {
    name: String,
    tag: String,
}

impl DaemonSet {
    /// Reads a `DaemonSet`; none if it is not istio-cni's.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let name = text(value, &["metadata", "name"]);
        let containers = items(value, &["spec", "template", "spec", "containers"]);
        let image_name = |container: &Value| {
            let image = text(container, &["image"]);
            image.rsplit_once('/').map_or(image, |(_, name)| name).to_owned()
        };
        let installs = |container: &&Value| image_name(container).starts_with("install-cni");
        let by_name = |container: &&Value| text(container, &["name"]).contains("istio-cni");
        let container = containers.iter().find(installs).or_else(|| containers.iter().find(by_name));
        let container = container.or_else(|| containers.first().filter(|_| name.contains("istio-cni")))?;
        Some(Self { name: name.to_owned(), tag: image_tag(text(container, &["image"])).unwrap_or_default().to_owned() })
    }
}

/// Whether the mesh's pods need istio-cni; none if that is not known.
fn is_expected(facts: &Facts) -> Option<bool> {
    let of_values = |values: &Value| {
        let enabled = |path: &[&str]| at(values, path).and_then(Value::as_bool) == Some(true);
        // The second is the key up to 1.23.
        enabled(&["pilot", "cni", "enabled"]) || enabled(&["istio_cni", "enabled"])
    };
    if facts.injectors.iter().any(|injector| of_values(&injector.values)) {
        return Some(true);
    }
    let addon = facts.cluster.as_ref().filter(|cluster| !cluster.revisions.is_empty());
    let newest = addon.and_then(|cluster| cluster.revisions.iter().filter_map(|name| AksRevision::of_name(name)).max());
    match addon.map(|cluster| cluster.proxy_redirection.as_deref()) {
        Some(Some(mechanism)) => return Some(mechanism.eq_ignore_ascii_case("CNIChaining")),
        Some(None) if newest.is_some_and(|newest| newest.minor() < AKS_DEFAULT) => return Some(false),
        _ => {}
    }
    (!facts.injectors.is_empty()).then_some(false)
}

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    let expected = is_expected(facts);
    let found = &facts.daemon_sets;
    vec![match expected {
        Some(false) => Answer::ok("", "the mesh does not use istio-cni"),
        Some(true) if !facts.known.contains(&Known::DaemonSets) => {
            Answer::unknown("", "the mesh needs istio-cni, and the input has no DaemonSets").fix(GET)
        }
        Some(true) if found.is_empty() => Answer::fail(
            "none",
            "the mesh needs istio-cni: without it, traffic bypasses the proxy or pods do not start",
        )
        .fix("helm upgrade --install istio-cni istio/cni -n istio-system"),
        None if found.is_empty() => {
            Answer::unknown("", "whether the mesh uses istio-cni is in the injector's ConfigMap")
                .fix(get_injector(facts))
        }
        _ => of_found(facts, found),
    }]
}

fn of_found(facts: &Facts, found: &[DaemonSet]) -> Answer {
    let releases: Vec<Release> = facts.revisions().into_iter().filter_map(|revision| revision.release).collect();
    let seen =
        found.iter().map(|set| format!("{} {}", set.name, set.tag).trim().to_owned()).collect::<Vec<_>>().join(", ");
    let versions: Vec<Option<Release>> = found.iter().map(|set| Release::of_tag(&set.tag)).collect();
    let far = |cni: &Release| releases.iter().find(|istiod| istiod.minor().abs_diff(cni.minor()) > APART);
    if let Some(istiod) = versions.iter().flatten().find_map(far) {
        let text = format!("its version and istiod's ({istiod}) are more than {APART} minor version apart");
        Answer::warn(seen, text).fix(format!("helm upgrade istio-cni istio/cni -n istio-system --version {istiod}"))
    } else if releases.is_empty() || versions.contains(&None) {
        Answer::unknown(seen, "its version cannot be compared with istiod's").fix(GET_ISTIOD)
    } else {
        Answer::ok(seen, "")
    }
}
