//! Go's `fmt`: formats any value by verbs.

mod flags;
mod print;
mod printf;

use std::borrow::Borrow;

use super::error::FunctionError;
use super::functions::Context;
use super::limits::Limit;
use super::value::{Kind, Value};
use flags::Flags;

/// Writes values to a buffer, within limits on its length and on the nesting of values.
struct Printer<'p> {
    out: &'p mut Vec<u8>,
    context: &'p mut Context,
    flags: Flags,
    /// Set while a bad verb is reported: methods are not called.
    reporting: bool,
    /// Set while a method's failure is reported: another failure ends the report.
    failing: bool,
    /// The maximum length of `out`, and the error beyond it.
    most: usize,
    limit: Limit,
}

impl<'p> Printer<'p> {
    /// A printer whose text counts as memory that functions build.
    fn new(out: &'p mut Vec<u8>, context: &'p mut Context) -> Self {
        let most = out.len().saturating_add(context.budget.memory_left());
        let limit = Limit::Memory(context.budget.limits().memory);
        Self { out, context, flags: Flags::default(), reporting: false, failing: false, most, limit }
    }

    /// Fails if there is no room for `count` more bytes.
    #[inline]
    fn reserve(&self, count: usize) -> Result<(), Limit> {
        if self.out.len().saturating_add(count) > self.most { Err(self.limit) } else { Ok(()) }
    }

    #[inline]
    fn write(&mut self, text: &[u8]) -> Result<(), Limit> {
        self.reserve(text.len())?;
        self.out.extend_from_slice(text);
        Ok(())
    }
}

/// A value in its default format, as `%v` and the actions of templates print it.
pub fn text(context: &mut Context, value: &Value) -> Result<Vec<u8>, FunctionError> {
    let mut out = Vec::new();
    Printer::new(&mut out, context).argument(value, 'v')?;
    context.budget.allocate(out.len())?;
    Ok(out)
}

/// `fmt.Sprint`: with a space between two values if neither is a string.
pub fn sprint(context: &mut Context, values: &[Value]) -> Result<Vec<u8>, FunctionError> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, context);
    let mut after_string = true;
    for value in values {
        let string = value.kind() == Kind::String;
        if !string && !after_string {
            printer.write(b" ")?;
        }
        printer.argument(value, 'v')?;
        after_string = string;
    }
    context.budget.allocate(out.len())?;
    Ok(out)
}

/// `fmt.Sprintln`: with spaces between all values, and a newline.
pub fn sprintln(context: &mut Context, values: &[Value]) -> Result<Vec<u8>, FunctionError> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, context);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            printer.write(b" ")?;
        }
        printer.argument(value, 'v')?;
    }
    printer.write(b"\n")?;
    context.budget.allocate(out.len())?;
    Ok(out)
}

/// `fmt.Sprintf`
pub fn sprintf<V: Borrow<Value>>(context: &mut Context, format: &[u8], values: &[V]) -> Result<Vec<u8>, FunctionError> {
    let mut out = Vec::with_capacity(format.len() + 32);
    Printer::new(&mut out, context).printf(format, values)?;
    context.budget.allocate(out.len())?;
    Ok(out)
}

/// Like [`sprintf`], appended to `out`. On failure, `out` is left as it was.
pub(super) fn append<V: Borrow<Value>>(
    out: &mut Vec<u8>,
    context: &mut Context,
    format: &[u8],
    values: &[V],
) -> Result<(), FunctionError> {
    let start = out.len();
    let printed = Printer::new(out, context).printf(format, values).map_err(FunctionError::from);
    let counted = printed.and_then(|()| Ok(context.budget.allocate(out.len() - start)?));
    if counted.is_err() {
        out.truncate(start);
    }
    counted
}

/// Appends a value to a template's output, which may become `most` bytes long.
pub(super) fn print(out: &mut Vec<u8>, context: &mut Context, value: &Value, most: usize) -> Result<(), Limit> {
    match value {
        // The most frequent types need no flags.
        Value::String(text) if out.len().saturating_add(text.len()) <= most => {
            out.extend_from_slice(text);
            Ok(())
        }
        value => {
            let limit = Limit::Output(context.budget.limits().output);
            let flags = Flags::default();
            Printer { out, context, flags, reporting: false, failing: false, most, limit }.argument(value, 'v')
        }
    }
}
