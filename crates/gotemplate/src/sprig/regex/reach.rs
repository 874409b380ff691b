//! How far searches read. A search may read beyond its match, even to the end of the text, for a longer match or one that
//! is preferred. The searches for all matches of a text are charged for that, so that they may take quadratic time only
//! as far as the budget allows.

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Builder, Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::hir::Hir;

/// Finds how far searches with one expression read.
#[derive(Debug)]
pub(super) struct Reach(DFA);

impl Reach {
    /// `None` if the automaton would exceed `limit` bytes.
    pub(super) fn new(hir: &Hir, limit: usize) -> Option<Self> {
        let config = thompson::Config::new().nfa_size_limit(Some(limit)).which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
        let config = Config::new().cache_capacity(limit).skip_cache_capacity_check(true);
        Builder::new().configure(config).build_from_nfa(nfa).ok().map(Self)
    }

    pub(super) fn cache(&self) -> Cache {
        self.0.create_cache()
    }

    /// Where a search from `at` ends at the latest.
    pub(super) fn of(&self, cache: &mut Cache, text: &[u8], at: usize) -> usize {
        let Ok(mut state) = self.0.start_state_forward(cache, &Input::new(text).range(at..)) else { return text.len() };
        for (offset, &byte) in text.get(at..).unwrap_or_default().iter().enumerate() {
            match self.0.next_state(cache, state, byte) {
                Ok(next) if next.is_dead() => return at + offset + 1,
                Ok(next) if !next.is_quit() => state = next,
                _ => break,
            }
        }
        text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    /// Where a search from the start of `text` ends, which has other letters behind it.
    fn reach(expression: &str, text: &str) -> usize {
        let parsed = parse(expression.as_bytes()).expect("it is an expression");
        let reach = Reach::new(&parsed.hir, 1 << 20).expect("it is small");
        reach.of(&mut reach.cache(), format!("{text}{}", "x".repeat(100)).as_bytes(), 0)
    }

    #[test]
    fn a_search_ends_where_no_other_match_is_possible() {
        for (expression, text) in [("a", "xxa"), ("a+", "xxaa"), ("ab|a", "xa"), ("x*?a", "xxa"), ("", "")] {
            assert!(reach(expression, text) <= text.len() + 2, "{expression}");
        }
        // A match that is preferred could end anywhere behind the first, and without a match, it could begin anywhere.
        for (expression, text) in [("a.*z|a", "a"), ("b", "a")] {
            assert_eq!(reach(expression, text), text.len() + 100, "{expression}");
        }
    }
}
