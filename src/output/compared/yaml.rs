//! `-o yaml`: the same as `-o json`.

use std::io::{self, Write};

use serde_json::json;

use super::json::{item, meshes, totals};
use super::{ComparedForm, ComparedRun};
use crate::output::form::{Form, Pieces};
use crate::output::structured::write_yaml_items;
use crate::output::{Spool, yaml_text};

/// The comparison as YAML.
pub static COMPARED_YAML: Yaml = Yaml;

/// What each mesh does to each workload, as YAML.
#[derive(Debug)]
pub struct Yaml;

impl Form for Yaml {
    fn name(&self) -> &'static str {
        "compared-yaml"
    }

    fn help(&self) -> &'static str {
        "The same as YAML"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(item)
    }
}

impl ComparedForm for Yaml {
    fn write(&self, pieces: Spool, run: &ComparedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(yaml_text(&json!({"version": 1, "meshes": meshes(run.comparison)}))?.as_bytes())?;
        write_yaml_items("workloads", pieces, out)?;
        out.write_all(yaml_text(&json!({"totals": totals(run.totals)}))?.as_bytes())
    }
}
