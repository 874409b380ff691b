//! Files, folders and programs that must not outlive this program: they go with the value that holds them, and when a
//! signal ends the program. Until there is something to take away, signals are left to the system.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static STATE: Mutex<State> = Mutex::new(State { paths: BTreeSet::new(), children: BTreeMap::new(), watches: false });

struct State {
    paths: BTreeSet<PathBuf>,
    /// Programs that run, by their numbers.
    children: BTreeMap<u32, Child>,
    /// Whether signals are waited for.
    watches: bool,
}

/// While it is held, no signal ends the program.
pub(super) struct Hold(MutexGuard<'static, State>);

/// Waits for what others do under it.
pub(super) fn hold() -> Hold {
    Hold(STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Hold {
    /// Takes over a file or folder that was made under this hold.
    pub(super) fn keep(&mut self, path: PathBuf) -> Temporary {
        if !self.0.watches {
            self.0.watches = signals::watch();
        }
        self.0.paths.insert(path.clone());
        Temporary(path)
    }
}

/// A file or folder that is removed with this value.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the file another name, under which it stays.
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
    // There is nowhere left to report an error.
    let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

/// Runs a program to its end. A signal that ends this program ends that one first.
pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let number = {
        let mut held = hold();
        let child = command.spawn()?;
        let number = child.id();
        held.0.children.insert(number, child);
        number
    };
    loop {
        let mut held = hold();
        let child = held.0.children.get_mut(&number).ok_or(io::ErrorKind::NotFound)?;
        if let Some(status) = child.try_wait()? {
            held.0.children.remove(&number);
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

    /// How often, and in what steps, a child is looked at that was asked to end.
    const LOOKS: u32 = 50;
    const STEP: Duration = Duration::from_millis(20);

    /// Begins to wait for signals; returns whether that went well.
    pub(super) fn watch() -> bool {
        let (ready, is_ready) = channel();
        std::thread::Builder::new().spawn(move || wait(&ready)).is_ok() && is_ready.recv().is_ok()
    }

    fn wait(ready: &Sender<()>) {
        let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]) else { return };
        let _ = ready.send(());
        for signal in signals.forever() {
            // Not released any more: nothing new is made, and the system ends the program.
            let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
            state.children.values_mut().for_each(end);
            state.paths.iter().for_each(|path| remove(path));
            let _ = emulate_default_handler(signal);
        }
    }

    /// Asks a program to end, and makes it.
    fn end(child: &mut Child) {
        // Of one that has ended, another may have the number.
        if matches!(child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
        }
        for _ in 0..LOOKS {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(STEP);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(not(unix))]
mod signals {
    /// Signals are left to the system.
    pub(super) fn watch() -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_goes_unless_it_is_renamed() {
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
    fn a_program_runs_to_its_end() {
        assert_eq!(run(Command::new("sh").args(["-c", "exit 7"])).unwrap().code(), Some(7));
        assert!(run(&mut Command::new("no-such-program")).is_err());
    }
}
