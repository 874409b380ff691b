//! The `.gitignore` files that apply to a folder, as in git: its own, and those above it up to the repository's root.
//! `.git/info/exclude`, the user's global excludes and `.ignore` are not read, so that a check finds the same files on
//! every machine.
//!
//! The repository may be untrusted, so the files are read here, within limits; the crate `ignore` only matches.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

const FILE_NAME: &str = ".gitignore";

/// Longest `.gitignore` that is read, in bytes.
const MAX_FILE: usize = 1 << 20;

/// The maximum total length, in bytes, of the patterns of a file that are tried on each name: they cost time and
/// memory.
const MAX_WILDCARDS: usize = 16 << 10;

/// Longest pattern, in bytes.
pub(super) const MAX_PATTERN: usize = 4096;

/// A `.gitignore` that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct IgnoreFileError {
    /// The file.
    pub path: PathBuf,
    /// The line at fault (from 1), if there is one.
    pub line: Option<usize>,
    problem: Problem,
}

impl IgnoreFileError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self.problem, Problem::Link).then_some("replace the link with a copy")
    }
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{}", super::io_text(.0))]
    Io(#[from] io::Error),
    #[error("a symbolic link, which git does not follow here")]
    Link,
    #[error("not a regular file")]
    NotAFile,
    #[error("longer than the limit of {MAX_FILE} bytes")]
    TooLong,
    #[error("a pattern is longer than the limit of {MAX_PATTERN} bytes")]
    LongPattern,
    #[error("patterns with wildcards are longer than the limit of {MAX_WILDCARDS} bytes together")]
    ManyWildcards,
}

/// The patterns of `.gitignore` files that apply to the current folder of a walk.
#[derive(Default)]
pub(super) struct IgnoreFiles {
    /// The folders with patterns, the outermost first.
    levels: Vec<Level>,
}

/// A folder with patterns, or the root of a repository.
struct Level {
    folder: PathBuf,
    patterns: Gitignore,
    /// Whether it is the root of a repository, to which the patterns of the folders above do not apply.
    is_root: bool,
}

impl IgnoreFiles {
    /// The patterns of the folders above `folder` that apply to it.
    pub(super) fn above(folder: &Path, errors: &mut Vec<IgnoreFileError>) -> Self {
        let mut files = Self::default();
        let up_to_root = folder.ancestors().position(is_root_of_repository).unwrap_or(0);
        let above: Vec<&Path> = folder.ancestors().take(up_to_root + 1).skip(1).collect();
        above.into_iter().rev().for_each(|folder| files.enter(folder, folder, errors));
        files
    }

    /// Adds the patterns of `folder` (`name` in errors), and drops those of folders that do not contain it.
    pub(super) fn enter(&mut self, folder: &Path, name: &Path, errors: &mut Vec<IgnoreFileError>) {
        while self.levels.pop_if(|level| !folder.starts_with(&level.folder)).is_some() {}
        let patterns = read(&folder.join(FILE_NAME)).unwrap_or_else(|(line, problem)| {
            errors.push(IgnoreFileError { path: name.join(FILE_NAME), line, problem });
            Gitignore::empty()
        });
        let is_root = is_root_of_repository(folder);
        if is_root || !patterns.is_empty() {
            self.levels.push(Level { folder: folder.to_owned(), patterns, is_root });
        }
    }

    /// Whether a path is left out: the innermost folder with a matching pattern decides.
    pub(super) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        for level in self.levels.iter().rev() {
            let Ok(below) = path.strip_prefix(&level.folder) else { continue };
            match level.patterns.matched(below, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None if level.is_root => return false,
                Match::None => {}
            }
        }
        false
    }
}

/// The root of a work tree has a folder or, in a submodule, a file `.git`.
fn is_root_of_repository(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// The patterns of a file; none if it does not exist. Errors have the line at fault.
fn read(file: &Path) -> Result<Gitignore, (Option<usize>, Problem)> {
    let whole = |problem| (None, problem);
    let text = read_text(file).map_err(whole)?;
    let mut builder = GitignoreBuilder::new("");
    let mut wildcards = 0;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        wildcards += if has_wildcards(line) { line.len() } else { 0 };
        let problem = match line.len() {
            length if length > MAX_PATTERN => Problem::LongPattern,
            _ if wildcards > MAX_WILDCARDS => Problem::ManyWildcards,
            _ => {
                // As in git, an invalid pattern, such as one that ends with a backslash, matches nothing.
                let _ = builder.add_line(None, &without_alternatives(line));
                continue;
            }
        };
        return Err((Some(number + 1), problem));
    }
    builder.build().map_err(|_| whole(Problem::ManyWildcards))
}

/// Whether a pattern is more than a name, a path or `*.` and an extension, which are looked up.
fn has_wildcards(pattern: &str) -> bool {
    pattern.strip_prefix("*.").unwrap_or(pattern).contains(['*', '?', '['])
}

