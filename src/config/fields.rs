//! Reads a configuration key by key. Errors name the key and the expected type. They never quote a value, which may be a
//! secret.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::diagnostic::nearest;
use crate::istio::value;
use crate::lint::UnknownRule;

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", dotted(path), if path.is_empty() { "" } else { " " })]
pub struct FieldError {
    /// The path of the key at fault.
    pub path: Vec<String>,
    problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl FieldError {
    /// The error about the setting at `path`.
    pub(super) fn new(path: &[&str], problem: &str, hint: Option<&str>) -> Self {
        let path: Vec<String> = path.iter().map(ToString::to_string).collect();
        Self { path, problem: problem.to_owned(), hint: hint.map(str::to_owned) }
    }
}

/// A path for messages. Keys that nobody would see are quoted.
fn dotted(path: &[String]) -> String {
    let shown = |key: &String| if key.trim().is_empty() { format!("{key:?}") } else { key.clone() };
    path.iter().map(shown).collect::<Vec<_>>().join(".")
}

/// The keys of a mapping.
#[derive(Debug)]
pub struct Fields<'v> {
    path: Vec<String>,
    map: Option<&'v Map<String, Value>>,
    /// The keys that were read.
    known: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// The mapping `value` at this path; null is an empty mapping.
    pub fn new(value: &'v Value, path: &[&str]) -> Result<Self, FieldError> {
        let path = path.iter().map(ToString::to_string).collect();
        match value {
            Value::Null => Ok(Self { path, map: None, known: Vec::new() }),
            Value::Object(map) => Ok(Self { path, map: Some(map), known: Vec::new() }),
            other => Err(wrong_type(path, "a mapping", other)),
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'v Value> {
        self.known.push(key);
        self.map?.get(key).filter(|value| !value.is_null())
    }

    fn wrong_type(&self, key: &str, expected: &str, found: &Value) -> FieldError {
        wrong_type(self.below(key), expected, found)
    }

    fn below(&self, key: &str) -> Vec<String> {
        self.path.iter().cloned().chain([key.to_owned()]).collect()
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>, FieldError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.wrong_type(key, "a string", value))?;
        Ok(Some(text.to_owned()))
    }

    /// A string that is parsed. The error describes what is `expected`.
    pub fn parsed<T: FromStr>(&mut self, key: &'static str, expected: &str) -> Result<Option<T>, FieldError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.invalid(key, expected))
    }

    /// A string that is parsed. The error is that of the parser, which must not quote the string.
    pub fn read<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Result<Option<T>, FieldError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let wrong =
            |error: T::Err| FieldError { path: self.below(key), problem: format!("is wrong: {error}"), hint: None };
        text.parse().map(Some).map_err(wrong)
    }

    /// A list of strings, each of which is parsed. The error describes what is `expected`.
    pub fn each<T, E>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
        expected: &str,
    ) -> Result<Vec<T>, FieldError> {
        let texts: Vec<String> = self.texts(key)?;
        texts.iter().map(|text| parse(text).map_err(|_| self.invalid(key, expected))).collect()
    }

    fn invalid(&self, key: &str, expected: &str) -> FieldError {
        FieldError { path: self.below(key), problem: format!("must be {expected}"), hint: None }
    }

    /// A boolean; false if absent.
    pub fn flag(&mut self, key: &'static str) -> Result<bool, FieldError> {
        let Some(value) = self.get(key) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong_type(key, "a boolean", value))
    }

    /// A whole number from 0 to 100.
    pub fn percent(&mut self, key: &'static str) -> Result<Option<u8>, FieldError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let percent = value.as_u64().and_then(|number| u8::try_from(number).ok()).filter(|percent| *percent <= 100);
        percent.map(Some).ok_or_else(|| self.invalid(key, "a whole number from 0 to 100"))
    }

    /// A list of strings.
    pub fn texts<T: From<String>>(&mut self, key: &'static str) -> Result<Vec<T>, FieldError> {
        let expected = "a list of strings";
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| self.wrong_type(key, expected, value))?;
        let text = |item: &Value| {
            let text = item.as_str().ok_or_else(|| self.wrong_type(key, expected, item))?;
            Ok(text.to_owned().into())
        };
        items.iter().map(text).collect()
    }

    /// A mapping of strings.
    pub fn pairs(&mut self, key: &'static str) -> Result<BTreeMap<String, String>, FieldError> {
        let mut pairs = BTreeMap::new();
        for (name, value) in self.mapping(key)? {
            let text = value.as_str().ok_or_else(|| {
                let mut path = self.below(key);
                path.push(name.clone());
                wrong_type(path, "a string", value)
            })?;
            pairs.insert(name.clone(), text.to_owned());
        }
        Ok(pairs)
    }

    /// A mapping of strings without an empty key, in its order.
    pub fn named_pairs(&mut self, key: &'static str) -> Result<Vec<(String, String)>, FieldError> {
        let pairs = self.pairs(key)?;
        if pairs.contains_key("") {
            return Err(self.invalid(key, "a mapping of names to strings: a name is empty"));
        }
        Ok(pairs.into_iter().collect())
    }

    /// A mapping of mappings.
    pub fn maps(&mut self, key: &'static str) -> Result<Vec<(String, Self)>, FieldError> {
        let below = self.below(key);
        let entry = |(name, value): (&String, &'v Value)| {
            let path: Vec<&str> = below.iter().map(String::as_str).chain([name.as_str()]).collect();
            Ok((name.clone(), Self::new(value, &path)?))
        };
        self.mapping(key)?.map(entry).collect()
    }

    fn mapping(
        &mut self,
        key: &'static str,
    ) -> Result<impl Iterator<Item = (&'v String, &'v Value)> + use<'v>, FieldError> {
        let entries = match self.get(key) {
            None => None,
            Some(Value::Object(map)) => Some(map),
            Some(other) => return Err(self.wrong_type(key, "a mapping", other)),
        };
        Ok(entries.into_iter().flatten())
    }

    /// One of these words.
    pub fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Result<Option<T>, FieldError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        chosen.map(Some).ok_or_else(|| FieldError { path: self.below(key), problem: must_be_one_of(words), hint: None })
    }

    /// A mapping from patterns of files to one of these words each, in its order.
    pub fn choices_by_pattern<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Vec<(String, T)>, FieldError> {
        let below = self.below(key);
        let choice = |(name, value): (&String, &Value)| {
            check_pattern(&below, name)?;
            let chosen = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
            let chosen = chosen.map(|(_, choice)| (name.clone(), *choice));
            chosen.ok_or_else(|| {
                let path = below.iter().cloned().chain([name.clone()]).collect();
                FieldError { path, problem: must_be_one_of(words), hint: None }
            })
        };
        self.mapping(key)?.map(choice).collect()
    }

    /// A mapping from patterns of files to mappings.
    pub fn maps_by_pattern(&mut self, key: &'static str) -> Result<Vec<(String, Self)>, FieldError> {
        let (below, maps) = (self.below(key), self.maps(key)?);
        maps.iter().try_for_each(|(pattern, _)| check_pattern(&below, pattern))?;
        Ok(maps)
    }

    /// A mapping at a key; an empty one if it is absent.
    pub fn map(&mut self, key: &'static str) -> Result<Self, FieldError> {
        let below = self.below(key);
        let path: Vec<&str> = below.iter().map(String::as_str).collect();
        Self::new(self.get(key).unwrap_or(&Value::Null), &path)
    }

    /// The error about a rule that does not exist.
    pub(super) fn unknown_rule(&self, key: &str, unknown: &UnknownRule) -> FieldError {
        FieldError {
            path: self.below(key),
            problem: format!("names an unknown rule: {unknown}"),
            hint: Some(unknown.hint()),
        }
    }

    /// Refuses keys that were not read.
    pub fn finish(self) -> Result<(), FieldError> {
        let unknown = self.map.into_iter().flat_map(Map::keys).find(|key| !self.known.contains(&key.as_str()));
        let Some(unknown) = unknown else { return Ok(()) };
        let hint = nearest(unknown, &self.known).map(|nearest| format!("did you mean {nearest}?"));
        let problem = format!("is not a known key (known: {})", self.known.join(", "));
        Err(FieldError { path: self.below(unknown), problem, hint })
    }
}

