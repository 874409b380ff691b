//! Applies the operations of RFC 6902 that the program prints: `add`, `remove` and `replace`.

use serde_json::Value;

/// Applies the operations to `document` in order. Panics if one does not apply.
pub(crate) fn operations(document: &mut Value, operations: &[Value]) {
    for operation in operations {
        let path = operation["path"].as_str().unwrap();
        let Some((parent, key)) = path.rsplit_once('/') else {
            *document = operation["value"].clone();
            continue;
        };
        let key = key.replace("~1", "/").replace("~0", "~");
        let value = operation["value"].clone();
        match (operation["op"].as_str().unwrap(), document.pointer_mut(parent).unwrap()) {
            ("add", Value::Array(list)) => list.insert(key.parse().unwrap(), value),
            ("remove", Value::Array(list)) => drop(list.remove(key.parse().unwrap())),
            ("replace", Value::Array(list)) => list[key.parse::<usize>().unwrap()] = value,
            ("add", Value::Object(map)) => assert!(map.insert(key, value).is_none()),
            ("remove", Value::Object(map)) => assert!(map.shift_remove(&key).is_some()),
            ("replace", Value::Object(map)) => assert!(map.insert(key, value).is_some()),
            (op, parent) => panic!("{op} at {path} of {parent}"),
        }
    }
}
