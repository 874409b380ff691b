//! Stage: Prometheus merging. The agent serves the metrics of the application together with those of the proxy. So the pod's
//! scrape annotations point at the agent, which gets the application's own from its environment.

use gostd::strconv::parse_bool;
use serde_json::{Map, Value, json};

use super::pod;
use crate::istio::names::{annotation, env};
use crate::istio::{Mesh, ReleaseChange};

/// The three annotations; spellings that differ in punctuation count too.
const ANNOTATIONS: [(&str, &str); 3] = [
    ("scrape", annotation::PROMETHEUS_SCRAPE),
    ("path", annotation::PROMETHEUS_PATH),
    ("port", annotation::PROMETHEUS_PORT),
];
/// Where the agent serves all metrics.
const AGENT_PATH: &str = "/stats/prometheus";

/// Ports that Istio reserves (1.31).
const RESERVED: [u16; 9] = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/// An annotation with a port that cannot be scraped (1.31).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{annotation}: {problem}")]
pub struct ScrapeError {
    /// The name of the annotation, as the pod spells it.
    pub annotation: String,
    /// What is wrong with the port.
    pub problem: ScrapeProblem,
}

/// Why a port cannot be scraped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScrapeProblem {
    /// Not a port number.
    #[error("{0:?} is not a port")]
    NotAPort(String),
    /// A port of Istio's own.
    #[error("port {0} is reserved by Istio")]
    Reserved(u16),
}

/// A port and path of the application to scrape.
struct ScrapeTarget<'a> {
    port: &'a str,
    path: &'a str,
}

/// Points the pod's scrape annotations at the agent, unless the pod opts out or points there already.
pub(super) fn merge(pod: &mut Value, mesh: &Mesh) -> Result<(), ScrapeError> {
    let asked = pod::annotation(pod, annotation::PROMETHEUS_MERGE).and_then(|text| parse_bool(text).ok());
    if !asked.unwrap_or(mesh.config.prometheus_merge) {
        return Ok(());
    }
    let with_targets = mesh.release.has(ReleaseChange::ScrapeTargets);
    let own = |(_, name): (&str, &str)| find(pod, name).map(|(_, value)| value.to_owned());
    let [scrape, path, port] = ANNOTATIONS.map(own);
    let status_port = mesh.config.proxy_config.status_port().to_string();
    if scrape.as_deref().and_then(|text| parse_bool(text).ok()) == Some(false) || port.as_deref() == Some(&status_port)
    {
        return Ok(());
    }

    // Check the targets, or the one port where there are none.
    let listed = find(pod, annotation::PROMETHEUS_SCRAPE_TARGETS).filter(|_| with_targets);
    let listed = listed.map_or_else(String::new, |(_, list)| list.to_owned());
    let targets = targets(&listed);
    if with_targets {
        let alone = port.as_deref().filter(|port| targets.is_empty() && !port.is_empty());
        let of_list = targets.iter().map(|target| (annotation::PROMETHEUS_SCRAPE_TARGETS, target.port));
        for (name, port) in of_list.chain(alone.map(|port| (annotation::PROMETHEUS_PORT, port))) {
            check_port(port, &status_port).map_err(|problem| {
                let annotation = find(pod, name).map_or(name, |(spelling, _)| spelling).to_owned();
                ScrapeError { annotation, problem }
            })?;
        }
    }

    // Pass the application's own annotations to the agent. Empty ones do not count.
    let is_set = |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
    if [&scrape, &path, &port].into_iter().any(is_set) || !targets.is_empty() {
        let (path, port) = match targets.first() {
            Some(first) => (first.path.to_owned(), first.port.to_owned()),
            None => (text_of(path), text_of(port)),
        };
        let mut own = json!({"scrape": text_of(scrape), "path": path, "port": port});
        if let Some(own) = own.as_object_mut().filter(|_| !targets.is_empty()) {
            let targets = targets.iter().map(|target| json!({"port": target.port, "path": target.path}));
            own.insert("targets".to_owned(), targets.collect());
        }
        if let Some(env) = pod::proxy_mut(pod).and_then(pod::env_mut) {
            env.push(json!({"name": env::PROMETHEUS_ANNOTATIONS, "value": gostd::json::marshal(&own)}));
        }
    }

    // Point the pod's annotations at the agent.
    remove_all(pod, with_targets);
    pod::set_annotation(pod, annotation::PROMETHEUS_SCRAPE, "true");
    pod::set_annotation(pod, annotation::PROMETHEUS_PORT, status_port);
    pod::set_annotation(pod, annotation::PROMETHEUS_PATH, AGENT_PATH);
    Ok(())
}

