//! The limits of an execution, and its budget.

use std::fmt;

/// The limits of an execution. Each has its own error, a [`Limit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The maximum depth of template calls.
    pub call_depth: usize,
    /// Bytes of output.
    pub output: usize,
    /// Actions, operands, function calls and iterations, and a step for every 32 bytes that functions read.
    pub steps: u64,
    /// Bytes that functions may build, summed up over the execution.
    pub memory: usize,
    /// The largest integer that `range` may count to.
    pub range: u64,
    /// Bytes of one compiled regular expression.
    pub regex: usize,
    /// The maximum nesting depth of a value that is printed, compared or converted.
    pub nesting: usize,
}

impl Limits {
    /// The limits of a template without [`Template::with_limits`](crate::Template::with_limits).
    pub const DEFAULT: Self = Self {
        call_depth: 100_000,
        output: 64 << 20,
        steps: 20_000_000,
        memory: 256 << 20,
        range: 10_000_000,
        regex: 10 << 20,
        nesting: 500,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// An exceeded limit and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Templates called each other deeper than this.
    CallDepth(usize),
    /// More bytes of output than this.
    Output(usize),
    /// More steps than this.
    Steps(u64),
    /// Functions built more bytes than this.
    Memory(usize),
    /// `range` over an integer larger than this.
    Range(u64),
    /// A regular expression whose compiled form has more bytes than this.
    Regex(usize),
    /// A value nested deeper than this.
    Nesting(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallDepth(most) => write!(f, "exceeded maximum template depth ({most})"),
            Self::Output(most) => write!(f, "the output is longer than {most} bytes"),
            Self::Steps(most) => write!(f, "the template takes more than {most} steps"),
            Self::Memory(most) => write!(f, "functions of the template build more than {most} bytes"),
            Self::Range(most) => write!(f, "range over an integer larger than {most}"),
            Self::Regex(most) => write!(f, "a compiled regular expression is larger than {most} bytes"),
            Self::Nesting(most) => write!(f, "a value is nested deeper than {most}"),
        }
    }
}

impl std::error::Error for Limit {}

/// The bytes of arguments that count as a step.
const BYTES_PER_STEP: usize = 32;

/// The rest of the [`Limits`] of one execution, or of several that share it.
///
/// The engine takes steps for the strings and lists among a function's arguments, and memory for a string that it
/// returns. A function calls [`Budget::allocate`] before it builds something larger than its arguments, and
/// [`Budget::touch`] before it reads more than them or reads them more than once.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Limits,
    steps: u64,
    memory: usize,
    output: usize,
}

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Self { steps: limits.steps, memory: limits.memory, output: limits.output, limits }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes `count` steps.
    #[inline]
    pub fn step(&mut self, count: u64) -> Result<(), Limit> {
        self.steps = self.steps.checked_sub(count).ok_or(Limit::Steps(self.limits.steps))?;
        Ok(())
    }

    /// Takes the steps of reading `bytes`.
    #[inline]
    pub fn touch(&mut self, bytes: usize) -> Result<(), Limit> {
        self.step((bytes / BYTES_PER_STEP) as u64)
    }

    /// Takes the steps of reading `bytes` `count` times.
    pub fn touch_many(&mut self, count: usize, bytes: usize) -> Result<(), Limit> {
        self.touch(count.saturating_mul(bytes))
    }

    /// The remaining steps.
    pub fn steps_left(&self) -> u64 {
        self.steps
    }

    /// The remaining bytes of output.
    pub(super) fn output_left(&self) -> usize {
        self.output
    }

    /// Takes bytes of output that were written.
    pub(super) fn written(&mut self, bytes: usize) {
        self.output = self.output.saturating_sub(bytes);
    }

    /// Takes memory for `bytes` that a function is about to build.
    #[inline]
    pub fn allocate(&mut self, bytes: usize) -> Result<(), Limit> {
        self.memory = self.memory.checked_sub(bytes).ok_or(Limit::Memory(self.limits.memory))?;
        Ok(())
    }

    /// The remaining bytes that functions may build.
    pub fn memory_left(&self) -> usize {
        self.memory
    }

    /// Takes memory for `bytes` `count` times.
    pub fn allocate_many(&mut self, count: usize, bytes: usize) -> Result<(), Limit> {
        self.allocate(count.checked_mul(bytes).ok_or(Limit::Memory(self.limits.memory))?)
    }

    /// Fails if `depth` exceeds the limit of a value's nesting.
    pub fn nest(&self, depth: usize) -> Result<(), Limit> {
        if depth > self.limits.nesting { Err(Limit::Nesting(self.limits.nesting)) } else { Ok(()) }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}
