//! Compiled expressions and their searches.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use gostd::unicode::{is_digit, is_letter};
use gostd::utf8::{append_rune, runes};
use regex_automata::hybrid::dfa::Cache as ReachCache;
use regex_automata::meta::{self, Regex};
use regex_automata::{Input, Span};
use regex_syntax::hir::Hir;

use super::super::super::error::{FunctionError, FunctionResult};
use super::super::super::functions::Context;
use super::super::super::limits::Limit;
use super::super::super::value::{Str, Value};
use super::super::slice::Slice;
use super::reach::Reach;
use super::syntax::parse;

/// Why an expression cannot be compiled.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its syntax is invalid. The text is Go's.
    Syntax(String),
    /// It is too large.
    Function(FunctionError),
}

impl From<Limit> for Fault {
    fn from(limit: Limit) -> Self {
        Self::Function(limit.into())
    }
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Expression {
    regex: Regex,
    /// The names of its groups, from the first on
    names: Vec<Option<Str>>,
    is_empty: bool,
    /// Bytes of the compiled form
    size: usize,
    hir: Hir,
    /// For texts with several matches
    reach: OnceLock<Option<Reach>>,
}

/// The cost of compiling, and of compiling a byte, in bytes that count as read.
const COMPILING: usize = 8 << 10;
const COMPILING_A_BYTE: usize = 64;
/// The same for a Unicode class, and its size: about a thousand ranges.
const COMPILING_A_CLASS: usize = 32 << 10;
const CLASS: usize = 8 << 10;
/// If an expression has too many states to cache, each byte of a text is visited once for so many bytes of the
/// expression.
const BYTES_OF_A_STATE: usize = 32;

/// The number of cached expressions, and the maximum size of each.
const KEPT: usize = 16;
const KEPT_BYTES: usize = 256 << 10;

type Cache = VecDeque<(Str, usize, Arc<Expression>)>;

/// The last expressions: templates often use one in a loop.
static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

impl Expression {
    /// Compiles an expression, or returns it from the cache.
    pub(super) fn get(context: &mut Context, text: &Str) -> Result<Arc<Self>, Fault> {
        let limit = context.budget.limits().regex;
        let kept = {
            let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            cache.iter().find(|(of, under, _)| of == text && *under == limit).map(|(_, _, found)| Arc::clone(found))
        };
        if let Some(found) = kept {
            return Ok(found);
        }
        let compiled = Arc::new(Self::compile(context, text, limit)?);
        let size = compiled.size;
        context.budget.touch(size)?;
        context.budget.allocate(size)?;
        if size <= KEPT_BYTES {
            let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            cache.truncate(KEPT - 1);
            cache.push_front((text.clone(), limit, Arc::clone(&compiled)));
        }
        Ok(compiled)
    }

    fn compile(context: &mut Context, text: &Str, limit: usize) -> Result<Self, Fault> {
        let too_large = || Fault::from(Limit::Regex(limit));
        // This is an estimate: the letter after a backslash may belong to another escape.
        let is_class = |pair: &[u8]| matches!(pair, [b'\\', b'p' | b'P'] | [b'[', b'^']);
        let classes = text.windows(2).filter(|pair| is_class(pair)).count();
        if text.len() + classes * CLASS > limit {
            return Err(too_large());
        }
        context.budget.touch(COMPILING + text.len() * COMPILING_A_BYTE + classes * COMPILING_A_CLASS)?;
        let parsed = parse(text).map_err(Fault::Syntax)?;
        let config = meta::Config::new().nfa_size_limit(Some(limit)).hybrid_cache_capacity(limit);
        let regex = meta::Builder::new().configure(config).build_from_hir(&parsed.hir).map_err(|why| {
            if why.size_limit().is_some() {
                return too_large();
            }
            Fault::Function(FunctionError::new(format!("a regular expression cannot be compiled: {why}")))
        })?;
        let size = regex.memory_usage();
        let (reach, is_empty) = (OnceLock::new(), text.is_empty());
        Ok(Self { regex, names: parsed.names, is_empty, size, hir: parsed.hir, reach })
    }

    /// Takes the steps of a search that reads so many bytes.
    fn search(&self, context: &mut Context, bytes: usize) -> Result<(), Limit> {
        context.budget.step(1)?;
        context.budget.touch_many(bytes, 1 + self.size / BYTES_OF_A_STATE)
    }