/// The targets of a list `port[:path],…`. The list is ignored if an item has no port.
fn targets(list: &str) -> Vec<ScrapeTarget<'_>> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    let target = |item| {
        let (port, path) = str::split_once(item, ':').unwrap_or((item, ""));
        let (port, path) = (port.trim(), path.trim());
        (!port.is_empty()).then_some(ScrapeTarget { port, path: if path.is_empty() { "/metrics" } else { path } })
    };
    items.map(target).collect::<Option<_>>().unwrap_or_default()
}

/// An annotation's value; an absent one is empty, as in Go.
fn text_of(value: Option<String>) -> String {
    value.unwrap_or_default()
}

fn check_port(port: &str, status_port: &str) -> Result<(), ScrapeProblem> {
    match port.parse::<u16>() {
        Ok(number) if RESERVED.contains(&number) || port == status_port => Err(ScrapeProblem::Reserved(number)),
        Ok(1..) => Ok(()),
        _ => Err(ScrapeProblem::NotAPort(port.to_owned())),
    }
}

/// Copies the port for secure metrics from the proxy's environment to an annotation (1.31).
pub(super) fn set_secure_port(pod: &mut Value, mesh: &Mesh) {
    if !mesh.release.has(ReleaseChange::ScrapeTargets) || find(pod, annotation::PROMETHEUS_SECURE_PORT).is_some() {
        return;
    }
    let port = pod::proxy(pod).and_then(|proxy| pod::env_value(proxy, env::SECURE_MERGED_METRICS_PORT));
    if let Some(port) = port.filter(|port| !matches!(*port, "" | "0")).map(str::to_owned) {
        pod::set_annotation(pod, annotation::PROMETHEUS_SECURE_PORT, port);
    }
}

/// Restores the application's own annotations in place of those that point at the agent. `own` is what the agent got of them.
pub(super) fn restore(pod: &mut Value, own: Option<&Value>, mesh: &Mesh) {
    let value = |name: &str| find(pod, name).map(|(_, value)| value);
    let points_at_agent = value(annotation::PROMETHEUS_PATH) == Some(AGENT_PATH)
        && value(annotation::PROMETHEUS_SCRAPE) == Some("true")
        && value(annotation::PROMETHEUS_PORT).is_some();
    if !points_at_agent {
        return;
    }
    let had_targets = own.is_some_and(|own| own.get("targets").is_some());
    remove_all(pod, had_targets || mesh.release.has(ReleaseChange::ScrapeTargets));
    let Some(own) = own else { return };
    let targets = pod::part(own, "targets").as_array();
    if let Some(targets) = targets.filter(|targets| !targets.is_empty()) {
        let target = |target: &Value| format!("{}:{}", pod::text(target, "port"), pod::text(target, "path"));
        let list = targets.iter().map(target).collect::<Vec<_>>().join(",");
        pod::set_annotation(pod, annotation::PROMETHEUS_SCRAPE_TARGETS, list);
    }
    for (key, name) in ANNOTATIONS {
        let value = pod::text(own, key);
        // With targets, port and path are those of the first.
        if !value.is_empty() && (key == "scrape" || targets.is_none()) {
            pod::set_annotation(pod, name, value);
        }
    }
}

/// The annotation of that name, or one whose name differs in punctuation only.
fn find<'a>(pod: &'a Value, name: &str) -> Option<(&'a str, &'a str)> {
    let annotations = pod::part(pod::part(pod, "metadata"), "annotations").as_object()?;
    let exact = annotations.get_key_value(name);
    let (spelling, value) = exact.or_else(|| annotations.iter().find(|(other, _)| is_spelling_of(other, name)))?;
    Some((spelling, pod::string(value)))
}

fn is_spelling_of(spelling: &str, name: &str) -> bool {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    spelling.len() == name.len() && spelling.chars().map(plain).eq(name.chars().map(plain))
}

