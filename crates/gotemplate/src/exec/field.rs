//! Evaluates `.name`: fields of structs, entries of maps, and methods.

use gostd::strconv::quote;

use super::super::functions::{Holder, ReflectValue};
use super::super::parse::ast::Term;
use super::super::value::{Map, Struct, Type, Value, bind};
use super::MissingKey;
use super::state::{Node, Ran, State};

impl<'t> State<'t> {
    /// `.a.b` of a receiver. The last name may be a method with arguments.
    pub(super) fn fields(
        &mut self,
        dot: &ReflectValue,
        receiver: &ReflectValue,
        node: &'t Term,
        fields: &'t [Box<str>],
        arguments: &'t [Term],
        last: Option<ReflectValue>,
    ) -> Ran<ReflectValue> {
        if arguments.is_empty()
            && last.is_none()
            && let Some((value, holder)) = reach(receiver, fields, false)
        {
            let value = value.clone();
            self.step(fields.len() as u64)?;
            return Ok(ReflectValue { value, holder });
        }
        let Some((end, way)) = fields.split_last() else { return Ok(receiver.clone()) };
        let mut reached = None;
        for field in way {
            reached = Some(self.field(dot, field, node, &[], None, reached.as_ref().unwrap_or(receiver))?);
        }
        self.field(dot, end, node, arguments, last, reached.as_ref().unwrap_or(receiver))
    }

    fn field(
        &mut self,
        dot: &ReflectValue,
        name: &str,
        node: &'t Term,
        arguments: &'t [Term],
        last: Option<ReflectValue>,
        receiver: &ReflectValue,
    ) -> Ran<ReflectValue> {
        self.step(1)?;
        if !receiver.is_valid() {
            if self.template.missing_key == MissingKey::Error {
                return self.fail(format!("nil data; no entry for key {}", quote(name)));
            }
            return Ok(ReflectValue::plain(Value::Nil));
        }
        // Follow pointers, but keep the last one: methods may have a pointer receiver.
        let mut value = &receiver.value;
        let mut pointer = None;
        while let Value::Pointer(to) = value {
            pointer = Some(value);
            value = to.target();
        }
        let addressable = pointer.is_some() || receiver.holder == Holder::Addressable;
        if matches!(value, Value::Nil) {
            return self.fail(format!("nil pointer evaluating {}.{name}", receiver.ty()));
        }
        if let Some(bound) = bind(pointer.unwrap_or(value), addressable, name) {
            return self.call_method(dot, bound, Node::Term(node), name, arguments, last);
        }
        let has_arguments = !arguments.is_empty() || last.is_some();
        match value.underlying() {
            Value::Struct(of) => {
                if let Some(found) = self.struct_field(of, name, receiver, addressable, has_arguments)? {
                    return Ok(found);
                }
            }
            Value::Map(map) => {
                if matches!(map.key_type(), Type::String | Type::Any) {
                    return self.entry(map, name, has_arguments);
                }
            }
            Value::Null(ty) => match ty.underlying() {
                Type::Map(of) if matches!(of.0, Type::String | Type::Any) => {
                    return self.entry(&Map::nil(of.0.clone(), of.1.clone()), name, has_arguments);
                }
                Type::Pointer(element) => {
                    let known = match element.underlying() {
                        Type::Struct(fields) => fields.path(name).is_some(),
                        _ => true,
                    };
                    if known {
                        return self.fail(format!("nil pointer evaluating {}.{name}", receiver.ty()));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        self.fail(format!("can't evaluate field {name} in type {}", receiver.ty()))
    }

    fn struct_field(
        &mut self,
        of: &Struct,
        name: &str,
        receiver: &ReflectValue,
        addressable: bool,
        has_arguments: bool,
    ) -> Ran<Option<ReflectValue>> {
        let Some(fields) = of.named_type().fields() else { return Ok(None) };
        let (field, value) = match fields.position(name) {
            Some((at, field)) => (field, of.values().get(at).cloned()),
            None => match fields.path(name) {
                Some((path, field)) => (field, self.embedded(of, &path, field.exported)?),
                None => return Ok(None),
            },
        };
        if !field.exported {
            return self.fail(format!("{name} is an unexported field of struct type {}", receiver.ty()));
        }
        if has_arguments {
            return self.fail(format!("{name} has arguments but cannot be invoked as function"));
        }
        debug_assert!(value.is_some(), "a struct has a value for each of its fields");
        Ok(value.map(|value| ReflectValue::of(value, &field.ty, addressable)))
    }

    /// The value of a field of an embedded struct.
    fn embedded(&self, of: &Struct, path: &[usize], exported: bool) -> Ran<Option<Value>> {
        let mut value = Value::Struct(of.clone());
        for at in path {
            let inner = match value.indirect() {
                Value::Struct(inner) => inner.clone(),
                Value::Null(ty) if exported => {
                    let name = ty.to_string();
                    let short = name.rsplit_once(['.', '*']).map_or(name.as_str(), |(_, short)| short);
                    return self
                        .fail(format!("reflect: indirection through nil pointer to embedded struct field {short}"));
                }
                _ => return Ok(None),
            };
            let Some(field) = inner.values().get(*at) else {
                debug_assert!(false, "a struct has a value for each of its fields");
                return Ok(None);
            };
            value = field.clone();
        }
        Ok(Some(value))
    }

    fn entry(&mut self, map: &Map, name: &str, has_arguments: bool) -> Ran<ReflectValue> {
        if has_arguments {
            return self.fail(format!("{name} is not a method but has arguments"));
        }
        match (map.get(name.as_bytes()), self.template.missing_key) {
            (Some(value), _) => Ok(ReflectValue::of(value, map.element(), false)),
            (None, MissingKey::Invalid) => Ok(ReflectValue::plain(Value::Nil)),
            (None, MissingKey::Zero) => Ok(ReflectValue::of(Value::zero(map.element()), map.element(), false)),
            (None, MissingKey::Error) => self.fail(format!("map has no entry for key {}", quote(name))),
        }
    }
}

/// The value of `.a.b`, without a copy, if each name is an existing entry of a map or a plain field of a struct. All
/// other cases, methods and errors, are left to [`State::fields`].
///
/// With `absent`, a missing entry is [`Value::Nil`], and so are its fields.
pub(super) fn reach<'v>(receiver: &'v ReflectValue, fields: &[Box<str>], absent: bool) -> Option<(&'v Value, Holder)> {
    let mut value = &receiver.value;
    let mut holder = receiver.holder;
    for name in fields {
        while let Value::Pointer(pointer) = value {
            value = pointer.target();
            holder = Holder::Addressable;
        }
        match value {
            Value::Map(map) if matches!(map.key_type(), Type::String) => {
                value = match map.unchanged()?.get(name.as_bytes()) {
                    Some(value) => value,
                    None if absent => return Some((&Value::Nil, Holder::Plain)),
                    None => return None,
                };
                holder = Holder::of(map.element(), false);
            }
            Value::Struct(of) => {
                let ty = of.named_type();
                let (at, field) = ty.fields()?.position(name).filter(|(_, field)| field.exported)?;
                if ty.method(name).is_some() {
                    return None;
                }
                value = of.values().get(at)?;
                holder = Holder::of(&field.ty, holder == Holder::Addressable);
            }
            _ => return None,
        }
    }
    Some((value, holder))
}
