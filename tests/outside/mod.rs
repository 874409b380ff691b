//! Runs the binary under limits, and measures its memory and time.

#![allow(dead_code, reason = "each suite uses a part")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-nativesidecar");

/// Limits of a process. Beyond them it fails, or is killed by the system.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Address space.
    pub(crate) memory_mib: usize,
    /// CPU time on all cores.
    pub(crate) cpu_seconds: usize,
}

/// Far more than a small input needs, far less than a hanging process takes.
pub(crate) const SMALL: Limits = Limits { memory_mib: 2048, cpu_seconds: 60 };

/// A finished process.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The largest resident set.
    pub(crate) peak_kib: usize,
    /// CPU time on all cores, in ticks (100 per second on Linux).
    pub(crate) ticks: usize,
}

impl Ran {
    /// The exit code. `None` if a signal ended the process.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Fails unless the program exited with one of `codes` and did not panic.
    #[track_caller]
    pub(crate) fn expect(&self, what: &str, codes: &[i32]) {
        let shown: String = self.stderr.chars().take(2000).collect();
        assert!(
            self.code().is_some_and(|code| codes.contains(&code)),
            "{what}: exit code {:?}, signal {:?}, expected {codes:?}\n{shown}",
            self.code(),
            self.status.signal()
        );
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains("a bug in this program"), "{what}: {shown}");
    }
}

/// A command that runs `program` within `limits`.
pub(crate) fn limited(program: impl AsRef<OsStr>, limits: Limits) -> Command {
    let mut command = Command::new("sh");
    let script =
        format!("ulimit -v {} && ulimit -t {} && exec \"$0\" \"$@\"", limits.memory_mib << 10, limits.cpu_seconds);
    command.arg("-c").arg(script).arg(program.as_ref()).env_remove("KUBECTL_EXTERNAL_DIFF");
    command
}

/// Runs the program on `input`.
pub(crate) fn run(args: &[&str], input: &[u8], limits: Limits) -> Ran {
    let mut command = limited(PROGRAM, limits);
    command.args(args).current_dir(std::env::temp_dir());
    finish(command, input)
}

/// Runs the program in `folder` with empty standard input.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = limited(PROGRAM, SMALL);
    command.args(args).current_dir(folder);
    finish(command, b"")
}

/// Runs a command and waits for it. Its streams are files, so neither process blocks on the other.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Ran {
    let mut stdin = tempfile::tempfile().unwrap();
    stdin.write_all(input).unwrap();
    stdin.rewind().unwrap();
    let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let streams = (stdout.try_clone().unwrap(), stderr.try_clone().unwrap());
    let mut child = command.stdin(stdin).stdout(streams.0).stderr(streams.1).spawn().unwrap();
    let (peak_kib, ticks) = watch(&child);
    let status = child.wait().unwrap();
    let mut ran = Ran { status, stdout: Vec::new(), stderr: String::new(), peak_kib, ticks };
    stdout.rewind().unwrap();
    stdout.read_to_end(&mut ran.stdout).unwrap();
    stderr.rewind().unwrap();
    let mut text = Vec::new();
    stderr.read_to_end(&mut text).unwrap();
    ran.stderr = String::from_utf8_lossy(&text).into_owned();
    ran
}

/// Watches a process until it ends, and returns its peak memory in KiB and its CPU ticks. The memory is sampled every few
/// milliseconds, so a peak at the very end may be missed.
fn watch(child: &Child) -> (usize, usize) {
    let mut peak = 0;
    let this = std::env::current_exe().unwrap();
    let has_started = || fs::read_link(format!("/proc/{}/exe", child.id())).is_ok_and(|program| program != this);
    loop {
        // Before exec, the memory is that of this process.
        if has_started()
            && let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id()))
        {
            let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = high.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", child.id())) else { return (peak, 0) };
        // The fields after the name, which may contain anything: the state is field 3, the times are fields 14 and 15.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let time = |at: usize| fields.get(at).and_then(|field| field.parse::<usize>().ok()).unwrap_or(0);
            return (peak, time(11) + time(12));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts the program in `folder` without waiting for it.
pub(crate) fn start(folder: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether this process runs as the superuser.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Reports that a part of a test cannot run here, also if the test passes.
pub(crate) fn skip(what: &str, why: &str) {
    print(&format!("SKIPPED {what}: {why}"));
}

/// Prints to standard error, also if the test passes.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A Deployment with the lines `more` in its pod template's metadata, and the lines `spec` after its container's image.
pub(crate) fn deployment(more: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      labels: \
         {{app: web}}\n{more}    spec:\n      containers:\n      - name: web\n        image: web\n{spec}"
    )
}
