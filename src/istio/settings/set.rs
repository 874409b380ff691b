//! The syntax of Helm's `--set`: `a.b=1,c[0].d=x,e={x,y}`, with `\` before what is meant as it stands.

use serde_json::{Map, Value};

/// The largest index of a list that is taken: one more would make a list of so many items.
const MAX_INDEX: usize = 65_536;

/// Why a text is no setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// A key without a value.
    #[error("key {0:?} has no value; write KEY=VALUE")]
    NoValue(String),
    /// A key is empty, or nothing stands between two dots.
    #[error("a key is empty")]
    EmptyKey,
    /// Brackets do not hold an index.
    #[error("{0:?} is no index of a list")]
    Index(String),
    /// An index is too large.
    #[error("an index is over the limit of {MAX_INDEX}")]
    IndexTooLarge,
    /// A list has no end.
    #[error("a list has no closing brace")]
    OpenList,
    /// A key leads into what is no mapping or list.
    #[error("{0} is no mapping or list, and cannot have what the setting gives it")]
    NoCollection(String),
}

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assignment {
    pub path: Vec<Part>,
    pub value: Value,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Key(String),
    Index(usize),
}

/// Reads the settings of one text.
pub(super) fn parse(text: &str) -> Result<Vec<Assignment>, SetError> {
    let mut reader = Reader { rest: text };
    let mut found = Vec::new();
    while !reader.rest.is_empty() {
        let path = reader.path()?;
        let value = reader.value()?;
        found.push(Assignment { path, value });
    }
    Ok(found)
}

/// Puts a value where its path leads.
pub(super) fn assign(root: &mut Value, assignment: &Assignment) -> Result<(), SetError> {
    let mut at = root;
    for (depth, part) in assignment.path.iter().enumerate() {
        let so_far = || display(assignment.path.get(..depth).unwrap_or_default());
        if at.is_null() {
            *at = match part {
                Part::Key(_) => Value::Object(Map::new()),
                Part::Index(_) => Value::Array(Vec::new()),
            };
        }
        at = match (part, at) {
            (Part::Key(key), Value::Object(map)) => map.entry(key.clone()).or_insert(Value::Null),
            (Part::Index(index), Value::Array(items)) => {
                if items.len() <= *index {
                    items.resize(index + 1, Value::Null);
                }
                items.get_mut(*index).ok_or(SetError::IndexTooLarge)?
            }
            _ => return Err(SetError::NoCollection(so_far())),
        };
    }
    *at = assignment.value.clone();
    Ok(())
}

/// A path as people write it.
pub(super) fn display(path: &[Part]) -> String {
    let mut text = String::new();
    for part in path {
        match part {
            Part::Key(key) if text.is_empty() => text.push_str(key),
            Part::Key(key) => text.extend([".", key]),
            Part::Index(index) => text.extend(["[", &index.to_string(), "]"]),
        }
    }
    text
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// Reads up to one of these characters, which is taken too; a backslash before a character makes it a plain one.
    fn until(&mut self, ends: &[char]) -> (String, Option<char>, bool) {
        let mut text = String::new();
        let mut escaped = false;
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            if c == '\\' {
                escaped = true;
                text.extend(chars.next());
            } else if ends.contains(&c) {
                self.rest = chars.as_str();
                return (text, Some(c), escaped);
            } else {
                text.push(c);
            }
        }
        self.rest = "";
        (text, None, escaped)
    }

    fn path(&mut self) -> Result<Vec<Part>, SetError> {
        let mut path = Vec::new();
        let mut after_index = false;
        loop {
            let (key, end, _) = self.until(&['=', '[', ',', '.']);
            // Behind `]` a dot or `=` follows, and no key.
            if !(after_index && key.is_empty()) {
                if key.is_empty() {
                    return Err(SetError::EmptyKey);
                }
                path.push(Part::Key(key));
            }
            after_index = false;
            match end {
                Some('=') => return Ok(path),
                Some('.') => {}
                Some('[') => {
                    let (index, end, _) = self.until(&[']']);
                    let number = index.trim().parse::<usize>().ok().filter(|_| end.is_some());
                    let number = number.ok_or(SetError::Index(index))?;
                    if number > MAX_INDEX {
                        return Err(SetError::IndexTooLarge);
                    }
                    path.push(Part::Index(number));
                    after_index = true;
                }
                _ => return Err(SetError::NoValue(display(&path))),
            }
        }
    }

    fn value(&mut self) -> Result<Value, SetError> {
        let Some(inside) = self.rest.strip_prefix('{') else {
            let (text, _, escaped) = self.until(&[',']);
            return Ok(typed(text, escaped));
        };
        self.rest = inside;
        let mut items = Vec::new();
        loop {
            let (text, end, escaped) = self.until(&[',', '}']);
            if end.is_some() && !(text.is_empty() && items.is_empty() && end == Some('}')) {
                items.push(typed(text, escaped));
            }
            match end {
                Some('}') => {
                    self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                    return Ok(Value::Array(items));
                }
                Some(_) => {}
                None => return Err(SetError::OpenList),
            }
        }
    }
}

/// `true`, `false`, `null` and whole numbers are of their types; what begins with a zero, or was escaped, is a text.
fn typed(text: String, escaped: bool) -> Value {
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    match text.as_str() {
        _ if escaped || has_leading_zero => Value::String(text),
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => text.parse::<i64>().map_or(Value::String(text), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(text: &str) -> Result<Value, SetError> {
        let mut root = json!({});
        for assignment in parse(text)? {
            assign(&mut root, &assignment)?;
        }
        Ok(root)
    }

    #[test]
    fn settings_are_read_as_helm_reads_them() {
        for (text, expected) in [
            ("a=1,b=x", json!({"a": 1, "b": "x"})),
            ("a.b.c=true", json!({"a": {"b": {"c": true}}})),
            ("a[1].b=x,a[0]=y", json!({"a": ["y", {"b": "x"}]})),
            ("a[0][1]=x", json!({"a": [[null, "x"]]})),
            ("a={x,2,}", json!({"a": ["x", 2, ""]})),
            ("a={},b=1", json!({"a": [], "b": 1})),
            ("a=null", json!({"a": null})),
            ("a=", json!({"a": ""})),
            (r"a=x\,y,b\.c=1", json!({"a": "x,y", "b.c": 1})),
            ("a=007,b=0,c=-5,d=1.5", json!({"a": "007", "b": 0, "c": -5, "d": "1.5"})),
            (r"a=\1", json!({"a": "1"})),
            ("a=b=c", json!({"a": "b=c"})),
        ] {
            assert_eq!(set(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_setting_is_an_error() {
        for text in ["a", "a,b=1", "=1", "a..b=1", "a[x]=1", "a[=1", "a={x", "a[70000]=1", "a=1,a.b=2"] {
            assert!(set(text).is_err(), "{text}: {:?}", set(text));
        }
    }
}
