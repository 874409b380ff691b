//! Finds policies in a cluster that set the annotation, generated or not.

use serde_json::Value;

use crate::istio::names::annotation::NATIVE_SIDECAR;

/// The API group of admission policies.
pub const POLICY_GROUP: &str = "admissionregistration.k8s.io";
/// The kind of policies that change objects.
pub const MUTATING_POLICY: &str = "MutatingAdmissionPolicy";
/// The kind that puts them into force.
pub const MUTATING_BINDING: &str = "MutatingAdmissionPolicyBinding";

/// The name of a `MutatingAdmissionPolicy` if one of its expressions names the annotation.
pub fn setter_name(policy: &Value) -> Option<&str> {
    let mutations = policy.pointer("/spec/mutations")?.as_array()?;
    // A JSON patch may have the name with an escaped slash.
    let escaped = NATIVE_SIDECAR.replace('/', "~1");
    let expressions = mutations.iter().flat_map(|mutation| {
        let expression = |kind: &str| mutation.get(kind)?.get("expression")?.as_str();
        [expression("applyConfiguration"), expression("jsonPatch")].into_iter().flatten()
    });
    let names_it = |expression: &str| expression.contains(NATIVE_SIDECAR) || expression.contains(&escaped);
    expressions.into_iter().any(names_it).then(|| policy.pointer("/metadata/name")?.as_str())?
}

/// The name of the policy that a binding puts into force.
pub fn bound_policy(binding: &Value) -> Option<&str> {
    binding.pointer("/spec/policyName")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_kinds_of_patches_are_recognized() {
        let policy = |mutation: Value| json!({"metadata": {"name": "p"}, "spec": {"mutations": [mutation]}});
        let apply =
            |text: &str| policy(json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": text}}));
        let patch = |text: &str| policy(json!({"patchType": "JSONPatch", "jsonPatch": {"expression": text}}));
        assert_eq!(setter_name(&apply("{\"sidecar.istio.io/nativeSidecar\": \"true\"}")), Some("p"));
        assert_eq!(setter_name(&patch("\"/metadata/annotations/sidecar.istio.io~1nativeSidecar\"")), Some("p"));
        assert_eq!(setter_name(&apply("{\"sidecar.istio.io/inject\": \"true\"}")), None);
        assert_eq!(setter_name(&json!({})), None);
    }
}
