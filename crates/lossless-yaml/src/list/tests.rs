//! Cuts lists in all forms, read in blocks of all sizes.

#![allow(clippy::string_slice, reason = "ranges of parts are those of characters")]

use super::*;

/// The parts of a document that is read in blocks of `block` bytes, with what follows the document.
fn scan(text: &str, size: usize, block: usize) -> Option<(ListParts, usize)> {
    let bytes = text.as_bytes();
    let mut scanner = ListScanner::new(bytes, 5, "items", size)?;
    let (mut pos, mut end) = (0, 0);
    loop {
        end = bytes.len().min(end.max(pos) + block);
        match scanner.take(&bytes[pos..end], end == bytes.len()) {
            Scanned::More(count) => pos += count,
            Scanned::End(count) => return scanner.finish().map(|parts| (parts, pos + count)),
            Scanned::Unsuitable => return None,
        }
    }
}

/// The head, the items of each part with their line and column, and the tail.
type Cut<'t> = (&'t str, Vec<(&'t str, usize, usize)>, &'t str);

fn cut(text: &str) -> Option<Cut<'_>> {
    let (parts, end) = scan(text, 1, text.len())?;
    for block in 1..20 {
        assert_eq!(scan(text, 1, block), Some((parts.clone(), end)), "{block}: {text}");
    }
    assert_eq!(parts.len, end);
    assert_eq!(parts.lines, text[..end].matches('\n').count(), "{text}");
    let items = parts.parts.iter().map(|part| {
        assert_eq!(part.count, 1, "{text}");
        (&text[part.items.clone()], part.place.line, part.place.column)
    });
    Some((&text[..parts.head], items.collect(), &text[parts.tail..end]))
}

#[test]
fn lines_of_dashes_are_cut() {
    assert_eq!(
        cut("apiVersion: v1\nitems:\n- a: 1\n  b:\n  - c\n# c\n- d: 2\n\n---\nkind: List\n"),
        Some(("apiVersion: v1\nitems:\n", vec![("- a: 1\n  b:\n  - c\n# c\n", 7, 1), ("- d: 2\n\n", 11, 1)], ""))
    );
    assert_eq!(
        cut("\u{feff}# c\n---\nitems: # c\n\n  # d\n  - a: |\n\n     x\n  - - e\nkind: List\nx:\n- y"),
        Some((
            "\u{feff}# c\n---\nitems: # c\n\n  # d\n",
            vec![("  - a: |\n\n     x\n", 10, 1), ("  - - e\n", 13, 1)],
            "kind: List\nx:\n- y"
        ))
    );
    assert_eq!(cut("items:\r\n- a\r\n- b"), Some(("items:\r\n", vec![("- a\r\n", 6, 1), ("- b", 7, 1)], "")));
}

#[test]
fn json_is_cut() {
    assert_eq!(
        cut("{\"a\":\"items\",\"items\":[{\"ü\":\"]\\\"}\"},{\"b\":[{}]} , {}],\"kind\":\"List\"}\n{}"),
        Some((
            "{\"a\":\"items\",\"items\":[",
            vec![("{\"ü\":\"]\\\"}\"}", 5, 23), ("{\"b\":[{}]}", 5, 36), ("{}", 5, 49)],
            "],\"kind\":\"List\"}\n"
        ))
    );
    let (text, size) = ("# c\n---\n {\"items\": [\n    {\n    },\n  {},\n    {}\n]}\n---\n", 1);
    let (parts, end) = scan(text, size, 3).unwrap();
    // An item that is indented otherwise does not begin a part.
    let items: Vec<&str> = parts.parts.iter().map(|part| &text[part.items.clone()]).collect();
    assert_eq!(items, ["{\n    },\n  {}", "{}"]);
    assert_eq!((&text[parts.tail..end], &text[parts.parts[1].start..parts.tail]), ("\n]}\n", "    {}"));
    assert_eq!((parts.parts[1].place, parts.parts[1].index), (Place { line: 11, column: 5 }, 2));
}

