//! The paths of a kind's pod templates, written as `KIND.GROUP=PATH`.

use super::api_group::qualified_kind;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A step of a path from an object to its pod templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternStep {
    /// A key of a mapping.
    Key(Cow<'static, str>),
    /// `*`: every key of a mapping.
    AnyKey,
    /// `[*]`: every item of a list.
    AnyItem,
    /// `[NAME]`: the item of a list with this `name`.
    Item(String),
}

/// A path from an object to its pod templates, as in `spec.workerGroupSpecs[*].template`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(pub Vec<PatternStep>);

/// The path of the pod templates of a kind that is not built in, as in `Service.serving.knative.dev=spec.template`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePath {
    /// The kind.
    pub kind: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The path from the object to its pod templates.
    pub path: PathPattern,
}

/// Why a text is not a [`TemplatePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplatePathError {
    /// It has no kind, group or path.
    #[error("{0:?} is not of the form KIND.GROUP=PATH, as in Service.serving.knative.dev=spec.template")]
    Form(String),
    /// Its path is malformed.
    #[error("invalid path {path:?}: {problem}")]
    Path {
        /// The path.
        path: String,
        /// The problem.
        problem: &'static str,
    },
}

impl TemplatePath {
    /// Whether it is for `kind` of `group`.
    pub fn is_of(&self, group: &str, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.group == group
    }
}

impl FromStr for TemplatePath {
    type Err = TemplatePathError;

    fn from_str(text: &str) -> Result<Self, TemplatePathError> {
        let wrong = || TemplatePathError::Form(text.to_owned());
        let (name, path) = text.split_once('=').ok_or_else(wrong)?;
        let (kind, group) = name.split_once('.').map_or((name, None), |(kind, group)| (kind, Some(group)));
        let is_group = |group: &str| {
            let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
            group.split('.').all(|label| !label.is_empty() && label.chars().all(is_label))
        };
        let is_kind = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_kind || path.is_empty() || !group.is_none_or(is_group) {
            return Err(wrong());
        }
        let wrong = |problem| TemplatePathError::Path { path: path.to_owned(), problem };
        let path = steps(path).map_err(wrong)?;
        Ok(Self { kind: kind.to_owned(), group: group.unwrap_or_default().to_owned(), path: PathPattern(path) })
    }
}

const EMPTY_KEY: &str = "empty key";
const ITEM: &str = "only [*] (every item) and [NAME] (the item of that name) select items of a list";

/// The steps of a path. `\` makes the next character literal.
fn steps(path: &str) -> Result<Vec<PatternStep>, &'static str> {
    let mut steps = Vec::new();
    let mut rest = path.chars().peekable();
    loop {
        let mut key = String::new();
        let mut is_literal = false;
        while let Some(c) = rest.next_if(|c| !matches!(c, '.' | '[')) {
            match c {
                '\\' => {
                    is_literal = true;
                    key.push(rest.next().ok_or("it ends in a \\")?);
                }
                ']' => return Err("a ] has no ["),
                c => key.push(c),
            }
        }
        steps.push(match key.as_str() {
            "" => return Err(if rest.peek() == Some(&'[') { ITEM } else { EMPTY_KEY }),
            "*" if !is_literal => PatternStep::AnyKey,
            _ => PatternStep::Key(key.into()),
        });
        while rest.next_if_eq(&'[').is_some() {
            let mut name = String::new();
            while let Some(c) = rest.next_if(|c| *c != ']') {
                name.push(c);
            }
            rest.next().ok_or("a [ is not closed")?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            steps.push(match name.as_str() {
                "*" => PatternStep::AnyItem,
                name if name.chars().all(is_name) && name.contains(|c: char| c.is_ascii_alphabetic()) => {
                    PatternStep::Item(name.to_owned())
                }
                _ => return Err(ITEM),
            });
        }
        match rest.next() {
            None => return Ok(steps),
            Some('.') => {}
            Some(_) => return Err("a . or [ must follow a ]"),
        }
    }
}

impl fmt::Display for PathPattern {
    /// Writes the path in the form of the flag.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let dot = if index > 0 { "." } else { "" };
            match step {
                PatternStep::Key(key) if key == "*" => write!(f, "{dot}\\*")?,
                PatternStep::Key(key) => {
                    f.write_str(dot)?;
                    for c in key.chars() {
                        let escape = if matches!(c, '.' | '[' | ']' | '\\') { "\\" } else { "" };
                        write!(f, "{escape}{c}")?;
                    }
                }
                PatternStep::AnyKey => write!(f, "{dot}*")?,
                PatternStep::AnyItem => f.write_str("[*]")?,
                PatternStep::Item(name) => write!(f, "[{name}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for TemplatePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, group, path } = self;
        write!(f, "{}={path}", qualified_kind(kind, group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_printed_as_they_were_written() {
        for text in [
            "CloneSet.apps.kruise.io=spec.template",
            "PyTorchJob.kubeflow.org=spec.pytorchReplicaSpecs.*.template",
            "RayCluster.ray.io=spec.workerGroupSpecs[*].template",
            "Elasticsearch.elasticsearch.k8s.elastic.co=spec.nodeSets[hot-1].podTemplate",
            "A.example.com=spec.templates.a\\.b\\[c\\].\\*.matrix[*][*]",
            "A=template",
        ] {
            assert_eq!(text.parse::<TemplatePath>().map(|path| path.to_string()).as_deref(), Ok(text));
        }
        let path = steps("objects[*].spec.*").unwrap();
        let key = |key: &'static str| PatternStep::Key(key.into());
        assert_eq!(path, [key("objects"), PatternStep::AnyItem, key("spec"), PatternStep::AnyKey]);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["CloneSet", "=spec", "A.b=", ".b=spec", "A.=spec", "A.b/v1=spec", "A b=spec", "A..b=spec"] {
            assert!(matches!(text.parse::<TemplatePath>(), Err(TemplatePathError::Form(_))), "{text}");
        }
    }

    #[test]
    fn errors_name_the_path_and_the_problem() {
        for (path, problem) in [
            ("spec..template", EMPTY_KEY),
            ("spec.", EMPTY_KEY),
            (".spec", EMPTY_KEY),
            ("spec[].template", ITEM),
            ("spec[0].template", ITEM),
            ("spec[a b].template", ITEM),
            ("[]", ITEM),
            ("[*].template", ITEM),
            ("spec.[*].template", ITEM),
            ("spec[*", "a [ is not closed"),
            ("spec]", "a ] has no ["),
            ("spec[*]template", "a . or [ must follow a ]"),
            ("spec\\", "it ends in a \\"),
        ] {
            let error = format!("A.b={path}").parse::<TemplatePath>().unwrap_err();
            assert_eq!(error, TemplatePathError::Path { path: path.to_owned(), problem });
        }
    }
}
