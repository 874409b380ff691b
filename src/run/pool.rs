//! Work on all cores, with the results in the order in which the work was given.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// Stack of a worker: reading and writing recurse as deep as documents nest ([`lossless_yaml::MAX_DEPTH`]).
const WORKER_STACK: usize = 16 << 20;

/// Workers that are started when there is work for them.
pub(super) struct Pool<'scope, 'env, W, R> {
    scope: &'scope Scope<'scope, 'env>,
    work: &'env (dyn Fn(W) -> R + Sync),
    jobs: Sender<Job<W, R>>,
    queue: Arc<Mutex<Receiver<Job<W, R>>>>,
    workers: Vec<ScopedJoinHandle<'scope, ()>>,
    most: Option<usize>,
}

struct Job<W, R> {
    work: W,
    result: Sender<R>,
}

/// The result of a piece of work, some day.
pub(super) struct Ticket<R>(Receiver<R>);

impl<'scope, 'env, W: Send + 'scope, R: Send + 'scope> Pool<'scope, 'env, W, R> {
    /// A pool that does `work`, without workers yet.
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, work: &'env (dyn Fn(W) -> R + Sync)) -> Self {
        let (jobs, queue) = channel();
        Self { scope, work, jobs, queue: Arc::new(Mutex::new(queue)), workers: Vec::new(), most: None }
    }

    /// How many workers there may be. Asking the system takes longer than a small file does.
    fn most(&mut self) -> usize {
        *self.most.get_or_insert_with(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// How many pieces of work keep all workers busy, while the results of some wait to be taken.
    pub(super) fn ahead(&mut self) -> usize {
        self.most() + 2
    }

    /// Gives work. Without a thread to be had for it, it is done here.
    pub(super) fn submit(&mut self, work: W) -> Ticket<R> {
        let (result, ticket) = channel();
        if self.workers.len() < self.most() {
            let (queue, task) = (Arc::clone(&self.queue), self.work);
            let worker = Builder::new().stack_size(WORKER_STACK).spawn_scoped(self.scope, move || {
                loop {
                    // Waiting workers stand in line at the lock; the one that has it waits for work.
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(Job { work, result }) = job else { return };
                    // Nobody waits for the result if the run has ended early.
                    let _ = result.send(task(work));
                }
            });
            match worker {
                Ok(worker) => self.workers.push(worker),
                Err(_) if self.workers.is_empty() => {
                    let _ = result.send((self.work)(work));
                    return Ticket(ticket);
                }
                Err(_) => self.most = Some(self.workers.len()),
            }
        }
        // The queue lives as long as this does.
        let _ = self.jobs.send(Job { work, result });
        Ticket(ticket)
    }
}

impl<R> Ticket<R> {
    /// Waits for the result.
    pub(super) fn wait(self) -> R {
        match self.0.recv() {
            Ok(result) => result,
            // The worker has panicked: that goes on here.
            Err(_) => std::panic::resume_unwind(Box::new("a worker ended early")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let work = |n: u64| {
            std::thread::sleep(std::time::Duration::from_micros(100 * (7 - n % 7)));
            n * n
        };
        let results: Vec<u64> = std::thread::scope(|scope| {
            let mut pool = Pool::new(scope, &work);
            let tickets: Vec<_> = (0..50).map(|n| pool.submit(n)).collect();
            tickets.into_iter().map(Ticket::wait).collect()
        });
        assert_eq!(results, (0..50).map(|n| n * n).collect::<Vec<_>>());
    }
}
