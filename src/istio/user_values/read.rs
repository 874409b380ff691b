//! Reads a document of values in any of its forms.

use serde_json::Value;

use super::document::{ValuesDocument, chart};
use super::{UserValuesError, operator, resource};
use crate::k8s::group;

/// Reads a document of values.
pub(super) fn read(document: Value) -> Result<ValuesDocument, UserValuesError> {
    let field = |key: &str| document.get(key).and_then(Value::as_str);
    match (field("apiVersion").unwrap_or_default(), field("kind")) {
        (_, Some("IstioOperator")) => operator::operator(&document),
        ("", _) | (_, None) => chart(document),
        (version, Some(kind)) => match (group(version), kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => resource::helm_release(&document),
            ("argoproj.io", "Application") => resource::application(&document),
            ("sailoperator.io", "Istio" | "IstioRevision") => resource::sail(&document),
            _ => Err(UserValuesError::Object(resource::name(&document))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_charts_own_form() {
        let document =
            read(json!({"env": {"A": "1"}, "pilot": {"env": {"B": "2"}}, "values": {"global": {"hub": "h"}}}));
        let expected = json!({"env": {"A": "1"}, "pilot": {"env": {"B": "2"}}, "global": {"hub": "h"}});
        assert_eq!(document.unwrap().values, expected);
        assert_eq!(read(Value::Null).unwrap().values, json!({}));
        assert_eq!(read(json!([])), Err(UserValuesError::NotAMapping));
    }

    #[test]
    fn values_of_a_parent_chart_are_read_if_unambiguous() {
        let document = read(json!({"istiod": {"global": {"hub": "h"}}, "kiali": {"x": 1}})).unwrap();
        assert_eq!(document.values, json!({"global": {"hub": "h"}}));
        assert_eq!(document.notes, ["read as the values of a parent chart: using those under istiod, ignoring kiali"]);
        let error = read(json!({"istiod": {"global": {"hub": "h"}}, "global": {"hub": "x"}})).unwrap_err();
        assert_eq!(error, UserValuesError::ParentChart { other: "global".to_owned() });
    }
}
