//! `--annotations`: for each workload that would change, a note on its first changed line, which CI systems show next
//! to the code.

use std::borrow::Cow;

use serde_json::json;
use sha1::{Digest as _, Sha1};

use super::form::{Changed, Form, Layout, Pieces, pretty};

/// GitHub workflow commands.
#[derive(Debug)]
pub(super) struct GitHub;

impl Form for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn help(&self) -> &'static str {
        "GitHub workflow commands"
    }

    fn layout(&self) -> Layout {
        Layout::LINES
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: github, of_each_template: false, needs_name: false }
    }
}

/// A GitLab code quality report.
#[derive(Debug)]
pub(super) struct GitLab;

impl Form for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn help(&self) -> &'static str {
        "GitLab code quality report"
    }

    fn layout(&self) -> Layout {
        Layout::JSON_LIST
    }

    fn pieces(&self) -> Pieces {
        Pieces::Changes { piece: code_quality, of_each_template: false, needs_name: false }
    }
}

/// The workflow command for one workload.
fn github(changed: &Changed<'_>) -> String {
    let (file, line, title) = (escaped(&changed.entry.file, true), changed.line, changed.entry.short_name());
    let (title, message) = (escaped(&title, true), message(changed));
    format!("::error file={file},line={line},title={title}::{}", escaped(&message, false))
}

/// The item of the code quality report for one workload.
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

/// Escapes `text` for a workflow command. Properties reserve two more characters than messages.
pub(super) fn escaped(text: &str, is_property: bool) -> Cow<'_, str> {
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
    let push = |mut out: String, c| {
        match code(c) {
            Some(code) => out.push_str(code),
            None => out.push(c),
        }
        out
    };
    Cow::Owned(text.chars().fold(String::new(), push))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn reserved_characters_are_escaped() {
        assert_eq!(escaped("a,b: 100%\n", true), "a%2Cb%3A 100%25%0A");
        assert_eq!(escaped("a,b: 100%\n", false), "a,b: 100%25%0A");
    }
}
