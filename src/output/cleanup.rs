//! Temporary files, temporary folders and child processes. They are removed when their value is dropped, and when a
//! signal ends the program. No signal handler is installed before there is something to remove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static STATE: Mutex<State> =
    Mutex::new(State { paths: BTreeSet::new(), children: BTreeMap::new(), handles_signals: false });

struct State {
    paths: BTreeSet<PathBuf>,
    /// Running child processes by process id.
    children: BTreeMap<u32, Child>,
    /// Whether the signal handler is installed.
    handles_signals: bool,
}

/// Locks the state. Signals do not end the program while this is held.
pub(super) struct Hold(MutexGuard<'static, State>);

/// Waits for other holders, then locks the state.
pub(super) fn hold() -> Hold {
    Hold(STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Hold {
    /// Registers a file or folder for removal. It must have been created under this hold.
    pub(super) fn keep(&mut self, path: PathBuf) -> Temporary {
        if !self.0.handles_signals {
            self.0.handles_signals = signals::watch();
        }
        self.0.paths.insert(path.clone());
        Temporary(path)
    }
}

/// A file or folder that is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Renames the file and keeps it.
    pub(super) fn rename(self, name: &Path) -> io::Result<()> {
        let mut held = hold();
        fs::rename(&self.0, name)?;
        held.0.paths.remove(&self.0);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut held = hold();
        if held.0.paths.remove(&self.0) {
            remove(&self.0);
        }
    }
}

fn remove(path: &Path) {
    // Errors cannot be reported here: the program may be ending.
    let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

/// Runs a program and waits for it. A signal that ends this process terminates the child first.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let id = {
        let mut held = hold();
        let child = command.spawn()?;
        let id = child.id();
        held.0.children.insert(id, child);
        id
    };
    loop {
        let mut held = hold();
        let child = held.0.children.get_mut(&id).ok_or(io::ErrorKind::NotFound)?;
        if let Some(status) = child.try_wait()? {
            held.0.children.remove(&id);
            return Ok(status);
        }
        drop(held);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(unix)]
mod signals {
    use std::process::Child;
    use std::sync::PoisonError;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::{STATE, remove};

    /// How often, and at what interval, a terminating child is polled before it is killed.
    const POLLS: u32 = 50;
    const INTERVAL: Duration = Duration::from_millis(20);

    /// Starts a thread that waits for signals. Returns whether it is ready.
    pub(super) fn watch() -> bool {
        let (ready, is_ready) = channel();
        std::thread::Builder::new().spawn(move || wait(&ready)).is_ok() && is_ready.recv().is_ok()
    }

    fn wait(ready: &Sender<()>) {
        let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]) else { return };
        let _ = ready.send(());
        for signal in signals.forever() {
            // The lock is never released, so nothing new is created before the process ends.
            let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
            state.children.values_mut().for_each(end);
            state.paths.iter().for_each(|path| remove(path));
            let _ = emulate_default_handler(signal);
        }
    }

    /// Terminates a child, and kills it if it does not end in time.
    fn end(child: &mut Child) {
        // The id of a child that has ended may belong to another process.
        if matches!(child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
        }
        for _ in 0..POLLS {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(INTERVAL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(not(unix))]
mod signals {
    /// Signals are not handled on this system.
    pub(super) fn watch() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_are_removed_unless_renamed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        for file in ["folder/a", "b", "c"] {
            fs::write(at(file), "").unwrap();
        }
        let [folder, dropped, renamed] = ["folder", "b", "c"].map(|name| hold().keep(at(name)));
        renamed.rename(&at("d")).unwrap();
        drop((folder, dropped));
        assert!(!at("folder").exists() && !at("b").exists() && !at("c").exists());
        assert!(at("d").exists());
    }

    #[cfg(unix)]
    #[test]
    fn run_returns_the_exit_status() {
        assert_eq!(run(Command::new("sh").args(["-c", "exit 7"])).unwrap().code(), Some(7));
        assert!(run(&mut Command::new("no-such-program")).is_err());
    }
}
