//! The binary as another program sees it: what it prints, how it ends, and what it takes of the machine.

#![allow(dead_code, reason = "each suite uses its part")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-nativesidecar");

/// What a process may take at most; it fails or is ended by the system beyond that.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Address space.
    pub(crate) memory_mib: usize,
    /// Time on all cores together.
    pub(crate) cpu_seconds: usize,
}

/// Far more than any small input needs, far less than a hang takes.
pub(crate) const SMALL: Limits = Limits { memory_mib: 2048, cpu_seconds: 60 };

/// A process that has ended.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// Largest resident set that was seen.
    pub(crate) peak_kib: usize,
    /// Time on all cores together, in the system's ticks (100 a second on Linux).
    pub(crate) ticks: usize,
}

impl Ran {
    /// The exit code; a process that a signal ended has none.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Fails unless the program ended by itself with one of `codes`, and without a panic.
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

/// Runs the program in `folder`, with nothing on standard input.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = limited(PROGRAM, SMALL);
    command.args(args).current_dir(folder);
    finish(command, b"")
}

/// Runs a command to its end. Its streams are files, so that neither side waits for the other.
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

/// Watches a process until it has ended, and says what it took. Its time is known to the end, its memory to within a
/// moment of it.
fn watch(child: &Child) -> (usize, usize) {
    let mut peak = 0;
    let this = std::env::current_exe().unwrap();
    let is_begun = || fs::read_link(format!("/proc/{}/exe", child.id())).is_ok_and(|program| program != this);
    loop {
        // Before it has begun, what it takes is what this process takes.
        if is_begun()
            && let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id()))
        {
            let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = high.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", child.id())) else { return (peak, 0) };
        // Behind the name, which may hold anything: the state is the third field of all, the times 14 and 15.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields.first() == Some(&"Z") {
            let time = |at: usize| fields.get(at).and_then(|field| field.parse::<usize>().ok()).unwrap_or(0);
            return (peak, time(11) + time(12));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts the program in `folder` and does not wait for it.
pub(crate) fn start(folder: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether this process is the superuser's.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Tells, past the capture of a passing test's output, that a part of a test cannot run here.
pub(crate) fn skip(what: &str, why: &str) {
    say(&format!("SKIPPED {what}: {why}"));
}

/// Prints past the capture of a passing test's output.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A Deployment with `more` lines in its pod template's metadata, and `spec` lines behind its container's image.
pub(crate) fn deployment(more: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      labels: \
         {{app: web}}\n{more}    spec:\n      containers:\n      - name: web\n        image: web\n{spec}"
    )
}
