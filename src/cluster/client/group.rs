//! Process groups, so that what a plugin started ends with it.

#[cfg(unix)]
pub(super) use of_unix::Group;
#[cfg(not(unix))]
pub(super) use without::Group;

#[cfg(unix)]
mod of_unix {
    use std::io;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process_group};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// The process group of a child that runs. Once it is dropped, it is nobody's: its number may belong to others.
    pub(in super::super) struct Group(Arc<Mutex<Option<Pid>>>);

    impl Group {
        /// Starts a child with a group of its own, which a signal that ends this process kills: Ctrl-C does not reach it.
        pub(in super::super) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
            let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
            let child = command.process_group(0).spawn()?;
            let group = Self(Arc::new(Mutex::new(Some(Pid::from_child(&child)))));
            let of_thread = Self(Arc::clone(&group.0));
            thread::Builder::new().spawn(move || {
                for signal in signals.forever() {
                    of_thread.kill();
                    let _ = emulate_default_handler(signal);
                }
            })?;
            Ok((child, group))
        }

        pub(in super::super) fn kill(&self) {
            if let Some(group) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

#[cfg(not(unix))]
mod without {
    use std::io;
    use std::process::{Child, Command};

    /// This system has no process groups.
    pub(in super::super) struct Group;

    impl Group {
        pub(in super::super) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
            Ok((command.spawn()?, Self))
        }

        pub(in super::super) fn kill(&self) {}
    }
}
