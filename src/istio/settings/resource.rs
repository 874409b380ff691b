//! Objects that carry values of the istiod chart: a Flux `HelmRelease`, an Argo CD `Application`, an `Istio` of the Sail
//! operator (their API references).

use serde_json::{Map, Value, json};

use super::form::{Form, chart, installer_profile};
use super::set::{self, Assignment, SetError};
use super::{SettingsError, lay};
use crate::istio::value::{at, text, truthy};
use crate::yaml::Tree;

/// Istio's charts that install something else than istiod.
const OTHER_CHARTS: [&str; 9] =
    ["ambient", "base", "cni", "gateway", "istio-base", "istio-cni", "istio-egress", "istio-ingress", "ztunnel"];

/// An object as messages name it: `HelmRelease istio-base`.
pub(super) fn name(document: &Value) -> String {
    let kind = text(document.get("kind"));
    match text(at(document, &["metadata", "name"])) {
        name if name.is_empty() => kind,
        name => format!("{kind} {name}"),
    }
}

/// Whether a chart, by its name or path, may be istiod's. Whoever packs it anew may call it anything.
fn may_be_istiods(chart: &str) -> bool {
    !OTHER_CHARTS.contains(&chart.rsplit('/').next().unwrap_or_default())
}

/// A Flux `HelmRelease`.
pub(super) fn helm_release(document: &Value) -> Result<Form, SettingsError> {
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    if !may_be_istiods(&text(spec(&["chart", "spec", "chart"]))) {
        return Err(SettingsError::Object(name(document)));
    }
    let mut form = chart(spec(&["values"]).cloned().unwrap_or_default())?;
    form.version = version(spec(&["chart", "spec", "version"]));
    if truthy(spec(&["valuesFrom"])) {
        form.warnings.push("spec.valuesFrom is not followed: pass those values with --values".to_owned());
    }
    Ok(form)
}

/// An Argo CD `Application`: of each source that may have istiod's chart the values, then the parameters.
pub(super) fn application(document: &Value) -> Result<Form, SettingsError> {
    let spec = |key: &str| document.get("spec").and_then(|spec| at(spec, &[key]));
    let several = spec("sources").and_then(Value::as_array).into_iter().flatten();
    let mut all = Form { values: Value::Object(Map::new()), ..Form::default() };
    let mut found = false;
    for source in spec("source").into_iter().chain(several) {
        let chart_name = text(at(source, &["chart"]).or_else(|| at(source, &["path"])));
        let helm = at(source, &["helm"]);
        let is_chart = at(source, &["chart"]).is_some() || helm.is_some();
        if !is_chart || !may_be_istiods(&chart_name) {
            continue;
        }
        found = true;
        if at(source, &["chart"]).is_some() {
            all.version = version(at(source, &["targetRevision"])).or(all.version);
        }
        let form = helm_source(helm.unwrap_or(&Value::Null))?;
        lay(&mut all.values, form.values);
        all.notes.extend(form.notes);
        all.warnings.extend(form.warnings);
    }
    if found { Ok(all) } else { Err(SettingsError::Object(name(document))) }
}

/// The `helm` part of a source. `valuesObject` takes the place of `values`.
fn helm_source(helm: &Value) -> Result<Form, SettingsError> {
    let mut form = match (at(helm, &["valuesObject"]), at(helm, &["values"])) {
        (Some(values), _) => chart(values.clone())?,
        (None, Some(Value::String(text))) => chart(yaml(text)?)?,
        (None, _) => chart(Value::Null)?,
    };
    for parameter in at(helm, &["parameters"]).and_then(Value::as_array).into_iter().flatten() {
        for assignment in assignments(parameter)? {
            set::assign(&mut form.values, &assignment)?;
        }
    }
    for key in ["valueFiles", "fileParameters"] {
        if truthy(at(helm, &[key])) {
            form.warnings.push(format!("helm.{key} is not followed: pass those values with --values"));
        }
    }
    Ok(form)
}

fn yaml(text: &str) -> Result<Value, SettingsError> {
    let wrong = |error: crate::yaml::YamlError| SettingsError::Text { path: "helm.values", problem: error.to_string() };
    let tree = Tree::parse(text, 1).map_err(wrong)?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root)).map_err(wrong)
}

