//! Rust functions as Go functions: traits that map parameter and result types to Go's.

use super::super::error::FunctionError;
use super::super::value::{FloatKind, IntKind, List, Map, Str, Type, UintKind, Value};
use super::{Context, Function, Holder, ReflectValue, Signature};

/// A Rust type that can be an argument.
pub trait Argument: Sized {
    /// The Go type. The engine checks the argument against it.
    fn ty() -> Type;

    /// Converts the argument.
    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError>;
}

/// A Rust type that can be a parameter: an [`Argument`], or a [`Variadic`] of them.
pub trait Parameter: Sized {
    /// Whether it takes all remaining arguments.
    const VARIADIC: bool;

    /// The Go type of one argument.
    fn ty() -> Type;

    /// Takes its argument, or all remaining ones.
    fn take(operands: &mut std::slice::IterMut<'_, ReflectValue>) -> Result<Self, FunctionError>;
}

/// The arguments of a variadic parameter, `...T`.
#[derive(Debug, Clone)]
pub struct Variadic<T>(pub Vec<T>);

impl<T: Argument> Parameter for T {
    const VARIADIC: bool = false;

    fn ty() -> Type {
        T::ty()
    }

    fn take(operands: &mut std::slice::IterMut<'_, ReflectValue>) -> Result<Self, FunctionError> {
        operands.next().map_or_else(|| Err("an argument is missing".into()), T::take)
    }
}

impl<T: Argument> Parameter for Variadic<T> {
    const VARIADIC: bool = true;

    fn ty() -> Type {
        T::ty()
    }

    fn take(operands: &mut std::slice::IterMut<'_, ReflectValue>) -> Result<Self, FunctionError> {
        operands.map(T::take).collect::<Result<_, _>>().map(Self)
    }
}

/// A Rust type that can be a result.
pub trait ReturnType {
    /// The Go type of the result.
    fn ty() -> Type;

    /// The result as a value.
    fn into_value(self) -> Value;
}

/// The return type of a Rust function: a [`ReturnType`], or a `Result` of one.
pub trait Return {
    /// The Go types of the results.
    fn types() -> Vec<Type>;

    /// The result for the engine.
    fn into_operand(self) -> Result<ReflectValue, FunctionError>;
}

impl<T: ReturnType> Return for T {
    fn types() -> Vec<Type> {
        vec![T::ty()]
    }

    fn into_operand(self) -> Result<ReflectValue, FunctionError> {
        let holder = match T::ty() {
            Type::Any => Holder::Any,
            Type::Error => Holder::Error,
            _ => Holder::Plain,
        };
        Ok(ReflectValue { value: self.into_value(), holder })
    }
}

impl<T: ReturnType, E: Into<FunctionError>> Return for Result<T, E> {
    fn types() -> Vec<Type> {
        vec![T::ty(), Type::Error]
    }

    fn into_operand(self) -> Result<ReflectValue, FunctionError> {
        self.map_err(Into::into)?.into_operand()
    }
}

fn mismatch<T>(wanted: &Type, operand: &ReflectValue) -> Result<T, FunctionError> {
    Err(format!("wrong type for value; expected {wanted}; got {}", operand.ty()).into())
}

macro_rules! integers {
    ($($rust:ty: $variant:ident $kind:expr;)*) => {$(
        impl Argument for $rust {
            fn ty() -> Type {
                Type::$variant($kind)
            }

            fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
                match operand.value.underlying() {
                    Value::$variant(_, value) => {
                        <$rust>::try_from(*value).map_err(|_| FunctionError::new("integer out of range"))
                    }
                    _ => mismatch(&<Self as Argument>::ty(), operand),
                }
            }
        }

        impl ReturnType for $rust {
            fn ty() -> Type {
                Type::$variant($kind)
            }

            fn into_value(self) -> Value {
                Value::from(self)
            }
        }
    )*};
}

integers! {
    isize: Int IntKind::Int;
    i64: Int IntKind::Int64;
    i32: Int IntKind::Int32;
    u64: Uint UintKind::Uint64;
    u32: Uint UintKind::Uint32;
    u8: Uint UintKind::Uint8;
}

macro_rules! simple {
    ($($rust:ty: $ty:expr, $pattern:pat => $taken:expr;)*) => {$(
        impl Argument for $rust {
            fn ty() -> Type {
                $ty
            }

            fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
                match operand.value.underlying() {
                    $pattern => Ok($taken),
                    _ => mismatch(&<Self as Argument>::ty(), operand),
                }
            }
        }

        impl ReturnType for $rust {
            fn ty() -> Type {
                $ty
            }

            fn into_value(self) -> Value {
                Value::from(self)
            }
        }
    )*};
}

simple! {
    bool: Type::Bool, Value::Bool(value) => *value;
    f64: Type::Float(FloatKind::Float64), Value::Float(_, value) => *value;
    Str: Type::String, Value::String(text) => text.clone();
    String: Type::String, Value::String(text) => text.to_text().into_owned();
}

impl ReturnType for &str {
    fn ty() -> Type {
        Type::String
    }

    fn into_value(self) -> Value {
        Value::string(self)
    }
}

