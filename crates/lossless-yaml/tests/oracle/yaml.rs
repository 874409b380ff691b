//! Our reader and writer against sigs.k8s.io/yaml.

use lossless_yaml::{Draft, Step, Tree, same, split};
use serde_json::Value;

use oracle_suite::{Tally, print};

use crate::folder;

/// Cases that only one of both readers accepts. docs/reference/yaml.md gives the reasons.
const DIFFERENT: f64 = 0.04;

fn read(text: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(text).map_err(|e| e.to_string())?;
    let chunk = split(text.as_bytes()).swap_remove(0);
    let tree = Tree::parse(&text[chunk.range], 1).map_err(|e| e.to_string())?;
    tree.root().map_or(Ok(Value::Null), |root| tree.value(root)).map_err(|e| e.to_string())
}

#[test]
fn resolve() {
    // Some cases nest thousands deep, and serde_json recurses.
    let thread = std::thread::Builder::new().stack_size(1 << 28).spawn(resolve_cases).unwrap();
    thread.join().unwrap();
}

/// Values that we write in block style have the same data when they are read back.
#[test]
fn roundtrip() {
    let mut tally = Tally::new("yaml roundtrip");
    for line in std::fs::read_to_string(folder("yaml").join("roundtrip.jsonl")).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (id, value) = (case["id"].as_str().unwrap(), &case["value"]);
        let written = write(value);
        let again = read(written.as_bytes()).map(|mut document| document["x"].take());
        let result = match again {
            Ok(again) if same(&again, value) => quotes(value, &written, case["yaml"].as_str().unwrap_or_default()),
            Ok(again) => Err(format!("{value} became {again}:\n{written}")),
            Err(error) => Err(format!("{value} cannot be read: {error}:\n{written}")),
        };
        tally.count(id, result);
    }
    tally.finish();
}

/// A document whose key `x` has `value`.
fn write(value: &Value) -> String {
    let tree = Tree::parse("x:\n", 1).unwrap();
    let mut draft = Draft::new(&tree);
    draft.set(&[Step::Key("x")], value.clone(), None).unwrap();
    draft.finish().unwrap().text.into_owned()
}

/// We quote every string that the other writer quotes, except for control characters, and for strings that every reader
/// reads as strings.
fn quotes(value: &Value, ours: &str, theirs: &str) -> Result<(), String> {
    let Some(text) = value.get("k").and_then(Value::as_str).filter(|t| !t.contains('\n')) else { return Ok(()) };
    let quoted = |yaml: &str| yaml.trim_end().ends_with(['"', '\'']);
    let begins_well = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii();
    let harmless = text.starts_with(begins_well) && text.len() > 2;
    if quoted(theirs) && !quoted(ours) && !harmless {
        return Err(format!("{text:?} is written plain: {ours}"));
    }
    Ok(())
}

fn resolve_cases() {
    let cases = std::fs::read_to_string(folder("yaml").join("resolve.jsonl")).unwrap();
    let (mut same_count, mut total) = (0, 0);
    let (mut wrong, mut refused, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap().to_owned();
        let text = match case["yaml"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => base64(case["yaml_b64"].as_str().unwrap()),
        };
        let want = match (case.get("json"), case["json_text"].as_str()) {
            (Some(value), _) => Some(value.clone()),
            (None, Some(text)) => Some(deep(text)),
            (None, None) => None,
        };
        total += 1;
        match (read(&text), want) {
            (Ok(got), Some(want)) if same(&got, &want) => same_count += 1,
            (Err(_), None) => same_count += 1,
            (Ok(got), Some(want)) => wrong.push(format!("{id}: {got} instead of {want}")),
            (Err(error), Some(_)) => refused.push(format!("{id}: {error}")),
            (Ok(_), None) => taken.push(format!("{id}: {}", case["error"])),
        }
    }
    print(&format!("yaml resolve: {same_count} of {total} alike"));
    print(&format!("{} refused that Kubernetes takes:\n  {}", refused.len(), refused.join("\n  ")));
    print(&format!("{} taken that Kubernetes refuses:\n  {}", taken.len(), taken.join("\n  ")));
    assert!(total > 0, "no cases");
    assert!(wrong.is_empty(), "read as another value:\n{}", wrong.join("\n"));
    let different = f64::from(u32::try_from(refused.len() + taken.len()).unwrap());
    assert!(different <= DIFFERENT * f64::from(total), "{different} of {total} differ");
}

/// JSON nested deeper than `serde_json` reads by default.
fn deep(text: &str) -> Value {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(digit).map(u32::from).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let word = group.iter().enumerate().fold(0_u32, |word, (i, d)| word | d << (18 - 6 * i));
        bytes.extend(word.to_be_bytes().iter().skip(1).take(group.len() - 1));
    }
    bytes
}
