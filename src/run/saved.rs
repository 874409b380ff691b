//! Reads the objects of all inputs, for questions about clusters.

use std::thread::Builder;

use super::pool::WORKER_STACK;
use crate::cluster::saved::{SavedDocument, SavedObject};
use crate::diagnostic::{Code, Diagnostic, ExitCode};
use crate::input::{Batch, Inputs, ReadError, not_utf8};

/// Calls `take` with each object of the inputs, in order. Returns the problems; the objects around them are passed on,
/// too.
pub fn saved_objects(inputs: &Inputs, take: &mut (dyn FnMut(SavedObject<'_>) + Send)) -> Vec<Diagnostic> {
    // Reading recurses as deep as documents nest, which may exhaust the stack of the main thread.
    std::thread::scope(|scope| {
        match Builder::new().stack_size(WORKER_STACK).spawn_scoped(scope, move || read(inputs, take)) {
            Ok(reader) => reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                vec![Diagnostic::error(Code::Unreadable, ExitCode::Input, format!("cannot start a thread: {error}"))]
            }
        }
    })
}

fn read(inputs: &Inputs, take: &mut dyn FnMut(SavedObject<'_>)) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut unusable = inputs.unusable.iter().peekable();
    for (position, source) in inputs.sources.iter().enumerate() {
        while let Some((_, error)) = unusable.next_if(|(before, _)| *before <= position) {
            problems.push(Diagnostic::from(error));
        }
        let file = source.to_string();
        let batches = match inputs.open(position) {
            Ok(batches) => batches.decoding_utf16(),
            Err(error) => {
                problems.push(Diagnostic::from(&ReadError::Io(error)).in_file(file));
                continue;
            }
        };
        for batch in batches {
            match batch {
                Ok(batch) => read_batch(&file, &batch, take, &mut problems),
                Err(error) => problems.push(Diagnostic::from(&error).in_file(&*file)),
            }
        }
    }
    problems.extend(unusable.map(|(_, error)| Diagnostic::from(error)));
    problems
}

fn read_batch(file: &str, batch: &Batch, take: &mut dyn FnMut(SavedObject<'_>), problems: &mut Vec<Diagnostic>) {
    for chunk in &batch.documents {
        let bytes = batch.text(chunk);
        let Ok(text) = std::str::from_utf8(bytes) else {
            problems.push(Diagnostic::from(&not_utf8(bytes, chunk.start)).in_file(file));
            continue;
        };
        let document = SavedDocument { file, line: chunk.start.line, text };
        if let Err(error) = document.objects(take) {
            problems.push(Diagnostic::from(&error).in_file(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Find, find};

    #[test]
    fn objects_of_all_files_come_in_order_and_problems_do_not_hide_them() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", b"kind: A\n---\na: [\n---\nkind: B\n");
        write("b.yaml", b"kind: C\n---\nkind: \xff\n");
        write("c.json", b"{\"kind\": \"D\"}\n{\"kind\": \"E\"}\n");
        // As PowerShell redirects output.
        let utf16: Vec<u8> = "\u{feff}{\"kind\": \"F\"}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        write("d.json", &utf16);
        write("e.json", b"\xff\xfea");
        let inputs = find(&Find { paths: vec![folder.path().to_owned()], ..Find::default() }).unwrap();
        let mut found = Vec::new();
        let problems = saved_objects(&inputs, &mut |object| found.push((object.kind().to_owned(), object.line)));
        assert_eq!(
            found,
            [("A", 1), ("B", 5), ("D", 1), ("E", 2), ("F", 1)].map(|(kind, line)| (kind.to_owned(), line))
        );
        let codes: Vec<_> = problems.iter().map(|problem| (problem.code, problem.place.map(|p| p.line))).collect();
        assert_eq!(codes, [(Code::YamlSyntax, Some(3)), (Code::NotUtf8, Some(3)), (Code::NotUtf8, None)]);
    }
}
