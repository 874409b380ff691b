//! Cuts commands out of a script.
//!
//! Only commands at the top level of a script are cut: not those in loops, conditions, pipes, functions, groups and
//! subshells. A cut is safe if the rest of the script does the same and ends with the same exit code as before, provided
//! that the command that goes succeeds.

use std::ops::Range;

use super::ast::{Body, Command, CompoundKind, Connector, Item, Link, List, Script, Separator};
use super::parse::parse;

/// Text that can be removed from a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The bytes of the script that go.
    pub(crate) range: Range<usize>,
    /// Whether the rest of the script ends with the same exit code as before.
    pub(crate) is_safe: bool,
}

/// Commands that leave nothing to do if they are all that is left of a script.
const IDLE: [&str; 6] = ["set", "shopt", ":", "true", "exit", "wait"];

/// Commands that run other commands, whose failures `set -e` may ignore.
const RUNNERS: [&str; 3] = ["eval", ".", "source"];

/// The best cut of a command that `is_target` accepts, safe ones first. `exits_on_error`: whether the shell is
/// started with `-e`.
pub(super) fn cut(
    text: &str,
    script: &Script,
    exits_on_error: bool,
    is_target: &dyn Fn(&Command) -> bool,
) -> Option<Cut> {
    let cutter = Cutter { text, list: &script.list, is_target };
    let mut cuts: Vec<Cut> = Vec::new();
    // A call of such a function could turn it off at any time.
    let is_turned_off = script.list.items.iter().any(|item| defines_function(item) && turns_off(raw(text, item)));
    let mut exits_on_error = exits_on_error;
    for (index, item) in script.list.items.iter().enumerate() {
        cuts.extend((0..item.links.len()).filter_map(|link| cutter.cut(index, link, exits_on_error && !is_turned_off)));
        exits_on_error = exits_on_error_after(text, item, exits_on_error);
    }
    // A trap does not run after `exec`, but would after the cut.
    if text.contains("exec") && text.contains("trap") {
        for cut in &mut cuts {
            cut.is_safe = false;
        }
    }
    // What a template engine fills in is kept as it is.
    cuts.retain(|cut| text.get(cut.range.clone()).is_some_and(|cut| !cut.contains("{{") && !cut.contains("}}")));
    let best = cuts.iter().position(|cut| cut.is_safe).unwrap_or(0);
    (best < cuts.len()).then(|| cuts.swap_remove(best))
}

struct Cutter<'s> {
    text: &'s str,
    list: &'s List,
    is_target: &'s dyn Fn(&Command) -> bool,
}

/// A command that goes, with its `|| true`: links of an and-or list.
struct Unit<'s> {
    links: Range<usize>,
    start: usize,
    end: usize,
    /// Whether it is a `trap` on `EXIT` alone.
    is_exit_trap: bool,
    /// What the whole and-or list ends with, if the unit has an `||` of its own.
    has_alternative: bool,
    item: &'s Item,
}

impl<'s> Cutter<'s> {
    /// The cut of the command at `link` of the item `index`, if it can be cut.
    fn cut(&self, index: usize, link: usize, exits_on_error: bool) -> Option<Cut> {
        let item = self.list.items.get(index)?;
        let unit = self.unit(item, link)?;
        let before = unit.links.start.checked_sub(1).and_then(|link| item.links.get(link));
        let after = item.links.get(unit.links.end);
        let is_last = index + 1 == self.list.items.len();
        match (before, after) {
            (Some(before), None) => {
                let may_exit_on_error = exits_on_error || self.text.contains("set -");
                if may_exit_on_error && !is_last {
                    // What remains would end the script if it fails. Before the last command of a list, it does not.
                    return None;
                }
                let is_safe = is_last
                    && !unit.has_alternative
                    && !unit.is_exit_trap
                    && item.separator != Separator::Background
                    && (!may_exit_on_error || item.links.iter().all(|link| self.is_simple(link)));
                // An alternative also follows a failure of what remains.
                let targets = item.links.get(unit.links.clone()).unwrap_or_default();
                let end = targets.iter().rfind(|link| self.is_target(link)).map_or(unit.end, |link| link.range.end);
                Some(Cut { range: before.range.end..end, is_safe })
            }
            (Some(_), Some(_)) if unit.has_alternative => None,
            (_, Some(after)) => {
                let is_safe = unit.is_exit_trap && before.is_none() && self.is_only_trap();
                Some(Cut {
                    range: unit.start..after.range.start,
                    is_safe: is_safe && !self.reads_status(after.range.clone()),
                })
            }
            (None, None) if self.leaves_work(index) => Some(self.cut_item(index, &unit, exits_on_error)),
            (None, None) => None,
        }
    }

