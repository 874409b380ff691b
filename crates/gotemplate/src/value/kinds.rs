//! The kinds of `reflect`, and the types of numbers.

use std::fmt;

/// `reflect.Kind`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own names")]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Array => "array",
            Self::Func => "func",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Slice => "slice",
            Self::String => "string",
            Self::Struct => "struct",
        })
    }
}

/// Go's signed integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own names")]
pub enum IntKind {
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
}

/// Go's unsigned integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own names")]
pub enum UintKind {
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
}

/// Go's floating-point types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own names")]
pub enum FloatKind {
    Float32,
    Float64,
}

/// Go's complex types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Go's own names")]
pub enum ComplexKind {
    Complex64,
    Complex128,
}

impl IntKind {
    /// reflect's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Int => Kind::Int,
            Self::Int8 => Kind::Int8,
            Self::Int16 => Kind::Int16,
            Self::Int32 => Kind::Int32,
            Self::Int64 => Kind::Int64,
        }
    }

    /// `value` as this type holds it: its low bits.
    #[expect(clippy::cast_possible_truncation, reason = "as Go converts")]
    pub fn wrap(self, value: i64) -> i64 {
        match self {
            Self::Int | Self::Int64 => value,
            Self::Int8 => i64::from(value as i8),
            Self::Int16 => i64::from(value as i16),
            Self::Int32 => i64::from(value as i32),
        }
    }
}

impl UintKind {
    /// reflect's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Uint => Kind::Uint,
            Self::Uint8 => Kind::Uint8,
            Self::Uint16 => Kind::Uint16,
            Self::Uint32 => Kind::Uint32,
            Self::Uint64 => Kind::Uint64,
            Self::Uintptr => Kind::Uintptr,
        }
    }

    /// `value` as this type holds it: its low bits.
    #[expect(clippy::cast_possible_truncation, reason = "as Go converts")]
    pub fn wrap(self, value: u64) -> u64 {
        match self {
            Self::Uint | Self::Uint64 | Self::Uintptr => value,
            Self::Uint8 => u64::from(value as u8),
            Self::Uint16 => u64::from(value as u16),
            Self::Uint32 => u64::from(value as u32),
        }
    }
}

impl FloatKind {
    /// reflect's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float32,
            Self::Float64 => Kind::Float64,
        }
    }

    /// The bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::Float32 => 32,
            Self::Float64 => 64,
        }
    }
}

impl ComplexKind {
    /// reflect's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Complex64 => Kind::Complex64,
            Self::Complex128 => Kind::Complex128,
        }
    }
}