    /// The searches for all matches in a text.
    fn searches<'s>(&'s self, text: &'s [u8]) -> Searches<'s> {
        Searches { expression: self, text, reach: None, is_first: true }
    }

    pub(super) fn matches(&self, context: &mut Context, text: &[u8]) -> FunctionResult<bool> {
        let text = Text::new(context, text)?;
        self.search(context, text.searched.len())?;
        Ok(self.regex.is_match(Input::new(&*text.searched)))
    }

    /// The first match, or an empty string.
    pub(super) fn find(&self, context: &mut Context, text: &[u8]) -> FunctionResult<Str> {
        let searched = Text::new(context, text)?;
        self.search(context, searched.searched.len())?;
        let found = self.regex.find(Input::new(&*searched.searched));
        Ok(found.map_or(&[][..], |found| searched.part(text, found.span())).into())
    }

    /// The first `count` matches, or all if `count` is negative.
    pub(super) fn find_all(&self, context: &mut Context, text: &[u8], count: isize) -> FunctionResult<Slice<Str>> {
        let searched = Text::new(context, text)?;
        let mut found = Slice::with_capacity(10);
        for span in self.spans(context, &searched, count)? {
            found.push(searched.part(text, span).into());
        }
        Ok(if found.values().is_empty() { Slice::nil() } else { found })
    }

    /// The text between matches, in at most `count` parts.
    pub(super) fn split(&self, context: &mut Context, text: &[u8], count: isize) -> FunctionResult<Slice<Str>> {
        if count == 0 {
            return Ok(Slice::nil());
        }
        if text.is_empty() && !self.is_empty {
            let mut only = Slice::with_capacity(1);
            only.push(Str::default());
            return Ok(only);
        }
        let searched = Text::new(context, text)?;
        let spans = self.spans(context, &searched, count)?;
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let mut parts = Slice::with_capacity(spans.len());
        let (mut start, mut end) = (0, 0);
        for span in spans {
            if parts.values().len() + 1 >= most {
                break;
            }
            end = span.start;
            if span.end != 0 {
                parts.push(searched.part(text, Span { start, end }).into());
            }
            start = span.end;
        }
        if end != searched.searched.len() {
            parts.push(searched.part(text, Span { start, end: searched.searched.len() }).into());
        }
        Ok(parts)
    }

    /// Replaces all matches. Unless the replacement is literal, `$1` and `${name}` in it are groups.
    pub(super) fn replace_all(
        &self,
        context: &mut Context,
        text: &[u8],
        by: &[u8],
        literal: bool,
    ) -> FunctionResult<Str> {
        let searched = Text::new(context, text)?;
        let replacements = if literal { vec![Replacement::Text(by)] } else { self.replacements(by) };
        let whole = searched.searched.len();
        let mut matches = self.regex.captures_iter(Input::new(&*searched.searched));
        let mut steps = self.searches(&searched.searched);
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            steps.begin(context, at)?;
            let captures = matches.next();
            let found = captures.as_ref().and_then(|captures| captures.get_group(0));
            // The text up to the match, or to the end.
            let before = searched.part(text, Span { start: at, end: found.map_or(whole, |found| found.start) });
            context.budget.allocate(before.len())?;
            out.extend_from_slice(before);
            let (Some(captures), Some(found)) = (captures, found) else { return Ok(out.into()) };
            // Its replacement.
            for part in &replacements {
                let bytes = match part {
                    Replacement::Text(text) => text,
                    Replacement::Group(group) => {
                        captures.get_group(*group).map_or(&[][..], |span| searched.part(text, span))
                    }
                };
                context.budget.step(1)?;
                context.budget.allocate(bytes.len())?;
                out.extend_from_slice(bytes);
            }
            at = found.end;
        }
    }

    /// The spans of the first `count` matches, or of all if `count` is negative. An empty match right after another match
    /// does not count, in Go and in regex-automata.
    fn spans(&self, context: &mut Context, text: &Text<'_>, count: isize) -> FunctionResult<Vec<Span>> {
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let mut spans: Vec<Span> = Vec::new();
        let mut matches = self.regex.find_iter(Input::new(&*text.searched));
        let mut steps = self.searches(&text.searched);
        let mut at = 0;
        while spans.len() < most {
            steps.begin(context, at)?;
            let Some(found) = matches.next() else { break };
            at = found.end();
            context.budget.allocate(size_of::<Span>() + 2 * size_of::<Value>())?;
            spans.push(found.span());
        }
        Ok(spans)
    }

