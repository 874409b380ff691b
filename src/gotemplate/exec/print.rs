//! What actions print.

use super::super::fmt;
use super::super::functions::{Operand, Place};
use super::super::limits::Limit;
use super::super::parse::ast::{Name, Pipe, PipeId, Statement, Term, TermKind};
use super::super::value::{Kind, Type, Value};
use super::field::reach;
use super::state::{Node, Ran, State};

/// How many variables are looked through at a glance; a search further down costs steps.
const NEAR: usize = 64;

impl<'t> State<'t> {
    /// Appends to the output.
    pub(super) fn write(&mut self, text: &[u8]) -> Ran<()> {
        let most = self.template.limits.output;
        if self.out.len().saturating_add(text.len()) > most {
            return Err(self.limit(Limit::Output(most)));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    /// An action that prints its pipeline, or sets variables.
    pub(super) fn action(&mut self, statement: &'t Statement, id: PipeId, dot: &Operand) -> Ran<()> {
        let pipe = self.source.pipe(id);
        if let Some((Value::String(text), _)) = self.glance(dot, pipe) {
            // A copy shares the text.
            let text = text.clone();
            return self.write(&text);
        }
        let value = self.pipeline(dot, pipe)?;
        if !pipe.variables.is_empty() {
            return Ok(());
        }
        self.at(Node::Statement(statement));
        self.print(&value, id)
    }

    /// What a pipeline leads to, if that is a field, entry or variable that is there, and nothing else.
    pub(super) fn glance<'v>(&'v self, dot: &'v Operand, pipe: &'t Pipe) -> Option<(&'v Value, Place)> {
        let ([], [command]) = (pipe.variables.as_slice(), pipe.commands.as_slice()) else { return None };
        let [term] = command.words.as_slice() else { return None };
        glance(self.own_variables(), dot, term)
    }

    fn print(&mut self, operand: &Operand, id: PipeId) -> Ran<()> {
        if let Value::String(text) = &operand.value {
            return self.write(text);
        }
        if !operand.is_valid() {
            return self.write(b"<no value>");
        }
        let addressable = operand.place == Place::Addressable || matches!(operand.value, Value::Pointer(_));
        let value = operand.value.indirect();
        let mut behind_pointer = None;
        if let Value::Struct(_) | Value::Named(_) | Value::Function(_) | Value::Null(_) = value {
            let ty = value.ty();
            if is_text(&ty) {
                // It prints itself.
            } else if addressable && is_text(&Type::pointer(ty.clone())) {
                behind_pointer = Some(Value::pointer_to(value.clone()));
            } else if value.kind() == Kind::Func {
                let action = self.source.action_text(id);
                return self.fail(format!("can't print {action} of type {ty}"));
            }
        }
        let most = self.template.limits.output;
        fmt::print(&mut self.out, &mut self.context, behind_pointer.as_ref().unwrap_or(value), most)
            .map_err(|limit| self.limit(limit))
    }
}

/// What a word stands for, if that is a literal, or a field, entry or variable that is there: nothing is copied.
pub(super) fn glance<'v>(
    variables: &'v [(Name, Operand)],
    dot: &'v Operand,
    term: &'v Term,
) -> Option<(&'v Value, Place)> {
    match &term.kind {
        TermKind::Field(fields) => reach(dot, fields),
        TermKind::Variable(name, _, fields) => {
            let (_, variable) = variables.iter().rev().take(NEAR).find(|(variable, _)| variable == name)?;
            reach(variable, fields)
        }
        TermKind::Dot => Some((&dot.value, dot.place)),
        TermKind::String(_, value) => Some((value, Place::Plain)),
        TermKind::Number(number) => Some((number.ideal.as_ref()?, Place::Plain)),
        TermKind::Bool(true) => Some((&Value::Bool(true), Place::Plain)),
        TermKind::Bool(false) => Some((&Value::Bool(false), Place::Plain)),
        _ => None,
    }
}

/// Whether values of a type say how they are printed.
fn is_text(ty: &Type) -> bool {
    ty.has_method_without_arguments("Error") || ty.has_method_without_arguments("String")
}
