//! Calls of functions and methods, and their arguments.

use smallvec::SmallVec;

use super::super::error::{ErrorKind, FunctionError};
use super::super::fmt;
use super::super::functions::quick::Quick;
use super::super::functions::{Function, Holder, ReflectValue, Signature, builtin};
use super::super::parse::ast::{Callee, Term, TermKind};
use super::super::value::{Bound, FloatKind, Kind, Type, Value};
use super::print::{Scope, end};
use super::state::{Node, Ran, State};

/// Arguments, of which there are usually few.
type Arguments = SmallVec<[ReflectValue; 4]>;

impl<'t> State<'t> {
    /// Calls a function by name.
    pub(super) fn call(
        &mut self,
        dot: &ReflectValue,
        callee: &'t Callee,
        node: Node<'t>,
        name: &str,
        arguments: &'t [Term],
        last: Option<ReflectValue>,
    ) -> Ran<ReflectValue> {
        self.step(1)?;
        if let (Callee::Quick(quick, _), None) = (callee, &last)
            && let (Some(result), Some(last)) = (self.quick(dot, *quick, arguments), arguments.last())
        {
            // Errors refer to the node that was evaluated last.
            self.at(Node::Term(end(self.source, last)));
            return Ok(result);
        }
        let function: &Function = callee.function();
        self.check_count(function.signature(), 0, name, arguments.len(), last.is_some())?;
        match callee {
            Callee::And(_) => return self.short_circuit(dot, false, arguments, last),
            Callee::Or(_) => return self.short_circuit(dot, true, arguments, last),
            Callee::Call(_) | Callee::Quick(..) | Callee::Function(_) => {}
        }
        if let Callee::Call(_) = callee
            && arguments.is_empty()
            && last.is_none()
        {
            return self.fail("wrong number of args for call: want at least 1 got 0");
        }
        let shown = match (callee, arguments.first()) {
            (Callee::Call(_), Some(first)) => self.source.term_text(first),
            (Callee::Call(_), None) => last.as_ref().map_or_else(String::new, reflect_text),
            _ => String::new(),
        };
        let mut values = Arguments::new();
        self.evaluate(dot, function.signature(), 0, arguments, last, &mut values)?;
        let result = match callee {
            Callee::Call(_) => match values.split_first_mut() {
                Some((function, rest)) => builtin::call(&mut self.context, &shown, &function.value, rest),
                None => Ok(ReflectValue::plain(Value::Nil)),
            },
            _ => function.call(&mut self.context, &mut values),
        };
        self.finish(result, node, name)
    }

    /// Calls a method.
    pub(super) fn call_method(
        &mut self,
        dot: &ReflectValue,
        bound: Bound,
        node: Node<'t>,
        name: &str,
        arguments: &'t [Term],
        last: Option<ReflectValue>,
    ) -> Ran<ReflectValue> {
        self.step(1)?;
        let mut values = Arguments::new();
        self.check_count(bound.signature(), 1, name, arguments.len(), last.is_some())?;
        self.evaluate(dot, bound.signature(), 1, arguments, last, &mut values)?;
        let result = bound.call(&mut self.context, &mut values.into_vec());
        self.finish(result, node, name)
    }

