//! Reads objects that contain values of the istiod chart: a Flux `HelmRelease`, an Argo CD `Application`, an `Istio` of
//! the Sail operator (their API references).

use serde_json::{Map, Value, json};

use super::document::{ValuesDocument, chart, installer_profile, must_be_a_mapping};
use super::set::{self, Assignment, SetError};
use super::{UserValuesError, spec};
use crate::istio::value::{at, merge_keeping_nulls, text, truthy};
use lossless_yaml::Tree;

/// Istio's other charts.
const OTHER_CHARTS: [&str; 9] =
    ["ambient", "base", "cni", "gateway", "istio-base", "istio-cni", "istio-egress", "istio-ingress", "ztunnel"];

/// An object's kind and name, for messages: `HelmRelease istio-base`.
pub(super) fn name(document: &Value) -> String {
    let kind = text(document.get("kind"));
    match text(at(document, &["metadata", "name"])) {
        name if name.is_empty() => kind,
        name => format!("{kind} {name}"),
    }
}

/// The last part of a chart's name or path.
fn base_name(chart: &str) -> &str {
    let chart = chart.trim_end_matches('/');
    chart.rsplit_once('/').map_or(chart, |(_, name)| name)
}

/// Whether this is the name of the istiod chart (`istio-discovery` in Istio's sources) or contains it.
fn is_istiods(chart: &str) -> bool {
    let name = base_name(chart);
    name == "istio-discovery" || name.contains("istiod")
}

/// Whether values are those of a chart with istiod as a dependency.
fn are_of_a_parent(values: Option<&Value>) -> bool {
    values.and_then(|values| values.get("istiod")).is_some_and(Value::is_object)
}

/// A Flux `HelmRelease`.
pub(super) fn helm_release(document: &Value) -> Result<ValuesDocument, UserValuesError> {
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    let own_name = text(at(document, &["metadata", "name"]));
    let (chart_name, is_known) = match (text(spec(&["chart", "spec", "chart"])), text(spec(&["chartRef", "name"]))) {
        (chart, reference) if chart.is_empty() => {
            // A reference names the object that has the chart, and that name is arbitrary.
            let is_istiods = is_istiods(&reference) || is_istiods(&own_name);
            (reference, is_istiods)
        }
        (chart, _) => {
            let is_istiods = is_istiods(&chart);
            (chart, is_istiods)
        }
    };
    if !is_known && !chart_name.is_empty() && !are_of_a_parent(spec(&["values"])) {
        return Err(UserValuesError::OtherChart { object: name(document), chart: chart_name });
    }
    let unknown = spec::check(&spec::HELM_RELEASE, document.get("spec"))?;
    let mut read = chart(spec(&["values"]).cloned().unwrap_or_default())?;
    if is_known {
        (read.version, read.version_range) = version(spec(&["chart", "spec", "version"]));
    }
    read.warnings.extend(unknown);
    if truthy(spec(&["valuesFrom"])) {
        read.warnings.push("spec.valuesFrom is not read: pass those values with --values".to_owned());
    }
    Ok(read)
}

/// An Argo CD `Application`: for each source that may be the istiod chart, the values, then the parameters.
pub(super) fn application(document: &Value) -> Result<ValuesDocument, UserValuesError> {
    let spec = |key: &str| document.get("spec").and_then(|spec| at(spec, &[key]));
    let several = spec("sources").and_then(Value::as_array).into_iter().flatten();
    let mut all = ValuesDocument { values: Value::Object(Map::new()), ..ValuesDocument::default() };
    let (mut found, mut other) = (false, None);
    for source in spec("source").into_iter().chain(several) {
        let helm = at(source, &["helm"]);
        let chart_name = match (at(source, &["chart"]), helm) {
            (Some(chart), _) => text(Some(chart)),
            (None, Some(_)) => text(at(source, &["path"])),
            (None, None) => continue,
        };
        let is_named = at(source, &["chart"]).is_some();
        // A path does not name the chart, unless it is one of Istio's other charts.
        let may_be_istiods =
            if is_named { is_istiods(&chart_name) } else { !OTHER_CHARTS.contains(&base_name(&chart_name)) };
        let helm = helm.unwrap_or(&Value::Null);
        if !may_be_istiods && !helm_values(helm).is_ok_and(|values| are_of_a_parent(Some(&values))) {
            other.get_or_insert(chart_name);
            continue;
        }
        let read = helm_source(helm)?;
        found = true;
        if is_istiods(&chart_name) && is_named {
            let (version, range) = version(at(source, &["targetRevision"]));
            (all.version, all.version_range) = (version.or(all.version), range.or(all.version_range));
        }
        merge_keeping_nulls(&mut all.values, read.values);
        all.notes.extend(read.notes);
        all.warnings.extend(read.warnings);
    }
    match (found, other) {
        (true, _) => Ok(all),
        (false, Some(chart)) => Err(UserValuesError::OtherChart { object: name(document), chart }),
        (false, None) => Err(UserValuesError::Object(name(document))),
    }
}

