//! Compares with what Go answered: `testdata/record.go` made `testdata/answers.jsonl`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "an answer that cannot be read is a failure")]

use gostd::strconv::BitSize;
use gostd::{json, strconv, time, unicode};
use serde_json::Value;

const ANSWERS: &str = include_str!("../testdata/answers.jsonl");

/// The bytes of a recorded string, which has one character for each.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn recorded(bytes: impl AsRef<[u8]>) -> Value {
    bytes.as_ref().iter().map(|byte| char::from(*byte)).collect::<String>().into()
}

/// A result as it is recorded.
fn answer<T: ToString>(result: Result<T, String>) -> Value {
    match result {
        Ok(value) => recorded(value.to_string()),
        Err(error) => serde_json::json!({"error": recorded(error)}),
    }
}

/// What a function answers, by the name and the arguments that are recorded.
fn answered(call: &[Value]) -> Value {
    let name = call.first().unwrap().as_str().unwrap();
    let argument = |at: usize| call.get(at).unwrap();
    let text = || bytes(argument(1).as_str().unwrap());
    let float = || f64::from_bits(argument(1).as_str().unwrap().parse().unwrap());
    let base = || u32::try_from(argument(2).as_u64().unwrap()).unwrap();
    let failed = |why: strconv::Error| why.message(name, text());
    let written = |append: fn(&mut Vec<u8>, &[u8])| {
        let mut out = Vec::new();
        append(&mut out, &text());
        recorded(out)
    };
    match name {
        "ParseInt" => answer(strconv::parse_int(text(), base()).map_err(failed)),
        "ParseUint" => answer(strconv::parse_uint(text(), base()).map_err(failed)),
        "ParseFloat" => answer(strconv::parse_float(text()).map(f64::to_bits).map_err(failed)),
        "FormatFloat" => {
            let format = argument(2).as_str().unwrap().as_bytes().first().copied().unwrap();
            let precision = usize::try_from(argument(3).as_i64().unwrap()).ok();
            let bits = if argument(4) == 32 { BitSize::Bits32 } else { BitSize::Bits64 };
            recorded(strconv::format_float(float(), format, precision, bits))
        }
        "json float" => answer(json::format_float(float(), BitSize::Bits64).map_err(|why| why.to_string())),
        "json string" => {
            let mut out = String::new();
            json::append_string(&mut out, text(), true);
            recorded(out)
        }
        "ParseDuration" => answer(time::parse_duration(text()).map_err(|why| why.to_string())),
        "Duration.String" => recorded(time::Duration(argument(1).as_str().unwrap().parse().unwrap()).to_string()),
        "Quote" => recorded(strconv::quote(text())),
        "QuoteToASCII" => written(strconv::append_quote_to_ascii),
        "CanBackquote" => strconv::can_backquote(&text()).into(),
        "Unquote" => {
            strconv::unquote(&text()).map_or_else(|why| serde_json::json!({"error": why.to_string()}), recorded)
        }
        _ => panic!("no function {name}"),
    }
}

/// The classes and cases of a rune, as they are recorded.
fn properties(code: &Value) -> Vec<Value> {
    let c = char::from_u32(u32::try_from(code.as_u64().unwrap()).unwrap()).unwrap();
    let classes = [
        unicode::is_letter,
        unicode::is_digit,
        unicode::is_number,
        strconv::is_print,
        unicode::is_punct,
        unicode::is_space,
        unicode::is_upper,
        unicode::is_lower,
        unicode::is_title,
    ];
    let cases = [unicode::to_upper, unicode::to_lower, unicode::to_title];
    let classes = classes.iter().map(|is| is(c).into());
    classes.chain(cases.iter().map(|to| u32::from(to(c)).into())).collect()
}

#[test]
fn answers_are_gos() {
    for line in ANSWERS.lines() {
        let recorded: Vec<Value> = serde_json::from_str(line).unwrap();
        match recorded.as_slice() {
            [name, code, expected @ ..] if name == "unicode" => assert_eq!(properties(code), expected, "{line}"),
            [call @ .., expected] => assert_eq!(answered(call), *expected, "{line}"),
            [] => panic!("an empty line"),
        }
    }
}
