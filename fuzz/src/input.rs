//! Reads an input: a text, and after the first NUL byte the operations on it. So any manifest is an input, and a mutation
//! changes either the text or the operations.

use arbitrary::{Result, Unstructured};
use lossless_yaml::{Tree, same};
use serde_json::{Map, Value};

use crate::model::text::{self, Document};
use crate::model::{KEYS, Plan, TEXTS, without_empty};

/// The text of an input and the bytes after it. `None` if the text is not UTF-8.
pub fn parts(data: &[u8]) -> Option<(&str, Unstructured<'_>)> {
    let end = data.iter().position(|&byte| byte == 0);
    let (text, program) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 1..]));
    Some((str::from_utf8(text).ok()?, Unstructured::new(program)))
}

/// The first byte of an input from whose bytes both the document and the operations are generated.
pub const GENERATED: u8 = 1;

/// Generates a document with a mapping at the root, in one of the styles that people use.
pub fn document(bytes: &mut Unstructured<'_>) -> Result<Document> {
    let mut map = Map::new();
    for _ in 0..bytes.int_in_range(1..=5)? {
        map.insert(key(bytes, &WRITABLE)?, value(bytes, &WRITABLE, 3)?);
    }
    let anchors = bytes.arbitrary()?;
    let length = bytes.int_in_range(0..=150)?.min(bytes.len());
    let choices = bytes.bytes(length)?.to_vec();
    Ok(text::document(Value::Object(map), choices, anchors))
}

/// Words for keys and values, in addition to strings that are hard to write.
pub struct Words {
    /// Keys.
    pub keys: &'static [&'static str],
    /// Strings.
    pub texts: &'static [&'static str],
    /// Whether to generate other keys and strings of any characters.
    pub others: bool,
}

/// Only strings that are hard to write, and any others.
pub const NO_WORDS: Words = Words { keys: &[], texts: &[], others: true };

/// Only strings that [`document`] can write in all styles.
const WRITABLE: Words = Words { others: false, ..NO_WORDS };

/// Operations from the bytes, at most `limit`.
pub fn plans(bytes: &mut Unstructured<'_>, words: &Words, limit: usize) -> Vec<Plan> {
    let mut plans = Vec::new();
    while plans.len() < limit && !bytes.is_empty() {
        let Ok(plan) = plan(bytes, words) else { break };
        plans.push(plan);
    }
    plans
}

fn plan(bytes: &mut Unstructured<'_>, words: &Words) -> Result<Plan> {
    let kind = bytes.int_in_range(0..=4)?;
    let count = bytes.int_in_range(0..=8)?;
    let turns = (0..count).map(|_| bytes.arbitrary()).collect::<Result<_>>()?;
    Ok(Plan { kind, turns, index: bytes.arbitrary()?, key: key(bytes, words)?, value: value(bytes, words, 3)? })
}

fn key(bytes: &mut Unstructured<'_>, words: &Words) -> Result<String> {
    word(bytes, words.keys, &KEYS, words.others)
}

fn string(bytes: &mut Unstructured<'_>, words: &Words) -> Result<String> {
    word(bytes, words.texts, &TEXTS, words.others)
}

/// One of the words, or another one if `others`.
fn word(bytes: &mut Unstructured<'_>, words: &[&str], more: &[&str], others: bool) -> Result<String> {
    let index = usize::from(bytes.arbitrary::<u8>()?);
    let count = words.len() + more.len();
    let index = if others { index } else { index % count };
    if let Some(word) = words.iter().chain(more).nth(index) {
        return Ok((*word).to_owned());
    }
    let length = bytes.int_in_range(0..=6)?;
    (0..length).map(|_| bytes.arbitrary::<char>()).collect()
}

/// A value with up to `depth` levels.
pub fn value(bytes: &mut Unstructured<'_>, words: &Words, depth: usize) -> Result<Value> {
    let kinds = if depth == 0 { 5 } else { 8 };
    Ok(match bytes.arbitrary::<u8>()? % kinds {
        0 => Value::Null,
        1 => Value::Bool(bytes.arbitrary()?),
        2 => Value::from(bytes.arbitrary::<i32>()?),
        3 | 4 => Value::String(string(bytes, words)?),
        5 => {
            let count = bytes.int_in_range(0..=3)?;
            (0..count).map(|_| value(bytes, words, depth - 1)).collect::<Result<_>>().map(Value::Array)?
        }
        _ => {
            let count = bytes.int_in_range(0..=4)?;
            let entry = |_| Ok((key(bytes, words)?, value(bytes, words, depth - 1)?));
            (0..count).map(entry).collect::<Result<Map<_, _>>>().map(Value::Object)?
        }
    })
}

/// Whether a document has merge keys.
pub fn has_merge_keys(tree: &Tree<'_>) -> bool {
    tree.root().is_some_and(|root| tree.keys_named("<<", root).next().is_some())
}

/// Whether two values are the same data without what is empty, because an edit may remove that.
pub fn same_but_empty(a: &Value, b: &Value) -> bool {
    same(&without_empty(a), &without_empty(b))
}
