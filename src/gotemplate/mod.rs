//! Go's text/template in Rust.

mod error;
pub mod functions;
mod limits;
pub mod value;

pub use error::{Error, ErrorKind, FunctionError};
pub use functions::{Context, Function, Functions, Operand, Place, Rest, Signature};
pub use limits::{Budget, Limit, Limits};
pub use value::{Kind, List, Map, NamedType, Str, Struct, Type, Value};
