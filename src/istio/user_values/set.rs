//! The syntax of Helm's `--set`: `a.b=1,c[0].d=x,e={x,y}`, with `\` before literal characters.

use serde_json::{Map, Value};

use crate::k8s::{Element, Path};

/// The largest list index. Lists are filled up to the index.
const MAX_INDEX: usize = 65_536;

/// The maximum number of steps of a path.
const MAX_PARTS: usize = 64;

/// The number of steps shown of a path that is too long.
const SHOWN: usize = 4;

/// Why a `--set` is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// A key without a value.
    #[error("key {0:?} has no value (expected KEY=VALUE)")]
    NoValue(String),
    /// A key is empty, as between two dots.
    #[error("empty key{}", after(.0))]
    EmptyKey(String),
    /// Brackets without an index.
    #[error("{0}: the brackets must contain the index of a list item")]
    Index(String),
    /// An index is too large.
    #[error("{0}: the index exceeds the limit of {MAX_INDEX}")]
    IndexTooLarge(String),
    /// A path is too long.
    #[error("{0}…: the key has more steps than the limit of {MAX_PARTS}")]
    TooDeep(String),
    /// A list has no end.
    #[error("{0}: the list has no closing brace")]
    OpenList(String),
    /// A path leads into a scalar.
    #[error("{key}: {parent} is not a mapping or list")]
    NoCollection {
        /// The path that was set.
        key: String,
        /// The path of the scalar.
        parent: String,
    },
}

fn after(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" after {path}") }
}

/// A path and the value that it is set to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assignment {
    pub path: Path,
    pub value: Value,
}

/// Reads the assignments of a `--set`.
pub(super) fn parse(text: &str) -> Result<Vec<Assignment>, SetError> {
    let mut reader = Reader { rest: text };
    let mut found = Vec::new();
    while !reader.rest.is_empty() {
        let path = reader.path()?;
        let value = reader.value(&path)?;
        found.push(Assignment { path, value });
    }
    Ok(found)
}

/// Sets the value at a path.
pub(super) fn assign(root: &mut Value, assignment: &Assignment) -> Result<(), SetError> {
    let mut at = root;
    for (depth, part) in assignment.path.iter().enumerate() {
        let key = || assignment.path.to_string();
        if at.is_null() {
            *at = match part {
                Element::Key(_) => Value::Object(Map::new()),
                Element::Index(_) => Value::Array(Vec::new()),
            };
        }
        at = match (part, at) {
            (Element::Key(key), Value::Object(map)) => map.entry(key.clone()).or_insert(Value::Null),
            (Element::Index(index), Value::Array(items)) => {
                if items.len() <= *index {
                    items.resize(index + 1, Value::Null);
                }
                items.get_mut(*index).ok_or_else(|| SetError::IndexTooLarge(key()))?
            }
            _ => {
                let parent = assignment.path.iter().take(depth).cloned().collect::<Path>().to_string();
                return Err(SetError::NoCollection { key: key(), parent });
            }
        };
    }
    *at = assignment.value.clone();
    Ok(())
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// Reads up to and including one of these characters; a backslash makes the next character literal. Returns the
    /// text, the character, and whether there was a backslash.
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

    fn path(&mut self) -> Result<Path, SetError> {
        let mut path = Path::default();
        let mut after_index = false;
        loop {
            let (key, end, _) = self.until(&['=', '[', ',', '.']);
            // After `]` follows a dot or `=`, not a key.
            if !(after_index && key.is_empty()) {
                if key.is_empty() {
                    return Err(SetError::EmptyKey(path.to_string()));
                }
                path.push(Element::Key(key));
            }
            after_index = false;
            if path.len() > MAX_PARTS {
                return Err(SetError::TooDeep(path.iter().take(SHOWN).cloned().collect::<Path>().to_string()));
            }
            match end {
                Some('=') => return Ok(path),
                Some('.') => {}
                Some('[') => {
                    let (index, end, _) = self.until(&[']']);
                    let number = index.trim().parse::<usize>().ok().filter(|_| end.is_some());
                    let number = number.ok_or_else(|| SetError::Index(path.to_string()))?;
                    if number > MAX_INDEX {
                        return Err(SetError::IndexTooLarge(path.to_string()));
                    }
                    path.push(Element::Index(number));
                    after_index = true;
                }
                _ => return Err(SetError::NoValue(path.to_string())),
            }
        }
    }

    /// Reads the value of the key at `path`.
    fn value(&mut self, path: &Path) -> Result<Value, SetError> {
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
                None => return Err(SetError::OpenList(path.to_string())),
            }
        }
    }
}

/// The value of a text: `true`, `false`, `null` and integers have their types. Texts that start with a zero or contain
/// escapes are strings.
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
    fn assignments_are_read_as_helm_reads_them() {
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
    fn invalid_texts_are_refused() {
        let deep = format!("{}=1", "a.".repeat(100));
        for text in [deep.as_str(), "a", "a,b=1", "=1", "a..b=1", "a[x]=1", "a[=1", "a={x", "a[70000]=1", "a=1,a.b=2"] {
            assert!(set(text).is_err(), "{text}: {:?}", set(text));
        }
    }

    #[test]
    fn errors_name_the_key_and_no_value() {
        for (text, expected) in [
            ("a=1,b.c={SECRET", "b.c: the list has no closing brace"),
            ("a.b[SECRET]=1", "a.b: the brackets must contain the index of a list item"),
            ("a.b[70000]=SECRET", "a.b: the index exceeds the limit of 65536"),
            ("a.b..c=SECRET", "empty key after a.b"),
            ("=SECRET", "empty key"),
            ("a=SECRET,a.b.c=SECRET", "a.b.c: a is not a mapping or list"),
        ] {
            assert_eq!(set(text).unwrap_err().to_string(), expected);
        }
    }
}
