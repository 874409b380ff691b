//! A shell script that restarts the workloads that need it. Commands that delete something are comments.

use std::fmt::Write as _;

use super::super::{Remark, printable};
use crate::cluster::status::{Action, Note, Row, Status};
use crate::k8s::{shell_quoted, shell_word};

/// How long the script waits for a rollout.
const TIMEOUT: &str = "10m";

/// The field manager with which Flux keeps the annotation of a restart
/// (<https://fluxcd.io/flux/faq/#why-are-kubectl-edits-rolled-back-by-flux>).
const FLUX_MANAGER: &str = "flux-client-side-apply";

/// A script of restarts.
#[derive(Clone, Copy, Debug)]
pub struct RestartScript<'s> {
    /// The context of kubectl; none if the script takes it as an argument.
    pub context: Option<&'s str>,
    /// The most workloads to restart, each followed by waiting for its rollout. None restarts all at once.
    pub wave: Option<usize>,
    /// What is assumed about the mesh.
    pub assumed: &'s [Remark],
}

impl RestartScript<'_> {
    /// The script for these workloads.
    pub fn text(&self, status: &Status) -> String {
        let mut text =
            "#!/bin/sh\n# Restarts workloads, so that their pods get the proxy that the mesh injects now.\n# \
                        Read it before you run it.\nset -eu\n"
                .to_owned();
        if self.context.is_none() {
            text.push_str("context=${1:?usage: sh restart.sh CONTEXT}\n");
        }
        for assumed in self.assumed {
            let _ = writeln!(text, "# assumed: {}", comment(&assumed.text));
        }
        for note in &status.notes {
            let _ = writeln!(text, "# {}", comment(&note.to_string()));
        }
        let is_restart = |row: &&Row| row.action == Action::Restart;
        let restarts: Vec<&Row> = status.rows.iter().filter(is_restart).collect();
        let most = self.wave.unwrap_or(usize::MAX);
        for row in restarts.iter().take(most) {
            self.restart(row, &mut text);
        }
        if let Some(later) = restarts.len().checked_sub(most).filter(|later| *later > 0) {
            let workloads = if later == 1 { "1 more workload" } else { &format!("{later} more workloads") };
            let _ = writeln!(text, "\n# {workloads} to restart: run status again after this wave.");
        }
        for row in status.rows.iter().filter(|row| !matches!(row.action, Action::Restart | Action::None)) {
            self.by_hand(row, &mut text);
        }
        if status.rows.iter().all(|row| row.action == Action::None) {
            text.push_str("\n# Nothing to do.\n");
        }
        text
    }

    fn restart(&self, row: &Row, text: &mut String) {
        about(row, text);
        let (flags, timeout) = (self.flags(row), format!("--timeout={TIMEOUT}"));
        let (name, waits) = (quoted(&row.key.name), self.wave.is_some());
        let rollout = arguments([row.key.name.as_str()]);
        let (restart, status) = match (row.key.kind.group.as_str(), row.key.kind.kind.as_str()) {
            ("argoproj.io", _) => (
                format!("kubectl argo rollouts restart {flags} {rollout}"),
                format!("kubectl argo rollouts status {flags} {timeout} {rollout}"),
            ),
            ("apps.openshift.io", _) => (
                format!("oc {flags} rollout latest dc/{name}"),
                format!("oc {flags} rollout status dc/{name} {timeout}"),
            ),
            _ => {
                let workload = quoted(&row.key.display_name());
                let manager =
                    if row.is_applied_by_flux { format!(" --field-manager={FLUX_MANAGER}") } else { String::new() };
                (
                    format!("kubectl {flags} rollout restart {workload}{manager}"),
                    format!("kubectl {flags} rollout status {workload} {timeout}"),
                )
            }
        };
        if row.is_applied_by_flux {
            text.push_str("# Flux applies it: with this field manager, Flux keeps the restart.\n");
        }
        let _ = writeln!(text, "{restart}");
        if waits {
            let _ = writeln!(text, "{status}");
        }
    }

    /// What is for people to do, as comments.
    fn by_hand(&self, row: &Row, text: &mut String) {
        about(row, text);
        let (flags, workload) = (self.flags(row), quoted(&row.key.display_name()));
        let command = match row.action {
            Action::Unpause if row.key.kind.group == "apps.openshift.io" => {
                format!("oc {flags} rollout resume dc/{}", quoted(&row.key.name))
            }
            Action::Unpause => format!("kubectl {flags} rollout resume {workload}"),
            Action::DeletePods => {
                format!("kubectl {flags} delete pod {}", arguments(row.wrong.iter().map(|pod| &**pod)))
            }
            Action::RecreateJob | Action::RecreatePod if row.key.kind.kind != "CronJob" => {
                format!("kubectl {flags} delete {workload}, then apply its manifest again")
            }
            Action::RecreateJob => {
                format!("kubectl {flags} delete the Job of pod {}", arguments(row.wrong.iter().map(|pod| &**pod)))
            }
            Action::NextRun | Action::Unknown | Action::Restart | Action::RecreatePod | Action::None => return,
        };
        let _ = writeln!(text, "# {}", comment(&command));
    }

    /// The flags that choose cluster and namespace.
    fn flags(&self, row: &Row) -> String {
        let context = self.context.map_or_else(|| "\"$context\"".to_owned(), quoted);
        format!("--context={context} -n {}", quoted(&row.key.namespace))
    }
}

/// A comment with the workload, the action and its reason.
fn about(row: &Row, text: &mut String) {
    let about = format!("{}/{}: {}: {}", row.key.namespace, row.key.display_name(), row.action.code(), row.reason);
    let _ = writeln!(text, "\n# {}", comment(&about));
    for note in row.notes.iter().filter(|note| !matches!(note, Note::KymaRestarter)) {
        let _ = writeln!(text, "# {}: {}", note.code(), comment(&note.to_string()));
    }
}

/// Text on one line of a comment.
fn comment(text: &str) -> String {
    printable(text).into_owned()
}

/// Names as the last arguments of a command, behind `--` if one of them would be read as a flag.
fn arguments<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    let dashes = if names.iter().any(|name| name.starts_with("'-")) { "-- " } else { "" };
    format!("{dashes}{}", names.join(" "))
}

/// A word for the shell. One that begins with a dash is quoted to stand out.
fn quoted(word: &str) -> String {
    // No cluster has names that a terminal would obey.
    let word = printable(word);
    if word.starts_with('-') { shell_quoted(&word) } else { shell_word(&word).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, expected) in [
            ("deployment/web", "deployment/web"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", r"'it'\''s'"),
            ("-n", "'-n'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn names_are_no_flags() {
        assert_eq!(arguments(["web", "a b"]), "web 'a b'");
        assert_eq!(arguments(["web", "--all"]), "-- web '--all'");
    }
}
