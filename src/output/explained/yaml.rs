//! `-o yaml`: the same as `-o json`.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::json::{head, item, totals};
use super::{DetailsOf, ExplainForm, ExplainedRun};
use crate::output::form::{Form, Pieces};
use crate::output::structured::write_yaml_items;
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
        write_yaml_items("workloads", pieces, out)?;
        let totals = Map::from_iter([("totals".to_owned(), totals(run))]);
        out.write_all(yaml_text(&totals)?.as_bytes())
    }
}
