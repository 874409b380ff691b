//! The known fields of objects that contain values. Unknown fields are errors if they are similar to a known one, else
//! warnings.

use serde_json::Value;

use super::UserValuesError;

/// The known fields of an object.
pub(super) struct Fields {
    /// The kind, for messages.
    pub kind: &'static str,
    /// The path of the mapping with the fields.
    pub path: &'static [&'static str],
    pub known: &'static [&'static str],
}

/// `IstioOperator` (`operator/pkg/apis`, all built-in releases).
pub(super) const OPERATOR: Fields = Fields {
    kind: "IstioOperator",
    path: &["spec"],
    known: &[
        "profile",
        "installPackagePath",
        "hub",
        "tag",
        "namespace",
        "revision",
        "compatibilityVersion",
        "meshConfig",
        "components",
        "values",
        "unvalidatedValues",
    ],
};

/// Flux's `HelmRelease` (API reference, `helm.toolkit.fluxcd.io/v2`).
pub(super) const HELM_RELEASE: Fields = Fields {
    kind: "HelmRelease",
    path: &["spec"],
    known: &[
        "chart",
        "chartRef",
        "values",
        "valuesFrom",
        "interval",
        "kubeConfig",
        "suspend",
        "releaseName",
        "targetNamespace",
        "storageNamespace",
        "dependsOn",
        "timeout",
        "maxHistory",
        "serviceAccountName",
        "persistentClient",
        "driftDetection",
        "install",
        "upgrade",
        "test",
        "rollback",
        "uninstall",
        "postRenderers",
        "commonMetadata",
        "waitStrategy",
        "healthCheckExprs",
    ],
};

/// The `helm` part of a source of Argo CD's `Application` (API reference, `argoproj.io/v1alpha1`).
pub(super) const HELM_SOURCE: Fields = Fields {
    kind: "Application",
    path: &["spec", "source", "helm"],
    known: &[
        "values",
        "valuesObject",
        "valueFiles",
        "parameters",
        "fileParameters",
        "releaseName",
        "version",
        "passCredentials",
        "ignoreMissingValueFiles",
        "skipCrds",
        "skipTests",
        "skipSchemaValidation",
        "namespace",
        "kubeVersion",
        "apiVersions",
    ],
};

/// `Istio` and `IstioRevision` of the Sail operator (API reference, `sailoperator.io/v1`).
pub(super) const SAIL: Fields = Fields {
    kind: "Istio",
    path: &["spec"],
    known: &["version", "updateStrategy", "profile", "namespace", "values", "type"],
};

/// Checks for unknown fields. A field that is similar to a known one is an error; others are returned as a warning.
pub(super) fn check(fields: &Fields, value: Option<&Value>) -> Result<Option<String>, UserValuesError> {
    let mut unknown = Vec::new();
    let written = value.and_then(Value::as_object).into_iter().flatten().map(|(field, _)| field);
    for field in written.filter(|field| !fields.known.contains(&field.as_str())) {
        if let Some(meant) = near(field, fields.known) {
            let path = fields.path.iter().copied().chain([field.as_str()]).map(str::to_owned).collect();
            return Err(UserValuesError::Misspelt { object: fields.kind.to_owned(), path, meant });
        }
        unknown.push(field.as_str());
    }
    let path = fields.path.join(".");
    Ok((!unknown.is_empty()).then(|| format!("{path}: not fields of {}, ignored: {}", fields.kind, unknown.join(", "))))
}

/// The longest name, in bytes, that is compared with known ones.
const MAX_NAME: usize = 60;

/// The known name that is similar to `name`.
fn near(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &lower);
    let (distance, nearest) = known.iter().map(|known| (distance(known), *known)).min()?;
    (distance * 4 <= name.len()).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_look_like_known_ones_are_errors_and_others_a_warning() {
        let misspelt = |fields: &Fields, field: &str| check(fields, Some(&json!({"interval": "1h", field: {}})));
        for (fields, field, meant) in [
            (&OPERATOR, "profil", "profile"),
            (&OPERATOR, "meshconfig", "meshConfig"),
            (&HELM_RELEASE, "vaules", "values"),
            (&HELM_RELEASE, "valueFrom", "valuesFrom"),
            (&HELM_SOURCE, "valueObject", "valuesObject"),
            (&SAIL, "verison", "version"),
        ] {
            let error = misspelt(fields, field).unwrap_err();
            assert_eq!(error.hint().unwrap(), format!("did you mean {meant}?"));
            assert_eq!(error.path().last().unwrap(), field);
        }
        let warning = check(&OPERATOR, Some(&json!({"hub": "h", "addonComponents": {}, "x": 1}))).unwrap().unwrap();
        assert_eq!(warning, "spec: not fields of IstioOperator, ignored: addonComponents, x");
        assert_eq!(check(&OPERATOR, Some(&json!({"hub": "h"}))), Ok(None));
    }
}
