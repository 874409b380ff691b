//! `-o name`: the workloads as kubectl prints names.

use std::io::{self, Write};

use super::{DetailsOf, ExplainForm, ExplainedRun};
use crate::output::Spool;
use crate::output::form::{Form, Pieces};

/// The names of the workloads.
#[derive(Debug)]
pub(super) struct Name;

impl Form for Name {
    fn name(&self) -> &'static str {
        "name"
    }

    fn help(&self) -> &'static str {
        "The workloads, as kubectl prints names: deployment.apps/web"
    }

    fn pieces(&self) -> Pieces {
        Pieces::Workloads(|entry| format!("{}\n", entry.qualified_name()))
    }
}

impl ExplainForm for Name {
    fn details(&self) -> DetailsOf {
        DetailsOf::None
    }

    fn write(&self, mut pieces: Spool, _run: &ExplainedRun<'_>, mut out: &mut dyn Write) -> io::Result<()> {
        pieces.copy_to(&mut out)
    }
}
