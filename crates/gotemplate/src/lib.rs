//! Go's text/template in Rust: the language, Go's own functions, and fmt's verbs, with Go's results and Go's errors.
//!
//! A [`Template`] is parsed once and executed by any number of threads. Its data are [`Value`]s, which have what JSON
//! lacks: types with names, fields and methods, typed nils, and pointers. Declare your own functions as Rust functions,
//! and your own types as [`NamedType`]s. [`Limits`] restrict what a template may use. [`sprig`] has the functions of sprig.
//!
//! ```
//! use gotemplate::{Functions, Str, Template, Value};
//!
//! let mut functions = Functions::new();
//! functions.add("shout", |text: Str| format!("{}!", text.to_text().to_uppercase()));
//! let template = Template::new("greeting").with_functions(functions).parse("{{range .names}}{{shout .}} {{end}}")?;
//! let data = Value::from(&serde_json::json!({"names": ["ann", "bob"]}));
//! assert_eq!(template.execute(&data)?, b"ANN! BOB! ");
//!
//! let error = template.execute(&Value::from("nobody")).unwrap_err();
//! assert_eq!((error.line(), error.column()), (Some(1), Some(8)));
//! # Ok::<(), gotemplate::Error>(())
//! ```

mod error;
mod exec;
pub mod fmt;
pub mod functions;
mod lex;
mod limits;
mod parse;
pub mod sprig;
#[cfg(test)]
mod tests;
mod text;
pub mod value;

pub use error::{Error, ErrorKind, FunctionError};
pub use exec::{MissingKey, Template};
pub use functions::{Context, Function, Functions, Holder, ReflectValue, Signature, Variadic};
pub use limits::{Budget, Limit, Limits};
pub use value::{Kind, List, Map, NamedType, Str, Struct, Type, Value};
