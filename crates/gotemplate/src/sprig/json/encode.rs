//! Writes values as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gostd::json::{append_string, format_float, html_escape};
use gostd::strconv::BitSize;

use super::super::super::error::FunctionError;
use super::super::super::functions::{Context, ReflectValue};
use super::super::super::value::{Entries, FloatKind, List, Map, Str, Struct, Type, Value};
use super::super::conversion::bytes_of;

/// The style of the JSON text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether `<`, `>` and `&` are escaped
    pub(super) escape_html: bool,
    /// Whether each entry has its own line, indented by two spaces a level
    pub(super) indent: bool,
}

/// A value as JSON. Keys are sorted.
pub(super) fn encode(context: &mut Context, value: &Value, style: Style) -> Result<Str, FunctionError> {
    let mut encoder = Encoder { context, style, out: String::new(), paid: 0 };
    encoder.value(value, 0)?;
    Ok(encoder.out.into())
}

struct Encoder<'a> {
    context: &'a mut Context,
    style: Style,
    out: String,
    /// The bytes of `out` that were taken from the budget
    paid: usize,
}

impl Encoder<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), FunctionError> {
        self.context.budget.nest(depth)?;
        self.context.budget.step(1)?;
        if self.out.len() > self.paid {
            self.context.budget.allocate(self.out.len() - self.paid)?;
            self.paid = self.out.len();
        }
        if self.marshaler(value)? {
            return Ok(());
        }
        match value.underlying() {
            Value::Nil | Value::Named(_) => self.raw("null"),
            Value::Null(ty) => match ty.underlying() {
                Type::Function(_) => return Err(unsupported(value)),
                _ => self.raw("null"),
            },
            Value::Bool(value) => self.raw(if *value { "true" } else { "false" }),
            Value::Int(_, value) => self.raw(&value.to_string()),
            Value::Uint(_, value) => self.raw(&value.to_string()),
            Value::Float(kind, value) => {
                let bits = if *kind == FloatKind::Float32 { BitSize::Bits32 } else { BitSize::Bits64 };
                let text = format_float(*value, bits).map_err(|why| why.to_string())?;
                self.raw(&text);
            }
            Value::String(text) => self.string(text),
            Value::List(list) if !list.is_array() && list.element() == &Type::BYTE => {
                let text = STANDARD.encode(bytes_of(list));
                self.raw(&format!("\"{text}\""));
            }
            Value::List(list) => self.list(list, depth)?,
            Value::Map(map) => self.map(map, depth)?,
            Value::Struct(of) => {
                let fields = fields(of).into_iter().map(|(name, value)| (Str::from(name), value)).collect();
                self.object(fields, depth)?;
            }
            Value::Pointer(pointer) => self.value(pointer.target(), depth + 1)?,
            Value::Complex(..) | Value::Function(_) => return Err(unsupported(value)),
        }
        Ok(())
    }

    /// Writes a value whose type has a `MarshalJSON` or `MarshalText` method. Returns whether it has.
    fn marshaler(&mut self, value: &Value) -> Result<bool, FunctionError> {
        if !matches!(value, Value::Struct(_) | Value::Named(_) | Value::Pointer(_) | Value::Null(_)) {
            return Ok(false);
        }
        let ty = value.ty();
        for (name, quoted) in [("MarshalJSON", false), ("MarshalText", true)] {
            let bytes = Type::slice(Type::BYTE);
            let found = ty.method(name).filter(|found| {
                let signature = found.method.function.signature();
                found.path.is_empty()
                    && signature.params.len() == 1
                    && signature.results.as_slice() == [bytes, Type::Error]
            });
            let Some(found) = found else { continue };
            if value.is_nil() {
                self.raw("null");
                return Ok(true);
            }
            let receiver = if found.method.pointer { value } else { value.indirect() };
            let function = found.method.function.clone();
            let written =
                function.call(self.context, &mut [ReflectValue::plain(receiver.clone())]).map_err(|why| match why {
                    FunctionError::Message(why) => {
                        FunctionError::Message(format!("json: error calling {name} for type {ty}: {why}"))
                    }
                    limit @ FunctionError::Limit(_) => limit,
                })?;
            let written = bytes_of(written.value.as_slice().unwrap_or(&[]));
            if quoted {
                self.string(&written);
            } else {
                self.escaped(&written);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn list(&mut self, list: &List, depth: usize) -> Result<(), FunctionError> {
        self.raw("[");
        for (at, value) in list.iter().enumerate() {
            self.line(at > 0, depth + 1);
            self.value(value, depth + 1)?;
        }
        if !list.is_empty() {
            self.line(false, depth);
        }
        self.raw("]");
        Ok(())
    }

    fn map(&mut self, map: &Map, depth: usize) -> Result<(), FunctionError> {
        let entries = map.entries();
        let entries = match entries.as_ref() {
            Entries::Text(entries) => entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            Entries::Other(entries) => {
                let mut named = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let name = match key.0.underlying() {
                        Value::Int(_, key) => key.to_string(),
                        Value::Uint(_, key) => key.to_string(),
                        _ => return Err(format!("json: unsupported type: {}", map.ty()).into()),
                    };
                    named.push((Str::from(name), value.clone()));
                }
                named.sort_by(|(a, _), (b, _)| a.cmp(b));
                named
            }
        };
        self.object(entries, depth)
    }

    fn object(&mut self, entries: Vec<(Str, Value)>, depth: usize) -> Result<(), FunctionError> {
        let is_empty = entries.is_empty();
        self.raw("{");
        for (at, (key, value)) in entries.into_iter().enumerate() {
            self.line(at > 0, depth + 1);
            self.string(&key);
            self.raw(if self.style.indent { ": " } else { ":" });
            self.value(&value, depth + 1)?;
        }
        if !is_empty {
            self.line(false, depth);
        }
        self.raw("}");
        Ok(())
    }

    /// Starts an entry or the closing bracket.
    fn line(&mut self, comma: bool, depth: usize) {
        if comma {
            self.out.push(',');
        }
        if self.style.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', 2 * depth));
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn string(&mut self, text: &[u8]) {
        append_string(&mut self.out, text, self.style.escape_html);
    }

    /// Writes JSON that a method returned.
    fn escaped(&mut self, json: &[u8]) {
        let json = String::from_utf8_lossy(json);
        if self.style.escape_html {
            html_escape(&mut self.out, &json);
        } else {
            self.out.push_str(&json);
        }
    }
}

fn unsupported(value: &Value) -> FunctionError {
    FunctionError::new(format!("json: unsupported type: {}", value.ty()))
}

/// The exported fields of a struct. The fields of an embedded struct take its place, except those that an outer field
/// hides. (This recurses only as deep as types are embedded.)
fn fields(of: &Struct) -> Vec<(String, Value)> {
    let outer = |name: &str| of.iter().any(|(field, _)| !field.embedded && *field.name == *name);
    let mut found = Vec::new();
    for (field, value) in of.iter() {
        match value.indirect() {
            Value::Struct(inner) if field.embedded => {
                found.extend(fields(inner).into_iter().filter(|(name, _)| !outer(name)));
            }
            _ if field.exported => found.push((field.name.to_string(), value.clone())),
            _ => {}
        }
    }
    found
}
