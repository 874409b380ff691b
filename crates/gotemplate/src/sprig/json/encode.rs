//! Writes values as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::super::error::FunctionError;
use super::super::super::fmt::float::append;
use super::super::super::functions::{Context, Operand};
use super::super::super::text::chars;
use super::super::super::value::{Entries, FloatKind, List, Map, Str, Struct, Type, Value};
use super::super::conversion::bytes_of;

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Whether `<`, `>` and `&` are escaped
    pub(super) escape_html: bool,
    /// Whether each entry has its own line, with two blanks for each level
    pub(super) indent: bool,
}

/// A value as JSON. Keys are sorted.
pub(super) fn encode(context: &mut Context, value: &Value, style: Style) -> Result<Str, FunctionError> {
    let mut encoder = Encoder { context, style, out: Vec::new(), paid: 0 };
    encoder.value(value, 0)?;
    Ok(encoder.out.into())
}

struct Encoder<'a> {
    context: &'a mut Context,
    style: Style,
    out: Vec<u8>,
    /// For how much of `out` the budget was asked
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
                let text = float(*kind, *value)?;
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

    /// Writes a value of a type that says itself how it is written.
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
                function.call(self.context, &mut [Operand::plain(receiver.clone())]).map_err(|why| match why {
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

    /// Begins an entry, or the bracket behind the last one.
    fn line(&mut self, comma: bool, depth: usize) {
        if comma {
            self.out.push(b',');
        }
        if self.style.indent {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 2 * depth, b' ');
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        let mut at = 0;
        for (c, len) in chars(text) {
            let bytes = text.get(at..at + len).unwrap_or(&[]);
            at += len;
            match c {
                '"' => self.raw("\\\""),
                '\\' => self.raw("\\\\"),
                '\x08' => self.raw("\\b"),
                '\x0c' => self.raw("\\f"),
                '\n' => self.raw("\\n"),
                '\r' => self.raw("\\r"),
                '\t' => self.raw("\\t"),
                '<' | '>' | '&' if self.style.escape_html => self.unicode(c),
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => self.unicode(c),
                '\u{fffd}' if len == 1 => self.unicode(c),
                _ => self.out.extend_from_slice(bytes),
            }
        }
        self.out.push(b'"');
    }

    fn unicode(&mut self, c: char) {
        self.raw(&format!("\\u{:04x}", u32::from(c)));
    }

    /// JSON that a method wrote.
    fn escaped(&mut self, json: &[u8]) {
        let mut at = 0;
        for (c, len) in chars(json) {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if self.style.escape_html => self.unicode(c),
                _ => self.out.extend_from_slice(json.get(at..at + len).unwrap_or(&[])),
            }
            at += len;
        }
    }
}

fn unsupported(value: &Value) -> FunctionError {
    FunctionError::new(format!("json: unsupported type: {}", value.ty()))
}

/// A number as JavaScript writes it.
fn float(kind: FloatKind, value: f64) -> Result<String, FunctionError> {
    if !value.is_finite() {
        let text = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        return Err(format!("json: unsupported value: {text}").into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float32 is held in a float64")]
    let small = value as f32;
    let single = kind == FloatKind::Float32;
    // A float32 is near a bound if it is as a float32.
    let size = if single { f64::from(small.abs()) } else { value.abs() };
    let (least, most) = if single { (f64::from(1e-6_f32), f64::from(1e21_f32)) } else { (1e-6, 1e21) };
    let scientific = size != 0.0 && (size < least || size >= most);
    let mut text = Vec::new();
    append(&mut text, value, if scientific { b'e' } else { b'f' }, None, single);
    let text = String::from_utf8_lossy(&text);
    // The exponent has no zero before it.
    Ok(text.replace("e-0", "e-").replace("e+0", "e+"))
}

/// The exported fields of a struct; those of an embedded struct stand in its place, where no outer field has their
/// name. (Structs are embedded as deep as their types say, which is not deep.)
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
