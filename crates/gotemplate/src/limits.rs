//! How much a template may ask for, and the budget of one execution.

use std::fmt;

/// What one execution may use. Every limit has an error of its own, a [`Limit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How deep templates may call each other.
    pub call_depth: usize,
    /// Bytes of output.
    pub output: usize,
    /// Actions, operands, function calls and iterations; and what functions go through, 32 bytes a step.
    pub steps: u64,
    /// Bytes that functions may build, summed over the execution.
    pub memory: usize,
    /// How large an integer `range` may count to.
    pub range: u64,
    /// Bytes of one compiled regular expression.
    pub regex: usize,
    /// How deep a value may be nested where it is printed, compared or converted.
    pub nesting: usize,
}

impl Limits {
    /// The limits of a template that is given no others.
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

/// A limit that was reached.
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

/// How many bytes of its arguments a function goes through in a step.
const BYTES_PER_STEP: usize = 32;

/// What is left of the [`Limits`] of one execution, or of several that share them.
///
/// The engine counts the strings and lists among a function's arguments as gone through once, and a string that it
/// returns as built. A function asks [`Budget::allocate`] before it builds something larger than its arguments, and
/// [`Budget::touch`] before it goes through more than them, or through them more often.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Limits,
    steps: u64,
    memory: usize,
    output: usize,
}

impl Budget {
    /// All that `limits` allow.
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

    /// Takes the steps of going through `bytes`.
    #[inline]
    pub fn touch(&mut self, bytes: usize) -> Result<(), Limit> {
        self.step((bytes / BYTES_PER_STEP) as u64)
    }

    /// Takes the steps of going `count` times through `bytes`.
    pub fn touch_many(&mut self, count: usize, bytes: usize) -> Result<(), Limit> {
        self.touch(count.saturating_mul(bytes))
    }

    /// How many steps are left.
    pub fn steps_left(&self) -> u64 {
        self.steps
    }

    /// How long the output may still become.
    pub(super) fn output_left(&self) -> usize {
        self.output
    }

    /// Takes what was written of the output.
    pub(super) fn written(&mut self, bytes: usize) {
        self.output = self.output.saturating_sub(bytes);
    }

    /// Takes memory for `bytes`, that a function is about to build.
    #[inline]
    pub fn allocate(&mut self, bytes: usize) -> Result<(), Limit> {
        self.memory = self.memory.checked_sub(bytes).ok_or(Limit::Memory(self.limits.memory))?;
        Ok(())
    }

    /// How many bytes functions may still build.
    pub fn memory_left(&self) -> usize {
        self.memory
    }

    /// Takes memory for `count` times `bytes`.
    pub fn allocate_many(&mut self, count: usize, bytes: usize) -> Result<(), Limit> {
        self.allocate(count.checked_mul(bytes).ok_or(Limit::Memory(self.limits.memory))?)
    }

    /// The limit of a value's nesting, if `depth` is beyond it.
    pub fn nest(&self, depth: usize) -> Result<(), Limit> {
        if depth > self.limits.nesting { Err(Limit::Nesting(self.limits.nesting)) } else { Ok(()) }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}
