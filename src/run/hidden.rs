//! The findings of `lint` that are hidden: by the project file for some paths, and by a baseline.

use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::patterns;
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
        let matcher = |(pattern, rules): &(String, Vec<String>)| match patterns(std::slice::from_ref(pattern)) {
            Ok(matcher) => Ok((matcher, rules.clone())),
            Err(error) => {
                let message = format!("{}: lint.paths: {error}", project.display());
                Err(Diagnostic::error(Code::Usage, ExitCode::Usage, message))
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_patterns_of_a_project_file_meet_the_limits() {
        let error = |pattern: String| {
            let hidden = Hidden::default().in_paths(Path::new(".nativesidecar.yaml"), &[(pattern, Vec::new())]);
            hidden.err().map(|error| error.message)
        };
        assert_eq!(error("legacy/**".to_owned()), None);
        let nested = error("{".repeat(100_000)).unwrap();
        assert!(nested.ends_with("{…: longer than the limit of 4096 bytes"), "{nested}");
        let nested = error(["{".repeat(1000), "}".repeat(1000)].concat()).unwrap();
        assert!(nested.ends_with("{…: braces nested deeper than the limit of 16 levels"), "{nested}");
    }
}
