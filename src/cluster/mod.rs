//! Answers questions about clusters, from saved documents or live: one file or folder per question.
//!
//! | file | job |
//! |---|---|
//! | `saved` | the objects in saved documents |
//! | `client` | asks a live cluster |
//! | `fields`, `pod`, `event` | fields of objects |
//! | `owners` | which workload a pod belongs to |
//! | `printing` | columns of `kubectl get pods` |
//! | `precheck` | whether the cluster is ready for native sidecars, and what blocks it; one file per check |
//! | `snapshot` | everything that decides injection, as a mesh file |
//! | `status` | the proxies that run, what the mesh would inject now, what to do |
//! | `timeline` | when containers started, became ready and ended |
//! | `verify` | whether a pod is what the mesh makes of its template, and if not, why |

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
