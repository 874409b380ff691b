//! Regular expressions in Go's syntax.
//!
//! regex-automata compiles and searches. The parser is our own: with that of regex-syntax, 19 of the recorded cases fail
//! (`gt.sprig.regex.005` and others), since Go's syntax, its ASCII classes and its errors differ.

mod case;
mod class;
mod expression;
mod node;
mod reach;
mod scan;
mod syntax;

use super::super::error::FunctionResult;
use super::super::functions::{Context, Functions};
use super::super::value::Str;
use super::slice::Slice;
use expression::{Expression, Fault};

/// How a function reports an invalid expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// With the expression before the error, as Go panics
    Panic,
    /// With the error only
    Error,
}

pub(super) fn add(functions: &mut Functions) {
    functions.add_with("regexMatch", |context: &mut Context, regex: Str, text: Str| -> FunctionResult<bool> {
        match Expression::get(context, &regex) {
            Ok(regex) => regex.matches(context, &text),
            Err(Fault::Syntax(_)) => Ok(false),
            Err(Fault::Function(why)) => Err(why),
        }
    });
    functions.add_with("mustRegexMatch", |context: &mut Context, regex: Str, text: Str| -> FunctionResult<bool> {
        expression(context, &regex, Wrong::Error)?.matches(context, &text)
    });
    for (name, wrong) in [("regexFind", Wrong::Panic), ("mustRegexFind", Wrong::Error)] {
        functions.add_with(name, move |context: &mut Context, regex: Str, text: Str| {
            expression(context, &regex, wrong)?.find(context, &text)
        });
    }
    for (name, wrong) in [("regexFindAll", Wrong::Panic), ("mustRegexFindAll", Wrong::Error)] {
        functions.add_with(
            name,
            move |context: &mut Context, regex: Str, text: Str, count: isize| -> FunctionResult<Slice<Str>> {
                expression(context, &regex, wrong)?.find_all(context, &text, count)
            },
        );
    }
    for (name, wrong) in [("regexSplit", Wrong::Panic), ("mustRegexSplit", Wrong::Error)] {
        functions.add_with(
            name,
            move |context: &mut Context, regex: Str, text: Str, count: isize| -> FunctionResult<Slice<Str>> {
                expression(context, &regex, wrong)?.split(context, &text, count)
            },
        );
    }
    for (name, wrong, literal) in [
        ("regexReplaceAll", Wrong::Panic, false),
        ("mustRegexReplaceAll", Wrong::Error, false),
        ("regexReplaceAllLiteral", Wrong::Panic, true),
        ("mustRegexReplaceAllLiteral", Wrong::Error, true),
    ] {
        functions.add_with(name, move |context: &mut Context, regex: Str, text: Str, by: Str| {
            expression(context, &regex, wrong)?.replace_all(context, &text, &by, literal)
        });
    }
    functions.add("regexQuoteMeta", |text: Str| -> Str {
        let mut out = Vec::with_capacity(text.len());
        for byte in text.iter() {
            if br"\.+*?()|[]{}^$".contains(byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.into()
    });
}

fn expression(context: &mut Context, regex: &Str, wrong: Wrong) -> FunctionResult<std::sync::Arc<Expression>> {
    Expression::get(context, regex).map_err(|fault| match (fault, wrong) {
        (Fault::Syntax(why), Wrong::Error) => why.into(),
        (Fault::Syntax(why), Wrong::Panic) => {
            let text = regex.to_text();
            let quoted =
                if gostd::strconv::can_backquote(regex) { format!("`{text}`") } else { gostd::strconv::quote(regex) };
            format!("regexp: Compile({quoted}): {why}").into()
        }
        (Fault::Function(why), _) => why,
    })
}
