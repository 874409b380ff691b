//! Executes the statements of a template. Open blocks are kept in a list, so that neither nesting nor recursion takes
//! stack.

use gostd::strconv::quote;

use super::super::functions::ReflectValue;
use super::super::limits::Limit;
use super::super::parse::ast::{Branch, Invocation, ListId, Name, Statement};
use super::super::value::Value;
use super::Definition;
use super::range::Loop;
use super::state::{Node, Ran, State};

/// The open blocks.
pub(super) struct Frames<'t> {
    open: Vec<Frame<'t>>,
    /// The dots of the frames. A frame without its own dot has that of the frame around it.
    dots: Vec<ReflectValue>,
    /// The number of frames that are template calls.
    calls: usize,
}

/// A list of statements in execution.
struct Frame<'t> {
    left: std::slice::Iter<'t, Statement>,
    /// The number of variables and dots to keep when it ends.
    mark: usize,
    dots: usize,
    kind: FrameKind<'t>,
}

enum FrameKind<'t> {
    /// The statements of a template or a condition
    Plain,
    /// The body of a loop
    Loop(Box<Loop<'t>>),
    /// The statements of a called template, with the state to return to
    Call { caller: &'t Definition, base: usize },
}

impl<'t> Frames<'t> {
    fn enter(&mut self, statements: &'t [Statement], dot: Option<ReflectValue>, mark: usize, kind: FrameKind<'t>) {
        let dots = self.dots.len();
        self.dots.extend(dot);
        self.open.push(Frame { left: statements.iter(), mark, dots, kind });
    }

    /// Ends all frames inside the innermost loop, and the rest of its iteration.
    fn unwind(&mut self) {
        while let Some(frame) = self.open.last_mut() {
            if let FrameKind::Loop(_) = frame.kind {
                frame.left = [].iter();
                return;
            }
            self.dots.truncate(frame.dots);
            self.open.pop();
        }
    }
}

impl<'t> State<'t> {
    /// Executes a template.
    pub(super) fn run(&mut self, definition: &'t Definition, data: &Value) -> Ran<()> {
        let dot = ReflectValue::plain(data.clone());
        self.variables.push((Name(0), dot.clone()));
        self.out.reserve(self.source.text.len());
        let mut frames = Frames { open: Vec::with_capacity(16), dots: Vec::with_capacity(8), calls: 0 };
        frames.enter(self.source.list(definition.list), Some(dot), 0, FrameKind::Plain);
        let nothing = ReflectValue::plain(Value::Nil);
        while let Some(frame) = frames.open.last_mut() {
            let Some(statement) = frame.left.next() else {
                self.leave(&mut frames)?;
                continue;
            };
            self.step(1)?;
            let dot = frames.dots.last().unwrap_or(&nothing);
            match statement {
                Statement::Text(text) => self.write(text)?,
                Statement::Action { pipe, .. } => self.action(statement, *pipe, dot)?,
                Statement::If(branch) => {
                    let mark = self.variables.len();
                    let entered = self.condition(branch, dot)?;
                    self.enter(&mut frames, entered, None, mark);
                }
                Statement::With(branch) => {
                    let mark = self.variables.len();
                    let value = self.pipeline(dot, self.source.pipe(branch.pipe))?;
                    if value.value.is_true() {
                        self.enter(&mut frames, Some(branch.list), Some(value), mark);
                    } else {
                        self.enter(&mut frames, branch.otherwise, None, mark);
                    }
                }
                Statement::Range(branch) => {
                    let mark = self.variables.len();
                    match self.range(branch, dot)? {
                        Some((around, element)) => {
                            frames.enter(around.body, Some(element), mark, FrameKind::Loop(around));
                        }
                        None => self.enter(&mut frames, branch.otherwise, None, mark),
                    }
                }
                Statement::Template(invocation) => self.call_template(invocation, &mut frames)?,
                Statement::Break => {
                    frames.unwind();
                    if let Some(ended) = frames.open.pop() {
                        self.variables.truncate(ended.mark);
                        frames.dots.truncate(ended.dots);
                    }
                }
                Statement::Continue => frames.unwind(),
            }
        }
        Ok(())
    }

    /// Enters a list, if there is one.
    fn enter(&mut self, frames: &mut Frames<'t>, list: Option<ListId>, dot: Option<ReflectValue>, mark: usize) {
        match list {
            Some(list) => frames.enter(self.source.list(list), dot, mark, FrameKind::Plain),
            None => self.variables.truncate(mark),
        }
    }

    /// The list that a condition selects.
    fn condition(&mut self, branch: &'t Branch, dot: &ReflectValue) -> Ran<Option<ListId>> {
        let pipe = self.source.pipe(branch.pipe);
        self.step(pipe.steps)?;
        let truth = match self.truth(dot, pipe) {
            Some(truth) => truth,
            None => self.pipeline(dot, pipe)?.value.is_true(),
        };
        Ok(if truth { Some(branch.list) } else { branch.otherwise })
    }

    fn call_template(&mut self, invocation: &'t Invocation, frames: &mut Frames<'t>) -> Ran<()> {
        self.at(Node::Invocation(invocation));
        let template = self.template;
        let Some(callee) = template.defined.get(&invocation.name) else {
            let name = quote(&*invocation.name);
            return self.fail(format!("template {name} not defined"));
        };
        let depth = self.context.budget.limits().call_depth;
        if frames.calls >= depth {
            return Err(self.limit(Limit::CallDepth(depth)));
        }
        let dot = match (invocation.pipe, frames.dots.last()) {
            (Some(pipe), Some(dot)) => self.pipeline(dot, self.source.pipe(pipe))?,
            _ => ReflectValue::plain(Value::Nil),
        };
        let kind = FrameKind::Call { caller: self.current, base: self.base };
        self.base = self.variables.len();
        frames.enter(callee.source.list(callee.list), Some(dot.clone()), self.base, kind);
        frames.calls += 1;
        self.variables.push((Name(0), dot));
        self.current = callee;
        self.source = &callee.source;
        Ok(())
    }

    /// Ends the last frame, or starts its next iteration.
    fn leave(&mut self, frames: &mut Frames<'t>) -> Ran<()> {
        let Some(frame) = frames.open.last_mut() else { return Ok(()) };
        frames.dots.truncate(frame.dots);
        if let FrameKind::Loop(around) = &mut frame.kind {
            self.variables.truncate(around.mark);
            if let Some(element) = self.next_round(around)? {
                frame.left = around.body.iter();
                frames.dots.push(element);
                return Ok(());
            }
        }
        self.variables.truncate(frame.mark);
        if let FrameKind::Call { caller, base } = frame.kind {
            self.current = caller;
            self.source = &caller.source;
            self.base = base;
            frames.calls -= 1;
        }
        frames.open.pop();
        Ok(())
    }
}