#[test]
fn other_documents_are_not_cut() {
    for text in [
        "",
        "# c\n",
        "a: 1\n",
        "items:\n",
        "items: []\n",
        "items:\n- a\n",
        "items:\n a: 1\n",
        "items:\n- a\n- b\n...\n",
        "items:\n  - a\n- b\n",
        "items:\n- a\n\t- b\n",
        "%YAML 1.1\n---\nitems:\n- a\n- b\n",
        "--- x\nitems:\n- a\n- b\n",
        "items: &x\n- a\n- b\n",
        "items: [{}, {}]\n",
        "x:\n  items:\n  - a\n  - b\n",
        "{\"items\":[{},{}]",
        "{\"items\":[{}\n,{}]}",
        "{\"items\":[{},1,{}]}",
        "{\"items\":[{},{},]}",
        "{\"items\":[{}{},{}]}",
        "{\"items\":[,{},{}]}",
        "{\"items\":[{},{}],\"items\":[{}]}",
        "{\"items\":[{\"a\":\"\n\"},{}]}",
        "{\"items\":[{b: 1},{}]}",
        "{\"items\":[\n{}, # c\n{}]}",
        "{\"items\":[{},{}]} x\n",
        "{\"items\":[{},{}]} {}\n",
        "{\"items\":[{},{}]}\n...\n",
        "{\"items\":[\n{},\n--- ,\n{}]}\n",
        "{\"x\":{\"items\":[{},{}]}}",
    ] {
        assert_eq!(cut(text), None, "{text}");
    }
}

#[test]
fn a_frame_is_a_mapping_with_an_empty_list() {
    let kind = |head, tail| frame_text(head, tail, "items", "kind");
    assert_eq!(kind("items:\n", "kind: List\n").as_deref(), Some("List"));
    assert_eq!(kind("{\"items\":[", "],\"kind\":\"List\"}").as_deref(), Some("List"));
    for (head, tail) in [
        ("items:\n", ""),
        ("items:\n", "kind: List\nitems:\n"),
        ("items:\n", "kind: List\nkind: A\n"),
        ("items:\n", "kind: &a List\n"),
        ("items:\n", "kind: !!str List\n"),
        ("items:\n", "kind: List\n<<: {}\n"),
        ("x: '\nitems:\n", "kind: List\n'\n"),
        ("{\"items\":[", "],\"kind\":\"List\"}}"),
        ("- items:\n", "- kind: List\n"),
    ] {
        assert_eq!(kind(head, tail), None, "{head}{tail}");
    }
}

#[test]
fn an_excerpt_has_the_places_and_paths_of_its_document() {
    for text in [
        "apiVersion: v1\nitems:\n- a: 1\n- b:\n  - ü: 2\n    c: 3\n- d: 4\nkind: List\n",
        "{\"kind\":\"List\",\"items\":[{\"a\":1},{\"ü\":{\"c\":3}},{\"d\":[4]}]}",
        "{\"items\": [\n  {\"a\": 1},\n  {\"ü\":\n{\"c\": 3}},\n  {\"d\": [4]}\n], \"kind\": \"List\"}",
    ] {
        let (parts, _) = scan(text, 1, text.len()).unwrap();
        let whole = Tree::parse(text, 5).unwrap();
        for part in &parts.parts {
            let excerpt = [&text[..parts.head], &text[part.items.clone()], &text[parts.tail..]].concat();
            let place = Excerpt { head: parts.head, place: part.place, index: part.index };
            let tree = Tree::parse_excerpt(&excerpt, 5, place).unwrap();
            let is_item = |&id: &crate::NodeId| {
                let end = parts.head + part.items.len();
                tree.head(id) >= parts.head && tree.head(id) < end && tree.kind(id) != NodeKind::BlockSeq
            };
            let in_items: Vec<_> = tree.all_ids().filter(is_item).collect();
            assert!(!in_items.is_empty());
            for id in in_items {
                let at = tree.head(id) - parts.head + part.items.start;
                let same = |&other: &crate::NodeId| whole.head(other) == at && whole.kind(other) == tree.kind(id);
                let other = whole.all_ids().find(same).unwrap();
                assert_eq!((tree.place(id), tree.line(id)), (whole.place(other), whole.line(other)), "{text}");
                assert_eq!(tree.path(id).to_string(), whole.path(other).to_string(), "{text}");
            }
        }
    }
}
