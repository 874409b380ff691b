//! The answers of `precheck` as text: groups with a heading, a line for each answer, and the next command below a problem.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::printable;
use crate::cluster::precheck::{Answer, CHECKS, Report, Status, Verdict};

/// How many subjects with the same answer are named.
const NAMED: usize = 3;
/// How many different answers of a check are shown.
const SHOWN: usize = 10;
/// The width of a status.
const STATUS_WIDTH: usize = 7;
/// The narrowest column for text that lines are broken for.
const NARROWEST: usize = 30;

/// The report, with escape sequences for colors. Lines are broken to fit `width`, if there is one.
pub fn precheck_text(report: &Report, width: Option<usize>) -> String {
    let code_width = CHECKS.iter().map(|check| check.code.len()).max().unwrap_or_default();
    let mut table =
        Table { out: String::new(), code_width, width, last_fix: None, fixes: HashSet::new(), counts: HashMap::new() };
    let mut group = None;
    for check in &CHECKS {
        let answers = report.rows.iter().filter(|row| row.code == check.code).map(|row| &row.answer);
        let answers: Vec<&Answer> = answers.collect();
        if answers.is_empty() {
            continue;
        }
        if group != Some(check.group) {
            let (bold, gap) = (Style::new().bold(), if group.is_some() { "\n" } else { "" });
            let _ = writeln!(table.out, "{gap}{bold}{}{bold:#}", check.group.title());
            group = Some(check.group);
        }
        table.check(check.code, &answers);
    }
    let mut out = table.out;
    // Counted as they are shown: answers that differ only in their subjects are one.
    let statuses = [Status::Fail, Status::Warn, Status::Unknown, Status::Ok].into_iter();
    let counts = statuses.filter_map(|status| Some((table.counts.get(&status)?, status)));
    let counts: Vec<String> = counts.map(|(count, status)| format!("{count} {}", status.as_str())).collect();
    let style = status_style(match report.verdict() {
        Verdict::Ready => Status::Ok,
        Verdict::CannotTell => Status::Unknown,
        Verdict::NotReady => Status::Fail,
    });
    let _ = writeln!(out, "\n{}\n{style}{}{style:#}", counts.join(", "), report.verdict().as_str());
    out
}

fn status_style(status: Status) -> Style {
    match status {
        Status::Ok => AnsiColor::Green.on_default(),
        Status::Unknown => AnsiColor::Cyan.on_default(),
        Status::Warn => AnsiColor::Yellow.on_default(),
        Status::Fail => AnsiColor::Red.on_default().bold(),
    }
}

struct Table<'r> {
    out: String,
    code_width: usize,
    width: Option<usize>,
    /// The command that was printed last.
    last_fix: Option<&'r str>,
    /// The commands that the check has printed.
    fixes: HashSet<&'r str>,
    /// How many different answers there are of each status.
    counts: HashMap<Status, usize>,
}

impl<'r> Table<'r> {
    /// Writes the answers of a check, worst first. Passed ones share a line.
    fn check(&mut self, code: &str, answers: &[&'r Answer]) {
        self.fixes.clear();
        for status in [Status::Fail, Status::Warn, Status::Unknown] {
            let groups = same(answers.iter().copied().filter(|answer| answer.status == status));
            self.count(status, groups.len());
            for group in groups.iter().take(SHOWN) {
                self.line(status, code, &text_of(group));
                self.fixes(status, group);
            }
            if let Some(more) = groups.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                self.line(status, code, &format!("and {more} more: -o json shows all"));
            }
        }
        let fine: Vec<&Answer> = answers.iter().copied().filter(|answer| answer.status == Status::Ok).collect();
        if !fine.is_empty() {
            self.count(Status::Ok, 1);
            self.line(Status::Ok, code, &summary_of(&fine));
        }
    }

    fn count(&mut self, status: Status, more: usize) {
        if more > 0 {
            *self.counts.entry(status).or_default() += more;
        }
    }

    fn line(&mut self, status: Status, code: &str, text: &str) {
        let (style, word, code_width) = (status_style(status), status.as_str(), self.code_width);
        let indent = self.indent();
        let _ = write!(self.out, "  {style}{word:STATUS_WIDTH$}{style:#}  {code:code_width$}  ");
        for (index, part) in self.broken(&printable(text)).iter().enumerate() {
            let indent = if index == 0 { 0 } else { indent };
            let _ = writeln!(self.out, "{:indent$}{part}", "");
        }
    }

    /// Writes the next commands. A command that answers several questions is printed once.
    fn fixes(&mut self, status: Status, answers: &[&'r Answer]) {
        let (dim, indent) = (Style::new().dimmed(), self.indent());
        for fix in answers.iter().filter_map(|answer| answer.fix.as_deref()).take(NAMED) {
            let is_new = self.fixes.insert(fix);
            if is_new && (status != Status::Unknown || self.last_fix != Some(fix)) {
                let _ = writeln!(self.out, "{:indent$}{dim}$ {}{dim:#}", "", printable(fix));
                self.last_fix = Some(fix);
            }
        }
    }

    /// The column of the text.
    fn indent(&self) -> usize {
        STATUS_WIDTH + self.code_width + 6
    }

    /// The text in lines that fit.
    fn broken(&self, text: &str) -> Vec<String> {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(self.indent()).max(NARROWEST));
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line) if line.is_empty() => line.push_str(word),
                Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Groups answers that differ only in their subjects and commands.
fn same<'r>(answers: impl Iterator<Item = &'r Answer>) -> Vec<Vec<&'r Answer>> {
    let mut groups: Vec<Vec<&Answer>> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for answer in answers {
        let index = *known.entry((&answer.seen, &answer.text)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(answer),
            None => groups.push(vec![answer]),
        }
    }
    groups
}

/// `SUBJECTS: SEEN; TEXT` of answers that differ only in their subjects.
fn text_of(answers: &[&Answer]) -> String {
    let after = answers.first().map_or_else(String::new, |answer| {
        let parts = [answer.seen.as_str(), &answer.text].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("; ")
    });
    with_subjects(answers, after)
}

/// The subjects and values of answers that are all right.
fn summary_of(answers: &[&Answer]) -> String {
    if let [only] = answers {
        return text_of(&[only]);
    }
    with_subjects(answers, first_few(answers.iter().map(|answer| answer.seen.as_str())))
}

fn with_subjects(answers: &[&Answer], after: String) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for subject in answers.iter().filter_map(|answer| answer.subject.as_deref()) {
        let (kind, name) = subject.rsplit_once(' ').unwrap_or(("", subject));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    let of_kind = |(kind, names): &(&str, Vec<&str>)| {
        let plural = if names.len() > 1 && !kind.is_empty() { "s" } else { "" };
        format!("{kind}{plural} {}", first_few(names.iter().copied())).trim_start().to_owned()
    };
    let subjects = kinds.iter().map(of_kind).collect::<Vec<_>>().join(", ");
    match (subjects.is_empty(), after.is_empty()) {
        (true, true) => "ok".to_owned(),
        (true, false) => after,
        (false, true) => subjects,
        (false, false) => format!("{subjects}: {after}"),
    }
}

/// The first few different texts, and the number of the others.
fn first_few<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut known = HashSet::new();
    let different: Vec<&str> = texts.filter(|text| !text.is_empty() && known.insert(*text)).collect();
    let first = different.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match different.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{first} and {more} more"),
        _ => first,
    }
}
