//! Stage: which templates are rendered, in which order.

use super::data::TemplateData;
use crate::istio::InjectorConfig;
use crate::istio::names::annotation;

/// The template of a mesh that names none.
pub(super) const SIDECAR: &str = "sidecar";

/// The templates that a pod asks for, else the mesh's own choice. An alias stands for others, but not for further
/// aliases.
pub(super) fn templates<'a>(config: &'a InjectorConfig, data: &TemplateData<'a>) -> Vec<&'a str> {
    let asked: Vec<&str> = match data.annotation(annotation::TEMPLATES) {
        Some(names) => names.split(',').map(str::trim).collect(),
        None if config.default_templates.is_empty() => vec![SIDECAR],
        None => config.default_templates.iter().map(String::as_str).collect(),
    };
    let mut names = Vec::with_capacity(asked.len());
    for name in asked {
        match config.aliases.get(name) {
            Some(others) => names.extend(others.iter().map(String::as_str)),
            None => names.push(name),
        }
    }
    names
}
