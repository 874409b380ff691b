//! Finds the methods of values, and their receivers.

use super::super::error::FunctionError;
use super::super::functions::{Context, Function, ReflectValue, Signature};
use super::{Kind, Pointer, Promoted, Type, Value};

/// A method with its receiver.
pub struct Bound {
    receiver: Result<Value, FunctionError>,
    function: Function,
}

impl Bound {
    /// The signature of its function, whose first parameter is the receiver.
    pub fn signature(&self) -> &Signature {
        self.function.signature()
    }

    /// Whether it takes no argument and returns a string.
    pub fn is_text(&self) -> bool {
        let signature = self.signature();
        signature.params.len() == 1 && signature.results.as_slice() == [Type::String]
    }

    /// Calls it with these arguments after the receiver.
    pub fn call(self, context: &mut Context, arguments: &mut Vec<ReflectValue>) -> Result<ReflectValue, FunctionError> {
        arguments.insert(0, ReflectValue::plain(self.receiver?));
        self.function.call(context, arguments)
    }
}

/// The method `name` of a value. Pointers and addressable values also have the methods with a pointer receiver.
pub fn bind(value: &Value, addressable: bool, name: &str) -> Option<Bound> {
    match value {
        Value::Struct(of) => on_value(value, of.named_type().method(name)?, addressable),
        Value::Named(of) => on_value(value, of.named_type().method(name)?, addressable),
        Value::Null(Type::Named(ty)) => on_value(value, ty.method(name)?, addressable),
        Value::Pointer(pointer) => {
            let found = match pointer.target() {
                Value::Struct(of) => of.named_type().method(name)?,
                Value::Named(of) => of.named_type().method(name)?,
                Value::Null(Type::Named(ty)) => ty.method(name)?,
                _ => return None,
            };
            if found.method.pointer && found.path.is_empty() {
                return Some(Bound { receiver: Ok(value.clone()), function: found.method.function.clone() });
            }
            on_value(pointer.target(), found, true)
        }
        Value::Null(Type::Pointer(element)) => {
            let Type::Named(named) = element.as_ref() else { return None };
            let found = named.method(name)?;
            let receiver = if found.method.pointer && found.path.is_empty() {
                Ok(value.clone())
            } else {
                let (package, name_of_type) = (named.package(), named.name());
                let short = name_of_type.rsplit_once('.').map_or(name_of_type, |(_, short)| short);
                Err(format!("value method {package}.{short}.{name} called using nil *{short} pointer").into())
            };
            Some(Bound { receiver, function: found.method.function.clone() })
        }
        _ => None,
    }
}

fn on_value(value: &Value, found: &Promoted, addressable: bool) -> Option<Bound> {
    if found.needs_pointer() && !addressable {
        return None;
    }
    Some(Bound { receiver: receiver(value, found), function: found.method.function.clone() })
}

/// The receiver at the end of the embedded fields of `found`, as a value or a pointer.
fn receiver(value: &Value, found: &Promoted) -> Result<Value, FunctionError> {
    let mut value = value;
    for at in found.path.iter() {
        if let Value::Pointer(pointer) = value {
            value = pointer.target();
        }
        let Value::Struct(of) = value else { return Err(nil_dereference()) };
        value = of.values().get(*at).ok_or_else(nil_dereference)?;
    }
    match (value, found.method.pointer) {
        (Value::Pointer(pointer), false) => Ok(pointer.target().clone()),
        (Value::Pointer(_), true) => Ok(value.clone()),
        (value, pointer) if value.kind() == Kind::Pointer && value.is_nil() => {
            if pointer {
                Ok(value.clone())
            } else {
                Err(nil_dereference())
            }
        }
        (value, true) => Ok(Value::Pointer(Pointer::new(value.clone()))),
        (value, false) => Ok(value.clone()),
    }
}

fn nil_dereference() -> FunctionError {
    "runtime error: invalid memory address or nil pointer dereference".into()
}