    /// The links that the target at `link` consists of: itself, and alternatives such as `|| true`.
    fn unit(&self, item: &'s Item, link: usize) -> Option<Unit<'s>> {
        let first = item.links.get(link)?;
        let (is_target, is_exit_trap) = self.target(first)?;
        if !is_target || first.connector == Some(Connector::Or) {
            return None;
        }
        let rest = item.links.get(link + 1..)?;
        let alternatives =
            rest.iter().take_while(|link| link.connector == Some(Connector::Or) && self.is_idle_or_target(link));
        let end = link + 1 + alternatives.count();
        if item.links.get(end).is_some_and(|link| link.connector == Some(Connector::Or)) {
            return None;
        }
        let last = item.links.get(end - 1)?;
        Some(Unit {
            links: link..end,
            start: first.range.start,
            end: last.range.end,
            is_exit_trap,
            has_alternative: end > link + 1,
            item,
        })
    }

    /// Whether a pipeline goes, and whether it is a trap on `EXIT` alone. `None` if it cannot be cut.
    fn target(&self, link: &Link) -> Option<(bool, bool)> {
        let command = link.single()?;
        if command.redirections.iter().any(|redirection| redirection.heredoc.is_some()) {
            return None;
        }
        if command.name() == "trap" {
            let [_, body, signals @ ..] = command.program() else { return None };
            let body = parse(&body.text)?;
            let mut links = body.list.items.iter().flat_map(|item| &item.links);
            let is_target = !body.list.items.is_empty() && links.all(|link| self.is_idle_or_target(link));
            let has_target = body.list.items.iter().flat_map(|item| &item.links).any(|link| self.is_target(link));
            let is_exit = matches!(signals, [signal] if matches!(signal.text.as_str(), "EXIT" | "exit" | "0"));
            return Some((is_target && has_target, is_exit));
        }
        Some(((self.is_target)(command), false))
    }

    fn is_target(&self, link: &Link) -> bool {
        link.single().is_some_and(|command| (self.is_target)(command))
    }

    fn is_idle_or_target(&self, link: &Link) -> bool {
        self.is_target(link) || link.single().is_some_and(|command| matches!(command.name(), "true" | ":" | "echo"))
    }

    /// The cut of a whole and-or list.
    fn cut_item(&self, index: usize, unit: &Unit<'_>, exits_on_error: bool) -> Cut {
        let next = self.list.items.get(index + 1);
        let before = index.checked_sub(1).and_then(|index| self.list.items.get(index));
        let is_safe = match (next, before) {
            (Some(next), _) => unit.is_exit_trap && self.is_only_trap() && !self.reads_status(next.range()),
            (None, Some(before)) => {
                exits_on_error
                    && before.separator == Separator::Sequential
                    && unit.item.separator != Separator::Background
                    && !hides_failures(before)
            }
            (None, None) => false,
        };
        let end = if unit.item.separator == Separator::None { unit.end } else { unit.item.separator_range.end };
        let range = if let Some(lines) = self.whole_lines(unit.start..end) {
            lines
        } else if let Some(next) = next.filter(|next| !self.text_between(unit.end, next.range().start).contains('\n')) {
            unit.start..next.range().start
        } else {
            match before {
                Some(before) if before.separator == Separator::Background => before.separator_range.end..end,
                Some(before) if unit.item.separator == Separator::Background => before.range().end..end,
                Some(before) => before.range().end..unit.end,
                None => unit.start..unit.end,
            }
        };
        Cut { range, is_safe }
    }

    fn text_between(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The lines of a command and its separator, if nothing but a comment is on them besides.
    fn whole_lines(&self, range: Range<usize>) -> Option<Range<usize>> {
        let is_blank = |text: &str| text.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        // The separator of a line break belongs to the line.
        let end =
            if self.text_between(range.end.saturating_sub(1), range.end) == "\n" { range.end - 1 } else { range.end };
        let start = self.text_between(0, range.start).rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(end..)?;
        let line_end = rest.find('\n');
        let tail = rest.get(..line_end.unwrap_or(rest.len()))?.trim_start_matches([' ', '\t', ';']);
        if !is_blank(self.text_between(start, range.start)) || !(tail.is_empty() || tail.starts_with('#')) {
            return None;
        }
        match line_end {
            Some(line_end) => Some(start..end + line_end + 1),
            // The last line has no line end: the one before it goes.
            None if start > 0 => Some(start - 1..self.text.len()),
            None => None,
        }
    }

    /// Whether commands that do something are left without the item `index`.
    fn leaves_work(&self, index: usize) -> bool {
        let others = self.list.items.iter().enumerate().filter(|(other, _)| *other != index);
        others.flat_map(|(_, item)| &item.links).any(|link| {
            link.single().is_none_or(|command| {
                !IDLE.contains(&command.name())
                    && !matches!(command.body, Body::Function(_))
                    && !(self.is_target)(command)
            })
        })
    }

    /// Whether `set -e` has no effect inside of a pipeline: it calls only programs.
    fn is_simple(&self, link: &Link) -> bool {
        let mut commands = self.list.items.iter().flat_map(|item| &item.links).flat_map(|link| &link.commands);
        let has_functions = commands.any(|command| matches!(command.body, Body::Function(_)));
        let is_program = |command: &Command| match command.body {
            Body::Simple { .. } => !has_functions && !RUNNERS.contains(&command.name()),
            _ => false,
        };
        link.commands.iter().all(is_program)
    }

    /// Whether the script sets one trap at most.
    fn is_only_trap(&self) -> bool {
        self.text.match_indices("trap").count() == 1
    }

    /// Whether a command reads the exit code of the one before it.
    fn reads_status(&self, range: Range<usize>) -> bool {
        self.text_between(range.start, range.end).contains("$?")
    }
}

/// The text of an and-or list.
fn raw<'t>(text: &'t str, item: &Item) -> &'t str {
    text.get(item.range()).unwrap_or_default()
}

