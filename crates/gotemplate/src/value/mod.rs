//! Go's values, with the types, methods and pointers that JSON lacks.
//!
//! A [`Value`] is what an `interface{}` holds: a concrete type and its data. Strings, lists, maps and structs are shared,
//! not copied. Only maps can change.

mod compare;
mod convert;
mod drop;
mod kinds;
mod list;
mod map;
mod methods;
mod named;
mod string;
mod string_map;
mod types;

use std::fmt;
use std::sync::Arc;

pub use compare::{deep_equal, equal, go_order};
pub use kinds::{ComplexKind, FloatKind, IntKind, Kind, UintKind};
pub use list::List;
pub use map::{Entries, Map};
pub use methods::{Bound, bind};
pub use named::{Field, Fields, Method, NamedType, Promoted};
pub use string::Str;
pub use string_map::{StringMap, StringMapIter};
pub use types::Type;

use super::functions::Function;

/// A Go value with its type.
#[derive(Clone, Default)]
pub enum Value {
    /// No value: a nil `interface{}`
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`, `int8`, …
    Int(IntKind, i64),
    /// `uint`, `uint8`, …
    Uint(UintKind, u64),
    /// `float32`, `float64`
    Float(FloatKind, f64),
    /// `complex64`, `complex128`: real and imaginary part
    Complex(ComplexKind, f64, f64),
    /// `string`
    String(Str),
    /// A slice that is not nil, or an array
    List(List),
    /// A map that is not nil
    Map(Map),
    /// A struct of a named type
    Struct(Struct),
    /// A pointer that is not nil
    Pointer(Pointer),
    /// A function that is not nil
    Function(Function),
    /// A value of a named type other than a struct
    Named(Named),
    /// A typed nil: of a slice, map, pointer or function
    Null(Type),
}

/// A struct of a named type. Clones share the fields, which do not change.
#[derive(Clone)]
pub struct Struct(pub(super) Arc<StructData>);

pub(super) struct StructData {
    pub(super) ty: Arc<NamedType>,
    pub(super) fields: Vec<Value>,
}

impl Struct {
    /// A struct with these field values, in the order of its type. Missing ones are zero.
    pub fn new(ty: &Arc<NamedType>, mut fields: Vec<Value>) -> Self {
        let of_type = ty.fields();
        fields.truncate(of_type.map_or(0, Fields::len));
        while let Some(field) = of_type.and_then(|f| f.get(fields.len())) {
            fields.push(Value::zero(&field.ty));
        }
        Self(Arc::new(StructData { ty: Arc::clone(ty), fields }))
    }

    /// The type.
    pub fn named_type(&self) -> &Arc<NamedType> {
        &self.0.ty
    }

    /// The values of its fields, in the order of its type.
    pub fn values(&self) -> &[Value] {
        &self.0.fields
    }

    /// The fields with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &Value)> {
        self.0.ty.fields().into_iter().flat_map(Fields::iter).zip(&self.0.fields)
    }

    /// The value of its own field `name`.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let (at, _) = self.0.ty.fields()?.position(name)?;
        self.0.fields.get(at)
    }
}

/// A pointer that is not nil. Clones point to the same variable.
#[derive(Clone)]
pub struct Pointer(pub(super) Arc<PointerData>);

pub(super) struct PointerData {
    pub(super) to: Value,
}

impl Pointer {
    /// A pointer to a new variable with this value.
    pub fn new(to: Value) -> Self {
        Self(Arc::new(PointerData { to }))
    }

    /// The value that it points to.
    pub fn target(&self) -> &Value {
        &self.0.to
    }

    /// Whether both point to the same variable.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that distinguishes it from other pointers while it exists.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// A value of a named type other than a struct.
#[derive(Clone)]
pub struct Named(pub(super) Arc<NamedData>);

pub(super) struct NamedData {
    pub(super) ty: Arc<NamedType>,
    pub(super) value: Value,
}

impl Named {
    /// The type.
    pub fn named_type(&self) -> &Arc<NamedType> {
        &self.0.ty
    }

    /// The value with its underlying type.
    pub fn value(&self) -> &Value {
        &self.0.value
    }
}

impl Value {
    /// A Go `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(IntKind::Int, value)
    }

    /// A Go `int64`.
    pub fn int64(value: i64) -> Self {
        Self::Int(IntKind::Int64, value)
    }

    /// A Go `float64`.
    pub fn float(value: f64) -> Self {
        Self::Float(FloatKind::Float64, value)
    }

    /// A Go `string`.
    pub fn string(value: impl Into<Str>) -> Self {
        Self::String(value.into())
    }

    /// A `[]interface {}`.
    pub fn list(values: Vec<Self>) -> Self {
        Self::List(List::new(Type::Any, values))
    }

    /// A value of a named type. `value` has the underlying type, which is not a struct: use [`Struct`] for those.
    pub fn named(ty: &Arc<NamedType>, value: Self) -> Self {
        match value {
            Self::Null(_) => Self::Null(Type::Named(Arc::clone(ty))),
            value => Self::Named(Named(Arc::new(NamedData { ty: Arc::clone(ty), value }))),
        }
    }

    /// A pointer to a new variable with this value.
    pub fn pointer_to(value: Self) -> Self {
        Self::Pointer(Pointer::new(value))
    }

    /// The zero value of a type.
    pub fn zero(ty: &Type) -> Self {
        match ty {
            // Unnamed structs have no values.
            Type::Any | Type::Error | Type::Reflect | Type::Struct(_) => Self::Nil,
            Type::Bool => Self::Bool(false),
            Type::Int(kind) => Self::Int(*kind, 0),
            Type::Uint(kind) => Self::Uint(*kind, 0),
            Type::Float(kind) => Self::Float(*kind, 0.0),
            Type::Complex(kind) => Self::Complex(*kind, 0.0, 0.0),
            Type::String => Self::String(Str::default()),
            Type::Array(array) => Self::List(List::array(array.1.clone(), vec![Self::zero(&array.1); array.0])),
            Type::Slice(_) | Type::Map(_) | Type::Pointer(_) | Type::Function(_) => Self::Null(ty.clone()),
            Type::Named(named) if named.fields().is_some() => Self::Struct(Struct::new(named, Vec::new())),
            Type::Named(named) => Self::named(named, Self::zero(named.underlying())),
        }
    }

    /// The type, which is `interface {}` for [`Value::Nil`].
    pub fn ty(&self) -> Type {
        match self {
            Self::Nil => Type::Any,
            Self::Bool(_) => Type::Bool,
            Self::Int(kind, _) => Type::Int(*kind),
            Self::Uint(kind, _) => Type::Uint(*kind),
            Self::Float(kind, _) => Type::Float(*kind),
            Self::Complex(kind, ..) => Type::Complex(*kind),
            Self::String(_) => Type::String,
            Self::List(list) => list.ty(),
            Self::Map(map) => map.ty(),
            Self::Struct(value) => Type::Named(Arc::clone(&value.0.ty)),
            Self::Pointer(pointer) => Type::pointer(pointer.target().ty()),
            Self::Function(function) => Type::Function(Arc::clone(function.signature())),
            Self::Named(named) => Type::Named(Arc::clone(&named.0.ty)),
            Self::Null(ty) => ty.clone(),
        }
    }

    /// Whether it has the type `wanted`. This does not allocate, unlike [`Value::ty`].
    pub fn is_of(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Self::Nil, Type::Any | Type::Error) | (Self::Bool(_), Type::Bool) | (Self::String(_), Type::String) => {
                true
            }
            (Self::Int(kind, _), Type::Int(other)) => kind == other,
            (Self::Uint(kind, _), Type::Uint(other)) => kind == other,
            (Self::Float(kind, _), Type::Float(other)) => kind == other,
            (Self::Complex(kind, ..), Type::Complex(other)) => kind == other,
            (Self::List(list), Type::Slice(element)) => !list.is_array() && list.element() == element.as_ref(),
            (Self::Map(map), Type::Map(of)) => map.key_type() == &of.0 && map.element() == &of.1,
            (Self::Struct(value), Type::Named(named)) => &value.0.ty == named,
            (Self::Named(value), Type::Named(named)) => &value.0.ty == named,
            (Self::Null(ty), wanted) => ty == wanted,
            (Self::Pointer(pointer), Type::Pointer(element)) => pointer.target().is_of(element),
            (Self::Function(_), Type::Function(_)) | (Self::List(_), Type::Array(_)) => &self.ty() == wanted,
            _ => false,
        }
    }

    /// Whether it is assignable to the type `wanted`.
    pub fn is_assignable_to(&self, wanted: &Type) -> bool {
        matches!(wanted, Type::Any) || self.is_of(wanted) || self.ty().is_assignable_to(wanted)
    }

    /// The kind, which is [`Kind::Invalid`] for [`Value::Nil`].
    pub fn kind(&self) -> Kind {
        match self.underlying() {
            Self::Nil | Self::Named(_) => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(kind, _) => kind.kind(),
            Self::Uint(kind, _) => kind.kind(),
            Self::Float(kind, _) => kind.kind(),
            Self::Complex(kind, ..) => kind.kind(),
            Self::String(_) => Kind::String,
            Self::List(list) if list.is_array() => Kind::Array,
            Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Struct(_) => Kind::Struct,
            Self::Pointer(_) => Kind::Pointer,
            Self::Function(_) => Kind::Func,
            Self::Null(ty) => ty.kind(),
        }
    }

    /// The value with its underlying type.
    pub fn underlying(&self) -> &Self {
        let mut value = self;
        while let Self::Named(named) = value {
            value = named.value();
        }
        value
    }

    /// Whether it is nil, typed or not.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::Null(_))
    }

    /// `template.IsTrue`: false for nil, zero, and empty values.
    pub fn is_true(&self) -> bool {
        match self.underlying() {
            Self::Nil | Self::Null(_) | Self::Named(_) => false,
            Self::Bool(value) => *value,
            Self::Int(_, value) => *value != 0,
            Self::Uint(_, value) => *value != 0,
            Self::Float(_, value) => *value != 0.0,
            Self::Complex(_, re, im) => *re != 0.0 || *im != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) | Self::Pointer(_) | Self::Function(_) => true,
        }
    }

    /// The string, if its kind is string.
    pub fn as_string(&self) -> Option<&Str> {
        match self.underlying() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a slice or an array. A nil slice has none.
    pub fn as_slice(&self) -> Option<&[Self]> {
        match self.underlying() {
            Self::List(list) => Some(list),
            Self::Null(ty) if ty.kind() == Kind::Slice => Some(&[]),
            _ => None,
        }
    }

    /// The map, if it is one. It may be nil.
    pub fn as_map(&self) -> Option<Map> {
        match self.underlying() {
            Self::Map(map) => Some(map.clone()),
            Self::Null(ty) => match ty.underlying() {
                Type::Map(of) => Some(Map::nil(of.0.clone(), of.1.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number of bytes, elements or entries.
    pub fn len(&self) -> Option<usize> {
        match self.underlying() {
            Self::String(text) => Some(text.len()),
            Self::List(list) => Some(list.len()),
            Self::Map(map) => Some(map.len()),
            Self::Null(ty) if matches!(ty.kind(), Kind::Slice | Kind::Map) => Some(0),
            _ => None,
        }
    }

    /// Whether [`Value::len`] is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The least that a function reads of it: the bytes of a string or of a struct's own strings, or a byte for each element
    /// of a list. A map counts as nothing, since most functions look up one entry.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::String(text) => text.len(),
            Self::List(list) => list.len(),
            Self::Struct(of) => of.values().iter().map(|field| field.as_string().map_or(0, |text| text.len())).sum(),
            Self::Named(_) | Self::Pointer(_) => match self.indirect().underlying() {
                Self::Named(_) | Self::Pointer(_) => 0,
                value => value.weight(),
            },
            _ => 0,
        }
    }

    /// Follows pointers. The last one may be nil.
    pub fn indirect(&self) -> &Self {
        let mut value = self;
        while let Self::Pointer(pointer) = value.underlying() {
            value = pointer.target();
        }
        value
    }

    /// Whether it may contain other values.
    fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Struct(_) | Self::Pointer(_) | Self::Named(_))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(_, value) => write!(f, "{value}"),
            Self::Uint(_, value) => write!(f, "{value}"),
            Self::Float(_, value) => write!(f, "{value}"),
            Self::String(text) => write!(f, "{text:?}"),
            other => write!(f, "{}(..)", other.ty()),
        }
    }
}
