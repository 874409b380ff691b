//! Stands in for the client in a build without the feature `cluster`.

use serde_json::Value;

use super::{ClientError, Connection, Query, Resource};
use crate::cluster::saved::SavedObject;

/// A connection to a cluster. This build cannot make one.
#[derive(Debug)]
pub enum Client {}

impl Client {
    /// Fails.
    pub fn connect(_: &Connection, _: &dyn Fn(&str)) -> Result<Self, ClientError> {
        Err(ClientError::NotBuilt)
    }

    /// The name of the context.
    pub fn context(&self) -> Option<&str> {
        match *self {}
    }

    /// The namespace of the context.
    pub fn default_namespace(&self) -> &str {
        match *self {}
    }

    /// Calls `take` with each object of a list.
    pub fn list(&self, _: &Query, _: &mut dyn FnMut(SavedObject<'_>)) -> Result<(), ClientError> {
        match *self {}
    }

    /// An object.
    pub fn get(&self, _: Resource, _: Option<&str>, _: &str) -> Result<Value, ClientError> {
        match *self {}
    }

    /// What `/version` answers.
    pub fn server_version(&self) -> Result<Value, ClientError> {
        match *self {}
    }

    /// The log of a container.
    pub fn log(&self, _: &str, _: &str, _: &str) -> Result<String, ClientError> {
        match *self {}
    }

    /// What the server would store instead of an object.
    pub fn dry_run(&self, _: Resource, _: &str, _: &Value) -> Result<Value, ClientError> {
        match *self {}
    }
}
