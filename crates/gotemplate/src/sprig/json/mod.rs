//! JSON, as Go's encoding/json reads and writes it.

mod decode;
mod encode;

use super::super::error::FunctionError;
use super::super::functions::{Context, Functions};
use super::super::value::{Str, Value};
use decode::decode;
use encode::{Style, encode};

pub(super) fn add(functions: &mut Functions) {
    // Functions without `must` ignore errors, except exceeded limits.
    functions.add_with("fromJson", |context: &mut Context, text: Str| -> Result<Value, FunctionError> {
        let (value, why) = decode(context, &text);
        match why {
            Some(FunctionError::Limit(limit)) => Err(limit.into()),
            _ => Ok(value),
        }
    });
    functions.add_with("mustFromJson", |context: &mut Context, text: Str| -> Result<Value, FunctionError> {
        let (value, why) = decode(context, &text);
        why.map_or(Ok(value), Err)
    });
    for (name, must, style) in [
        ("toJson", "mustToJson", Style { escape_html: true, indent: false }),
        ("toPrettyJson", "mustToPrettyJson", Style { escape_html: true, indent: true }),
    ] {
        functions.add_with(name, move |context: &mut Context, value: Value| match encode(context, &value, style) {
            Err(FunctionError::Message(_)) => Ok(Str::default()),
            encoded => encoded,
        });
        functions.add_with(must, move |context: &mut Context, value: Value| encode(context, &value, style));
    }
    for name in ["toRawJson", "mustToRawJson"] {
        let style = Style { escape_html: false, indent: false };
        functions.add_with(name, move |context: &mut Context, value: Value| encode(context, &value, style));
    }
}
