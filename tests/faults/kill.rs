//! Kills the program at any moment of writing. Every file has its old or its new content, and the next run removes any
//! temporary file.

use std::fs;
use std::time::{Duration, Instant};

use crate::outside::{print, run_in, start};
use crate::{all_are, entries, manifests, new, old};

const FILES: usize = 30;

/// Kills `times` runs at moments spread over a whole run, and prints how many files were new and how many were left.
fn kill(times: u32) {
    let folder = tempfile::tempdir().unwrap();
    let args = ["annotate", "-f", ".", "--write"];
    manifests(folder.path(), FILES);
    let begin = Instant::now();
    assert!(start(folder.path(), &args).wait().unwrap().success());
    // A fifth longer than a whole run, to cover all moments even if the machine is busy.
    let mut whole = begin.elapsed() * 6 / 5;
    let (mut left, mut replaced, mut whole_runs) = (0, 0, 0);
    let mut time = 0;
    while time < times || replaced == 0 {
        // Reset the files.
        for (name, text) in entries(folder.path()) {
            if text != old() {
                fs::write(folder.path().join(name), old()).unwrap();
            }
        }
        let mut child = start(folder.path(), &args);
        // Not in order, so a left file meets a different moment in the next run.
        let moment = u64::from(time) * 7919 % u64::from(times);
        let replaced_before = replaced;
        std::thread::sleep(Duration::from_nanos(u64::try_from(whole.as_nanos()).unwrap() * moment / u64::from(times)));
        child.kill().unwrap();
        child.wait().unwrap();
        // Every file has its old or new content.
        let mut manifests = 0;
        for (name, text) in entries(folder.path()) {
            let name = name.to_str().unwrap().to_owned();
            if name.starts_with(".nativesidecar-") {
                left += 1;
                fs::metadata(folder.path().join(&name)).unwrap();
                continue;
            }
            manifests += 1;
            assert!(text == old() || text == new(), "run {time}: {name}: {text}");
            replaced += usize::from(text == new());
            whole_runs += usize::from(text == new() && name.starts_with("029"));
        }
        assert_eq!(manifests, FILES, "run {time}");
        if replaced == replaced_before && moment > u64::from(times) / 2 {
            // The machine became slower.
            whole = whole * 3 / 2;
        }
        // Only the file that is being renamed has a temporary name.
        let temporary = entries(folder.path()).len() - FILES;
        assert!(temporary <= 1, "run {time}: {temporary} files are left");
        if temporary > 0 {
            for index in 0..FILES {
                fs::write(folder.path().join(format!("{index:03}.yaml")), old()).unwrap();
            }
            run_in(folder.path(), &args).expect("the next run", &[0]);
            all_are(folder.path(), FILES, &new());
        }
        time += 1;
    }
    run_in(folder.path(), &args).expect("the last run", &[0]);
    all_are(folder.path(), FILES, &new());
    print(&format!(
        "{time} runs killed: {replaced} of {} files were new, {whole_runs} runs wrote all files, {left} left a \
         temporary file",
        FILES * time as usize
    ));
}

#[test]
fn killed_thirty_times() {
    kill(30);
}

#[test]
#[ignore = "takes minutes"]
fn killed_a_thousand_times() {
    kill(1000);
}
