//! Messages that several workloads share. Each is shown once, with the first place and a count.

use std::collections::HashMap;
use std::fmt::Write as _;

/// How many different messages are kept. The others are only counted.
const MAX_MESSAGES: usize = 200;

#[derive(Clone, Debug, Default)]
pub(super) struct Repeated {
    /// Positions in `shown`, by message.
    known: HashMap<String, usize>,
    /// The line of each message, and how often it was added.
    shown: Vec<(String, usize)>,
    others: usize,
}

impl Repeated {
    /// Adds a message. `line` renders it with its place.
    pub(super) fn add(&mut self, message: &str, line: impl FnOnce() -> String) {
        let known = self.known.get(message).copied();
        if let Some((_, count)) = known.and_then(|position| self.shown.get_mut(position)) {
            *count += 1;
        } else if self.shown.len() < MAX_MESSAGES {
            self.known.insert(message.to_owned(), self.shown.len());
            self.shown.push((line(), 1));
        } else {
            self.others += 1;
        }
    }

    /// All lines in the order of their first place. `noun` names the messages that are only counted, in the plural.
    pub(super) fn lines(&self, noun: &str) -> String {
        let mut text = String::new();
        for (line, count) in &self.shown {
            let _ = writeln!(text, "{line}");
            if *count > 1 {
                let _ = writeln!(text, "  and {} more like it: -v lists them", count - 1);
            }
        }
        if self.others > 0 {
            let _ = writeln!(text, "and {} more {noun}: -v lists them", self.others);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_once_with_a_count() {
        let mut repeated = Repeated::default();
        for (place, message) in [("a", "odd"), ("b", "old"), ("c", "odd"), ("d", "odd")] {
            repeated.add(message, || format!("{place}: {message}"));
        }
        assert_eq!(repeated.lines("warnings"), "a: odd\n  and 2 more like it: -v lists them\nb: old\n");
    }

    #[test]
    fn the_number_of_kept_messages_is_bounded() {
        let mut repeated = Repeated::default();
        for n in 0..100 * MAX_MESSAGES {
            repeated.add(&n.to_string(), || n.to_string());
        }
        assert_eq!((repeated.shown.len(), repeated.known.len()), (MAX_MESSAGES, MAX_MESSAGES));
        let last = format!("and {} more warnings: -v lists them\n", 99 * MAX_MESSAGES);
        assert!(repeated.lines("warnings").ends_with(&last));
    }
}
