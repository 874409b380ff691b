//! Stage: Prometheus merging. The agent serves the application's metrics together with the proxy's, so the pod's
//! scrape annotations are pointed at the agent and the application's own are handed to it.

use serde_json::{Map, Value, json};

use super::go_bool;
use super::pod;
use crate::istio::names::{annotation, env};
use crate::istio::{Mesh, go_json};

/// The three annotations; any spelling that differs from these in its punctuation counts.
const ANNOTATIONS: [(&str, &str); 3] = [
    ("scrape", annotation::PROMETHEUS_SCRAPE),
    ("path", annotation::PROMETHEUS_PATH),
    ("port", annotation::PROMETHEUS_PORT),
];
/// Where the agent serves all metrics.
const AGENT_PATH: &str = "/stats/prometheus";

/// Points the pod's scrape annotations at the agent.
pub(super) fn merge(pod: &mut Value, mesh: &Mesh) {
    let asked = pod::annotation(pod, annotation::PROMETHEUS_MERGE).and_then(go_bool);
    if !asked.unwrap_or(mesh.config.prometheus_merge) {
        return;
    }
    let own = |(_, name): (&str, &str)| find(pod, name).map(|(_, value)| value.to_owned());
    let [scrape, path, port] = ANNOTATIONS.map(own);
    let status_port = mesh.config.proxy_config.status_port().to_string();
    if scrape.as_deref().and_then(go_bool) == Some(false) || port.as_deref() == Some(&status_port) {
        return;
    }
    if scrape.is_some() || path.is_some() || port.is_some() {
        let own = json!({
            "scrape": scrape.unwrap_or_default(),
            "path": path.unwrap_or_default(),
            "port": port.unwrap_or_default()
        });
        if let Some(env) = pod::proxy_mut(pod).and_then(pod::env_mut) {
            env.push(json!({"name": env::PROMETHEUS_ANNOTATIONS, "value": go_json::to_string(&own)}));
        }
    }
    remove_all(pod);
    pod::set_annotation(pod, annotation::PROMETHEUS_SCRAPE, "true");
    pod::set_annotation(pod, annotation::PROMETHEUS_PORT, status_port);
    pod::set_annotation(pod, annotation::PROMETHEUS_PATH, AGENT_PATH);
}

/// Puts the application's own annotations back in place of those that point at the agent. `own` is what the agent was
/// told of them, if it was.
pub(super) fn restore(pod: &mut Value, own: Option<&Value>) {
    let value = |name: &str| find(pod, name).map(|(_, value)| value);
    let points_at_agent = value(annotation::PROMETHEUS_PATH) == Some(AGENT_PATH)
        && value(annotation::PROMETHEUS_SCRAPE) == Some("true")
        && value(annotation::PROMETHEUS_PORT).is_some();
    if !points_at_agent {
        return;
    }
    remove_all(pod);
    let Some(own) = own else { return };
    for (key, name) in ANNOTATIONS {
        let value = pod::text(own, key);
        if !value.is_empty() {
            pod::set_annotation(pod, name, value);
        }
    }
}

/// The annotation whose name is `wanted` once everything but letters, digits and `_` is one and the same.
fn find<'a>(pod: &'a Value, wanted: &str) -> Option<(&'a str, &'a str)> {
    let annotations = pod::part(pod::part(pod, "metadata"), "annotations").as_object()?;
    let exact = annotations.get_key_value(wanted);
    let (name, value) = exact.or_else(|| annotations.iter().find(|(name, _)| is_spelling_of(name, wanted)))?;
    Some((name, value.as_str().unwrap_or_default()))
}

fn is_spelling_of(name: &str, wanted: &str) -> bool {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.len() == wanted.len() && name.chars().map(plain).eq(wanted.chars().map(plain))
}

fn remove_all(pod: &mut Value) {
    let annotations = pod.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        let is_one = |name: &str| ANNOTATIONS.iter().any(|(_, wanted)| is_spelling_of(name, wanted));
        if annotations.keys().any(|name| is_one(name)) {
            let kept = std::mem::take(annotations).into_iter().filter(|(name, _)| !is_one(name));
            *annotations = kept.collect::<Map<_, _>>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(annotations: &Value) -> (Value, Option<String>) {
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let mut pod =
            json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "istio-proxy"}]}});
        merge(&mut pod, &mesh);
        let proxy = &pod["spec"]["containers"][0];
        let told = pod::env_value(proxy, env::PROMETHEUS_ANNOTATIONS).map(str::to_owned);
        (pod["metadata"]["annotations"].clone(), told)
    }

    fn agent() -> Value {
        json!({"prometheus.io/scrape": "true", "prometheus.io/port": "15020", "prometheus.io/path": "/stats/prometheus"})
    }

    #[test]
    fn the_agent_is_told_what_the_application_wanted() {
        assert_eq!(merged(&json!({})), (agent(), None));
        let told = r#"{"scrape":"True","path":"/mm","port":"9102"}"#;
        let odd = json!({"prometheus.io.scrape": "True", "prometheus-io/port": "9102", "prometheus_io_path": "/mm"});
        assert_eq!(merged(&odd), (agent(), Some(told.to_owned())));
    }

    #[test]
    fn who_opts_out_or_points_at_the_agent_is_left_alone() {
        for same in [
            json!({"prometheus.io/scrape": "false", "prometheus.io/port": "9102"}),
            json!({"prometheus.istio.io/merge-metrics": "0", "prometheus.io/port": "9102"}),
            json!({"prometheus.io/port": "15020", "prometheus.io/path": "/other"}),
        ] {
            assert_eq!(merged(&same), (same.clone(), None));
        }
    }

    #[test]
    fn restoring_gives_back_what_was_told() {
        let mut pod = json!({"metadata": {"annotations": agent()}});
        restore(&mut pod, Some(&json!({"scrape": "", "path": "/m", "port": "9102"})));
        let expected = json!({"prometheus.io/path": "/m", "prometheus.io/port": "9102"});
        assert_eq!(pod["metadata"]["annotations"], expected);
        let other = json!({"metadata": {"annotations": {"prometheus.io/scrape": "false"}}});
        let mut same = other.clone();
        restore(&mut same, None);
        assert_eq!(same, other);
    }
}