/// A parameter, which Argo CD hands to Helm as `--set`, with commas escaped, or as `--set-string`.
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

/// A chart's version, if it is given and no range.
fn version(value: Option<&Value>) -> Option<String> {
    let version = text(value);
    version.starts_with(|c: char| c.is_ascii_digit() || c == 'v').then_some(version)
}

/// An `Istio` of the Sail operator, or the `IstioRevision` that it makes of one. The operator sets the namespace and the
/// revision (`RevisionBased`: the name with the version behind it).
pub(super) fn sail(document: &Value) -> Form {
    let spec = |path: &[&str]| document.get("spec").and_then(|spec| at(spec, path));
    let version = text(spec(&["version"]));
    let (mut values, _) = installer_profile(&text(spec(&["profile"])));
    if let Some(namespace) = spec(&["namespace"]) {
        lay(&mut values, json!({"global": {"istioNamespace": namespace}}));
    }
    let revision = match text(at(document, &["metadata", "name"])) {
        name if text(spec(&["updateStrategy", "type"])) == "RevisionBased" && !version.is_empty() => {
            format!("{name}-{}", version.replace('.', "-"))
        }
        name if name == "default" => String::new(),
        name => name,
    };
    if !revision.is_empty() {
        lay(&mut values, json!({"revision": revision}));
    }
    if let Some(own) = spec(&["values"]).filter(|own| own.is_object()) {
        lay(&mut values, own.clone());
    }
    let notes = vec!["the Sail operator may choose images of its own, which its object does not name".to_owned()];
    Form { values, version: Some(version).filter(|version| !version.is_empty()), notes, ..Form::default() }
}

#[cfg(test)]
mod tests {
    use super::super::form::read;
    use super::*;

    #[test]
    fn a_helm_release_names_its_version_too() {
        let form = read(json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "istiod"},
            "spec": {"chart": {"spec": {"chart": "istiod", "version": "1.27.3"}}, "values": {"global": {"hub": "h"}},
                "valuesFrom": [{"kind": "ConfigMap", "name": "x"}]}
        }))
        .unwrap();
        assert_eq!((form.values, form.version.as_deref()), (json!({"global": {"hub": "h"}}), Some("1.27.3")));
        assert_eq!(form.warnings, ["spec.valuesFrom is not followed: pass those values with --values"]);
    }

    #[test]
    fn other_charts_and_kinds_carry_no_values() {
        let base = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "istio-base"},
            "spec": {"chart": {"spec": {"chart": "base"}}}
        });
        assert_eq!(read(base).unwrap_err().to_string(), "HelmRelease istio-base carries no values of the istiod chart");
        let repository = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository"});
        assert_eq!(read(repository), Err(SettingsError::Object("HelmRepository".to_owned())));
        let plain = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": {"source": {"path": "apps/web"}}
        });
        assert_eq!(read(plain), Err(SettingsError::Object("Application".to_owned())));
    }

    #[test]
    fn an_applications_parameters_lie_over_its_values() {
        let form = read(json!({
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
        assert_eq!((form.values, form.version.as_deref(), form.warnings.len()), (expected, Some("1.30.3"), 1));
        let both = json!({"valuesObject": {"global": {"hub": "o"}}, "values": "global: {hub: v}"});
        assert_eq!(helm_source(&both).unwrap().values, json!({"global": {"hub": "o"}}));
        assert!(matches!(helm_source(&json!({"values": "a: ["})), Err(SettingsError::Text { .. })));
    }

    #[test]
    fn the_sail_operator_sets_namespace_and_revision() {
        let istio = |strategy: &str| {
            sail(&json!({
                "apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"},
                "spec": {"version": "v1.30.3", "namespace": "mesh", "profile": "openshift",
                    "updateStrategy": {"type": strategy}, "values": {"pilot": {"env": {"A": "1"}}}}
            }))
        };
        let expected =
            json!({"global": {"platform": "openshift", "istioNamespace": "mesh"}, "pilot": {"env": {"A": "1"}}});
        assert_eq!(istio("InPlace").values, expected);
        assert_eq!(istio("RevisionBased").values["revision"], "default-v1-30-3");
        assert_eq!(istio("").version.as_deref(), Some("v1.30.3"));
    }
}
