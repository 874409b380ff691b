//! `-o json`: all objects as one JSON `List`.

use serde_json::Value;

use super::form::{Form, Layout, Pieces, pretty};

const INDENT: &str = "        ";

/// All objects as the items of one `List`.
#[derive(Debug)]
pub(super) struct JsonList;

impl Form for JsonList {
    fn name(&self) -> &'static str {
        "json"
    }

    fn help(&self) -> &'static str {
        "All objects as one JSON List"
    }

    fn layout(&self) -> Layout {
        Layout {
            head: "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"List\",\n    \"items\": [",
            end: "\n    ]\n}\n",
            empty: "]\n}\n",
            ..Layout::JSON_LIST
        }
    }

    fn pieces(&self) -> Pieces {
        Pieces::Documents(items)
    }
}

/// The items for a document: those of a `List`, otherwise the document itself. An empty document has none.
fn items(document: Value) -> Vec<String> {
    let is_list = document.get("kind").is_some_and(|kind| kind == "List")
        && document.get("apiVersion").is_some_and(|version| version == "v1");
    let items = match document {
        Value::Null => Vec::new(),
        Value::Object(mut list) if is_list => match list.shift_remove("items") {
            Some(Value::Array(items)) => return items.into_iter().flat_map(self::items).collect(),
            _ => Vec::new(),
        },
        object => vec![object],
    };
    items.iter().map(|item| pretty(item, INDENT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_flattened() {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"a": 1}, null, {"apiVersion": "v1", "kind": "List", "items": [{"b": "x\ny"}]},
        ]});
        let read: Vec<Value> = items(list).iter().map(|item| serde_json::from_str(item).unwrap()).collect();
        assert_eq!(read, [json!({"a": 1}), json!({"b": "x\ny"})]);
        assert!(items(Value::Null).is_empty());
    }
}
