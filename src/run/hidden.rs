//! The findings of `lint` that are hidden: by the project file for some paths, and by a baseline.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::lint::{Baseline, Finding};

/// The findings that are hidden.
#[derive(Debug, Default)]
pub struct Hidden {
    /// The baseline.
    pub baseline: Baseline,
    /// Files, and the rules that are ignored in them.
    paths: Vec<(Gitignore, Vec<String>)>,
    /// The folder that the patterns are relative to.
    root: PathBuf,
}

impl Hidden {
    /// Hides the findings of a baseline.
    pub fn by(baseline: Baseline) -> Self {
        Self { baseline, ..Self::default() }
    }

    /// Ignores rules in the files that patterns match, as `.gitignore` does. The patterns are those of a project file.
    pub fn in_paths(self, project: &Path, paths: &[(String, Vec<String>)]) -> Result<Self, Diagnostic> {
        let absolute = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
        let root = absolute.parent().unwrap_or_else(|| Path::new("/")).to_owned();
        let matcher = |(pattern, rules): &(String, Vec<String>)| {
            let mut builder = GitignoreBuilder::new(&root);
            let built = builder.add_line(None, pattern).and_then(|builder| builder.build());
            let wrong = |error: ignore::Error| {
                let message = format!("{}: lint.paths: {pattern:?} is not a pattern: {error}", project.display());
                Diagnostic::error(Code::Usage, ExitCode::Usage, message)
            };
            built.map(|matcher| (matcher, rules.clone())).map_err(wrong)
        };
        let paths = paths.iter().map(matcher).collect::<Result<_, _>>()?;
        Ok(Self { paths, root, ..self })
    }

    /// Whether a finding is hidden.
    pub fn hides(&self, finding: &Finding) -> bool {
        self.baseline.has(finding) || self.is_ignored(finding)
    }

    fn is_ignored(&self, finding: &Finding) -> bool {
        let mut rules =
            self.paths.iter().filter(|(_, rules)| rules.iter().any(|rule| rule == finding.rule.name)).peekable();
        if rules.peek().is_none() {
            return false;
        }
        let Ok(file) = std::path::absolute(&*finding.file) else { return false };
        let Ok(file) = file.strip_prefix(&self.root) else { return false };
        rules.any(|(matcher, _)| matcher.matched_path_or_any_parents(file, false).is_ignore())
    }
}
