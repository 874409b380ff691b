//! A thread pool whose results come in the order in which the work was submitted.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// Stack of a worker, in bytes. Reading and writing recurse as deep as documents nest ([`lossless_yaml::MAX_DEPTH`]).
pub(super) const WORKER_STACK: usize = 16 << 20;

/// A pool that starts workers as work comes.
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

/// The result of a unit of work, once it is done.
pub(super) struct Ticket<R>(Receiver<R>);

impl<'scope, 'env, W: Send + 'scope, R: Send + 'scope> Pool<'scope, 'env, W, R> {
    /// A pool without workers, which runs `work`.
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, work: &'env (dyn Fn(W) -> R + Sync)) -> Self {
        let (jobs, queue) = channel();
        Self { scope, work, jobs, queue: Arc::new(Mutex::new(queue)), workers: Vec::new(), most: None }
    }

    /// The maximum number of workers. Determined on demand: the system call takes longer than a small file.
    fn most(&mut self) -> usize {
        *self.most.get_or_insert_with(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// How many units of work to submit ahead, so that all workers stay busy while results are collected.
    pub(super) fn ahead(&mut self) -> usize {
        self.most() + 2
    }

    /// Submits work. If no thread can be started, the work is done at once.
    pub(super) fn submit(&mut self, work: W) -> Ticket<R> {
        let (result, ticket) = channel();
        if self.workers.len() < self.most() {
            let (queue, task) = (Arc::clone(&self.queue), self.work);
            let worker = Builder::new().stack_size(WORKER_STACK).spawn_scoped(self.scope, move || {
                loop {
                    // One idle worker holds the lock and waits for work; the others wait for the lock.
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(Job { work, result }) = job else { return };
                    // If the run ended early, nobody receives the result.
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
        // The pool owns the queue, so that sending cannot fail.
        let _ = self.jobs.send(Job { work, result });
        Ticket(ticket)
    }
}

impl<R> Ticket<R> {
    /// Waits for the result.
    pub(super) fn wait(self) -> R {
        match self.0.recv() {
            Ok(result) => result,
            // The worker panicked: pass it on.
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
