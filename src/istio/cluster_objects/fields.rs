//! Reads fields of objects by path and type. Errors name the path and never quote a value.

use serde_json::{Map, Value};

use crate::istio::value::wrong_type;
use crate::k8s::{Element, Path};

/// A field with a wrong value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The path of the field.
    pub path: Path,
    /// The problem, with the path in it.
    pub problem: String,
}

impl Wrong {
    /// The error about a field of the wrong type.
    pub(super) fn new(path: Path, expected: &str, found: &Value) -> Self {
        Self::because(path, wrong_type(expected, found))
    }

    /// The error about a field with this problem.
    pub(super) fn because(path: Path, problem: impl AsRef<str>) -> Self {
        let problem = format!("{path} {}", problem.as_ref());
        Self { path, problem }
    }
}

/// A remark on a field that the API server accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// The path of the field.
    pub path: Path,
    /// The remark, with the path in it.
    pub text: String,
}

impl Remark {
    /// A remark on the field at `path`.
    pub(super) fn new(path: Path, what: &str) -> Self {
        let text = format!("{path} {what}");
        Self { path, text }
    }
}

/// A value in an object, with its path.
#[derive(Clone, Debug)]
pub(super) struct Field<'v> {
    /// The value.
    pub value: &'v Value,
    path: Path,
}

impl<'v> Field<'v> {
    /// The object itself.
    pub(super) fn root(value: &'v Value) -> Self {
        Self { value, path: Path::default() }
    }

    /// The path of a key in the value.
    pub(super) fn path_to(&self, key: &str) -> Path {
        let mut path = self.path.clone();
        path.push(Element::Key(key.to_owned()));
        path
    }

    /// The error for a value that must be `expected`.
    pub(super) fn wrong(&self, expected: &str) -> Wrong {
        Wrong::new(self.path.clone(), expected, self.value)
    }

    /// The entries of the value, which must be a mapping.
    pub(super) fn map(&self) -> Result<&'v Map<String, Value>, Wrong> {
        self.value.as_object().ok_or_else(|| self.wrong("a mapping"))
    }

    /// The value of a key; absent and `null` are the same.
    pub(super) fn get(&self, key: &str) -> Result<Option<Self>, Wrong> {
        let value = self.map()?.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| Self { value, path: self.path_to(key) }))
    }

    /// The string at a key.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'v str>, Wrong> {
        let Some(field) = self.get(key)? else { return Ok(None) };
        field.value.as_str().map(Some).ok_or_else(|| field.wrong("a string"))
    }

    /// The items of the list at a key; none if it is absent.
    pub(super) fn items(&self, key: &str) -> Result<Vec<Self>, Wrong> {
        let Some(field) = self.get(key)? else { return Ok(Vec::new()) };
        let Value::Array(items) = field.value else { return Err(field.wrong("a list")) };
        let item = |(index, value)| {
            let mut path = field.path.clone();
            path.push(Element::Index(index));
            Self { value, path }
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The entries of the map of strings at a key; none if it is absent.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<(&'v str, &'v str)>, Wrong> {
        let Some(field) = self.get(key)? else { return Ok(Vec::new()) };
        let text = |(key, value): (&'v String, &'v Value)| match value.as_str() {
            Some(text) => Ok((key.as_str(), text)),
            None => Err(Wrong::new(field.path_to(key), "a string", value)),
        };
        field.map()?.iter().map(text).collect()
    }

    /// Remarks on the keys that are not `known`.
    pub(super) fn unknown(&self, known: &[&str], remarks: &mut Vec<Remark>) -> Result<(), Wrong> {
        let keys = self.map()?.keys().filter(|key| !known.contains(&key.as_str()));
        let paths: Vec<_> = keys.map(|key| self.path_to(key)).collect();
        if let Some(first) = paths.first() {
            let names: Vec<String> = paths.iter().map(ToString::to_string).collect();
            let text = format!("unknown fields, which the API server drops: {}", names.join(", "));
            remarks.push(Remark { path: first.clone(), text });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_about_types_name_the_path() {
        let object = json!({"spec": {"limits": [{"type": 1}], "labels": {"a.b": true}, "text": []}});
        let spec = Field::root(&object).get("spec").unwrap().unwrap();
        let limits = spec.items("limits").unwrap();
        assert_eq!(limits[0].text("type").unwrap_err().problem, "spec.limits[0].type must be a string, found a number");
        assert_eq!(spec.texts("labels").unwrap_err().problem, "spec.labels[\"a.b\"] must be a string, found a boolean");
        assert_eq!(spec.items("labels").unwrap_err().problem, "spec.labels must be a list, found a mapping");
        assert_eq!(
            spec.get("text").unwrap().unwrap().text("a").unwrap_err().problem,
            "spec.text must be a mapping, found a list"
        );
        assert_eq!(spec.text("absent"), Ok(None));
    }
}
