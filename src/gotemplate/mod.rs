//! Go's text/template in Rust.

mod error;
mod exec;
pub mod fmt;
pub mod functions;
mod lex;
mod limits;
mod parse;
pub mod sprig;
mod text;
pub mod value;

pub use error::{Error, ErrorKind, FunctionError};
pub use exec::{MissingKey, Template};
pub use functions::{Context, Function, Functions, Operand, Place, Rest, Signature};
pub use limits::{Budget, Limit, Limits};
pub use value::{Kind, List, Map, NamedType, Str, Struct, Type, Value};
