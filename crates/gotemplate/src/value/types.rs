//! Go's types, their names, and which type is assignable to which.

use std::fmt;
use std::sync::Arc;

use super::super::functions::Signature;
use super::{ComplexKind, Field, Fields, FloatKind, IntKind, Kind, NamedType, Promoted, UintKind};

/// A Go type. It is displayed by the name that `reflect` gives it.
#[derive(Clone, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`
    Any,
    /// `error`, the only interface with methods that is supported
    Error,
    /// `reflect.Value`: a parameter that takes any argument unchanged
    Reflect,
    /// `bool`
    Bool,
    /// `int`, `int8`, …
    Int(IntKind),
    /// `uint`, `uint8`, …
    Uint(UintKind),
    /// `float32`, `float64`
    Float(FloatKind),
    /// `complex64`, `complex128`
    Complex(ComplexKind),
    /// `string`
    String,
    /// `[]T`
    Slice(Arc<Type>),
    /// `[N]T`
    Array(Arc<(usize, Type)>),
    /// `map[K]V`
    Map(Arc<(Type, Type)>),
    /// `*T`
    Pointer(Arc<Type>),
    /// `func(…) …`
    Function(Arc<Signature>),
    /// `struct { … }`
    Struct(Arc<Fields>),
    /// A named type, which may have methods
    Named(Arc<NamedType>),
}

impl Type {
    /// Go's `int`.
    pub const INT: Self = Self::Int(IntKind::Int);
    /// Go's `float64`.
    pub const FLOAT64: Self = Self::Float(FloatKind::Float64);
    /// Go's `uint8`, also called `byte`.
    pub const BYTE: Self = Self::Uint(UintKind::Uint8);

    /// `[]element`
    pub fn slice(element: Self) -> Self {
        Self::Slice(Arc::new(element))
    }

    /// `[length]element`
    pub fn array(length: usize, element: Self) -> Self {
        Self::Array(Arc::new((length, element)))
    }

    /// `map[key]element`
    pub fn map(key: Self, element: Self) -> Self {
        Self::Map(Arc::new((key, element)))
    }

    /// `*element`
    pub fn pointer(element: Self) -> Self {
        Self::Pointer(Arc::new(element))
    }

    /// `struct { … }`, usually the underlying type of a [`NamedType`].
    pub fn structure(fields: Vec<Field>) -> Self {
        Self::Struct(Arc::new(Fields::new(fields)))
    }

    /// The underlying type.
    pub fn underlying(&self) -> &Self {
        let mut ty = self;
        while let Self::Named(named) = ty {
            ty = named.underlying();
        }
        ty
    }

    /// reflect's kind.
    pub fn kind(&self) -> Kind {
        match self.underlying() {
            Self::Any | Self::Error => Kind::Interface,
            Self::Bool => Kind::Bool,
            Self::Int(kind) => kind.kind(),
            Self::Uint(kind) => kind.kind(),
            Self::Float(kind) => kind.kind(),
            Self::Complex(kind) => kind.kind(),
            Self::String => Kind::String,
            Self::Slice(_) => Kind::Slice,
            Self::Array(_) => Kind::Array,
            Self::Map(_) => Kind::Map,
            Self::Pointer(_) => Kind::Pointer,
            Self::Function(_) => Kind::Func,
            Self::Reflect | Self::Struct(_) => Kind::Struct,
            Self::Named(_) => Kind::Invalid,
        }
    }

    /// Whether a variable of this type can be nil.
    pub fn can_be_nil(&self) -> bool {
        matches!(self, Self::Reflect)
            || matches!(self.kind(), Kind::Func | Kind::Interface | Kind::Map | Kind::Pointer | Kind::Slice)
    }

    /// Whether `==` works on all values of this type.
    pub fn is_comparable(&self) -> bool {
        match self.underlying() {
            Self::Slice(_) | Self::Map(_) | Self::Function(_) => false,
            Self::Array(array) => array.1.is_comparable(),
            Self::Struct(fields) => fields.iter().all(|f| f.ty.is_comparable()),
            _ => true,
        }
    }

    /// Whether a value of this type is assignable to the type `wanted`.
    pub fn is_assignable_to(&self, wanted: &Self) -> bool {
        if self == wanted {
            return true;
        }
        match wanted {
            Self::Any => true,
            Self::Error => self.has_method_without_arguments("Error"),
            _ => {
                (!self.is_named() || !wanted.is_named())
                    && !matches!(self.underlying(), Self::Any | Self::Error)
                    && self.underlying() == wanted.underlying()
            }
        }
    }

    /// Whether a type has a name, as all predeclared types do.
    fn is_named(&self) -> bool {
        !matches!(
            self,
            Self::Slice(_) | Self::Array(_) | Self::Map(_) | Self::Pointer(_) | Self::Function(_) | Self::Struct(_)
        )
    }

    /// The method `name` of a value of this type, and whether it needs a pointer. A `T` has the methods with the receiver
    /// `T`, a `*T` also those with the receiver `*T`.
    pub fn method(&self, name: &str) -> Option<&Promoted> {
        match self {
            Self::Named(named) => named.method(name).filter(|found| !found.needs_pointer()),
            Self::Pointer(element) => match element.as_ref() {
                Self::Named(named) => named.method(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the type has a method `func() string` of this name.
    pub fn has_method_without_arguments(&self, name: &str) -> bool {
        self.method(name).is_some_and(|found| {
            let signature = found.method.function.signature();
            signature.params.len() == 1 && signature.results.as_slice() == [Self::String]
        })
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("interface {}"),
            Self::Error => f.write_str("error"),
            Self::Reflect => f.write_str("reflect.Value"),
            Self::Bool | Self::Int(_) | Self::Uint(_) | Self::Float(_) | Self::Complex(_) | Self::String => {
                self.kind().fmt(f)
            }
            Self::Slice(element) => write!(f, "[]{element}"),
            Self::Array(array) => write!(f, "[{}]{}", array.0, array.1),
            Self::Map(map) => write!(f, "map[{}]{}", map.0, map.1),
            Self::Pointer(element) => write!(f, "*{element}"),
            Self::Function(signature) => signature.fmt(f),
            Self::Struct(fields) => fields.fmt(f),
            Self::Named(named) => f.write_str(named.name()),
        }
    }
}
