//! Compares the trees of simple documents with those of the whole grammar.

use crate::Tree;
use proptest::prelude::*;

/// Lines of simple documents, and some that are not.
const LINES: [&str; 36] = [
    "a: 1\n",
    "b:\n",
    "c:\n  ",
    "- ",
    "- d\n",
    "  - e: f\n",
    "    g: h\n",
    "  ",
    "    ",
    "[]\n",
    "  []\n",
    "  {}\n",
    "    [1, {x: y}]\n",
    "  [a,\n   b]\n",
    "t: |\n",
    "- |\n",
    "u: |-\n",
    "  text – text\n",
    "    ü\n",
    "\n",
    "   \n",
    "# é\n",
    "  # c\n",
    "v: 'x' # y\n",
    "é: 1\n",
    "  text",
    "\u{2028}",
    "--- \n",
    "... , 1\n",
    "\tx\n",
    "- []\n",
    "{\"a\":1,\n",
    "\"b\":[{},2] }\n",
    "\"\\u00e9\\b\": \"x\"\n",
    "]\n",
    "[\n",
];

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Some(tree) = Tree::parse_simple(text, 1) {
        let by_grammar = Tree::parse_by_grammar(text, 1);
        prop_assert!(by_grammar.as_ref().is_ok_and(|other| other.is_same(&tree)), "{text:?}\n{tree:?}\n{by_grammar:?}");
    }
    Ok(())
}

#[test]
fn json_and_literal_blocks_of_any_text_are_simple() {
    for text in [
        "a: |\n  x – y\n",
        "a: |-\n  x\n\n  y",
        "a:\n  []\nb:\n  - {}\n",
        "a: |\n  x",
        "- a: 1\n- b: 2\n",
        "  a: 1\n  b: 2\n",
        "{\"a\":[1,{\"b\":null}],\n \"c\": \"\\u003c\"}\n",
    ] {
        assert!(Tree::parse_simple(text, 1).is_some(), "{text:?}");
        check(text).unwrap();
    }
    for text in ["a: é\n", "# é\na: 1\n", "a: |\n  x\u{2028}\n", "a: |\n  x\u{85}\n", "a:\n[]\n"] {
        assert!(Tree::parse_simple(text, 1).is_none(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn the_tree_is_the_one_of_the_grammar(lines in prop::collection::vec(prop::sample::select(LINES.to_vec()), 1..8)) {
        check(&lines.concat())?;
    }
}