fn remove_all(pod: &mut Value, with_targets: bool) {
    let annotations = pod.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        let is_one = |spelling: &str| {
            ANNOTATIONS.iter().any(|(_, name)| is_spelling_of(spelling, name))
                || with_targets && is_spelling_of(spelling, annotation::PROMETHEUS_SCRAPE_TARGETS)
        };
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
        merge(&mut pod, &mesh).unwrap();
        let proxy = &pod["spec"]["containers"][0];
        let passed = pod::env_value(proxy, env::PROMETHEUS_ANNOTATIONS).map(str::to_owned);
        (pod["metadata"]["annotations"].clone(), passed)
    }

    fn agent() -> Value {
        json!({"prometheus.io/scrape": "true", "prometheus.io/port": "15020", "prometheus.io/path": "/stats/prometheus"})
    }

    #[test]
    fn the_agent_gets_the_applications_annotations() {
        assert_eq!(merged(&json!({})), (agent(), None));
        let passed = r#"{"scrape":"True","path":"/mm","port":"9102"}"#;
        let odd = json!({"prometheus.io.scrape": "True", "prometheus-io/port": "9102", "prometheus_io_path": "/mm"});
        assert_eq!(merged(&odd), (agent(), Some(passed.to_owned())));
    }

    #[test]
    fn empty_annotations_are_not_passed_to_the_agent() {
        for name in ["scrape", "path", "port"] {
            let name = format!("prometheus.io/{name}");
            assert_eq!(merged(&json!({name: ""})), (agent(), None));
        }
        let all = json!({"prometheus.io/scrape": "", "prometheus.io/path": "", "prometheus.io/port": ""});
        assert_eq!(merged(&all), (agent(), None));
        let passed = r#"{"scrape":"true","path":"","port":""}"#;
        let one = json!({"prometheus.io/scrape": "true", "prometheus.io/port": ""});
        assert_eq!(merged(&one), (agent(), Some(passed.to_owned())));
    }

    #[test]
    fn pods_that_opt_out_or_point_at_the_agent_are_left_alone() {
        for same in [
            json!({"prometheus.io/scrape": "false", "prometheus.io/port": "9102"}),
            json!({"prometheus.istio.io/merge-metrics": "0", "prometheus.io/port": "9102"}),
            json!({"prometheus.io/port": "15020", "prometheus.io/path": "/other"}),
        ] {
            assert_eq!(merged(&same), (same.clone(), None));
        }
    }

    #[test]
    fn targets_are_passed_and_checked_since_1_31() {
        let merged = |release: &str, annotations: Value| {
            let mesh = Mesh::install(release.parse().unwrap(), &Value::Null).unwrap();
            let mut pod =
                json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "istio-proxy"}]}});
            merge(&mut pod, &mesh)
                .map(|()| pod::env_value(&pod["spec"]["containers"][0], env::PROMETHEUS_ANNOTATIONS).map(str::to_owned))
        };
        let list = json!({"prometheus.istio.io/scrape-targets": "8080, 9100:/m,"});
        let passed = r#"{"scrape":"","path":"/metrics","port":"8080","targets":[{"port":"8080","path":"/metrics"},{"port":"9100","path":"/m"}]}"#;
        assert_eq!(merged("1.31", list.clone()), Ok(Some(passed.to_owned())));
        assert_eq!(merged("1.30", list), Ok(None));
        assert_eq!(merged("1.31", json!({"prometheus.istio.io/scrape-targets": ":/m,80"})), Ok(None));
        let named = json!({"prometheus.io/port": "web"});
        let empty = json!({"prometheus.io/port": "", "prometheus.istio.io/scrape-targets": " , "});
        assert_eq!(merged("1.31", empty), Ok(None));
        let error = |text: &str| Err(text.to_owned());
        let message = |result: Result<Option<String>, ScrapeError>| result.map_err(|error| error.to_string());
        assert_eq!(message(merged("1.31", named.clone())), error("prometheus.io/port: \"web\" is not a port"));
        let spelled = message(merged("1.31", json!({"prometheus_io_port": "web"})));
        assert_eq!(spelled, error("prometheus_io_port: \"web\" is not a port"));
        assert!(merged("1.30", named).is_ok());
        let own = json!({"prometheus.istio.io/scrape-targets": "80,15090"});
        let reserved = "prometheus.istio.io/scrape-targets: port 15090 is reserved by Istio";
        assert_eq!(message(merged("1.31", own)), error(reserved));
    }

    #[test]
    fn a_secure_port_becomes_an_annotation() {
        let mesh = Mesh::install("1.31".parse().unwrap(), &Value::Null).unwrap();
        let proxy =
            json!({"name": "istio-proxy", "env": [{"name": env::SECURE_MERGED_METRICS_PORT, "value": "15443"}]});
        let mut pod = json!({"spec": {"initContainers": [proxy]}});
        set_secure_port(&mut pod, &mesh);
        assert_eq!(pod::annotation(&pod, annotation::PROMETHEUS_SECURE_PORT), Some("15443"));
    }

    #[test]
    fn the_applications_annotations_are_restored() {
        let mut pod = json!({"metadata": {"annotations": agent()}});
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        restore(&mut pod, Some(&json!({"scrape": "", "path": "/m", "port": "9102"})), &mesh);
        let expected = json!({"prometheus.io/path": "/m", "prometheus.io/port": "9102"});
        assert_eq!(pod["metadata"]["annotations"], expected);
        let other = json!({"metadata": {"annotations": {"prometheus.io/scrape": "false"}}});
        let mut same = other.clone();
        restore(&mut same, None, &mesh);
        assert_eq!(same, other);
    }
}
