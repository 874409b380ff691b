//! Merges any two JSON values as any kind of object.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::same;
use serde_json::{Map, Value, json};
use strategicpatch::{Kind, Strategy, merge};

fuzz_target!(|data: &[u8]| -> Corpus {
    // Two JSON texts separated by a NUL byte, or bytes from which both are generated.
    if data.first() == Some(&b'{') {
        let mut texts = data.splitn(2, |&byte| byte == 0).map(serde_json::from_slice);
        let (Some(Ok(original)), Some(Ok(patch))) = (texts.next(), texts.next()) else { return Corpus::Reject };
        for kind in Kind::ALL {
            check(&original, &patch, kind);
        }
        return Corpus::Keep;
    }
    let mut bytes = Unstructured::new(data);
    let Ok(kind) = bytes.choose(&Kind::ALL).copied() else { return Corpus::Reject };
    let fields = &FIELDS[Kind::ALL.iter().position(|k| *k == kind).expect("ALL contains the kind")];
    let (Ok(original), Ok(patch)) = (object(&mut bytes, fields, false), object(&mut bytes, fields, true)) else {
        return Corpus::Reject;
    };
    check(&original, &patch, kind);
    Corpus::Keep
});

fn check(original: &Value, patch: &Value, kind: Kind) {
    let show = |merged: &Value| format!("{kind:?}\n{original}\n{patch}\n{merged}");
    if original.is_object() {
        let unchanged = merge(original.clone(), json!({}), kind).expect("an empty patch can be applied");
        assert_eq!(&unchanged, original, "an empty patch changes nothing");
        let emptied = merge(original.clone(), json!({"$patch": "delete"}), kind).expect("the object can be deleted");
        assert_eq!(emptied, json!({}));
    }
    let Ok(merged) = merge(original.clone(), patch.clone(), kind) else { return };
    assert!(merged.is_object(), "{}", show(&merged));
    if is_plain(patch, original) {
        // A field that the API does not know can be set, but not merged with an existing value.
        let Ok(twice) = merge(merged.clone(), patch.clone(), kind) else { return };
        assert!(same(&twice, &merged), "merging twice gives {twice}: {}", show(&merged));
    }
}

/// Whether merging `patch` twice must equal merging it once: it has no directives, no nulls, and no lists (whose items may
/// have no merge key, or be duplicates).
fn is_plain(patch: &Value, original: &Value) -> bool {
    match patch {
        Value::Object(map) => map
            .iter()
            .all(|(key, value)| !key.starts_with('$') && is_plain(value, original.get(key).unwrap_or(&Value::Null))),
        Value::Array(items) => items.is_empty(),
        Value::Null => false,
        _ => true,
    }
}

/// A field: its name, whether it is a list (of objects), the merge key of its items, and its own fields.
#[derive(Default)]
struct Field {
    name: String,
    is_list: bool,
    of_objects: bool,
    key: Option<&'static str>,
    below: Vec<Field>,
}

/// The fields of each kind with a merge strategy.
static FIELDS: LazyLock<Vec<Vec<Field>>> = LazyLock::new(|| {
    let fields = |kind: &Kind| {
        let mut fields = Vec::new();
        for rule in kind.rules() {
            let mut level = &mut fields;
            let mut parts = rule.path.split('.').peekable();
            while let Some(part) = parts.next() {
                let name = part.trim_end_matches("[]");
                let at = level.iter().position(|f: &Field| f.name == name).unwrap_or_else(|| {
                    let is_list = part.ends_with("[]");
                    level.push(Field { name: name.to_owned(), is_list, ..Field::default() });
                    level.len() - 1
                });
                let field = &mut level[at];
                if parts.peek().is_none() {
                    field.of_objects = rule.of_objects;
                    if let Strategy::Merge { key } = rule.strategy {
                        field.key = key;
                    }
                }
                level = &mut field.below;
            }
        }
        fields
    };
    Kind::ALL.iter().map(fields).collect()
});

const DIRECTIVES: [&str; 4] = ["$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"];
const NAMES: [&str; 4] = ["a", "b", "c", "istio-proxy"];

/// An object with some of `fields`. A patch also has directives.
fn object(bytes: &mut Unstructured<'_>, fields: &[Field], is_patch: bool) -> Result<Value> {
    let mut map = Map::new();
    for _ in 0..bytes.int_in_range(0..=5)? {
        let Some(field) = fields.get(bytes.int_in_range(0..=fields.len())?) else {
            let (name, value) = (*bytes.choose(&NAMES)?, scalar(bytes)?);
            map.insert(name.to_owned(), value);
            continue;
        };
        if is_patch && bytes.ratio(1, 4)? {
            let directive = *bytes.choose(&DIRECTIVES)?;
            let key =
                if directive.ends_with('/') { format!("{directive}{}", field.name) } else { directive.to_owned() };
            let value = match directive {
                "$patch" => json!(bytes.choose(&["replace", "delete", "merge", ""])?),
                "$retainKeys" => {
                    let keep = |_: u8| Ok(Value::from(field.name.as_str()));
                    (0..bytes.int_in_range(0..=2)?).map(keep).collect::<Result<_>>().map(Value::Array)?
                }
                _ => list(bytes, field, false)?,
            };
            map.insert(key, value);
            continue;
        }
        let value = match bytes.int_in_range(0..=9)? {
            0 => Value::Null,
            1 => scalar(bytes)?,
            _ if field.is_list => list(bytes, field, is_patch)?,
            _ => object(bytes, &field.below, is_patch)?,
        };
        map.insert(field.name.clone(), value);
    }
    Ok(Value::Object(map))
}

fn list(bytes: &mut Unstructured<'_>, field: &Field, is_patch: bool) -> Result<Value> {
    let count = bytes.int_in_range(0..=3)?;
    let item = |_: u8| {
        if !field.of_objects {
            return scalar(bytes);
        }
        let mut item = object(bytes, &field.below, is_patch)?;
        if let (Some(key), Value::Object(map), true) = (field.key, &mut item, bytes.ratio(7, 8)?) {
            map.insert(key.to_owned(), scalar(bytes)?);
        }
        Ok(item)
    };
    (0..count).map(item).collect::<Result<_>>().map(Value::Array)
}

fn scalar(bytes: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match bytes.int_in_range(0..=9)? {
        0 => Value::Null,
        1 => json!(bytes.arbitrary::<bool>()?),
        2 => json!(bytes.arbitrary::<u16>()?),
        3 => json!(f64::from(bytes.arbitrary::<u8>()?) / 2.0),
        4 => json!([]),
        5 => json!({}),
        _ => json!(bytes.choose(&NAMES)?),
    })
}
