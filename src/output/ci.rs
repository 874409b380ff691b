//! `--annotations`: for each workload that would change, a note at its first line that would, as a CI shows it beside the
//! text.

use std::borrow::Cow;

use serde_json::json;
use sha1::{Digest as _, Sha1};

use super::form::{Changed, Form, Layout, Pieces, pretty};

/// Commands of a GitHub workflow.
#[derive(Debug)]
pub(super) struct GitHub;

impl Form for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn help(&self) -> &'static str {
        "Commands of a workflow"
    }

    fn layout(&self) -> Layout {
        Layout::LINES
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: github, of_each_template: false, needs_name: false }
    }
}

/// GitLab's report on code quality.
#[derive(Debug)]
pub(super) struct GitLab;

impl Form for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn help(&self) -> &'static str {
        "A report on code quality"
    }

    fn layout(&self) -> Layout {
        Layout::JSON_LIST
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: code_quality, of_each_template: false, needs_name: false }
    }
}

/// A command of a GitHub workflow.
fn github(changed: &Changed<'_>) -> String {
    let (file, line, title) = (escaped(&changed.entry.file, true), changed.line, changed.entry.short_name());
    let (title, message) = (escaped(&title, true), message(changed));
    format!("::error file={file},line={line},title={title}::{}", escaped(&message, false))
}

/// An item of GitLab's report on code quality.
fn code_quality(changed: &Changed<'_>) -> String {
    let name = changed.entry.short_name();
    let path = changed.entry.file.trim_start_matches("./");
    let identity = format!("{path}\n{name}\n{}", changed.entry.namespace);
    let fingerprint =
        Sha1::digest(identity.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let item = json!({
        "description": format!("{name}: {}", message(changed)),
        "check_name": "nativesidecar",
        "fingerprint": fingerprint,
        "severity": "major",
        "location": {"path": path, "lines": {"begin": changed.line}},
    });
    pretty(&item, "    ")
}

fn message(changed: &Changed<'_>) -> String {
    let entry = changed.entry;
    let mode = entry.mode.map(|mode| format!(", {mode}")).unwrap_or_default();
    let reasons = if entry.reasons.is_empty() { String::new() } else { format!(" ({})", entry.reasons_text()) };
    format!("would be {}{mode}{reasons}", entry.outcome.label())
}

/// Text in a workflow's command; in its properties two characters more mean something.
fn escaped(text: &str, is_property: bool) -> Cow<'_, str> {
    let code = |c: char| match c {
        '%' => Some("%25"),
        '\r' => Some("%0D"),
        '\n' => Some("%0A"),
        ':' if is_property => Some("%3A"),
        ',' if is_property => Some("%2C"),
        _ => None,
    };
    if text.chars().all(|c| code(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let put = |mut out: String, c| {
        match code(c) {
            Some(code) => out.push_str(code),
            None => out.push(c),
        }
        out
    };
    Cow::Owned(text.chars().fold(String::new(), put))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_a_command_is_made_of_is_escaped() {
        assert_eq!(escaped("a,b: 100%\n", true), "a%2Cb%3A 100%25%0A");
        assert_eq!(escaped("a,b: 100%\n", false), "a,b: 100%25%0A");
    }
}
