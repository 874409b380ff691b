//! Parses expressions in Go's syntax, with Go's errors.

use regex_syntax::hir::{Capture, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look};

use super::super::super::value::Str;
use super::class;
use super::node::Node;
use super::scan::{
    BAD_ESCAPE, Fault, Step, behind, character, check_utf8, class_character, counts, escape, find, until,
};

/// A parsed expression.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The names of its groups
    pub(super) names: Vec<Option<Str>>,
}

/// The maximum nesting depth. Go allows 1,000, but regex-automata recurses.
const MAX_HEIGHT: usize = 250;
/// The maximum of counted repetitions, as in Go.
const MAX_REPEATS: u32 = 1000;

const BAD_CLASS: &str = "invalid character class range";
const BAD_NAME: &str = "invalid named capture";
const TOO_DEEP: &str = "expression nests too deeply";
const BAD_REPEAT: &str = "invalid repeat count";

#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is set on its own")]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
    lazy: bool,
}

/// An open group, or the whole expression.
#[derive(Debug, Default)]
struct Frame {
    alternatives: Vec<Node>,
    concat: Vec<Node>,
    /// The flags outside of it
    flags: Flags,
    /// The number, if it captures
    capture: Option<u32>,
}

impl Frame {
    fn end_alternative(&mut self) {
        let concat = std::mem::take(&mut self.concat);
        self.alternatives.push(Node::concat(concat));
    }

    fn close(mut self) -> Node {
        self.end_alternative();
        let node = Node::alternation(self.alternatives);
        match self.capture {
            None => node,
            Some(index) => node.around(|sub| Hir::capture(Capture { index, name: None, sub })),
        }
    }
}

/// Parses an expression.
pub(super) fn parse(text: &[u8]) -> Result<Parsed, String> {
    let mut parser =
        Parser { whole: text, flags: Flags::default(), frames: Vec::new(), top: Frame::default(), names: Vec::new() };
    let parsed = parser.expression();
    parsed.map_err(|(what, at)| format!("error parsing regexp: {what}: `{}`", String::from_utf8_lossy(at)))?;
    let (names, top) = (parser.names, parser.top);
    Ok(Parsed { hir: top.close().hir, names })
}

struct Parser<'a> {
    whole: &'a [u8],
    flags: Flags,
    /// The open groups, without the innermost
    frames: Vec<Frame>,
    top: Frame,
    names: Vec<Option<Str>>,
}

impl<'a> Parser<'a> {
    fn expression(&mut self) -> Result<(), Fault<'a>> {
        let mut rest = self.whole;
        let mut repeat_before: Option<&'a [u8]> = None;
        while let [first, after @ ..] = rest {
            let mut repeat = None;
            rest = match first {
                b'(' if self.frames.len() >= MAX_HEIGHT => return Err((TOO_DEEP, self.whole)),
                b'(' if after.starts_with(b"?") => self.flags_or_name(rest)?,
                b'(' => {
                    self.open_capture(None);
                    after
                }
                b'|' => {
                    self.top.end_alternative();
                    after
                }
                b')' => {
                    self.close()?;
                    after
                }
                b'^' => self.add(Node::look(if self.flags.multi_line { Look::StartLF } else { Look::Start }), after)?,
                b'$' => self.add(Node::look(if self.flags.multi_line { Look::EndLF } else { Look::End }), after)?,
                b'.' => {
                    let dot = if self.flags.dot_newline { Dot::AnyChar } else { Dot::AnyCharExceptLF };
                    let Some(class) = any(dot) else { return Err(("regexp/syntax: internal error", rest)) };
                    self.add(Node::class(class), after)?
                }
                b'[' => {
                    let (class, after) = self.class(rest)?;
                    self.add(Node::class(class), after)?
                }
                b'*' | b'+' | b'?' => {
                    repeat = Some(rest);
                    let (min, max) = match first {
                        b'*' => (0, None),
                        b'+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, rest, after, repeat_before, false)?
                }
                b'{' => match counts(rest) {
                    None => self.add(self.letter('{'), after)?,
                    Some((min, max, after)) => {
                        repeat = Some(rest);
                        let bad = || (BAD_REPEAT, until(rest, after));
                        let (min, max) = (min.ok_or_else(bad)?, max.ok_or_else(bad)?);
                        if min > MAX_REPEATS || max.is_some_and(|max| max > MAX_REPEATS || min > max) {
                            return Err(bad());
                        }
                        self.repeat(min, max, rest, after, repeat_before, true)?
                    }
                },
                b'\\' => self.backslash(rest)?,
                _ => {
                    let (c, after) = character(rest)?;
                    self.add(self.letter(c), after)?
                }
            };
            repeat_before = repeat;
        }
        if self.frames.is_empty() { Ok(()) } else { Err(("missing closing )", self.whole)) }
    }

