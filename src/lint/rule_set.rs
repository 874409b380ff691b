//! The rules that run.

use super::rule::Rule;
use super::rules::RULES;
use crate::diagnostic::nearest;

/// The rules that run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// For each rule of the registry, whether it runs.
    enabled: Vec<bool>,
}

/// The default rules.
impl Default for RuleSet {
    fn default() -> Self {
        Self { enabled: RULES.iter().map(|rule| rule.is_default).collect() }
    }
}

impl RuleSet {
    /// The rules of these names instead of the default ones, if any are named, without those to ignore.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        for name in select.iter().chain(ignore) {
            if rule(name).is_none() {
                return Err(UnknownRule::of(name));
            }
        }
        let is_in = |names: &[String], rule: &Rule| names.iter().any(|name| name == rule.name);
        let is_selected = |rule: &Rule| if select.is_empty() { rule.is_default } else { is_in(select, rule) };
        Ok(Self { enabled: RULES.iter().map(|rule| is_selected(rule) && !is_in(ignore, rule)).collect() })
    }

    /// Whether a rule runs.
    pub fn has(&self, rule: &Rule) -> bool {
        self.enabled().any(|enabled| enabled == rule)
    }

    /// The rules that run, in the order of the registry.
    pub fn enabled(&self) -> impl Iterator<Item = &'static Rule> + '_ {
        RULES.iter().copied().zip(&self.enabled).filter(|(_, enabled)| **enabled).map(|(rule, _)| rule)
    }
}

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// A name that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a rule")]
pub struct UnknownRule {
    name: String,
    /// The rule with the most similar name.
    pub nearest: &'static str,
}

impl UnknownRule {
    /// The error about `name`.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), nearest: nearest(name, RULES.iter().map(|rule| rule.name)).unwrap_or_default() }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        format!("did you mean {}?", self.nearest)
    }
}