/// The values of a source. `valuesObject` takes precedence over `values`.
fn helm_values(helm: &Value) -> Result<Value, UserValuesError> {
    match (at(helm, &["valuesObject"]), at(helm, &["values"])) {
        (Some(values), _) => Ok(values.clone()),
        (None, Some(Value::String(text))) => yaml(text),
        (None, _) => Ok(Value::Null),
    }
}

/// The `helm` part of a source.
fn helm_source(helm: &Value) -> Result<ValuesDocument, UserValuesError> {
    let unknown = spec::check(&spec::HELM_SOURCE, Some(helm))?;
    let mut read = chart(helm_values(helm)?)?;
    for parameter in at(helm, &["parameters"]).and_then(Value::as_array).into_iter().flatten() {
        for assignment in assignments(parameter)? {
            set::assign(&mut read.values, &assignment)?;
        }
    }
    read.warnings.extend(unknown);
    for key in ["valueFiles", "fileParameters"] {
        if truthy(at(helm, &[key])) {
            read.warnings.push(format!("helm.{key} is not read: pass those values with --values"));
        }
    }
    Ok(read)
}

fn yaml(text: &str) -> Result<Value, UserValuesError> {
    let wrong =
        |error: lossless_yaml::YamlError| UserValuesError::Text { path: "helm.values", problem: error.to_string() };
    let tree = Tree::parse(text, 1).map_err(wrong)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root)).map_err(wrong)
}

/// A parameter, which Argo CD passes to Helm as `--set` with escaped commas, or as `--set-string`.
fn assignments(parameter: &Value) -> Result<Vec<Assignment>, SetError> {
    let (name, value) = (text(parameter.get("name")), text(parameter.get("value")));
    if truthy(parameter.get("forceString")) {
        let mut parsed = set::parse(&format!("{name}="))?;
        if let Some(assignment) = parsed.first_mut() {
            assignment.value = value.into();
        }
        return Ok(parsed);
    }
    let is_list = value.starts_with('{') && value.ends_with('}');
    let value = if is_list { value } else { value.replace(',', "\\,") };
    set::parse(&format!("{name}={value}"))
}

/// A chart's version, or a version range such as `~1.29` or `1.29.x`.
fn version(value: Option<&Value>) -> (Option<String>, Option<String>) {
    let written = text(value);
    let number = written.strip_prefix('v').unwrap_or(&written);
    let numbers = number.split_once(['-', '+']).map_or(number, |(numbers, _)| numbers);
    let is_version = !numbers.is_empty() && numbers.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match (written.is_empty(), is_version && !number.contains([' ', ','])) {
        (true, _) => (None, None),
        (false, true) => (Some(written), None),
        (false, false) => (None, Some(written)),
    }
}

