//! Namespaces that stand in the manifests themselves, wherever: looked for before anything is worked on.

use std::io::{self, Read, Seek as _, Write as _};

use memchr::memmem;
use tempfile::SpooledTempFile;

use crate::input::{Batches, Inputs, Source, open};
use crate::istio::Namespaces;

/// How much of standard input is held in memory, in bytes; what is more is held in a temporary file.
const IN_MEMORY: usize = 16 << 20;

/// Why standard input cannot be read twice.
#[derive(Debug, thiserror::Error)]
#[error("standard input, which is kept to be read twice: {0}")]
pub struct ScanError(io::Error);

/// The namespaces of all inputs. What cannot be read is passed over: the run itself tells of it. Standard input is kept,
/// so that the run can read it.
pub fn namespaces(inputs: &mut Inputs) -> Result<Namespaces, ScanError> {
    let mut found = Namespaces::default();
    for source in &inputs.sources {
        if let Source::File(_) = source
            && let Ok(batches) = open(source)
        {
            scan(batches, &mut found);
        }
    }
    if inputs.sources.contains(&Source::Stdin) {
        let mut tee = Tee { from: io::stdin(), kept: SpooledTempFile::new(IN_MEMORY), failed: None, ended: None };
        scan(Batches::new(&mut tee), &mut found);
        if let Some(error) = tee.failed {
            return Err(ScanError(error));
        }
        tee.kept.rewind().map_err(ScanError)?;
        let kept = tee.kept;
        inputs.replay_stdin(match tee.ended {
            Some(Ok(())) => Box::new(kept),
            Some(Err(error)) => Box::new(kept.chain(Failing(Some(error)))),
            None => Box::new(kept.chain(tee.from)),
        });
    }
    Ok(found)
}

fn scan<R: Read>(batches: Batches<R>, found: &mut Namespaces) {
    for batch in batches.map_while(Result::ok) {
        if memmem::find(&batch.bytes, b"Namespace").is_none() {
            continue;
        }
        for document in batch.documents {
            let bytes = batch.bytes.get(document.range).unwrap_or_default();
            if memmem::find(bytes, b"Namespace").is_some()
                && let Ok(text) = std::str::from_utf8(bytes)
            {
                found.read(text);
            }
        }
    }
}

/// Keeps what is read through it.
struct Tee<R> {
    from: R,
    kept: SpooledTempFile,
    /// Why something could not be kept.
    failed: Option<io::Error>,
    /// Whether, and how, it came to its end.
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

/// Fails as a source did.
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
    fn what_is_read_is_kept_whole() {
        let text =
            "kind: A\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}}\n".repeat(2000);
        let mut tee = Tee { from: text.as_bytes(), kept: SpooledTempFile::new(100), failed: None, ended: None };
        let mut found = Namespaces::default();
        scan(Batches::new(&mut tee), &mut found);
        assert!(matches!((&tee.failed, &tee.ended), (None, Some(Ok(())))));
        assert_eq!(found.get("shop").unwrap().labels["a"], "b");
        let mut kept = String::new();
        tee.kept.rewind().unwrap();
        tee.kept.read_to_string(&mut kept).unwrap();
        assert!(kept == text);
    }
}