fn defines_function(item: &Item) -> bool {
    let mut commands = item.links.iter().flat_map(|link| &link.commands);
    commands.any(|command| matches!(command.body, Body::Function(_)))
}

/// Whether the shell ends at the first command that fails, after `item`.
fn exits_on_error_after(text: &str, item: &Item, before: bool) -> bool {
    let raw = raw(text, item);
    if item.separator == Separator::Background {
        // It runs in a shell of its own.
        return before;
    }
    let [link] = item.links.as_slice() else { return before && !turns_off(raw) };
    let Some(command) = link.single().filter(|command| command.name() == "set") else {
        return before && !turns_off(raw);
    };
    let mut words = command.program().iter().skip(1).map(|word| word.text.as_str());
    let mut state = before;
    while let Some(option) = words.next().filter(|option| !matches!(*option, "-" | "--")) {
        let is_on = option.starts_with('-');
        let Some(letters) = option.strip_prefix(['-', '+']) else { break };
        if letters.contains('e') {
            state = is_on;
        }
        if letters.contains('o') && words.next() == Some("errexit") {
            state = is_on;
        }
    }
    state
}

/// Whether a command may turn `set -e` off.
fn turns_off(raw: &str) -> bool {
    raw.contains("set") && raw.split_ascii_whitespace().any(|word| word.starts_with('+'))
}

/// Whether an and-or list may fail under `set -e` without ending the script.
fn hides_failures(item: &Item) -> bool {
    item.links.len() > 1
        || item.links.iter().any(|link| link.is_negated || link.commands.iter().any(command_hides_failures))
}

fn command_hides_failures(command: &Command) -> bool {
    match &command.body {
        Body::Simple { .. } => RUNNERS.contains(&command.name()),
        // The failure of a subshell ends the script, whatever failed in it.
        Body::Compound(compound) if compound.kind != CompoundKind::Subshell => {
            compound.bodies.iter().flat_map(|body| &body.items).any(hides_failures)
        }
        Body::Compound(_) | Body::Function(_) => false,
    }
}
