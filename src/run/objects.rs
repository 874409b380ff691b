//! Finds objects of the cluster, such as Namespaces, in the manifests themselves, before the run.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};

use tempfile::SpooledTempFile;

use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{Batch, Batches, Inputs, ListSizes, Source, open};
use crate::istio::{ClusterObjects, Document, may_hold};

/// How much of standard input is kept in memory, in bytes; more goes to a temporary file.
const IN_MEMORY: usize = 16 << 20;

/// Why an input could not be kept for a second reading.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}, which is kept to be read twice: {error}")]
pub struct ScanError {
    source_name: String,
    error: io::Error,
}

impl From<&ScanError> for Diagnostic {
    fn from(error: &ScanError) -> Self {
        Self::error(Code::Unreadable, ExitCode::Input, error.to_string())
    }
}

/// The objects in the inputs.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The objects.
    pub objects: ClusterObjects,
    /// Warnings about objects and fields that were ignored.
    pub warnings: Vec<String>,
}

/// Finds objects of the cluster in all inputs. Unreadable inputs are ignored, as the run reports them. Standard input,
/// pipes and devices are kept, so that the run can read them again. `default_namespace` is for objects without one.
pub fn cluster_objects(inputs: &mut Inputs, default_namespace: &str) -> Result<Scanned, ScanError> {
    let mut scanned = Scanned::default();
    scan(inputs, inputs.list_sizes, &mut |file, batch| scanned.scan(file, &batch, default_namespace))?;
    Ok(scanned)
}

/// Visits all batches of the inputs with the name of their source, before the run. Unreadable inputs are ignored, as the run
/// reports them. Standard input, pipes and devices are kept, so that the run can read them again. Lists come in parts of
/// these sizes.
pub(super) fn scan(inputs: &mut Inputs, sizes: ListSizes, visit: &mut dyn FnMut(&str, Batch)) -> Result<(), ScanError> {
    for position in 0..inputs.sources.len() {
        let again = inputs.take_replay(position);
        let Some(source) = inputs.sources.get(position) else { continue };
        let name = source.to_string();
        if source.is_repeatable() {
            if let Ok(batches) = open(source) {
                let batches = batches.decoding_utf16().with_sizes(sizes);
                batches.map_while(Result::ok).for_each(|batch| visit(&name, batch));
            }
            continue;
        }
        let from: Box<dyn Read + Send> = match (again, source) {
            (Some(again), _) => again,
            (None, Source::File(path)) => match File::open(path) {
                Ok(file) => Box::new(file),
                Err(_) => continue,
            },
            (None, _) => Box::new(io::stdin()),
        };
        let failed = |error| ScanError { source_name: name.clone(), error };
        let mut tee = Tee { from, kept: SpooledTempFile::new(IN_MEMORY), failed: None, ended: None };
        Batches::new(&mut tee)
            .decoding_utf16()
            .with_sizes(sizes)
            .map_while(Result::ok)
            .for_each(|batch| visit(&name, batch));
        if let Some(error) = tee.failed {
            return Err(failed(error));
        }
        tee.kept.rewind().map_err(failed)?;
        let kept = tee.kept;
        let again: Box<dyn Read + Send> = match tee.ended {
            Some(Ok(())) => Box::new(kept),
            Some(Err(error)) => Box::new(kept.chain(Failing(Some(error)))),
            None => Box::new(kept.chain(tee.from)),
        };
        inputs.replay(position, again);
    }
    Ok(())
}

impl Scanned {
    fn scan(&mut self, file: &str, batch: &Batch, default_namespace: &str) {
        if let Some(list) = &batch.list {
            let items = batch.bytes.get(list.items.clone()).unwrap_or_default();
            let text = std::str::from_utf8(items).map(|items| list.text(items)).unwrap_or_default();
            // The head is above the items: no line number is negative.
            let line = list.place.line - list.frame.head.matches('\n').count();
            self.read(Document { file, line, text: &text }, default_namespace);
        } else if may_hold(&batch.bytes) {
            for document in &batch.documents {
                let text = std::str::from_utf8(batch.text(document)).unwrap_or_default();
                self.read(Document { file, line: document.start.line, text }, default_namespace);
            }
        }
    }

    fn read(&mut self, document: Document<'_>, default_namespace: &str) {
        if may_hold(document.text.as_bytes()) {
            self.warnings.extend(self.objects.read(document, default_namespace));
        }
    }
}

/// A reader that keeps a copy of everything read.
struct Tee<R> {
    from: R,
    kept: SpooledTempFile,
    /// The error of keeping the copy.
    failed: Option<io::Error>,
    /// How the source ended; `None` if it has not.
    ended: Option<io::Result<()>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.from.read(to) {
            Ok(0) if !to.is_empty() => {
                self.ended = Some(Ok(()));
                Ok(0)
            }
            Ok(count) => {
                if let Err(error) = self.kept.write_all(to.get(..count).unwrap_or_default()) {
                    self.failed = Some(error);
                    return Err(io::Error::other("it cannot be kept"));
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.ended = Some(Err(error));
                Err(kind.into())
            }
        }
    }
}

/// A reader that fails once with an error.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_read_already_is_looked_through_too() {
        let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: \
                    networking.istio.io/v1beta1\n  kind: ProxyConfig\n  metadata: {name: pc}\n  spec: {concurrency: x}\n";
        let mut inputs = Inputs { sources: vec![Source::Text(list.as_bytes().into())], ..Inputs::default() };
        let scanned = cluster_objects(&mut inputs, "shop").unwrap();
        assert!(
            scanned.warnings[0].starts_with("<stdin>:7:23: ProxyConfig pc: spec.concurrency"),
            "{:?}",
            scanned.warnings
        );
    }

    #[test]
    fn standard_input_is_kept_completely() {
        let text =
            "kind: A\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n".repeat(2000);
        let mut tee = Tee { from: text.as_bytes(), kept: SpooledTempFile::new(100), failed: None, ended: None };
        let mut found = Scanned::default();
        Batches::new(&mut tee).map_while(Result::ok).for_each(|batch| found.scan("-", &batch, "default"));
        assert!(matches!((&tee.failed, &tee.ended), (None, Some(Ok(())))));
        assert_eq!(found.objects.namespaces.get("shop").unwrap().labels["a"], "b");
        let mut kept = String::new();
        tee.kept.rewind().unwrap();
        tee.kept.read_to_string(&mut kept).unwrap();
        assert!(kept == text);
    }
}