    fn letter(&self, c: char) -> Node {
        if self.flags.fold_case { Node::class(class::folded(class::of(&[(c, c)]))) } else { Node::literal(c) }
    }

    fn add(&mut self, node: Node, rest: &'a [u8]) -> Result<&'a [u8], Fault<'a>> {
        if node.height + self.frames.len() > MAX_HEIGHT {
            return Err((TOO_DEEP, self.whole));
        }
        self.top.concat.push(node);
        Ok(rest)
    }

    /// Opens a capturing group.
    fn open_capture(&mut self, name: Option<Str>) {
        self.names.push(name);
        self.open(u32::try_from(self.names.len()).ok());
    }

    fn open(&mut self, capture: Option<u32>) {
        let frame = Frame { flags: self.flags, capture, ..Frame::default() };
        self.frames.push(std::mem::replace(&mut self.top, frame));
    }

    fn close(&mut self) -> Result<(), Fault<'a>> {
        let Some(outer) = self.frames.pop() else { return Err(("unexpected )", self.whole)) };
        let group = std::mem::replace(&mut self.top, outer);
        self.flags = group.flags;
        self.add(group.close(), &[])?;
        Ok(())
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        text: &'a [u8],
        after: &'a [u8],
        before: Option<&'a [u8]>,
        counted: bool,
    ) -> Result<&'a [u8], Fault<'a>> {
        let (lazy, rest) = match after {
            [b'?', rest @ ..] => (!self.flags.lazy, rest),
            rest => (self.flags.lazy, rest),
        };
        if let Some(before) = before {
            return Err(("invalid nested repetition operator", until(before, rest)));
        }
        let Some(node) = self.top.concat.pop() else {
            return Err(("missing argument to repetition operator", until(text, rest)));
        };
        let mut repeats = node.repeats;
        if counted {
            repeats = match max.unwrap_or(min) {
                0 if max.is_some() => 1,
                times => repeats.saturating_mul(times.max(1)),
            };
            if (min >= 2 || max.is_some_and(|max| max >= 2)) && repeats > MAX_REPEATS {
                return Err((BAD_REPEAT, until(text, rest)));
            }
        }
        let repeated = Node { repeats, ..node.repeated(min, max, !lazy) };
        self.add(repeated, rest)
    }

    /// `(?i)`, `(?i:`, `(?P<name>` or `(?<name>`.
    fn flags_or_name(&mut self, text: &'a [u8]) -> Result<&'a [u8], Fault<'a>> {
        let start = if text.starts_with(b"(?P<") && text.len() > 4 {
            Some(4)
        } else {
            (text.starts_with(b"(?<") && text.len() > 3).then_some(3)
        };
        if let Some(start) = start {
            let Some(end) = find(text, b">") else {
                check_utf8(text)?;
                return Err((BAD_NAME, text));
            };
            let (name, rest) = (text.get(start..end).unwrap_or(&[]), behind(text, end + 1));
            check_utf8(name)?;
            if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                return Err((BAD_NAME, until(text, rest)));
            }
            self.open_capture(Some(name.into()));
            return Ok(rest);
        }
        let mut flags = self.flags;
        let (mut on, mut any) = (true, false);
        let mut rest = behind(text, 2);
        while !rest.is_empty() {
            let (c, after) = character(rest)?;
            rest = after;
            match c {
                'i' => flags.fold_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.lazy = on,
                '-' if on => {
                    (on, any) = (false, false);
                    continue;
                }
                ':' | ')' if on || any => {
                    if c == ':' {
                        self.open(None);
                    }
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => break,
            }
            any = true;
        }
        Err(("invalid or unsupported Perl syntax", until(text, rest)))
    }

    fn backslash(&mut self, text: &'a [u8]) -> Result<&'a [u8], Fault<'a>> {
        let rest = behind(text, 2);
        match text.get(1) {
            Some(b'A') => return self.add(Node::look(Look::Start), rest),
            Some(b'z') => return self.add(Node::look(Look::End), rest),
            Some(b'b') => return self.add(Node::look(Look::WordAscii), rest),
            Some(b'B') => return self.add(Node::look(Look::WordAsciiNegate), rest),
            Some(b'C') => return Err((BAD_ESCAPE, until(text, rest))),
            Some(b'Q') => {
                let (mut literal, rest) = match find(rest, b"\\E") {
                    Some(end) => (rest.get(..end).unwrap_or(rest), behind(rest, end + 2)),
                    None => (rest, &[][..]),
                };
                while !literal.is_empty() {
                    let (c, after) = character(literal)?;
                    self.add(self.letter(c), after)?;
                    literal = after;
                }
                return Ok(rest);
            }
            _ => {}
        }
        if let Some((class, rest)) = self.class_escape(text)? {
            return self.add(Node::class(class), rest);
        }
        let (c, rest) = escape(text)?;
        self.add(self.letter(c), rest)
    }

    /// `\pL`, `\d` and the like, if the text starts with one.
    fn class_escape(&self, text: &'a [u8]) -> Result<Option<(ClassUnicode, &'a [u8])>, Fault<'a>> {
        let [b'\\', letter, rest @ ..] = text else { return Ok(None) };
        if matches!(letter, b'p' | b'P') {
            return self.unicode_class(text, rest, *letter == b'P').map(Some);
        }
        Ok(class::perl(*letter).map(|(class, negated)| (self.fitted(class, negated), rest)))
    }

    /// Applies the flag for case, and negates.
    fn fitted(&self, class: ClassUnicode, negated: bool) -> ClassUnicode {
        let class = if self.flags.fold_case { class::folded(class) } else { class };
        if negated { class::negated(class) } else { class }
    }

    fn unicode_class(&self, text: &'a [u8], after: &'a [u8], mut negated: bool) -> Step<'a, ClassUnicode> {
        let (first, rest) = character(after)?;
        let (mut name, rest) = if first == '{' {
            let Some(end) = find(after, b"}") else {
                check_utf8(text)?;
                return Err((BAD_CLASS, text));
            };
            let name = after.get(1..end).unwrap_or(&[]);
            check_utf8(name)?;
            (name, behind(after, end + 1))
        } else {
            (until(after, rest), rest)
        };
        if let Some(inner) = name.strip_prefix(b"^") {
            (negated, name) = (!negated, inner);
        }
        let class = std::str::from_utf8(name).ok().and_then(class::unicode);
        class.map(|class| (self.fitted(class, negated), rest)).ok_or((BAD_CLASS, until(text, rest)))
    }

    /// `[a-z]`.
    fn class(&self, text: &'a [u8]) -> Step<'a, ClassUnicode> {
        let mut rest = behind(text, 1);
        let negated = rest.first() == Some(&b'^');
        rest = behind(rest, usize::from(negated));
        // The class is built at the end, since every union sorts all ranges.
        let mut ranges: Vec<ClassUnicodeRange> = Vec::new();
        let mut first = true;
        while first || rest.first() != Some(&b']') {
            first = false;
            if let Some((named, after)) = self.posix_class(rest)? {
                ranges.extend(named.ranges());
                rest = after;
                continue;
            }
            if let Some((named, after)) = self.class_escape(rest)? {
                ranges.extend(named.ranges());
                rest = after;
                continue;
            }
            let start = rest;
            let (low, after) = class_character(rest, text)?;
            rest = after;
            let mut high = low;
            if let [b'-', after @ ..] = rest
                && after.first().is_some_and(|byte| *byte != b']')
            {
                (high, rest) = class_character(after, text)?;
                if high < low {
                    return Err((BAD_CLASS, until(start, rest)));
                }
            }
            ranges.extend(self.fitted(class::of(&[(low, high)]), false).ranges());
        }
        let class = ClassUnicode::new(ranges);
        Ok((if negated { class::negated(class) } else { class }, behind(rest, 1)))
    }

    /// `[:alpha:]`, if the text starts with one.
    fn posix_class(&self, text: &'a [u8]) -> Result<Option<(ClassUnicode, &'a [u8])>, Fault<'a>> {
        let Some(inner) = text.strip_prefix(b"[:").filter(|inner| !inner.is_empty()) else { return Ok(None) };
        let Some(end) = find(inner, b":]") else { return Ok(None) };
        let (name, rest) = (inner.get(..end).unwrap_or(&[]), behind(inner, end + 2));
        let (name, negated) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
        match class::posix(name) {
            None => Err((BAD_CLASS, until(text, rest))),
            Some(class) => Ok(Some((self.fitted(class, negated), rest))),
        }
    }
}

fn any(dot: Dot) -> Option<ClassUnicode> {
    match Hir::dot(dot).into_kind() {
        regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => Some(class),
        _ => None,
    }
}