    /// Checks the number of arguments and the results of a function. The first `skip` parameters are not given by the
    /// template.
    fn check_count(&self, signature: &Signature, skip: usize, name: &str, given: usize, last: bool) -> Ran<()> {
        let count = given + usize::from(last);
        let fixed = signature.fixed() - skip.min(signature.fixed());
        if signature.variadic && count < fixed {
            return self.fail(format!("wrong number of args for {name}: want at least {fixed} got {given}"));
        }
        if !signature.variadic && count != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {count}"));
        }
        match signature.complaint(name) {
            Some(bad) => self.fail(bad),
            None => Ok(()),
        }
    }

    fn evaluate(
        &mut self,
        dot: &ReflectValue,
        signature: &Signature,
        skip: usize,
        arguments: &'t [Term],
        last: Option<ReflectValue>,
        values: &mut Arguments,
    ) -> Ran<()> {
        for (at, argument) in arguments.iter().enumerate() {
            let ty = signature.param(at + skip).unwrap_or(&Type::Any);
            // The most frequent case.
            if let (TermKind::String(_, text), Type::Reflect | Type::Any | Type::String) = (&argument.kind, ty) {
                self.at(Node::Term(argument));
                values.push(ReflectValue::plain(text.clone()));
                continue;
            }
            let value = self.argument(dot, ty, argument)?;
            values.push(value);
        }
        if let Some(last) = last {
            let ty = signature.param(arguments.len() + skip).unwrap_or(&Type::Any);
            let value = self.validate(last, ty)?;
            values.push(value);
        }
        Ok(())
    }

    /// The result of a call, with its error located at `node`.
    fn finish(&mut self, result: Result<ReflectValue, FunctionError>, node: Node<'t>, name: &str) -> Ran<ReflectValue> {
        let error = match result {
            Ok(operand) => {
                if let Value::String(text) = &operand.value {
                    self.context.budget.allocate(text.len()).map_err(|limit| self.limit(limit))?;
                }
                return Ok(operand);
            }
            Err(error) => error,
        };
        self.at(node);
        let kind = match error {
            FunctionError::Limit(limit) => ErrorKind::Limit(limit),
            FunctionError::Message(_) => ErrorKind::Execute,
        };
        Err(self.error(kind, &format!("error calling {name}: {error}")))
    }

    /// Calls a function of Go's without copying its arguments. `None` if that is not possible.
    fn quick(&mut self, dot: &ReflectValue, quick: Quick, arguments: &'t [Term]) -> Option<ReflectValue> {
        let variables = self.variables.get(self.base..)?;
        let scope = Scope::new(self.template, self.source, variables, dot);
        let mut values: SmallVec<[&Value; 4]> = SmallVec::new();
        for argument in arguments {
            values.push(scope.glance(argument)?.0);
        }
        match (quick, values.split_first()) {
            (Quick::Printf, Some((Value::String(format), values))) => {
                let text = fmt::sprintf(&mut self.context, format, values).ok()?;
                Some(ReflectValue::plain(Value::string(text)))
            }
            (Quick::Eq | Quick::Ne | Quick::Lt | Quick::Le | Quick::Gt | Quick::Ge, _) => {
                let weight = values.iter().map(|value| value.weight()).sum();
                self.context.budget.touch(weight).ok()?;
                quick.call(&values)
            }
            _ => quick.call(&values),
        }
    }

    /// `and` and `or`: the first argument that decides, or else the last.
    fn short_circuit(
        &mut self,
        dot: &ReflectValue,
        until: bool,
        arguments: &'t [Term],
        last: Option<ReflectValue>,
    ) -> Ran<ReflectValue> {
        let mut value = ReflectValue::plain(Value::Nil);
        for (at, argument) in arguments.iter().enumerate() {
            if let Some((found, holder)) = self.scope(dot).glance(argument) {
                let decided = found.is_true() == until || (at + 1 == arguments.len() && last.is_none());
                let result = decided.then(|| ReflectValue { value: found.clone(), holder });
                self.at(Node::Term(end(self.source, argument)));
                if let Some(result) = result {
                    return Ok(result);
                }
                continue;
            }
            value = self.argument(dot, &Type::Reflect, argument)?;
            if value.value.is_true() == until {
                return Ok(value);
            }
        }
        match last {
            Some(last) => self.validate(last, &Type::Reflect),
            None => Ok(value),
        }
    }

    /// An argument for a parameter of a type.
    fn argument(&mut self, dot: &ReflectValue, ty: &Type, term: &'t Term) -> Ran<ReflectValue> {
        self.at(Node::Term(term));
        match &term.kind {
            TermKind::Nil => {
                if !ty.can_be_nil() {
                    return self.fail(format!("cannot assign nil to {ty}"));
                }
                Ok(ReflectValue::plain(Value::zero(ty)))
            }
            TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(..) => self.literal(ty, term),
            _ if matches!(ty, Type::Reflect) => self.argument_as_it_is(dot, term),
            _ => {
                let value = self.argument_as_it_is(dot, term)?;
                self.validate(value, ty)
            }
        }
    }

    /// The value of an argument that is not a literal.
    pub(super) fn argument_as_it_is(&mut self, dot: &ReflectValue, term: &'t Term) -> Ran<ReflectValue> {
        self.at(Node::Term(term));
        match &term.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Field(fields) => self.fields(dot, dot, term, fields, &[], None),
            TermKind::Variable(name, text, fields) => {
                let value = self.variable(*name, text)?;
                if fields.is_empty() { Ok(value) } else { self.fields(dot, &value, term, fields, &[], None) }
            }
            TermKind::Pipe(pipe) => self.pipeline(dot, self.source.pipe(*pipe)),
            TermKind::Identifier(name, callee) => self.call(dot, callee, Node::Term(term), name, &[], None),
            TermKind::Chain(inner, fields) => self.chain(dot, term, inner, fields, &[], None),
            TermKind::Nil | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(..) => self.constant(term),
        }
    }

    /// A literal as a value of a type.
    fn literal(&mut self, ty: &Type, term: &'t Term) -> Ran<ReflectValue> {
        let found =
            |what: &str, state: &Self| state.fail(format!("expected {what}; found {}", state.source.term_text(term)));
        let number = match &term.kind {
            TermKind::Number(number) => Some(number),
            _ => None,
        };
        let value = match (ty.underlying(), &term.kind) {
            (Type::Any | Type::Reflect, _) => return self.constant(term),
            (Type::Bool, TermKind::Bool(value)) => Value::Bool(*value),
            (Type::Bool, _) => return found("bool", self),
            (Type::String, TermKind::String(_, value)) => value.clone(),
            (Type::String, _) => return found("string", self),
            (Type::Int(kind), _) => match number.and_then(|n| n.int) {
                Some(int) => Value::Int(*kind, kind.wrap(int)),
                None => return found("integer", self),
            },
            (Type::Uint(kind), _) => match number.and_then(|n| n.uint) {
                Some(uint) => Value::Uint(*kind, kind.wrap(uint)),
                None => return found("unsigned integer", self),
            },
            (Type::Float(kind), _) => match number.and_then(|n| n.float) {
                #[expect(clippy::cast_possible_truncation, reason = "as Go stores it")]
                Some(float) if *kind == FloatKind::Float32 => Value::Float(*kind, f64::from(float as f32)),
                Some(float) => Value::Float(*kind, float),
                None => return found("float", self),
            },
            (Type::Complex(kind), _) => match number.and_then(|n| n.complex) {
                Some((real, imaginary)) => Value::Complex(*kind, real, imaginary),
                None => return found("complex", self),
            },
            _ => {
                return self.fail(format!("can't handle {} for arg of type {ty}", self.source.term_text(term)));
            }
        };
        Ok(ReflectValue::plain(match ty {
            Type::Named(named) => Value::named(named, value),
            _ => value,
        }))
    }

    /// Converts a value for a parameter of this type, if necessary by taking its address or following a pointer.
    fn validate(&mut self, operand: ReflectValue, ty: &Type) -> Ran<ReflectValue> {
        if matches!(ty, Type::Reflect) {
            return Ok(operand);
        }
        if !operand.is_valid() {
            if !ty.can_be_nil() {
                return self.fail(format!("invalid value; expected {ty}"));
            }
            return Ok(ReflectValue::plain(Value::zero(ty)));
        }
        if matches!(ty, Type::Any) {
            return Ok(operand);
        }
        if operand.value.is_assignable_to(ty) && !matches!(operand.value, Value::Nil) {
            return Ok(converted(operand, ty));
        }
        match operand.value.underlying() {
            Value::Nil if matches!((operand.holder, ty), (Holder::Error, Type::Error)) => return Ok(operand),
            Value::Pointer(pointer) if pointer.target().is_assignable_to(ty) => {
                return Ok(ReflectValue { value: pointer.target().clone(), holder: Holder::Addressable });
            }
            Value::Null(Type::Pointer(element)) if element.is_assignable_to(ty) => {
                return self.fail(format!("dereference of nil pointer of type {ty}"));
            }
            _ => {}
        }
        let own = operand.value.ty();
        if operand.holder == Holder::Addressable && Type::pointer(own).is_assignable_to(ty) {
            return Ok(ReflectValue::plain(Value::pointer_to(operand.value)));
        }
        // The error names the type of the value in the interface, not the interface.
        let own = if matches!(operand.value, Value::Nil) { operand.ty() } else { operand.value.ty() };
        self.fail(format!("wrong type for value; expected {ty}; got {own}"))
    }
}

/// reflect's `Value.String()`: the string, or the type of any other value.
fn reflect_text(operand: &ReflectValue) -> String {
    match operand.value.as_string() {
        Some(text) => text.to_text().into_owned(),
        None if !operand.is_valid() => "<invalid Value>".to_owned(),
        None => format!("<{} Value>", operand.value.ty()),
    }
}

/// An assignable value, as the type that it is assigned to.
fn converted(operand: ReflectValue, ty: &Type) -> ReflectValue {
    if operand.value.is_of(ty) || matches!(ty, Type::Error) {
        return operand;
    }
    let value = match (operand.value, ty) {
        (Value::Named(of), ty) if !matches!(ty, Type::Named(_)) => of.value().clone(),
        (Value::Null(_), ty) => Value::zero(ty),
        (value, Type::Named(named)) if value.kind() != Kind::Struct => Value::named(named, value),
        (value, _) => value,
    };
    ReflectValue::plain(value)
}
