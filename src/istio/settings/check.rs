//! Looks through settings for keys that a sidecar does not read, and for such that were meant otherwise.

use serde_json::Value;

use crate::istio::schema::{Key, key};

/// A key of settings that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its path.
    pub path: Vec<String>,
    /// The key that was meant, if that shows.
    pub meant: Option<String>,
}

/// The keys of values that are not read, in their order; what stands below such a key is not looked at.
pub(super) fn findings(values: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    walk(values, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut Vec<String>, found: &mut Vec<Finding>) {
    let Value::Object(map) = value else { return };
    for (name, value) in map {
        path.push(name.clone());
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match key(&parts) {
            // What is read as a whole is not looked into.
            Key::Read if value.is_object() && path.len() < MAX_PATH => walk(value, path, found),
            Key::Read => {}
            Key::NotRead => found.push(Finding { path: path.clone(), meant: None }),
            Key::Meant(meant) => found.push(Finding { path: path.clone(), meant: Some(meant) }),
        }
        path.pop();
    }
}

/// No key that is known is longer than this.
const MAX_PATH: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_key_is_looked_up_down_to_where_it_is_known() {
        let values = json!({
            "global": {"proxy": {"resources": {"limits": {"cpu": "1"}}, "imge": "x"}, "istiod": {"enableAnalysis": true}},
            "pilot": {"env": {"A": "1"}, "autoscaleMin": 2, "hub": "h", "resources": {}}, "meshConfig": {"a": {"b": 1}},
        });
        let found: Vec<(String, Option<String>)> =
            findings(&values).into_iter().map(|f| (f.path.join("."), f.meant)).collect();
        let expected = [
            ("global.proxy.imge", Some("global.proxy.image")),
            ("global.istiod", None),
            ("pilot.autoscaleMin", None),
            ("pilot.hub", None),
            ("pilot.resources", None),
            ("meshConfig.a", None),
        ];
        assert_eq!(found, expected.map(|(path, meant)| (path.to_owned(), meant.map(str::to_owned))));
    }
}
