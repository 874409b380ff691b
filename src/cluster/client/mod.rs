//! Asks a live cluster. The only user of `kube`, which is built with the feature `cluster`; without it, [`Client`] is a type
//! without values, and connecting fails with [`ClientError::NotBuilt`].
//!
//! A client only reads, but for [`Client::dry_run`], which stores nothing. Calls block. Lists are read in pages, and each
//! page is dropped before the next one is asked for.
//!
//! | file | job |
//! |---|---|
//! | `connection` | which cluster, and as whom |
//! | `query` | which objects |
//! | `error` | what can go wrong |
//! | `kubeconfig` | reads kubeconfigs, as kubectl does |
//! | `certificates` | reads the certificates that kubeconfigs name |
//! | `plugin` | runs the plugin that provides credentials |
//! | `group` | the process group of a plugin |
//! | `proxy` | which proxy to use, if any |
//! | `url` | URLs of requests |
//! | `tls` | errors of TLS in words |
//! | `connected` | requests, retries and pages |

mod connection;
mod error;
mod query;

#[cfg(feature = "cluster")]
mod certificates;
#[cfg(feature = "cluster")]
mod connected;
#[cfg(feature = "cluster")]
mod group;
#[cfg(feature = "cluster")]
mod kubeconfig;
#[cfg(feature = "cluster")]
mod plugin;
#[cfg(feature = "cluster")]
mod proxy;
#[cfg(all(test, feature = "cluster"))]
mod tests;
#[cfg(feature = "cluster")]
mod tls;
#[cfg(feature = "cluster")]
mod url;

#[cfg(not(feature = "cluster"))]
#[path = "not_built.rs"]
mod connected;

pub use connected::Client;
pub use connection::Connection;
pub use error::ClientError;
pub use query::{Query, Resource};