/// `interface{}`: any value, [`Value::Nil`] for nil.
impl Argument for Value {
    fn ty() -> Type {
        Type::Any
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Ok(std::mem::take(&mut operand.value))
    }
}

impl ReturnType for Value {
    fn ty() -> Type {
        Type::Any
    }

    fn into_value(self) -> Value {
        self
    }
}

/// `reflect.Value`: the argument, unchanged.
impl Argument for ReflectValue {
    fn ty() -> Type {
        Type::Reflect
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        Ok(std::mem::replace(operand, Self::plain(Value::Nil)))
    }
}

/// `reflect.Value`: the result, unchanged.
impl Return for ReflectValue {
    fn types() -> Vec<Type> {
        vec![Type::Reflect]
    }

    fn into_operand(self) -> Result<ReflectValue, FunctionError> {
        Ok(self)
    }
}

impl<E: Into<FunctionError>> Return for Result<ReflectValue, E> {
    fn types() -> Vec<Type> {
        vec![Type::Reflect, Type::Error]
    }

    fn into_operand(self) -> Result<ReflectValue, FunctionError> {
        self.map_err(Into::into)
    }
}

/// `map[string]interface {}`, which may be nil.
impl Argument for Map {
    fn ty() -> Type {
        Type::map(Type::String, Type::Any)
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        operand.value.as_map().map_or_else(|| mismatch(&<Self as Argument>::ty(), operand), Ok)
    }
}

impl ReturnType for Map {
    fn ty() -> Type {
        Type::map(Type::String, Type::Any)
    }

    fn into_value(self) -> Value {
        self.into()
    }
}

/// `map[string]string`, as a result.
impl ReturnType for Vec<(Str, Str)> {
    fn ty() -> Type {
        Type::map(Type::String, Type::String)
    }

    fn into_value(self) -> Value {
        Map::of(Type::String, self.into_iter().map(|(key, value)| (key, Value::String(value)))).into()
    }
}

/// A slice: `[]string` is `Vec<Str>`, `[]interface {}` is `Vec<Value>`, `[]int` is `Vec<isize>`.
impl<T: Argument> Argument for Vec<T> {
    fn ty() -> Type {
        Type::slice(T::ty())
    }

    fn take(operand: &mut ReflectValue) -> Result<Self, FunctionError> {
        let Some(values) = operand.value.as_slice() else { return mismatch(&Type::slice(T::ty()), operand) };
        values.iter().map(|value| T::take(&mut ReflectValue::plain(value.clone()))).collect()
    }
}

macro_rules! slices {
    ($($rust:ty),*) => {$(
        impl ReturnType for Vec<$rust> {
            fn ty() -> Type {
                Type::slice(<$rust as ReturnType>::ty())
            }

            fn into_value(self) -> Value {
                let values = self.into_iter().map(ReturnType::into_value).collect();
                List::new(<$rust as ReturnType>::ty(), values).into()
            }
        }
    )*};
}

slices!(Value, Str, String, isize, i64, u8, Vec<Value>);

/// A Rust function whose parameters are [`Parameter`]s and whose result is a [`Return`].
pub trait Native<A> {
    /// The function with its Go type.
    fn into_function(self) -> Function;
}

/// Like [`Native`], with the [`Context`] as the first parameter.
pub trait NativeWith<A> {
    /// The function with its Go type.
    fn into_function(self) -> Function;
}

macro_rules! native {
    ($($name:ident)*) => {
        impl<Fun, Ret, $($name,)*> Native<(Ret, $($name,)*)> for Fun
        where
            Fun: Fn($($name),*) -> Ret + Send + Sync + 'static,
            Ret: Return,
            $($name: Parameter,)*
        {
            fn into_function(self) -> Function {
                #[allow(unused_mut, unused_variables, non_snake_case, reason = "for functions without parameters")]
                Function::raw(signature::<Ret>(&[$(($name::ty(), $name::VARIADIC)),*]), move |_, operands| {
                    let mut operands = operands.iter_mut();
                    $(let $name = $name::take(&mut operands)?;)*
                    self($($name),*).into_operand()
                })
            }
        }

        impl<Fun, Ret, $($name,)*> NativeWith<(Ret, $($name,)*)> for Fun
        where
            Fun: Fn(&mut Context, $($name),*) -> Ret + Send + Sync + 'static,
            Ret: Return,
            $($name: Parameter,)*
        {
            fn into_function(self) -> Function {
                #[allow(unused_mut, unused_variables, non_snake_case, reason = "for functions without parameters")]
                Function::raw(signature::<Ret>(&[$(($name::ty(), $name::VARIADIC)),*]), move |context, operands| {
                    let mut operands = operands.iter_mut();
                    $(let $name = $name::take(&mut operands)?;)*
                    self(context, $($name),*).into_operand()
                })
            }
        }
    };
}

native!();
native!(A);
native!(A B);
native!(A B C);
native!(A B C D);
native!(A B C D E);

fn signature<R: Return>(params: &[(Type, bool)]) -> Signature {
    Signature {
        variadic: params.last().is_some_and(|(_, variadic)| *variadic),
        params: params.iter().map(|(ty, _)| ty.clone()).collect(),
        results: R::types(),
    }
}
