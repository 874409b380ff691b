//! Documents that `az … -o json` (or `-o yaml`) and Azure's REST API print: fields are found in any letter case,
//! and also in `properties`, as in REST. Null counts as missing.

use serde_json::{Map, Value};

use crate::istio::object::ObjectError;
use crate::istio::value::wrong_type;
use lossless_yaml::{Place, Tree};

/// A document, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Azure<'v> {
    map: &'v Map<String, Value>,
    file: &'v str,
    place: Place,
}

impl<'v> Azure<'v> {
    pub(super) fn new(value: &'v Value, file: &'v str, place: Place) -> Option<Self> {
        Some(Self { map: value.as_object()?, file, place })
    }

    /// The field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'v Value> {
        let find = |map: &'v Map<String, Value>, name: &str| {
            let exact = map.get(name).or_else(|| {
                map.iter()
                    .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())
                    .map(|(_, value)| value)
            });
            exact.filter(|value| !value.is_null())
        };
        find(self.map, name).or_else(|| find(find(self.map, "properties")?.as_object()?, name))
    }

    /// The part at this name.
    pub(super) fn part(&self, name: &str) -> Result<Option<Self>, ObjectError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self { map, ..*self })),
            Some(other) => Err(self.error(format!("{name} {}", wrong_type("a mapping", other)))),
        }
    }

    /// The text at this name.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ObjectError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            // `-o yaml` of other writers leaves a version without quotes.
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.error(format!("{name} {}", wrong_type("a string", other)))),
        }
    }

    /// The items of the list at this name.
    pub(super) fn items(&self, name: &str) -> Result<&'v [Value], ObjectError> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.error(format!("{name} {}", wrong_type("a list", other)))),
        }
    }

    /// The parts in the list at this name.
    pub(super) fn parts(&self, name: &str) -> Result<Vec<Self>, ObjectError> {
        let part = |item: &'v Value| {
            let map = item.as_object();
            let map = map.ok_or_else(|| self.error(format!("items of {name} {}", wrong_type("a mapping", item))))?;
            Ok(Self { map, ..*self })
        };
        self.items(name)?.iter().map(part).collect()
    }

    /// An error about the document.
    pub(super) fn error(&self, message: impl Into<String>) -> ObjectError {
        let error = ObjectError::new(message);
        ObjectError { file: self.file.to_owned(), place: Some(self.place), ..error }
    }
}

/// The data of a document that is not a Kubernetes object; none if it is one, or cannot be read.
pub(super) fn data(text: &str, place: Place) -> Option<Value> {
    // Objects of Kubernetes have it; a document of az may only mention it in a long text.
    const KUBERNETES: &[u8] = b"apiVersion";
    if memchr::memmem::find(text.as_bytes(), KUBERNETES).is_some() {
        return None;
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let tree = Tree::parse(text, place).ok()?;
    tree.value(tree.root()?).ok()
}
