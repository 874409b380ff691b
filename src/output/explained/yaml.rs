//! `-o yaml`: the same as `-o json`.

use std::io::{self, BufRead as _, Write};

use serde_json::{Map, Value};

use super::json::{head, item, totals};
use super::{DetailsOf, ExplainForm, ExplainedRun};
use crate::output::form::{Form, Pieces};
use crate::output::{Spool, yaml_text};

/// Everything about each workload, as YAML.
#[derive(Debug)]
pub(super) struct Yaml;

impl Form for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn help(&self) -> &'static str {
        "The same as YAML"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(item)
    }
}

impl ExplainForm for Yaml {
    fn details(&self) -> DetailsOf {
        DetailsOf::All
    }

    fn write(&self, pieces: Spool, run: &ExplainedRun<'_>, out: &mut dyn Write) -> io::Result<()> {
        let head: Map<String, Value> = head(run).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        out.write_all(yaml_text(&head)?.as_bytes())?;
        out.write_all(if pieces.is_empty() { b"workloads: []\n" } else { b"workloads:\n" })?;
        let (mut items, mut item) = (pieces.reader()?, Vec::new());
        while items.read_until(b'\n', &mut item)? > 0 {
            let value: Value = serde_json::from_slice(&item)?;
            out.write_all(yaml_text(&[value])?.as_bytes())?;
            item.clear();
        }
        let totals = Map::from_iter([("totals".to_owned(), totals(run))]);
        out.write_all(yaml_text(&totals)?.as_bytes())
    }
}
