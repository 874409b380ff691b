//! Writes nodes as errors show them.

use gostd::strconv::quote;

use super::ast::{Command, Invocation, Pipe, PipeId, Source, Term, TermKind};

impl Source {
    /// A pipeline without parentheses.
    pub(in super::super) fn pipe_text(&self, pipe: &Pipe) -> String {
        let mut out = String::new();
        self.write_pipe(pipe, &mut out);
        out
    }

    /// A command with its arguments.
    pub(in super::super) fn command_text(&self, command: &Command) -> String {
        let mut out = String::new();
        self.write_command(command, &mut out);
        out
    }

    pub(in super::super) fn term_text(&self, term: &Term) -> String {
        let mut out = String::new();
        self.write_term(term, &mut out);
        out
    }

    /// An action that prints a pipeline.
    pub(in super::super) fn action_text(&self, pipe: PipeId) -> String {
        format!("{{{{{}}}}}", self.pipe_text(self.pipe(pipe)))
    }

    /// The call of a template.
    pub(in super::super) fn invocation_text(&self, invocation: &Invocation) -> String {
        let mut out = format!("{{{{template {}", quote(&*invocation.name));
        if let Some(pipe) = invocation.pipe {
            out.push(' ');
            self.write_pipe(self.pipe(pipe), &mut out);
        }
        out.push_str("}}");
        out
    }

    fn write_pipe(&self, pipe: &Pipe, out: &mut String) {
        for (at, variable) in pipe.variables.iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            out.push_str(&variable.text);
        }
        if !pipe.variables.is_empty() {
            out.push_str(if pipe.assigns { " = " } else { " := " });
        }
        for (at, command) in pipe.commands.iter().enumerate() {
            out.push_str(if at > 0 { " | " } else { "" });
            self.write_command(command, out);
        }
    }

    fn write_command(&self, command: &Command, out: &mut String) {
        for (at, word) in command.words.iter().enumerate() {
            if at > 0 {
                out.push(' ');
            }
            if let TermKind::Pipe(pipe) = word.kind {
                self.write_parenthesised(pipe, out);
            } else {
                self.write_term(word, out);
            }
        }
    }

    fn write_parenthesised(&self, pipe: PipeId, out: &mut String) {
        out.push('(');
        self.write_pipe(self.pipe(pipe), out);
        out.push(')');
    }

    fn write_term(&self, term: &Term, out: &mut String) {
        match &term.kind {
            TermKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            TermKind::Dot => out.push('.'),
            TermKind::Nil => out.push_str("nil"),
            TermKind::Field(fields) => write_fields(fields, out),
            TermKind::Variable(_, name, fields) => {
                out.push_str(name);
                write_fields(fields, out);
            }
            TermKind::Identifier(name, _) => out.push_str(name),
            TermKind::Number(number) => out.push_str(&number.text),
            TermKind::String(text, _) => out.push_str(text),
            TermKind::Pipe(pipe) => self.write_pipe(self.pipe(*pipe), out),
            TermKind::Chain(inner, fields) => {
                if let TermKind::Pipe(pipe) = inner.kind {
                    self.write_parenthesised(pipe, out);
                } else {
                    self.write_term(inner, out);
                }
                write_fields(fields, out);
            }
        }
    }
}

fn write_fields(fields: &[Box<str>], out: &mut String) {
    for field in fields {
        out.push('.');
        out.push_str(field);
    }
}
