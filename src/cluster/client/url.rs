//! URLs of requests to an API server.

use std::fmt::Write as _;

use http::Uri;

use super::{Query, Resource};

impl Resource {
    /// The path of its objects in a namespace, or in all.
    pub(super) fn path(self, namespace: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let Some(namespace) = namespace.filter(|_| self.is_namespaced) {
            path.push_str("/namespaces/");
            escape(namespace, &mut path);
        }
        path.push('/');
        path.push_str(self.name);
        path
    }
}

impl Query {
    /// The path and the query of a request, with `parameters` added. Empty values are left out.
    pub(super) fn path(&self, parameters: &[(&str, &str)]) -> String {
        let mut path = self.resource.path(self.namespace.as_deref());
        let own = [("labelSelector", self.labels.as_str()), ("fieldSelector", self.fields.as_str())];
        add_parameters(&mut path, own.iter().chain(parameters));
        path
    }
}
/// Appends the parameters of a query to a path. Empty ones are left out.
pub(super) fn add_parameters<'p>(path: &mut String, parameters: impl IntoIterator<Item = &'p (&'p str, &'p str)>) {
    let mut separator = '?';
    for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
        path.push(separator);
        path.push_str(name);
        path.push('=');
        escape(value, path);
        separator = '&';
    }
}

/// The URL of a server for messages: without user and password.
pub(super) fn shown(url: &Uri) -> String {
    let text = url.to_string();
    let text = text.trim_end_matches('/');
    let user = url.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user);
    user.map_or_else(|| text.to_owned(), |user| text.replacen(&format!("{user}@"), "", 1))
}

/// Appends a text to a URL, escaped.
pub(super) fn escape(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, expected) in [
            ("https://aks.example:6443/", "https://aks.example:6443"),
            ("https://user:s3cret@aks.example/k8s/", "https://aks.example/k8s"),
            ("https://aks.example/a@b", "https://aks.example/a@b"),
        ] {
            assert_eq!(shown(&url.parse().unwrap()), expected);
        }
    }

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(Query::all(Resource::PODS).path(&[]), "/api/v1/pods");
        assert_eq!(Query::all(Resource::PODS).in_namespace(Some("shop")).path(&[]), "/api/v1/namespaces/shop/pods");
        assert_eq!(
            Query::all(Resource::DEPLOYMENTS).with_labels("app=istiod,!x").path(&[("limit", "500"), ("continue", "")]),
            "/apis/apps/v1/deployments?labelSelector=app%3Distiod%2C%21x&limit=500"
        );
        assert_eq!(Query::all(Resource::NODES).in_namespace(Some("shop")).path(&[]), "/api/v1/nodes");
        // A name cannot lead to another path.
        assert_eq!(
            Query::all(Resource::EVENTS).in_namespace(Some("../x?y")).with_fields("a=ü").path(&[]),
            "/api/v1/namespaces/..%2Fx%3Fy/events?fieldSelector=a%3D%C3%BC"
        );
    }
}
