//! Functions that templates can call: how they are declared, and those of Go's text/template.

pub(super) mod builtin;
mod compare;
mod escape;
pub(super) mod quick;
mod typed;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::error::FunctionError;
use super::limits::Budget;
use super::value::{Type, Value};

pub use typed::{Argument, Native, NativeWith, Parameter, Return, ReturnType, Variadic};

/// The place of a value: a variable, an element or a field. Go's rules for methods and some of its errors depend on it.
///
/// It is as wide as a word, so that a [`ReflectValue`] has no padding and is copied faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Holder {
    /// Nothing
    Plain,
    /// An addressable variable: methods with a pointer receiver can be called
    Addressable,
    /// An `interface {}`
    Any,
    /// An `error`
    Error,
}

impl Holder {
    /// A variable, element or field of the static type `ty`.
    #[inline]
    pub fn of(ty: &Type, addressable: bool) -> Self {
        match ty {
            Type::Any => Self::Any,
            Type::Error => Self::Error,
            _ if addressable => Self::Addressable,
            _ => Self::Plain,
        }
    }
}

/// `reflect.Value`: a value and what holds it.
///
/// A plain [`Value::Nil`] is the absence of a value. In an interface, it is the nil of that interface.
#[derive(Debug, Clone)]
pub struct ReflectValue {
    /// The concrete value
    pub value: Value,
    /// The variable, element or field that holds it.
    pub holder: Holder,
}

impl ReflectValue {
    /// A value that nothing holds.
    pub fn plain(value: Value) -> Self {
        Self { value, holder: Holder::Plain }
    }

    /// A value in a variable, element or field of the static type `ty`.
    pub fn of(value: Value, ty: &Type, addressable: bool) -> Self {
        Self { value, holder: Holder::of(ty, addressable) }
    }

    /// Whether there is a value, which may be nil.
    pub fn is_valid(&self) -> bool {
        !matches!(self, Self { value: Value::Nil, holder: Holder::Plain | Holder::Addressable })
    }

    /// The static type.
    pub fn ty(&self) -> Type {
        match self.holder {
            Holder::Any => Type::Any,
            Holder::Error => Type::Error,
            Holder::Plain | Holder::Addressable => self.value.ty(),
        }
    }
}

/// The execution that calls a function, as the function sees it.
#[derive(Debug)]
pub struct Context {
    /// The rest of its budget.
    pub budget: Budget,
}

/// The type of a function.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// The types of its parameters. The last type of a variadic function is that of a single argument.
    pub params: Vec<Type>,
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// The types of its results. A template can call a function with one result, or with a second that is an error.
    pub results: Vec<Type>,
}

impl Signature {
    /// The type of the argument at this index.
    pub fn param(&self, at: usize) -> Option<&Type> {
        if self.variadic && at + 1 >= self.params.len() { self.params.last() } else { self.params.get(at) }
    }

    /// The minimum number of arguments.
    pub fn fixed(&self) -> usize {
        self.params.len() - usize::from(self.variadic)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (at, param) in self.params.iter().enumerate() {
            let dots = if self.variadic && at + 1 == self.params.len() { "..." } else { "" };
            write!(f, "{}{dots}{param}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str(")")?;
        match self.results.as_slice() {
            [] => Ok(()),
            [one] => write!(f, " {one}"),
            many => {
                f.write_str(" (")?;
                for (at, result) in many.iter().enumerate() {
                    write!(f, "{}{result}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

type Body = dyn Fn(&mut Context, &mut [ReflectValue]) -> Result<ReflectValue, FunctionError> + Send + Sync;

/// A function with its Go type. Clones are the same function.
#[derive(Clone)]
pub struct Function {
    signature: Arc<Signature>,
    body: Arc<Body>,
}

impl Function {
    /// A Rust function with typed parameters: `isize` is Go's `int`, `i64` its `int64`, [`Str`](super::Str) its
    /// `string`, [`Value`] its `interface{}`; a last [`Variadic`] takes any number.
    pub fn new<A, F: Native<A>>(function: F) -> Self {
        function.into_function()
    }

    /// Like [`Function::new`], for a function whose first parameter is the [`Context`].
    pub fn with_context<A, F: NativeWith<A>>(function: F) -> Self {
        function.into_function()
    }

    /// A function of any type. The engine checks the arguments by the signature before it calls `body`.
    pub fn raw(
        signature: Signature,
        body: impl Fn(&mut Context, &mut [ReflectValue]) -> Result<ReflectValue, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Arc::new(signature), body: Arc::new(body) }
    }

    /// The type.
    pub fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }

    /// Calls it with arguments that fit its signature.
    pub fn call(&self, context: &mut Context, arguments: &mut [ReflectValue]) -> Result<ReflectValue, FunctionError> {
        // All calls come through here.
        for argument in arguments.iter() {
            context.budget.touch(argument.value.weight())?;
        }
        (self.body)(context, arguments)
    }

    /// A number that distinguishes it from other functions while it exists.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.body).addr()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.signature, f)
    }
}

/// The functions that a template can call by name, besides Go's own.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    by_name: HashMap<Box<str>, Function>,
}

impl Functions {
    /// No functions besides Go's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a Rust function, see [`Function::new`]. It replaces one of the same name, including Go's own.
    pub fn add<A, F: Native<A>>(&mut self, name: &str, function: F) {
        self.insert(name, Function::new(function));
    }

    /// Adds a Rust function whose first parameter is the [`Context`], see [`Function::with_context`].
    pub fn add_with<A, F: NativeWith<A>>(&mut self, name: &str, function: F) {
        self.insert(name, Function::with_context(function));
    }

    /// Adds a function.
    pub fn insert(&mut self, name: &str, function: Function) {
        self.by_name.insert(name.into(), function);
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.by_name.extend(other.by_name.iter().map(|(name, function)| (name.clone(), function.clone())));
    }

    /// The function of this name.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.by_name.get(name)
    }

    /// The names of all functions, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(AsRef::as_ref)
    }
}
