//! The containers of a pod template.

use serde_json::Value;

/// The items of one of the pod's lists, `containers` or `initContainers`; none if it is not a list.
pub fn pod_containers<'p>(pod: &'p Value, list: &str) -> impl Iterator<Item = &'p Value> + use<'p> {
    pod.get("spec").and_then(|spec| spec.get(list)).and_then(Value::as_array).into_iter().flatten()
}

/// The name of a container; empty if it has none.
pub fn container_name(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn odd_lists_and_names_are_empty() {
        let pod =
            json!({"spec": {"containers": [{"name": "web"}, {"name": 1}, 2, null], "initContainers": {"name": "a"}}});
        let names = |list: &str| pod_containers(&pod, list).map(container_name).collect::<Vec<_>>();
        assert_eq!(names("containers"), ["web", "", "", ""]);
        assert!(names("initContainers").is_empty());
        assert_eq!(pod_containers(&json!("web"), "containers").count(), 0);
    }
}
