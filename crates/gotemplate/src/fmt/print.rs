//! Formats one value by one verb.

use gostd::utf8::append_rune;

use super::super::error::FunctionError;
use super::super::functions::ReflectValue;
use super::super::limits::Limit;
use super::super::value::{Entries, FloatKind, Kind, Map, Struct, Type, UintKind, Value, bind};
use super::Printer;

type Printed = Result<(), Limit>;

/// The nesting depth of a value, and whether its methods may be called, which they are not in unexported fields.
#[derive(Clone, Copy)]
struct At {
    depth: usize,
    methods: bool,
}

impl At {
    const TOP: Self = Self { depth: 0, methods: true };

    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl Printer<'_> {
    /// An argument of a printing function.
    pub(super) fn argument(&mut self, value: &Value, verb: char) -> Printed {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(value, verb),
            (value, 'T') => {
                let name = value.ty().to_string();
                self.write_string(name.as_bytes())
            }
            (value, 'p') => self.pointer(value, verb),
            (value, verb) => {
                // Bytes are printed before any methods are considered.
                let bytes = matches!(value, Value::List(list) if !list.is_array() && *list.element() == Type::BYTE);
                if !bytes && self.by_method(value, verb)? {
                    return Ok(());
                }
                self.value(value, &Type::Any, verb, At::TOP)
            }
        }
    }

    /// Formats a value by its kind. `element` is the static type of the variable, element or field that holds it.
    fn value(&mut self, value: &Value, element: &Type, verb: char, at: At) -> Printed {
        self.context.budget.nest(at.depth)?;
        self.context.budget.step(1)?;
        if at.depth > 0 && at.methods && self.by_method(value, verb)? {
            return Ok(());
        }
        match value.underlying() {
            Value::Nil if self.flags.sharp_v => self.write(format!("{element}(nil)").as_bytes()),
            Value::Nil | Value::Named(_) => self.write(b"<nil>"),
            Value::Bool(truth) if matches!(verb, 't' | 'v') => self.write_bool(*truth),
            Value::Bool(_) => self.bad_verb(value, verb),
            Value::Int(_, number) => self.integer(value, number.unsigned_abs(), *number < 0, true, verb),
            Value::Uint(_, number) => self.integer(value, *number, false, false, verb),
            Value::Float(kind, number) => self.float(value, *number, *kind == FloatKind::Float32, verb),
            Value::Complex(kind, real, imaginary) => {
                let single = *kind == super::super::value::ComplexKind::Complex64;
                self.complex(value, (*real, *imaginary), single, verb)
            }
            Value::String(text) => self.string(value, text, verb),
            Value::Map(map) => self.map(value, map, verb, at),
            Value::Struct(of) => self.structure(of, verb, at),
            Value::List(list) => self.list(value, list, list.element(), verb, at),
            Value::Pointer(pointer)
                if at.depth == 0
                    && matches!(pointer.target().kind(), Kind::Array | Kind::Slice | Kind::Struct | Kind::Map) =>
            {
                self.write(b"&")?;
                self.value(pointer.target(), &Type::Any, verb, at.inside())
            }
            Value::Pointer(_) | Value::Function(_) => self.pointer(value, verb),
            Value::Null(ty) => match ty.underlying() {
                Type::Slice(element) => self.list(value, &[], element, verb, at),
                Type::Map(of) => self.map(value, &Map::nil(of.0.clone(), of.1.clone()), verb, at),
                _ => self.pointer(value, verb),
            },
        }
    }

    /// Reports a verb that does not fit the value.
    fn bad_verb(&mut self, value: &Value, verb: char) -> Printed {
        self.reporting = true;
        self.write(b"%!")?;
        append_rune(self.out, verb);
        self.write(b"(")?;
        if matches!(value, Value::Nil) {
            self.write(b"<nil>")?;
        } else {
            self.write(format!("{}=", value.ty()).as_bytes())?;
            self.value(value, &Type::Any, 'v', At::TOP)?;
        }
        self.write(b")")?;
        self.reporting = false;
        Ok(())
    }

    fn integer(&mut self, value: &Value, size: u64, negative: bool, signed: bool, verb: char) -> Printed {
        // As Go converts for the verbs that format a character.
        let code = if negative { size.wrapping_neg() } else { size };
        match verb {
            'v' if self.flags.sharp_v && !signed => self.hexadecimal(size, true),
            'v' | 'd' => self.write_integer(size, negative, 10, verb),
            'b' => self.write_integer(size, negative, 2, verb),
            'o' | 'O' => self.write_integer(size, negative, 8, verb),
            'x' | 'X' => self.write_integer(size, negative, 16, verb),
            'c' => self.write_char(code),
            'q' => self.write_quoted_char(code),
            'U' => self.write_unicode(code),
            _ => self.bad_verb(value, verb),
        }
    }

    fn hexadecimal(&mut self, size: u64, prefix: bool) -> Printed {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefix);
        let done = self.write_integer(size, false, 16, 'v');
        self.flags.sharp = sharp;
        done
    }

    fn float(&mut self, value: &Value, number: f64, single: bool, verb: char) -> Printed {
        match verb {
            'v' => self.write_float(number, single, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.write_float(number, single, verb, None),
            'f' | 'e' | 'E' => self.write_float(number, single, verb, Some(6)),
            'F' => self.write_float(number, single, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    fn complex(&mut self, value: &Value, (real, imaginary): (f64, f64), single: bool, verb: char) -> Printed {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.write(b"(")?;
        self.float(value, real, single, verb)?;
        self.flags.plus = true;
        self.float(value, imaginary, single, verb)?;
        self.write(b"i)")?;
        self.flags.plus = plus;
        Ok(())
    }

    fn string(&mut self, value: &Value, text: &[u8], verb: char) -> Printed {
        match verb {
            'v' if self.flags.sharp_v => self.write_quoted(text),
            'v' | 's' => self.write_string(text),
            'x' | 'X' => self.write_hex(text, verb == 'X'),
            'q' => self.write_quoted(text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn map(&mut self, value: &Value, map: &Map, verb: char, at: At) -> Printed {
        let sharp = self.flags.sharp_v;
        if sharp {
            self.write(value.ty().to_string().as_bytes())?;
            if map.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.write(if sharp { b"{" } else { b"map[" })?;
        let at = at.inside();
        match map.entries().as_ref() {
            Entries::Text(entries) => {
                for (position, (key, value)) in entries.iter().enumerate() {
                    self.separate(position)?;
                    self.value(&map.key_value(key), map.key_type(), verb, at)?;
                    self.write(b":")?;
                    self.value(value, map.element(), verb, at)?;
                }
            }
            Entries::Other(entries) => {
                for (position, (key, value)) in entries.iter().enumerate() {
                    self.separate(position)?;
                    self.value(&key.0, map.key_type(), verb, at)?;
                    self.write(b":")?;
                    self.value(value, map.element(), verb, at)?;
                }
            }
        }
        self.write(if sharp { b"}" } else { b"]" })
    }

    /// The separator of two elements.
    fn separate(&mut self, position: usize) -> Printed {
        match (position, self.flags.sharp_v) {
            (0, _) => Ok(()),
            (_, true) => self.write(b", "),
            (_, false) => self.write(b" "),
        }
    }

    fn structure(&mut self, of: &Struct, verb: char, at: At) -> Printed {
        if self.flags.sharp_v {
            self.write(of.named_type().name().as_bytes())?;
        }
        self.write(b"{")?;
        for (position, (field, value)) in of.iter().enumerate() {
            self.separate(position)?;
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(field.name.as_bytes())?;
                self.write(b":")?;
            }
            let at = At { methods: at.methods && field.exported, ..at.inside() };
            self.value(value, &field.ty, verb, at)?;
        }
        self.write(b"}")
    }

    fn list(&mut self, value: &Value, values: &[Value], element: &Type, verb: char, at: At) -> Printed {
        let top = at.depth == 0 && !matches!(value, Value::Named(_));
        if matches!(element.underlying(), Type::Uint(UintKind::Uint8)) {
            // Go prints a `[]byte` as text only if it is the whole operand.
            let own = top && value.kind() == Kind::Slice && matches!(element, Type::Uint(_));
            if own || matches!(verb, 's' | 'q' | 'x' | 'X') {
                return self.bytes(value, values, own, verb, at);
            }
        }
        self.elements(value, values, element, verb, at)
    }

    fn elements(&mut self, value: &Value, values: &[Value], element: &Type, verb: char, at: At) -> Printed {
        let sharp = self.flags.sharp_v;
        if sharp {
            self.write(value.ty().to_string().as_bytes())?;
            if value.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.write(if sharp { b"{" } else { b"[" })?;
        for (position, value) in values.iter().enumerate() {
            self.separate(position)?;
            self.value(value, element, verb, at.inside())?;
        }
        self.write(if sharp { b"}" } else { b"]" })
    }

    fn bytes(&mut self, value: &Value, values: &[Value], own: bool, verb: char, at: At) -> Printed {
        let bytes: Vec<u8> = values
            .iter()
            .map(|value| match value.underlying() {
                Value::Uint(_, byte) => u8::try_from(*byte).unwrap_or(0),
                _ => 0,
            })
            .collect();
        match verb {
            'v' | 'd' if self.flags.sharp_v => {
                let name = if own { "[]byte".to_owned() } else { value.ty().to_string() };
                self.write(name.as_bytes())?;
                if value.is_nil() {
                    return self.write(b"(nil)");
                }
                self.write(b"{")?;
                for (position, byte) in bytes.iter().enumerate() {
                    self.separate(position)?;
                    self.hexadecimal(u64::from(*byte), true)?;
                }
                self.write(b"}")
            }
            'v' | 'd' => {
                self.write(b"[")?;
                for (position, byte) in bytes.iter().enumerate() {
                    self.separate(position)?;
                    self.write_integer(u64::from(*byte), false, 10, verb)?;
                }
                self.write(b"]")
            }
            's' => self.write_string(&bytes),
            'x' | 'X' => self.write_hex(&bytes, verb == 'X'),
            'q' => self.write_quoted(&bytes),
            _ => self.elements(value, values, &Type::BYTE, verb, at),
        }
    }

    /// An address of this program, as in Go.
    fn pointer(&mut self, value: &Value, verb: char) -> Printed {
        let address = match value.underlying() {
            Value::Pointer(pointer) => pointer.address(),
            Value::Function(function) => function.address(),
            Value::Map(map) => map.address(),
            Value::List(list) if !list.is_array() => list.address(),
            Value::Null(_) => 0,
            _ => return self.bad_verb(value, verb),
        } as u64;
        match verb {
            'v' if self.flags.sharp_v => {
                self.write(format!("({})(", value.ty()).as_bytes())?;
                if address == 0 {
                    self.write(b"nil")?;
                } else {
                    self.hexadecimal(address, true)?;
                }
                self.write(b")")
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hexadecimal(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(value, address, false, false, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    /// Prints the result of the value's `Error` or `String` method, if it has one and the verb formats text.
    fn by_method(&mut self, value: &Value, verb: char) -> Result<bool, Limit> {
        let has_type = matches!(value, Value::Struct(_) | Value::Named(_) | Value::Pointer(_) | Value::Null(_));
        let has_parts = matches!(value, Value::List(_) | Value::Map(_) | Value::Function(_));
        if verb == 'w' && (has_type || has_parts) && !self.reporting {
            return self.bad_verb(value, verb).map(|()| true);
        }
        if self.reporting || !has_type {
            return Ok(false);
        }
        if self.flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return Ok(false);
        }
        for name in ["Error", "String"] {
            let Some(bound) = bind(value, false, name).filter(super::super::value::Bound::is_text) else { continue };
            match bound.call(self.context, &mut Vec::new()) {
                Ok(ReflectValue { value: Value::String(text), .. }) => {
                    self.string(&Value::String(text.clone()), &text, verb)?;
                }
                Ok(_) => {}
                Err(FunctionError::Limit(limit)) => return Err(limit),
                Err(FunctionError::Message(message)) => self.failed(value, verb, name, &message)?,
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Reports that a method failed. On a nil pointer, `<nil>` is printed instead.
    fn failed(&mut self, value: &Value, verb: char, method: &str, message: &str) -> Printed {
        if value.is_nil() {
            return self.write(b"<nil>");
        }
        if std::mem::replace(&mut self.failing, true) {
            return Ok(());
        }
        let flags = std::mem::take(&mut self.flags);
        self.write(b"%!")?;
        append_rune(self.out, verb);
        self.write(format!("(PANIC={method} method: {message})").as_bytes())?;
        self.flags = flags;
        self.failing = false;
        Ok(())
    }

    /// A value with its type, as extra arguments are reported.
    pub(super) fn surplus(&mut self, value: &Value) -> Printed {
        if matches!(value, Value::Nil) {
            return self.write(b"<nil>");
        }
        self.write(format!("{}=", value.ty()).as_bytes())?;
        self.argument(value, 'v')
    }

    /// Reports a verb without its argument.
    pub(super) fn complaint(&mut self, verb: char, why: &[u8]) -> Printed {
        self.write(b"%!")?;
        append_rune(self.out, verb);
        self.write(why)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::functions::Context;
    use super::super::super::limits::Budget;
    use super::super::super::value::List;
    use super::super::sprintf;
    use super::*;

    fn print(format: &str, value: Value) -> String {
        let mut context = Context { budget: Budget::default() };
        String::from_utf8(sprintf(&mut context, format.as_bytes(), &[value]).unwrap()).unwrap()
    }

    fn bytes(text: &str) -> Value {
        Value::List(List::new(Type::BYTE, text.bytes().map(Value::from).collect()))
    }

    #[test]
    fn bytes_are_a_kind_of_text() {
        assert_eq!(print("%s", bytes("hi")), "hi");
        assert_eq!(print("%v", bytes("hi")), "[104 105]");
        assert_eq!(print("%x", bytes("hi")), "6869");
        assert_eq!(print("%t", bytes("h")), "[%!t(uint8=104)]");
        assert_eq!(print("%#v", bytes("h")), "[]byte{0x68}");
    }

    #[test]
    fn go_syntax() {
        let map = Map::of_any([("a".into(), Value::Nil), ("b".into(), Value::list(vec![Value::int(1)]))]);
        let text = r#"map[string]interface {}{"a":interface {}(nil), "b":[]interface {}{1}}"#;
        assert_eq!(print("%#v", map.into()), text);
        assert_eq!(print("%#v", Value::Null(Type::slice(Type::String))), "[]string(nil)");
    }

    #[test]
    fn verbs_that_do_not_fit_are_reported() {
        assert_eq!(print("%d", Value::string("x")), "%!d(string=x)");
        assert_eq!(print("%s", Value::Nil), "%!s(<nil>)");
        assert_eq!(print("%y", Value::list(vec![Value::int(1)])), "[%!y(int=1)]");
    }
}