/// Refuses a pattern that matches no file on its own.
fn check_pattern(below: &[String], pattern: &str) -> Result<(), FieldError> {
    let (problem, hint) = match pattern.trim() {
        "" => ("is an empty pattern", None),
        text if text.starts_with('!') => {
            ("is a negated pattern", Some("write another pattern for these files after it"))
        }
        text if text.starts_with('#') => ("is a comment", Some("begin the name of such a file with a backslash")),
        _ => return Ok(()),
    };
    let path: Vec<&str> = below.iter().map(String::as_str).chain([pattern]).collect();
    Err(FieldError::new(&path, &format!("{problem}, which matches no file"), hint))
}

fn must_be_one_of<T>(words: &[(&str, T)]) -> String {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    format!("must be one of {}", words.join(", "))
}

fn wrong_type(path: Vec<String>, expected: &str, found: &Value) -> FieldError {
    let is_unquoted = expected.contains("string") && matches!(found, Value::Bool(_) | Value::Number(_));
    let hint = is_unquoted.then(|| "quote it".to_owned());
    FieldError { path, problem: value::wrong_type(expected, found), hint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(value: &Value) -> String {
        let read = || {
            let mut fields = Fields::new(value, &["spec"])?;
            fields.text("istio")?;
            fields.flag("check")?;
            fields.texts::<String>("values")?;
            fields.pairs("env")?;
            fields.choice("mode", &[("native", 1), ("mesh", 2)])?;
            for (_, mut target) in fields.maps("targets")? {
                target.text("istio")?;
                target.finish()?;
            }
            fields.finish()
        };
        read().err().map_or_else(|| "none".to_owned(), |error: FieldError| error.to_string())
    }

    #[test]
    fn errors_name_the_key_and_no_value() {
        let secret = || json!("SECRET");
        let ok = json!({"istio": "1.30", "check": true, "values": ["a"], "env": {"A": "1"}, "mode": "mesh", "targets": {"a": null}});
        assert_eq!(error(&ok), "none");
        assert_eq!(error(&Value::Null), "none");
        for (value, expected) in [
            (json!([]), "spec must be a mapping, found a list"),
            (json!({"istio": [secret()]}), "spec.istio must be a string, found a list"),
            (json!({"check": secret()}), "spec.check must be a boolean, found a string"),
            (json!({"values": secret()}), "spec.values must be a list of strings, found a string"),
            (json!({"values": [{"a": secret()}]}), "spec.values must be a list of strings, found a mapping"),
            (json!({"env": secret()}), "spec.env must be a mapping, found a string"),
            (json!({"env": {"A": [secret()]}}), "spec.env.A must be a string, found a list"),
            (json!({"mode": secret()}), "spec.mode must be one of native, mesh"),
            (json!({"targets": {"a": secret()}}), "spec.targets.a must be a mapping, found a string"),
            (json!({"targets": {"a": {"istio": 1}}}), "spec.targets.a.istio must be a string, found a number"),
            (
                json!({"istios": secret()}),
                "spec.istios is not a known key (known: istio, check, values, env, mode, targets)",
            ),
        ] {
            assert_eq!(error(&value), expected);
        }
    }
}
