//! Any string, and the data of any document, can be written and read back unchanged.

#![no_main]

use fuzz::input::{has_merge_keys, parts};
use fuzz::model::read;
use libfuzzer_sys::{Corpus, fuzz_target};
use lossless_yaml::{Draft, MAX_DEPTH, Place, Scalar, Step, Tree, same, split};
use serde_json::Value;

/// Documents with a key `x`, in the styles that decide how a value is written.
const STYLES: [&str; 6] = [
    "x: 0\n",
    "w: {x: 0, y: 'z'}\n",
    "w:\r\n  - x: 0\r\n    y: \"z\"\r\n",
    "{\n  \"x\": 0\n}\n",
    "w: [\n  {x: 0},\n]",
    "x: |\n  old\n# end",
];

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((text, _)) = parts(data) else { return Corpus::Reject };
    check_string(text);
    for chunk in split(text.as_bytes()) {
        check_document(&text[chunk.range], chunk.start);
    }
    Corpus::Keep
});

/// Checks that a string can be a value and a key in every style.
fn check_string(text: &str) {
    let value = Value::from(text);
    for style in STYLES {
        check_written(style, &value);
    }
    if !matches!(Scalar::of_plain(text), Scalar::Str(_)) {
        assert!(text.len() < 500 && !text.contains('\n'), "numbers and booleans are short: {text:?}");
    }
}

/// Checks the data of a document, and that it can be written in every style.
fn check_document(text: &str, first: Place) {
    let Ok(tree) = Tree::parse(text, first) else { return };
    let Some(root) = tree.root() else { return };
    walk(&tree, root);
    let is_clear = tree.duplicate_keys(root).is_ok_and(|found| found.is_empty());
    let Ok(value) = tree.value(root) else { return };
    assert!(!is_clear || tree.equals(root, &value), "{value} is not the data of\n{text}");
    if !fits(&value, MAX_DEPTH - 5) {
        return;
    }
    for style in STYLES {
        check_written(style, &value);
    }
    let json = value.to_string();
    // NEL is a line break in YAML, and is refused.
    if !json.contains('\u{85}') {
        let again = read(&json).unwrap_or_else(|error| panic!("{error}: {json:?}"));
        assert!(same(&again, &value), "{again}\ninstead of {value}");
    }
    if let Value::Object(map) = &value
        && is_clear
    {
        for (key, value) in map {
            let node = tree.get(root, key).expect("there are no duplicate keys").expect("the key exists");
            assert!(tree.equals(node, value), "{key:?} is {value} in\n{text}");
        }
    }
}

/// The most bytes of a key that can be written in every style.
const MAX_KEY: usize = 160;

/// Whether `value` has at most `depth` levels and no key that is too long.
fn fits(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| fits(item, depth - 1)),
        Value::Object(map) => {
            depth > 0 && map.iter().all(|(key, value)| key.len() <= MAX_KEY && fits(value, depth - 1))
        }
        _ => true,
    }
}

/// Checks that `value` can be written into a document and read back, as a value and, if it is a string, as a key.
fn check_written(style: &str, value: &Value) {
    let tree = Tree::parse(style, 1).expect("a style is a document");
    let x = [Step::Key("x")];
    let x_in_w = [Step::Key("w"), Step::Key("x")];
    let x_in_list = [Step::Key("w"), Step::Index(0), Step::Key("x")];
    let has = |path: &[Step<'_>]| Draft::new(&tree).get(path).expect("a style is a document").is_some();
    let path: &[Step<'_>] = if has(&x) {
        &x
    } else if has(&x_in_w) {
        &x_in_w
    } else {
        &x_in_list
    };
    let at = |text: &str, path: &[Step<'_>]| {
        let tree = Tree::parse(text, 1).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        Draft::new(&tree).get(path).unwrap_or_else(|error| panic!("{error}:\n{text}")).unwrap_or_default()
    };

    // As a value.
    let mut draft = Draft::new(&tree);
    draft.set(path, value.clone(), None).expect("the value can be set");
    let text = draft.finish().expect("the document can be written").text;
    let got = at(&text, path);
    assert!(same(&got, value), "{got}\ninstead of {value}:\n{text}");
    assert_eq!(split(text.as_bytes()).len(), 1, "one document stays one:\n{text}");

    // As a key.
    let Some(key) = value.as_str().filter(|key| key.len() <= MAX_KEY) else { return };
    let mut draft = Draft::new(&tree);
    let path = [&path[..path.len() - 1], &[Step::Key(key)]].concat();
    draft.set(&path, Value::from(key), None).expect("the key can be set");
    let text = draft.finish().expect("the document can be written").text;
    assert_eq!(at(&text, &path).as_str(), Some(key), "key {key:?}:\n{text}");
}

/// Calls every function on every node.
fn walk(tree: &Tree<'_>, root: lossless_yaml::NodeId) {
    let text = tree.text();
    let merges = has_merge_keys(tree);
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        assert!(text.get(tree.span(node)).is_some(), "{:?} is not a range of {text:?}", tree.span(node));
        let place = tree.place(node);
        assert!(place.line >= 1 && place.column >= 1);
        let _ = (tree.scalar_value(node), tree.key(node), tree.is_merge(node), tree.duplicate_keys(node));
        if tree.kind(node).is_map() {
            for (key, value) in tree.entries(node) {
                assert_eq!((tree.parent(key), tree.parent(value)), (Some(node), Some(node)));
                if let (Ok(name), false) = (tree.key(key), merges) {
                    let _ = tree.get(node, &name);
                }
                nodes.extend([key, value]);
            }
        } else if tree.kind(node).is_seq() {
            nodes.extend(tree.items(node));
        } else if text.len() < 2_000 {
            let _ = tree.path(node);
        }
    }
}
