//! Reads the objects in saved documents: output of `kubectl get -o yaml|json` and `az … -o json`, in any combination.
//!
//! Items of Lists are read one after another, so that a List of 10,000 pods takes little more memory than its text.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::k8s::group;
use lossless_yaml::{Tree, YamlError, YamlErrorKind, list_items, values_in_column};

/// How deep Lists may be nested.
const MAX_LISTS: usize = 16;

/// An object and its place.
#[derive(Debug)]
pub struct SavedObject<'a> {
    /// The object. An item of a `PodList` has the `kind` and `apiVersion` of a Pod, even if it has none itself.
    pub value: Value,
    /// The file's name.
    pub file: &'a str,
    /// The line on which the object begins, from 1.
    pub line: usize,
}

impl SavedObject<'_> {
    /// The kind; empty for documents that are not Kubernetes objects, such as those of `az`.
    pub fn kind(&self) -> &str {
        text(&self.value, "kind")
    }

    /// Whether it is what `kubectl version` prints.
    pub fn is_kubectl_version(&self) -> bool {
        self.value.get("clientVersion").is_some() || self.value.get("serverVersion").is_some()
    }

    /// The API group of the kind; empty for the core group.
    pub fn group(&self) -> &str {
        group(text(&self.value, "apiVersion"))
    }
}

/// A document of a file.
#[derive(Clone, Copy, Debug)]
pub struct SavedDocument<'a> {
    /// The file's name.
    pub file: &'a str,
    /// The line of the file on which the text begins, from 1.
    pub line: usize,
    /// The document's text.
    pub text: &'a str,
}

impl<'a> SavedDocument<'a> {
    /// Calls `take` with each object of the document, in order: items of Lists and of top-level arrays one by one.
    /// Documents that are not mappings are ignored.
    pub fn objects(self, take: &mut dyn FnMut(SavedObject<'a>)) -> Result<(), YamlError> {
        let mut reader = Reader { file: self.file, take, taken: 0, known: 0 };
        let text = self.text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with(['{', '[']) {
            let mut lines = Lines { text, at: 0, line: self.line };
            // Invalid JSON may be valid YAML. If it is not, the error of the YAML parser has a place.
            if reader.json(text, &mut lines, &ListKind::default(), 0).is_some() {
                return Ok(());
            }
        } else if reader.items(self).is_some() {
            return Ok(());
        }
        reader.known = std::mem::take(&mut reader.taken);
        let tree = Tree::parse(self.text, self.line)?;
        let Some(root) = tree.root() else { return Ok(()) };
        reader.yaml(&tree, root, &ListKind::default(), 0)
    }

    /// The same for a JSON document. Returns `None` if it is not JSON; objects before the fault may have been passed on.
    pub fn json_objects(self, take: &mut dyn FnMut(SavedObject<'a>)) -> Option<()> {
        let mut reader = Reader { file: self.file, take, taken: 0, known: 0 };
        reader.json(self.text, &mut Lines { text: self.text, at: 0, line: self.line }, &ListKind::default(), 0)
    }
}

/// The kind of a List's items, for items without one.
#[derive(Clone, Default)]
struct ListKind {
    api_version: String,
    kind: String,
}

impl ListKind {
    /// Of a mapping with these keys; `None` if it is not a List.
    fn of(api_version: Option<&str>, kind: Option<&str>) -> Option<Self> {
        let kind = kind?.strip_suffix("List")?;
        // A plain List has items of any kind.
        let api_version = if kind.is_empty() { None } else { api_version };
        Some(Self { api_version: api_version.unwrap_or_default().to_owned(), kind: kind.to_owned() })
    }

    /// Adds `kind` and `apiVersion` to an item that lacks them.
    fn complete(&self, item: &mut Value) {
        let Some(item) = item.as_object_mut().filter(|_| !self.kind.is_empty()) else { return };
        if !item.contains_key("kind") {
            item.insert("kind".to_owned(), self.kind.as_str().into());
            if !item.contains_key("apiVersion") {
                item.insert("apiVersion".to_owned(), self.api_version.as_str().into());
            }
        }
    }
}

/// The keys of a List in JSON.
#[derive(Deserialize)]
struct JsonHead<'a> {
    #[serde(rename = "apiVersion", default)]
    api_version: Option<Value>,
    #[serde(default)]
    kind: Option<Value>,
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

/// Counts the lines up to places in a text, in order.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of `part`, a part of the text that does not begin before those of earlier calls.
    fn of(&mut self, part: &str) -> usize {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        if let Some(between) = self.text.as_bytes().get(self.at..offset) {
            self.line += memchr::memchr_iter(b'\n', between).count();
            self.at = offset;
        }
        self.line
    }
}

struct Reader<'r, 'a> {
    file: &'a str,
    take: &'r mut dyn FnMut(SavedObject<'a>),
    /// How many objects were found.
    taken: usize,
    /// How many of them were passed on before the document had to be read again as a whole.
    known: usize,
}

