//! `-o yaml`: the same as `-o json`.

use std::io::{self, BufRead as _, Write};

use serde_json::{Value, json};

use super::json::{item, meshes, totals};
use super::{ComparedForm, ComparedRun};
use crate::output::form::{Form, Pieces};
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
        out.write_all(yaml_text(&json!({"version": 1, "meshes": meshes(run)}))?.as_bytes())?;
        out.write_all(if pieces.is_empty() { b"workloads: []\n" } else { b"workloads:\n" })?;
        let (mut items, mut item) = (pieces.reader()?, Vec::new());
        while items.read_until(b'\n', &mut item)? > 0 {
            let value: Value = serde_json::from_slice(&item)?;
            out.write_all(yaml_text(&[value])?.as_bytes())?;
            item.clear();
        }
        out.write_all(yaml_text(&json!({"totals": totals(run.totals)}))?.as_bytes())
    }
}
