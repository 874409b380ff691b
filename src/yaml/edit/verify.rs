//! What was written is read again, and must say what the operations came to: the last guard before the edit of a document
//! beyond JSON and the plain form leaves this room. In such a document a text in one place can change what another one
//! says: block scalars that keep line ends, anchors, comments between lines that are indented deeper.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::error::{YamlError, YamlErrorKind};
use super::super::resolve::same;
use super::super::tree::{NodeId, Tree};
use super::draft::Nodes;
use super::{Step, path_text};

/// The data that an edited text must have.
pub(super) enum Expected {
    /// Any: JSON and a document of the plain form have nothing in them that could go wrong, and where the data cannot be
    /// told (a key stands twice, aliases go beyond the limit) there is nothing to compare.
    Any,
    Data(Value),
}

impl Expected {
    /// The data of the draft, after its last operation.
    pub(super) fn of(nodes: &Nodes<'_, '_>) -> Self {
        let tree = nodes.tree;
        let is_json = |root| {
            let text = tree.text.get(tree.span(root)).unwrap_or_default();
            serde_json::from_str::<IgnoredAny>(text).is_ok()
        };
        if tree.is_plain || tree.root().is_some_and(is_json) {
            return Self::Any;
        }
        let is_clear = tree.root().is_some_and(|root| tree.check_duplicate_keys(root).is_ok());
        match nodes.root.filter(|_| is_clear).map(|root| nodes.value(root)) {
            Some(Ok(data)) => Self::Data(data),
            _ => Self::Any,
        }
    }

    /// Fails where `edited`, which came out of `tree`, would not be read or has other data.
    pub(super) fn check(&self, tree: &Tree<'_>, edited: &str) -> Result<(), YamlError> {
        let (Self::Data(expected), Some(root)) = (self, tree.root()) else { return Ok(()) };
        let refused = |path: &[Step<'_>], why: String, hint: Option<String>| {
            let place = tree.place(nearest(tree, root, path));
            let plainer = || "write the lines around it in a plainer form, or edit it by hand".to_owned();
            let hint = hint.unwrap_or_else(plainer);
            Err(YamlError::new(YamlErrorKind::Edit, place, why).with_path(path_text(path)).with_hint(hint))
        };
        match data(edited) {
            Ok(got) => {
                let Some(mut path) = difference(&got, expected) else { return Ok(()) };
                path.reverse();
                refused(&path, "the edit cannot be written here: this would say something else".to_owned(), None)
            }
            Err(error) => {
                let why = format!("the edit cannot be written here: its result would not be read ({})", error.message);
                refused(&[], why, error.hint)
            }
        }
    }
}

/// The data of a text in which no key stands twice.
fn data(text: &str) -> Result<Value, YamlError> {
    let tree = Tree::parse(text, 1)?;
    let Some(root) = tree.root() else { return Ok(Value::Null) };
    tree.check_duplicate_keys(root)?;
    tree.value(root)
}

/// Where the two are not the same data, from the innermost step to the outermost; none if they are. A key without data
/// is as good as none: what an operation emptied may go, or leave a bare key.
fn difference<'v>(a: &'v Value, b: &'v Value) -> Option<Vec<Step<'v>>> {
    let below = |step: Step<'v>, found: Option<Vec<Step<'v>>>| {
        found.map(|mut path| {
            path.push(step);
            path
        })
    };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let mut all = a.iter().map(|(key, value)| (key, value, b.get(key).unwrap_or(&Value::Null)));
            let mut added =
                b.iter().filter(|(key, _)| !a.contains_key(*key)).map(|(key, value)| (key, &Value::Null, value));
            let differs = |(key, a, b): (&'v String, &'v Value, &'v Value)| below(Step::Key(key), difference(a, b));
            all.find_map(differs).or_else(|| added.find_map(differs))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut all = a.iter().zip(b).enumerate();
            all.find_map(|(index, (a, b))| below(Step::Index(index), difference(a, b)))
        }
        _ => {
            let is_alike = same(a, b) || (is_empty(a) && is_empty(b));
            (!is_alike).then(Vec::new)
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_empty),
        _ => false,
    }
}

/// The last node on the way along `path`.
fn nearest(tree: &Tree<'_>, root: NodeId, path: &[Step<'_>]) -> NodeId {
    let mut at = root;
    for step in path {
        let next = match step {
            Step::Key(key) => tree.get(at, key).ok().flatten(),
            Step::Index(index) => tree.items(tree.resolve_alias(at)).nth(*index),
        };
        let Some(next) = next else { break };
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, edited: &str, data: Value) -> Result<(), YamlError> {
        Expected::Data(data).check(&Tree::parse(text, 5).expect("it is YAML"), edited)
    }

    #[test]
    fn tells_where_an_edited_text_says_something_else() {
        let text = "a: 1\nb:\n- c\n- d: |+\n    one\n";
        let data = json!({"a": 2, "b": ["c", {"d": "one\n"}]});
        assert_eq!(check(text, "a: 2\nb:\n- c\n- d: |+\n    one\n", data.clone()), Ok(()));
        let error = check(text, "a: 2\nb:\n- c\n- d: |+\n    one\n\n", data).expect_err("a line end more");
        assert_eq!((error.kind, error.place.line, &*error.path), (YamlErrorKind::Edit, 8, "b[1].d"));
    }

    #[test]
    fn an_edited_text_must_be_yaml() {
        let error = check("a: &x 1\nb: *x\n", "b: *x\n", json!({"b": 1})).expect_err("the anchor went");
        assert_eq!((error.kind, error.place.line, &*error.path), (YamlErrorKind::Edit, 5, ""));
    }

    #[test]
    fn keys_without_data_may_come_and_go() {
        assert_eq!(check("a: {b: []}\nc: 1\n", "c: 1\nd:\n", json!({"a": {"b": []}, "c": 1})), Ok(()));
        let error = check("a: [{}]\n", "a: []\n", json!({"a": [{}]})).expect_err("an item is data");
        assert_eq!(error.path, "a");
    }
}