    /// Parses a replacement. A `$` without a name is text.
    fn replacements<'a>(&self, by: &'a [u8]) -> Vec<Replacement<'a>> {
        let mut parts = Vec::new();
        let mut rest = by;
        while let Some(at) = memchr::memchr(b'$', rest) {
            let (before, after) = rest.split_at(at);
            parts.push(Replacement::Text(before));
            let (dollar, after) = after.split_at(1);
            if let [b'$', after @ ..] = after {
                parts.push(Replacement::Text(dollar));
                rest = after;
            } else if let Some((name, after)) = group_name(after) {
                parts.extend(self.group(name).map(Replacement::Group));
                rest = after;
            } else {
                parts.push(Replacement::Text(dollar));
                rest = after;
            }
        }
        parts.push(Replacement::Text(rest));
        parts
    }

    /// The index of a group by its name or number.
    fn group(&self, name: &[u8]) -> Option<usize> {
        let is_number = name.iter().all(u8::is_ascii_digit) && (name.len() == 1 || !name.starts_with(b"0"));
        if is_number && name.len() <= 9 {
            return std::str::from_utf8(name).ok()?.parse().ok();
        }
        self.names.iter().position(|of| of.as_deref() == Some(name)).map(|at| at + 1)
    }
}

/// Takes the steps of the searches for all matches in a text.
struct Searches<'s> {
    expression: &'s Expression,
    text: &'s [u8],
    reach: Option<(&'s Reach, ReachCache)>,
    is_first: bool,
}

impl Searches<'_> {
    /// Takes the steps of the search from `at`. The first may read the whole text.
    fn begin(&mut self, context: &mut Context, at: usize) -> Result<(), Limit> {
        let expression = self.expression;
        if std::mem::take(&mut self.is_first) {
            return expression.search(context, self.text.len());
        }
        if self.reach.is_none() {
            let limit = context.budget.limits().regex;
            context.budget.touch(expression.size)?;
            let reach = expression.reach.get_or_init(|| Reach::new(&expression.hir, limit));
            self.reach = reach.as_ref().map(|reach| (reach, reach.cache()));
        }
        let end = match &mut self.reach {
            Some((reach, cache)) => reach.of(cache, self.text, at),
            None => self.text.len(),
        };
        expression.search(context, end - at)
    }
}

/// A part of a replacement.
enum Replacement<'a> {
    Text(&'a [u8]),
    Group(usize),
}

/// The name at the start of a text, which may be in braces, and the rest.
fn group_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inner, braces) = text.strip_prefix(b"{").map_or((text, false), |inner| (inner, true));
    let is_word = |c: char| is_letter(c) || is_digit(c) || c == '_';
    let len = runes(inner).take_while(|(c, _)| is_word(*c)).map(|(_, len)| len).sum::<usize>();
    let (name, rest) = inner.split_at(len);
    let rest = if braces { rest.strip_prefix(b"}")? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

/// A text to search. Bytes that are not UTF-8 match U+FFFD, as in Go.
struct Text<'a> {
    searched: Cow<'a, [u8]>,
    /// The offset in the original of each byte of the searched text, if they differ
    original: Option<Vec<usize>>,
}

impl<'a> Text<'a> {
    fn new(context: &mut Context, text: &'a [u8]) -> FunctionResult<Self> {
        if std::str::from_utf8(text).is_ok() {
            return Ok(Self { searched: text.into(), original: None });
        }
        context.budget.allocate_many(text.len(), 3 * (1 + size_of::<usize>()))?;
        let (mut searched, mut original) = (Vec::new(), Vec::new());
        let mut at = 0;
        for (c, len) in runes(text) {
            append_rune(&mut searched, c);
            original.resize(searched.len(), at);
            at += len;
        }
        original.push(at);
        Ok(Self { searched: searched.into(), original: Some(original) })
    }

    /// A part of the original text.
    fn part<'t>(&self, text: &'t [u8], span: Span) -> &'t [u8] {
        let at = |at: usize| match &self.original {
            None => at,
            Some(original) => original.get(at).copied().unwrap_or(text.len()),
        };
        text.get(at(span.start)..at(span.end)).unwrap_or(&[])
    }
}