/// An `Istio` of the Sail operator, or the `IstioRevision` that it creates. The operator sets the namespace and the
/// revision (`RevisionBased`: the name, followed by the version).
pub(super) fn sail(document: &Value) -> Result<ValuesDocument, UserValuesError> {
    let warnings = spec::check(&spec::SAIL, document.get("spec"))?.into_iter().collect();
    must_be_a_mapping(document.get("spec"), "values")?;
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    let version = text(spec(&["version"]));
    let (mut values, _) = installer_profile(&text(spec(&["profile"])));
    if let Some(namespace) = spec(&["namespace"]) {
        merge_keeping_nulls(&mut values, json!({"global": {"istioNamespace": namespace}}));
    }
    let revision = match text(at(document, &["metadata", "name"])) {
        name if text(spec(&["updateStrategy", "type"])) == "RevisionBased" && !version.is_empty() => {
            format!("{name}-{}", version.replace('.', "-"))
        }
        name if name == "default" => String::new(),
        name => name,
    };
    if !revision.is_empty() {
        merge_keeping_nulls(&mut values, json!({"revision": revision}));
    }
    if let Some(own) = spec(&["values"]).filter(|own| own.is_object()) {
        merge_keeping_nulls(&mut values, own.clone());
    }
    let notes = vec!["the Sail operator may use other images, which are not in its object".to_owned()];
    let version = Some(version).filter(|version| !version.is_empty());
    Ok(ValuesDocument { values, version, notes, warnings, ..ValuesDocument::default() })
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    #[test]
    fn a_helm_release_names_its_version_too() {
        let document = read(json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "istiod"},
            "spec": {"chart": {"spec": {"chart": "istiod", "version": "1.27.3"}}, "values": {"global": {"hub": "h"}},
                "valuesFrom": [{"kind": "ConfigMap", "name": "x"}]}
        }))
        .unwrap();
        assert_eq!((document.values, document.version.as_deref()), (json!({"global": {"hub": "h"}}), Some("1.27.3")));
        assert_eq!(document.warnings, ["spec.valuesFrom is not read: pass those values with --values"]);
    }

    #[test]
    fn other_charts_and_kinds_are_refused() {
        let base = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "istio-base"},
            "spec": {"chart": {"spec": {"chart": "base"}}}
        });
        assert_eq!(read(base).unwrap_err().to_string(), "HelmRelease istio-base installs chart base, not istiod");
        let repository = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository"});
        assert_eq!(read(repository), Err(UserValuesError::Object("HelmRepository".to_owned())));
        let plain = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": {"source": {"path": "apps/web"}}
        });
        assert_eq!(read(plain), Err(UserValuesError::Object("Application".to_owned())));
    }

    #[test]
    fn the_chart_is_istiod_or_has_it_as_a_dependency() {
        let release = |spec: Value| {
            read(
                json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "x"}, "spec": spec}),
            )
        };
        let values = json!({"global": {"hub": "h"}});
        let named = |chart: &str| json!({"chart": {"spec": {"chart": chart, "version": "1.27.3"}}, "values": values});
        for chart in ["istiod", "./charts/istio-discovery/", "our-istiod"] {
            assert_eq!(release(named(chart)).unwrap().version.as_deref(), Some("1.27.3"), "{chart}");
        }
        let other =
            |chart: &str| UserValuesError::OtherChart { object: "HelmRelease x".to_owned(), chart: chart.to_owned() };
        assert_eq!(release(named("podinfo")), Err(other("podinfo")));
        let by_reference =
            |name: &str| release(json!({"chartRef": {"kind": "OCIRepository", "name": name}, "values": values}));
        assert_eq!(by_reference("podinfo"), Err(other("podinfo")));
        assert_eq!(by_reference("istiod").unwrap().values, values);
        let parent =
            json!({"chart": {"spec": {"chart": "platform", "version": "1.2.3"}}, "values": {"istiod": values}});
        let parent = release(parent).unwrap();
        assert_eq!((parent.values, parent.version), (values, None));
    }

    #[test]
    fn ranges_differ_from_versions() {
        for exact in ["1.29.6", "v1.29.6", "1.31.0-rc.0", "1.29", "1.29.6+build.1"] {
            assert_eq!(version(Some(&exact.into())), (Some(exact.to_owned()), None));
        }
        for range in ["~1.29", "*", ">=1.28 <1.30", "1.29.x", "1.28 - 1.30", "1.28.0, 1.29.0", "^1.29.0"] {
            assert_eq!(version(Some(&range.into())), (None, Some(range.to_owned())));
        }
        assert_eq!(version(None), (None, None));
    }

    #[test]
    fn sources_of_other_charts_are_ignored() {
        let application = |source: Value| {
            read(json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"},
                "spec": {"source": source}}))
        };
        let podinfo = json!({"chart": "podinfo", "targetRevision": "1.29.1", "helm": {"values": "image: ["}});
        assert_eq!(application(podinfo).unwrap_err().to_string(), "Application x installs chart podinfo, not istiod");
        let parent =
            json!({"chart": "platform", "targetRevision": "1.2.3", "helm": {"values": "istiod: {revision: a}"}});
        let parent = application(parent).unwrap();
        assert_eq!((parent.values, parent.version), (json!({"revision": "a"}), None));
        let path = json!({"path": "charts/mesh", "helm": {"valuesObject": {"revision": "a"}}});
        assert_eq!(application(path).unwrap().values, json!({"revision": "a"}));
    }

    #[test]
    fn parameters_override_the_values_of_an_application() {
        let document = read(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "istiod"},
            "spec": {"sources": [
                {"chart": "base", "targetRevision": "1.20.0", "helm": {"values": "x: 1"}},
                {"chart": "istiod", "targetRevision": "1.30.3", "helm": {
                    "values": "global:\n  hub: h\n  logAsJson: false\n",
                    "valueFiles": ["$values/istiod.yaml"],
                    "parameters": [
                        {"name": "global.logAsJson", "value": "true"},
                        {"name": "global.proxy.excludeInboundPorts", "value": "80,443"},
                        {"name": "pilot.env.A", "value": "true", "forceString": true}
                    ]
                }}
            ]}
        }))
        .unwrap();
        let expected = json!({
            "global": {"hub": "h", "logAsJson": true, "proxy": {"excludeInboundPorts": "80,443"}},
            "pilot": {"env": {"A": "true"}}
        });
        assert_eq!(
            (document.values, document.version.as_deref(), document.warnings.len()),
            (expected, Some("1.30.3"), 1)
        );
        let both = json!({"valuesObject": {"global": {"hub": "o"}}, "values": "global: {hub: v}"});
        assert_eq!(helm_source(&both).unwrap().values, json!({"global": {"hub": "o"}}));
        assert!(matches!(helm_source(&json!({"values": "a: ["})), Err(UserValuesError::Text { .. })));
    }

    #[test]
    fn the_sail_operator_sets_namespace_and_revision() {
        let istio = |strategy: &str| {
            sail(&json!({
                "apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"},
                "spec": {"version": "v1.30.3", "namespace": "mesh", "profile": "openshift",
                    "updateStrategy": {"type": strategy}, "values": {"pilot": {"env": {"A": "1"}}}}
            }))
            .unwrap()
        };
        let expected =
            json!({"global": {"platform": "openshift", "istioNamespace": "mesh"}, "pilot": {"env": {"A": "1"}}});
        assert_eq!(istio("InPlace").values, expected);
        assert_eq!(istio("RevisionBased").values["revision"], "default-v1-30-3");
        assert_eq!(istio("").version.as_deref(), Some("v1.30.3"));
    }
}
