//! Stage: selects the templates to render, in their order.

use super::error::InjectError;
use crate::istio::InjectorConfig;
use crate::istio::names::template::SIDECAR;

/// The maximum number of templates of a pod; a mesh has about eight.
const MAX_TEMPLATES: usize = 64;

/// The templates that the annotation of a pod asks for, or the mesh's default. An alias means other templates, but not
/// other aliases.
pub(super) fn requested<'a>(
    config: &'a InjectorConfig,
    annotation: Option<&'a str>,
) -> Result<Vec<&'a str>, InjectError> {
    let asked: Vec<&str> = match annotation {
        Some(names) => names.split(',').map(str::trim).collect(),
        None if config.default_templates.is_empty() => vec![SIDECAR],
        None => config.default_templates.iter().map(String::as_str).collect(),
    };
    let mut names = Vec::with_capacity(asked.len().min(MAX_TEMPLATES));
    for name in asked {
        if names.len() > MAX_TEMPLATES {
            break;
        }
        match config.aliases.get(name) {
            Some(others) => names.extend(others.iter().take(MAX_TEMPLATES + 1).map(String::as_str)),
            None => names.push(name),
        }
    }
    if names.len() > MAX_TEMPLATES { Err(InjectError::TooManyTemplates { limit: MAX_TEMPLATES }) } else { Ok(names) }
}