impl<'a> Reader<'_, 'a> {
    fn object(&mut self, mut value: Value, list: &ListKind, line: usize) {
        if !value.is_object() {
            return;
        }
        self.taken += 1;
        if self.taken > self.known {
            list.complete(&mut value);
            (self.take)(SavedObject { value, file: self.file, line });
        }
    }

    /// Reads JSON. `None` if it is invalid.
    fn json(&mut self, text: &str, lines: &mut Lines<'_>, list: &ListKind, depth: usize) -> Option<()> {
        let text = text.trim_start();
        if text.starts_with('[') {
            return self.json_items(text, lines, list, depth);
        }
        let line = lines.of(text);
        if text.starts_with('{') {
            let head: JsonHead<'_> = serde_json::from_str(text).ok()?;
            let word = |value: &Option<Value>| value.as_ref().and_then(|value| value.as_str().map(str::to_owned));
            let kind = word(&head.kind).or_else(|| Some(list.kind.clone()).filter(|kind| !kind.is_empty()));
            let inner = ListKind::of(word(&head.api_version).as_deref(), kind.as_deref());
            if let (Some(inner), Some(items)) = (inner, head.items) {
                return self.json_items(items.get(), lines, &inner, depth + 1);
            }
        }
        self.object(serde_json::from_str(text).ok()?, list, line);
        Some(())
    }

    fn json_items(&mut self, text: &str, lines: &mut Lines<'_>, list: &ListKind, depth: usize) -> Option<()> {
        if depth > MAX_LISTS {
            return None;
        }
        let items: Option<Vec<&RawValue>> = serde_json::from_str(text).ok()?;
        for item in items.into_iter().flatten() {
            self.json(item.get(), lines, list, depth)?;
        }
        Some(())
    }

    /// Reads a List in block style item by item. `None` if that is not possible.
    fn items(&mut self, document: SavedDocument<'a>) -> Option<()> {
        let kind = values_in_column(document.text, 0, "kind").find(|kind| kind.ends_with("List"))?;
        let api_version = values_in_column(document.text, 0, "apiVersion").next();
        let list = ListKind::of(api_version, Some(kind))?;
        for item in list_items(document.text, "items")? {
            let tree = Tree::parse(item.text, document.line + item.line).ok()?;
            let root = tree.root()?;
            let only = tree.items(root).next().filter(|_| tree.kind(root).is_seq())?;
            self.yaml(&tree, only, &list, 1).ok()?;
        }
        Some(())
    }

    fn yaml(
        &mut self,
        tree: &Tree<'_>,
        node: lossless_yaml::NodeId,
        list: &ListKind,
        depth: usize,
    ) -> Result<(), YamlError> {
        let node = tree.resolve_alias(node);
        if depth > MAX_LISTS {
            let message = format!("Lists are nested deeper than the limit of {MAX_LISTS}");
            return Err(tree.node_error(YamlErrorKind::Limit, node, message, None));
        }
        let mut items = tree.kind(node).is_seq().then(|| (node, list.clone()));
        if tree.kind(node).is_map() {
            let word = |key: &str| Ok(tree.get(node, key)?.map(|value| tree.scalar(tree.resolve_alias(value))));
            let kind = word("kind")?.or(Some(list.kind.as_str()).filter(|kind| !kind.is_empty()));
            if let (Some(inner), Some(inside)) = (ListKind::of(word("apiVersion")?, kind), tree.get(node, "items")?) {
                let inside = tree.resolve_alias(inside);
                items = tree.kind(inside).is_seq().then_some((inside, inner));
            }
        }
        match items {
            Some((inside, inner)) => {
                for item in tree.items(inside) {
                    self.yaml(tree, item, &inner, depth + 1)?;
                }
            }
            None => self.object(tree.value(node)?, list, tree.line(node)),
        }
        Ok(())
    }
}

