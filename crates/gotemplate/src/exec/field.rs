//! Fields of structs, entries of maps, and methods.

use gostd::strconv::quote;

use super::super::functions::{Operand, Place};
use super::super::parse::ast::Term;
use super::super::value::{Map, Struct, Type, Value, bind};
use super::MissingKey;
use super::state::{Node, Ran, State};

impl<'t> State<'t> {
    /// `.a.b` of a receiver, the last perhaps a method with arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Operand,
        receiver: &Operand,
        node: &'t Term,
        fields: &'t [Box<str>],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Ran<Operand> {
        if arguments.is_empty()
            && last.is_none()
            && let Some((value, place)) = reach(receiver, fields, false)
        {
            let value = value.clone();
            self.step(fields.len() as u64)?;
            return Ok(Operand { value, place });
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
        dot: &Operand,
        name: &str,
        node: &'t Term,
        arguments: &'t [Term],
        last: Option<Operand>,
        receiver: &Operand,
    ) -> Ran<Operand> {
        self.step(1)?;
        if !receiver.is_valid() {
            if self.template.missing_key == MissingKey::Error {
                return self.fail(format!("nil data; no entry for key {}", quote(name)));
            }
            return Ok(Operand::plain(Value::Nil));
        }
        // Follow pointers, but remember the last: methods may want it.
        let mut value = &receiver.value;
        let mut pointer = None;
        while let Value::Pointer(to) = value {
            pointer = Some(value);
            value = to.target();
        }
        let addressable = pointer.is_some() || receiver.place == Place::Addressable;
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
        receiver: &Operand,
        addressable: bool,
        has_arguments: bool,
    ) -> Ran<Option<Operand>> {
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
        Ok(Some(Operand::of(value.unwrap_or_default(), &field.ty, addressable)))
    }

    /// The value of a field of an embedded struct.
    fn embedded(&self, of: &Struct, path: &[usize], exported: bool) -> Ran<Option<Value>> {
        let mut value = Value::Struct(of.clone());
        for at in path {
            let inner = match value.indirect() {
                Value::Struct(inner) => inner.clone(),
                Value::Null(ty) if exported => {
                    let name = ty.to_string();
                    let short = name.rsplit(['.', '*']).next().unwrap_or_default();
                    return self
                        .fail(format!("reflect: indirection through nil pointer to embedded struct field {short}"));
                }
                _ => return Ok(None),
            };
            value = inner.values().get(*at).cloned().unwrap_or_default();
        }
        Ok(Some(value))
    }

    fn entry(&mut self, map: &Map, name: &str, has_arguments: bool) -> Ran<Operand> {
        if has_arguments {
            return self.fail(format!("{name} is not a method but has arguments"));
        }
        match (map.get(name.as_bytes()), self.template.missing_key) {
            (Some(value), _) => Ok(Operand::of(value, map.element(), false)),
            (None, MissingKey::Invalid) => Ok(Operand::plain(Value::Nil)),
            (None, MissingKey::Zero) => Ok(Operand::of(Value::zero(map.element()), map.element(), false)),
            (None, MissingKey::Error) => self.fail(format!("map has no entry for key {}", quote(name))),
        }
    }
}

/// What fields lead to, as long as they are entries of maps and plain fields of structs that are there: nothing is copied
/// on the way. Whatever else there is, methods and mistakes, is for [`State::fields`].
///
/// With `absent`, an entry that is not there is no value, and so is all behind it.
pub(super) fn reach<'v>(receiver: &'v Operand, fields: &[Box<str>], absent: bool) -> Option<(&'v Value, Place)> {
    let mut value = &receiver.value;
    let mut place = receiver.place;
    for name in fields {
        while let Value::Pointer(pointer) = value {
            value = pointer.target();
            place = Place::Addressable;
        }
        match value {
            Value::Map(map) if matches!(map.key_type(), Type::String) => {
                value = match map.unchanged()?.get(name.as_bytes()) {
                    Some(value) => value,
                    None if absent => return Some((&Value::Nil, Place::Plain)),
                    None => return None,
                };
                place = Place::of(map.element(), false);
            }
            Value::Struct(of) => {
                let ty = of.named_type();
                let (at, field) = ty.fields()?.position(name).filter(|(_, field)| field.exported)?;
                if ty.method(name).is_some() {
                    return None;
                }
                value = of.values().get(at)?;
                place = Place::of(&field.ty, place == Place::Addressable);
            }
            _ => return None,
        }
    }
    Some((value, place))
}
