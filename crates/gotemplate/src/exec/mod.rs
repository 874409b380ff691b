//! Parsed templates and their execution.

mod call;
mod eval;
mod field;
mod print;
mod range;
mod run;
mod state;

use gostd::strconv::quote;

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{Error, ErrorKind, Position};
use super::functions::Functions;
use super::limits::{Budget, Limits};
use super::parse::ast::{ListId, Source};
use super::parse::{Defined, Names, no_thread, on_stack_for, parse};
use super::value::{Str, Value};

/// The result of looking up a missing key of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value, printed as `<no value>`.
    #[default]
    Invalid,
    /// The zero value of the map's element type.
    Zero,
    /// An error.
    Error,
}

/// A template and the templates that it can call. Once parsed, it can be executed by many threads at a time.
#[derive(Debug, Clone)]
pub struct Template {
    name: Arc<str>,
    functions: Arc<Functions>,
    names: Names,
    limits: Limits,
    missing_key: MissingKey,
    defined: HashMap<Box<str>, Definition>,
}

/// One template.
#[derive(Debug, Clone)]
struct Definition {
    name: Arc<str>,
    source: Arc<Source>,
    list: ListId,
}

impl Template {
    /// An empty template. Errors show its name.
    pub fn new(name: &str) -> Self {
        let mut names = Names::default();
        names.number("$");
        Self {
            name: name.into(),
            functions: Arc::default(),
            names,
            limits: Limits::default(),
            missing_key: MissingKey::default(),
            defined: HashMap::new(),
        }
    }

    /// Sets the functions, besides Go's own, that texts parsed after this can call.
    #[must_use]
    pub fn with_functions(mut self, functions: impl Into<Arc<Functions>>) -> Self {
        self.functions = functions.into();
        self
    }

    /// Sets the limits of an execution.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the result of looking up a missing key of a map.
    #[must_use]
    pub fn with_missing_key(mut self, missing_key: MissingKey) -> Self {
        self.missing_key = missing_key;
        self
    }

    /// Parses the text of this template.
    pub fn parse(self, text: impl Into<Str>) -> Result<Self, Error> {
        let name = Arc::clone(&self.name);
        self.add(&name, text)
    }

    /// Parses the text of another template that this one can call. Of two templates with the same name, the later one
    /// counts, unless it is empty.
    pub fn add(mut self, name: &str, text: impl Into<Str>) -> Result<Self, Error> {
        let text = text.into();
        let (source, defined) = parse(&name.into(), &text, &self.functions, &mut self.names)?;
        let source = Arc::new(source);
        for Defined { name, list, empty } in defined {
            if empty && self.defined.contains_key(&name) {
                continue;
            }
            let definition = Definition { name: Arc::from(name.as_ref()), source: Arc::clone(&source), list };
            self.defined.insert(name, definition);
        }
        Ok(self)
    }

    /// The names of all defined templates, sorted.
    pub fn defined(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.defined.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names
    }

    /// Executes the template with this data.
    pub fn execute(&self, data: &Value) -> Result<Vec<u8>, Error> {
        self.execute_within(data, &mut Budget::new(self.limits.clone()))
    }

    /// Executes the template with a budget that several executions share.
    pub fn execute_within(&self, data: &Value, budget: &mut Budget) -> Result<Vec<u8>, Error> {
        let Some(definition) = self.defined.get(self.name.as_ref()) else {
            let name = quote(&*self.name);
            return Err(self.error(format!("template: {}: {name} is an incomplete or empty template", self.name)));
        };
        self.run(definition, data, budget)
    }

    /// Executes the template `name`.
    pub fn execute_template(&self, name: &str, data: &Value) -> Result<Vec<u8>, Error> {
        let Some(definition) = self.defined.get(name) else {
            let (name, own) = (quote(name), quote(&*self.name));
            return Err(self.error(format!("template: no template {name} associated with template {own}")));
        };
        self.run(definition, data, &mut Budget::new(self.limits.clone()))
    }

    fn run(&self, definition: &Definition, data: &Value, budget: &mut Budget) -> Result<Vec<u8>, Error> {
        // It may call any template.
        let depth = self.defined.values().map(|d| d.source.depth).max().unwrap_or(0);
        let run = || {
            let mut state = state::State::new(self, definition, budget.clone());
            let done = state.run(definition, data);
            *budget = state.context.budget;
            budget.written(state.out.len());
            done.map(|()| state.out)
        };
        on_stack_for(depth, run).unwrap_or_else(|| Err(no_thread(Arc::clone(&self.name), ErrorKind::Execute)))
    }

    fn error(&self, message: String) -> Error {
        let position = Position { template: Arc::clone(&self.name), line: None, column: None, span: None };
        Error::new(ErrorKind::Execute, message, position)
    }
}