/// The text of a file; empty if it does not exist. Patterns that are not UTF-8 match no name that is.
fn read_text(file: &Path) -> Result<String, Problem> {
    let kind = match fs::symlink_metadata(file) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    if kind.is_symlink() {
        return Err(Problem::Link);
    } else if !kind.is_file() {
        return Err(Problem::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_FILE {
        return Err(Problem::TooLong);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A pattern with escaped braces: they are ordinary characters in git, but alternatives in the matcher.
fn without_alternatives(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains(['{', '}']) {
        return Cow::Borrowed(pattern);
    }
    let mut escaped = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '{' | '}' => {
                escaped.push('\\');
                1
            }
            '\\' => rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at),
            '[' => class_length(rest).unwrap_or(1),
            c => c.len_utf8(),
        };
        let (now, later) = rest.split_at(length);
        escaped.push_str(now);
        rest = later;
    }
    Cow::Owned(escaped)
}

/// The length in bytes of the character class at the start of a text; none if it has no end.
fn class_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?.trim_start_matches(['!', '^']);
    let before = text.len() - inside.len();
    let after_first = inside.chars().next()?.len_utf8();
    Some(before + after_first + inside.get(after_first..)?.find(']')? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with `files`, and which of `paths` are left out in it.
    fn left_out<'p>(files: &[(&str, &str)], paths: &[&'p str]) -> Vec<&'p str> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".git")).unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let is_left_out = |path: &&&str| {
            let folder = root.path().join(path).parent().unwrap().to_owned();
            let mut errors = Vec::new();
            let mut files = IgnoreFiles::above(&folder, &mut errors);
            files.enter(&folder, &folder, &mut errors);
            assert!(errors.is_empty(), "{errors:?}");
            files.leave_out(&root.path().join(path), path.ends_with('/'))
        };
        paths.iter().filter(is_left_out).copied().collect()
    }

    fn error(text: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
        let mut errors = Vec::new();
        IgnoreFiles::default().enter(folder.path(), Path::new("k8s"), &mut errors);
        let error = errors.pop()?;
        assert_eq!(error.path, Path::new("k8s/.gitignore"));
        Some(format!("{}: {error}", error.line.unwrap_or_default()))
    }

    #[test]
    fn the_last_pattern_of_the_nearest_file_decides() {
        let files = [
            (".gitignore", "*.json\n!keep.json\n/a/x.yaml\nbuild/\n"),
            ("a/.gitignore", "!b.json\nkeep.json\n*.yml\n"),
            ("a/b/.gitignore", "!*.yml\n"),
            ("sub/.git", "gitdir: elsewhere\n"),
        ];
        let paths =
            ["a.json", "keep.json", "a/keep.json", "a/b.json", "a/x.yaml", "a/b/x.yaml", "a/y.yml", "a/b/y.yml"];
        assert_eq!(left_out(&files, &paths), ["a.json", "a/keep.json", "a/x.yaml", "a/y.yml"]);
        // Another repository has its own rules.
        assert!(left_out(&files, &["sub/a.json", "sub/deep/a.json"]).is_empty());
        assert_eq!(left_out(&files, &["build", "build/", "a/build/"]), ["build/", "a/build/"]);
    }

    #[test]
    fn patterns_match_as_in_git() {
        for (pattern, matched, other) in [
            ("a{b,c}.yaml", "a{b,c}.yaml", "ab.yaml"),
            ("[{}].yaml", "{.yaml", "a.yaml"),
            ("[!{].yaml", "a.yaml", "{.yaml"),
            ("[{.yaml", "[{.yaml", "[.yaml"),
            ("[]{].yaml", "].yaml", "a.yaml"),
            (r"\{.yaml", "{.yaml", r"\{.yaml"),
            ("\u{feff}a.yaml", "a.yaml", "b.yaml"),
            ("a.yaml\r", "a.yaml", "b.yaml"),
            (r"bin\", "bin2", "bin"),
            (r"\#a.yaml", "#a.yaml", "a.yaml"),
            ("#a.yaml", "b", "#a.yaml"),
        ] {
            let expected: &[&str] = if ["bin2", "b"].contains(&matched) { &[] } else { &[matched] };
            assert_eq!(left_out(&[(".gitignore", pattern)], &[matched, other]), expected, "{pattern}");
        }
    }

    #[test]
    fn braces_are_escaped_outside_of_classes_only() {
        for (pattern, escaped) in [
            ("plain", "plain"),
            ("{a}", r"\{a\}"),
            (r"\{a", r"\{a"),
            ("[{]{", r"[{]\{"),
            ("[{", r"[\{"),
            ("[]", "[]"),
            ("[!]}]}é", r"[!]}]\}é"),
            ("{\\", "\\{\\"),
        ] {
            assert_eq!(without_alternatives(pattern), escaped, "{pattern}");
        }
    }

    #[test]
    fn limits_name_the_file_and_the_line() {
        assert_eq!(error(&b"a\n".repeat(1000)), None);
        assert_eq!(error(b"# Gr\xf6\xdfe\ngr\xf6\xdfe\n"), None);
        let deep = [b"{".repeat(MAX_PATTERN / 2), b"}".repeat(MAX_PATTERN / 2)].concat();
        assert_eq!(error(&deep), None);
        let long = [b"a\n# ", &b"x".repeat(MAX_PATTERN)[..], b"\n", &b"x".repeat(MAX_PATTERN + 1)].concat();
        assert_eq!(error(&long).unwrap(), "3: a pattern is longer than the limit of 4096 bytes");
        assert_eq!(error(&b"*.yaml\n".repeat(10_000)), None);
        let wild = b"*a*\n".repeat(10_000);
        let expected = "5462: patterns with wildcards are longer than the limit of 16384 bytes together";
        assert_eq!(error(&wild).unwrap(), expected);
        assert_eq!(error(&b"#\n".repeat(MAX_FILE)).unwrap(), "0: longer than the limit of 1048576 bytes");
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_read() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        for (target, expected) in [("/dev/zero", "symbolic link"), ("patterns", "symbolic link")] {
            symlink(target, &file).unwrap();
            let (line, problem) = read(&file).unwrap_err();
            assert!(line.is_none() && problem.to_string().contains(expected), "{problem}");
            fs::remove_file(&file).unwrap();
        }
        fs::create_dir(&file).unwrap();
        assert_eq!(read(&file).unwrap_err().1.to_string(), "not a regular file");
    }
}
