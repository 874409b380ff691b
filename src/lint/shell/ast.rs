//! The syntax tree of a shell script. All ranges are byte ranges of the script.

use std::ops::Range;

/// A parsed script.
#[derive(Debug, PartialEq)]
pub(crate) struct Script {
    pub(crate) list: List,
    /// The bodies of here-documents, in order.
    pub(crate) heredocs: Vec<Range<usize>>,
}

/// Commands that run one after the other: a script, or the body of a compound command.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct List {
    pub(crate) items: Vec<Item>,
}

/// An and-or list, and what separates it from the next one.
#[derive(Debug, PartialEq)]
pub(crate) struct Item {
    /// Pipelines connected by `&&` and `||`. There is at least one.
    pub(crate) links: Vec<Link>,
    pub(crate) separator: Separator,
    /// The separator; empty for [`Separator::None`].
    pub(crate) separator_range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// `;` or a line break.
    Sequential,
    /// `&`
    Background,
    /// The list ends.
    None,
}

/// A pipeline of an and-or list.
#[derive(Debug, PartialEq)]
pub(crate) struct Link {
    /// What connects it to the pipeline before; `None` for the first one.
    pub(crate) connector: Option<Connector>,
    pub(crate) range: Range<usize>,
    /// Whether it begins with `!`.
    pub(crate) is_negated: bool,
    /// The commands between `|`. There is at least one.
    pub(crate) commands: Vec<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connector {
    And,
    Or,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    /// The command with its redirections, without the body of a here-document.
    pub(crate) range: Range<usize>,
    pub(crate) body: Body,
    pub(crate) redirections: Vec<Redirection>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    Simple {
        /// Variable assignments before the command's name.
        assignments: Vec<Word>,
        words: Vec<Word>,
    },
    Compound(Compound),
    Function(Box<Command>),
}

/// A loop, `if`, `case`, group, subshell, `[[ … ]]` or `(( … ))`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Compound {
    pub(crate) kind: CompoundKind,
    /// The words of `for`, `case` and `[[`.
    pub(crate) words: Vec<Word>,
    /// The variable of `for`; empty for others.
    pub(crate) variable: String,
    pub(crate) conditions: Vec<List>,
    pub(crate) bodies: Vec<List>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CompoundKind {
    /// `while`, `until`, `for` or `select`.
    Loop,
    /// `if` or `case`.
    Choice,
    /// `{ … }`
    #[default]
    Group,
    /// `( … )`
    Subshell,
    /// `[[ … ]]` or `(( … ))`.
    Test,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Redirection {
    /// The operator, such as `>` or `<<`.
    pub(crate) operator: Range<usize>,
    pub(crate) target: Word,
    /// The index of a here-document's body in [`Script::heredocs`].
    pub(crate) heredoc: Option<usize>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Word {
    pub(crate) range: Range<usize>,
    /// The word without its quotes. Expansions are as in the script.
    pub(crate) text: String,
    /// The scripts of command and process substitutions.
    pub(crate) substitutions: Vec<List>,
}

impl Item {
    /// The and-or list without its separator.
    pub(crate) fn range(&self) -> Range<usize> {
        let start = self.links.first().map_or(self.separator_range.start, |link| link.range.start);
        start..self.links.last().map_or(start, |link| link.range.end)
    }
}

impl Link {
    /// The command, if it is neither a pipe nor negated.
    pub(crate) fn single(&self) -> Option<&Command> {
        match self.commands.as_slice() {
            [command] if !self.is_negated => Some(command),
            _ => None,
        }
    }
}

/// Programs that run the command behind them and do nothing else with it.
const PREFIXES: [&str; 9] = ["exec", "command", "nohup", "busybox", "sudo", "env", "nice", "timeout", "time"];

impl Command {
    /// The words of a simple command; none of other commands.
    pub(crate) fn words(&self) -> &[Word] {
        match &self.body {
            Body::Simple { words, .. } => words,
            _ => &[],
        }
    }

    /// The assignments before a simple command.
    pub(crate) fn assignments(&self) -> &[Word] {
        match &self.body {
            Body::Simple { assignments, .. } => assignments,
            _ => &[],
        }
    }

    /// The words of a simple command behind `exec`, `timeout 5` and the like.
    pub(crate) fn program(&self) -> &[Word] {
        let mut words = self.words();
        while let [first, rest @ ..] = words {
            if !PREFIXES.contains(&first.base_name()) {
                break;
            }
            // Options of the prefix, the duration of `timeout` and the variables of `env`.
            let skipped = rest.iter().take_while(|word| {
                word.text.starts_with('-')
                    || (first.base_name() == "timeout" && word.text.starts_with(|c: char| c.is_ascii_digit()))
                    || (first.base_name() == "env" && word.text.contains('='))
            });
            words = rest.get(skipped.count()..).unwrap_or_default();
        }
        words
    }

    /// The name of the program that a simple command runs, without its folder; empty if there is none.
    pub(crate) fn name(&self) -> &str {
        self.program().first().map_or("", Word::base_name)
    }
}

impl Word {
    /// The part behind the last slash.
    pub(crate) fn base_name(&self) -> &str {
        base_name(&self.text)
    }
}

/// The part of a program's path behind the last slash.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