/// The string at `key`; empty if there is none.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objects of a document that begins on line 3, as `line kind/name`.
    fn found(text: &str) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let mut take = |object: SavedObject<'_>| {
            let name = object.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("-");
            found.push(format!("{} {}/{name}", object.line, object.kind()));
        };
        let document = SavedDocument { file: "a", line: 3, text };
        document.objects(&mut take).map_err(|error| error.to_string())?;
        Ok(found)
    }

    #[test]
    fn objects_are_found_in_documents_and_lists() {
        let item = |name: &str| format!("- kind: Pod\n  metadata:\n    name: {name}\n");
        let list = format!("apiVersion: v1\nitems:\n{}{}kind: List\n", item("a"), item("b"));
        for (text, expected) in [
            ("kind: Pod\nmetadata: {name: a}\n", vec!["3 Pod/a"]),
            (&list, vec!["5 Pod/a", "8 Pod/b"]),
            ("\u{feff}kind: List\nitems:\n- kind: A\n", vec!["5 A/-"]),
            (
                "kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n- kind: Node\n",
                vec!["6 Pod/a", "7 Node/-"],
            ),
            ("{kind: List, items: [{kind: A}, {kind: B}]}\n", vec!["3 A/-", "3 B/-"]),
            ("kind: List\nitems:\n- kind: List\n  items:\n  - kind: A\n", vec!["7 A/-"]),
            ("- kind: A\n- kind: B\n", vec!["3 A/-", "4 B/-"]),
            ("kind: List\nitems: []\n", vec![]),
            ("kind: List\n", vec!["3 List/-"]),
            ("text\n", vec![]),
            ("# nothing\n", vec![]),
        ] {
            assert_eq!(found(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn json_is_read_with_the_lines_of_its_items() {
        let list = "\u{feff}{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\"kind\": \"A\"},\n    {\n      \"kind\": \
                    \"B\"\n    }\n  ],\n  \"kind\": \"List\"\n}\n";
        assert_eq!(found(list).unwrap(), ["6 A/-", "7 B/-"]);
        assert_eq!(found("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"}}]}").unwrap(), ["3 Pod/a"]);
        assert_eq!(found("[\n{\"id\": 1},\n{\"id\": 2}]").unwrap(), ["4 /-", "5 /-"]);
        assert_eq!(found("{\"kind\":\"List\",\"items\":null}").unwrap(), ["3 List/-"]);
        assert!(found("{\"kind\":\"List\",\"items\":[{\"kind\":]}").is_err());
    }

    #[test]
    fn an_anchor_that_crosses_items_is_resolved() {
        let text = "kind: List\nitems:\n- kind: A\n  metadata: &m {name: a}\n- kind: B\n  metadata: *m\n";
        assert_eq!(found(text).unwrap(), ["5 A/a", "7 B/a"]);
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested =
            |depth: usize| format!("{}{{kind: A}}{}", "{kind: List, items: [".repeat(depth), "]}".repeat(depth));
        assert_eq!(found(&nested(MAX_LISTS)).unwrap(), ["3 A/-"]);
        assert!(found(&nested(MAX_LISTS + 1)).unwrap_err().contains("nested deeper"));
        let json = |depth: usize| {
            format!("{}{{\"kind\":\"A\"}}{}", "{\"kind\":\"List\",\"items\":[".repeat(depth), "]}".repeat(depth))
        };
        assert_eq!(found(&json(MAX_LISTS)).unwrap(), ["3 A/-"]);
        assert!(found(&json(MAX_LISTS + 1)).unwrap_err().contains("nested deeper"));
        assert!(found(&"[".repeat(5000)).is_err());
    }
}
