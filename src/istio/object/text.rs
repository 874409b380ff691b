//! Finds the texts of objects in a file by their lines, so that only those of certain kinds are parsed: documents, and
//! the items of a `List` in block style. Parsing decides in doubtful cases.

use lossless_yaml::{list_items, split, values_in_column};

/// The text of one object, or of a List that could not be cut into items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ObjectText<'a> {
    /// The text; the item of a list begins with its dash.
    pub text: &'a str,
    /// The line of the file that it begins on, counted from 1.
    pub line: usize,
    /// The kind of the list that it is an item of, such as `ConfigMapList`; empty outside of lists.
    pub list: &'a str,
}

impl ObjectText<'_> {
    /// The same text in a file whose line `line` is the first of the text that was searched.
    pub(super) fn at_line(self, line: usize) -> Self {
        Self { line: self.line + line - 1, ..self }
    }
}

/// The texts in `file` that may be objects of a wanted kind. `is_wanted` takes the kind, empty if it is not clear, and
/// the text.
pub(super) fn object_texts<'a>(file: &'a str, is_wanted: &dyn Fn(&str, &str) -> bool) -> Vec<ObjectText<'a>> {
    let mut found = Vec::new();
    for chunk in split(file.as_bytes()) {
        let document = file.get(chunk.range).unwrap_or_default();
        let list = values_in_column(document, 0, "kind").find(|kind| kind.ends_with("List"));
        match list.and_then(|list| Some((list, list_items(document, "items")?))) {
            Some((list, items)) => {
                let item_kind = list.strip_suffix("List").unwrap_or(list);
                let wanted = items.filter(|item| may_be_wanted(item.text, item.column, item_kind, is_wanted));
                found.extend(wanted.map(|item| ObjectText {
                    text: item.text,
                    line: chunk.start.line + item.line,
                    list,
                }));
            }
            None if may_be_wanted(document, 0, "", is_wanted) => {
                found.push(ObjectText { text: document, line: chunk.start.line, list: "" });
            }
            None => {}
        }
    }
    found
}

/// Whether the object `text`, with its keys in this column, may be of a wanted kind. `default` is its kind if it has
/// none.
fn may_be_wanted(text: &str, column: usize, default: &str, is_wanted: &dyn Fn(&str, &str) -> bool) -> bool {
    let mut kinds = values_in_column(text, column, "kind").peekable();
    if kinds.peek().is_none() {
        // Flow style, quoted keys, or an item that does not state its kind.
        return is_wanted(default, text);
    }
    kinds.any(|kind| kind.ends_with("List") || is_wanted(kind, text))
}
