//! Goes through all simple commands of a script, those in substitutions included.

use super::ast::{Body, Command, CompoundKind, List, Script, Word};

/// A simple command and what happens to its output.
#[derive(Clone, Copy)]
pub(super) struct Visited<'s> {
    pub(super) command: &'s Command,
    /// The words of the command, or those that a `for` loop goes through.
    pub(super) words: &'s [Word],
    /// The pipeline that the command is part of.
    pub(super) pipeline: &'s [Command],
    /// Whether another command or a variable gets the output.
    pub(super) is_captured: bool,
}

/// Calls `visit` for every simple command of `script` and every list of words that it loops over, in the order of the
/// text.
pub(super) fn simple_commands<'s>(script: &'s Script, visit: &mut dyn FnMut(Visited<'s>)) {
    list(&script.list, false, visit);
}

/// The same for a list. `is_captured`: whether something reads its output.
pub(super) fn list<'s>(commands: &'s List, is_captured: bool, visit: &mut dyn FnMut(Visited<'s>)) {
    for link in commands.items.iter().flat_map(|item| &item.links) {
        for (index, next) in link.commands.iter().enumerate() {
            let is_captured = is_captured || index + 1 < link.commands.len();
            command(next, &link.commands, is_captured, visit);
        }
    }
}

fn command<'s>(command: &'s Command, pipeline: &'s [Command], is_captured: bool, visit: &mut dyn FnMut(Visited<'s>)) {
    match &command.body {
        Body::Simple { assignments, words } => {
            visit(Visited { command, words, pipeline, is_captured });
            assignments.iter().chain(words).for_each(|word| substitutions(word, visit));
        }
        Body::Compound(compound) => {
            if compound.kind == CompoundKind::Loop && !compound.words.is_empty() {
                visit(Visited { command, words: &compound.words, pipeline, is_captured });
            }
            compound.words.iter().for_each(|word| substitutions(word, visit));
            for body in compound.conditions.iter().chain(&compound.bodies) {
                list(body, is_captured, visit);
            }
        }
        Body::Function(body) => self::command(body, std::slice::from_ref(body), is_captured, visit),
    }
    command.redirections.iter().for_each(|redirection| substitutions(&redirection.target, visit));
}

fn substitutions<'s>(word: &'s Word, visit: &mut dyn FnMut(Visited<'s>)) {
    word.substitutions.iter().for_each(|commands| list(commands, true, visit));
}
