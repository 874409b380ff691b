//! Answers questions about clusters, from saved documents or live: one file or folder per question.
//!
//! | file | job |
//! |---|---|
//! | `saved` | the objects in saved documents |
//! | `client` | asks a live cluster |
//! | `fields`, `pod`, `event` | fields of objects |
//! | `owners` | which workload a pod belongs to |
//! | `printing` | what `kubectl get pods` prints |
//! | `precheck` | is the cluster ready for native sidecars, and what blocks it; one file a check |
//! | `snapshot` | everything that decides injection, as a mesh file |
//! | `status` | what runs, what the mesh would inject now, what to do |
//! | `timeline` | when containers started, became ready and ended |
//! | `verify` | is a pod what the mesh makes of its template |

pub mod client;
pub mod event;
mod fields;
pub mod owners;
pub mod pod;
pub mod precheck;
pub mod printing;
pub mod saved;
pub mod snapshot;
pub mod status;
pub mod timeline;
pub mod verify;
