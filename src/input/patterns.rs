//! Patterns in the syntax of `.gitignore` that users give: those of `--exclude` and of the project file, within limits.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::gitignore::MAX_PATTERN;

/// How deep braces may be nested in a pattern: the matcher recurses as deep.
const MAX_BRACES: usize = 16;

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", shortened(pattern))]
pub struct PatternError {
    pattern: String,
    problem: String,
}

/// A matcher for paths that are relative to the folder of the patterns.
pub fn patterns(patterns: &[String]) -> Result<Gitignore, PatternError> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let problem = if pattern.len() > MAX_PATTERN {
            Some(format!("longer than the limit of {MAX_PATTERN} bytes"))
        } else if brace_depth(pattern) > MAX_BRACES {
            Some(format!("braces nested deeper than the limit of {MAX_BRACES} levels"))
        } else {
            builder.add_line(None, pattern).err().map(problem)
        };
        if let Some(problem) = problem {
            return Err(PatternError { pattern: pattern.clone(), problem });
        }
    }
    builder.build().map_err(|error| PatternError { pattern: patterns.join(" "), problem: problem(error) })
}

fn problem(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    }
}

fn brace_depth(pattern: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for c in pattern.bytes() {
        match c {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The beginning of a pattern, for messages.
fn shortened(pattern: &str) -> String {
    const SHOWN: usize = 60;
    let mut chars = pattern.chars();
    let start: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_limits() {
        let error = |pattern: String| patterns(&[pattern]).err().map(|error| error.to_string());
        assert_eq!(error("{a,b}/**".to_owned()), None);
        let nested = |depth| ["{".repeat(depth), "a".to_owned(), "}".repeat(depth)].concat();
        assert_eq!(error(nested(MAX_BRACES)), None);
        assert!(error(nested(MAX_BRACES + 1)).unwrap().ends_with("braces nested deeper than the limit of 16 levels"));
        let long = error("x".repeat(MAX_PATTERN + 1)).unwrap();
        assert!(long.len() < 150 && long.ends_with("x…: longer than the limit of 4096 bytes"), "{long}");
    }
}
