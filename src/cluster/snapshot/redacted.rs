//! Objects without values that look secret. What cannot matter to an injection is removed; a value that ends up in sidecars
//! is replaced by [`MARKER`], so that whoever renders with the snapshot sees it.

use lossless_yaml::Tree;
use serde_json::{Map, Value, json};

use super::Kind;
use crate::istio::mesh_file::REDACTED as MARKER;
use crate::k8s::yaml_text::to_yaml;

/// Keys of mesh configurations, Istio's and Kyma's, that do not bear on injection.
const UNUSED: [&str; 3] = ["authorizers", "caCertificates", "configSources"];

/// Words of names whose values may be secret.
const SECRET_WORDS: [&str; 17] = [
    "APIKEY",
    "AUTHORIZATION",
    "COOKIE",
    "CREDENTIAL",
    "CREDENTIALS",
    "DSN",
    "JWT",
    "PASS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PWD",
    "SECRET",
    "TOKEN",
    "TOKENS",
    "ACCESSTOKEN",
    "PRIVATEKEY",
];

/// The first word of two that mean a secret if `KEY` follows.
const KEY_WORDS: [&str; 5] = ["ACCESS", "API", "AUTH", "PRIVATE", "SIGNING"];

/// Last words of the names of settings about a secret, which are not secret themselves.
const ABOUT_SECRETS: [&str; 16] = [
    "AUDIENCE",
    "AUDIENCES",
    "DURATION",
    "ENABLED",
    "FILE",
    "INTERVAL",
    "ISSUER",
    "NAME",
    "NAMESPACE",
    "PATH",
    "POLICY",
    "PROVIDER",
    "REF",
    "TTL",
    "TYPE",
    "URL",
];

/// Redacts an object of a snapshot. `found` receives the path of each value that was replaced.
pub(super) fn redact(kind: Kind, object: &mut Value, found: &mut Vec<String>) {
    let Some(map) = object.as_object_mut() else { return };
    for (key, value) in map.iter_mut().filter(|(key, _)| *key != "metadata") {
        match (kind, key.as_str(), value) {
            (Kind::ConfigMap, "data", Value::Object(data)) => redact_data(data, found),
            (_, _, value) => Walk { found }.value(key, value),
        }
    }
}

/// Redacts the texts of a `ConfigMap`. Texts without secrets stay as they are written.
fn redact_data(data: &mut Map<String, Value>, found: &mut Vec<String>) {
    for (key, value) in data {
        let Value::String(text) = value else { continue };
        if key == "config" {
            // Templates are no data yet: only URLs can be recognized.
            if let Some(redacted) = without_user_info(text) {
                *text = redacted;
                found.push(key.clone());
            }
        } else if let Some((mut data, is_json)) = data_of(text) {
            let original = data.clone();
            Walk { found: &mut *found }.value(key, &mut data);
            if data != original {
                let yaml = || to_yaml(&data, usize::MAX);
                let json = || serde_json::to_string_pretty(&data).ok();
                let redacted = if is_json { json() } else { yaml() };
                debug_assert!(redacted.is_some(), "neither has limits");
                *text = redacted.unwrap_or_default();
            }
        } else if text != MARKER {
            // What is secret in it is not known, and no mesh can be read from it.
            MARKER.clone_into(text);
            found.push(key.clone());
        }
    }
}

/// The data of a text, and whether it is JSON.
fn data_of(text: &str) -> Option<(Value, bool)> {
    if let Ok(data) = serde_json::from_str(text) {
        return Some((data, true));
    }
    let tree = Tree::parse(text, 1).ok()?;
    match tree.root() {
        None => Some((Value::Null, false)),
        Some(root) => Some((tree.value(root).ok()?, false)),
    }
}

/// A walk through data.
struct Walk<'f> {
    found: &'f mut Vec<String>,
}

impl Walk<'_> {
    /// Redacts what is at `path`.
    fn value(&mut self, path: &str, value: &mut Value) {
        match value {
            Value::Object(map) => self.map(path, map),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(&format!("{path}[{index}]"), item);
                }
            }
            Value::String(text) => self.text(path, text, false),
            _ => {}
        }
    }

    fn map(&mut self, path: &str, map: &mut Map<String, Value>) {
        map.retain(|key, _| !UNUSED.contains(&key.as_str()));
        if let Some(Value::Array(providers)) = map.get_mut("extensionProviders") {
            providers.iter_mut().for_each(reduce_provider);
        }
        // A variable or a header.
        let is_named_secret = map.get("name").and_then(Value::as_str).is_some_and(is_secret_name);
        for (key, value) in map {
            let path = format!("{path}.{key}");
            let is_secret = is_secret_name(key) || key == "value" && is_named_secret;
            match value {
                Value::String(text) => self.text(&path, text, is_secret),
                Value::Array(items) if is_secret => {
                    for text in items.iter_mut() {
                        match text {
                            Value::String(text) => self.text(&path, text, true),
                            other => self.value(&path, other),
                        }
                    }
                }
                other => self.value(&path, other),
            }
        }
    }

    fn text(&mut self, path: &str, text: &mut String, is_secret: bool) {
        let redacted = if is_secret && !is_public(text) || looks_secret(text) {
            Some(MARKER.to_owned())
        } else {
            without_user_info(text)
        };
        if let Some(redacted) = redacted {
            *text = redacted;
            self.found.push(path.to_owned());
        }
    }
}

/// Leaves of an extension provider what bears on injection.
fn reduce_provider(provider: &mut Value) {
    const ENRICHMENT: &str = "serviceAttributeEnrichment";
    let enrichment = provider.pointer(&format!("/opentelemetry/{ENRICHMENT}")).cloned();
    if let Some(map) = provider.as_object_mut() {
        map.retain(|key, _| key == "name");
        if let Some(enrichment) = enrichment {
            map.insert("opentelemetry".to_owned(), json!({ENRICHMENT: enrichment}));
        }
    }
}

/// Whether the value of this name may be secret.
fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let is_about = words.last().is_some_and(|last| ABOUT_SECRETS.contains(&last.as_str()));
    let is_key = |pair: &[String]| matches!(pair, [first, key] if key == "KEY" && KEY_WORDS.contains(&first.as_str()));
    !is_about && (words.iter().any(|word| SECRET_WORDS.contains(&word.as_str())) || words.windows(2).any(is_key))
}

/// The words of `apiKey`, `API_KEY` or `x-api-key`, in upper case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && was_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_uppercase());
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words
}

/// Whether the value of a secret's name is not secret: it is empty, a switch or a path, or was redacted before.
fn is_public(text: &str) -> bool {
    text.is_empty() || text == MARKER || text == "true" || text == "false" || is_path(text)
}

/// Whether a text is a path, such as `/var/run/secrets/token`. Secrets in base64 may begin with a slash, too, but have capital
/// letters.
fn is_path(text: &str) -> bool {
    let is_of_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/._-".contains(c);
    text.starts_with('/') && text.matches('/').count() > 1 && text.chars().all(is_of_path)
}

/// Whether a value is a secret by its form, regardless of its name.
fn looks_secret(text: &str) -> bool {
    let is_token = text.starts_with("eyJ") && text.matches('.').count() == 2 && !text.contains(' ');
    is_token || text.contains("PRIVATE KEY-----") || ["Bearer ", "Basic "].iter().any(|scheme| text.starts_with(scheme))
}

/// The text with user and password in its URLs replaced; none if there are none.
fn without_user_info(text: &str) -> Option<String> {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut is_changed = false;
    for part in parts {
        out.push_str("://");
        let is_end = |c: char| c.is_whitespace() || "/?#\"'`,<>{}".contains(c);
        let authority = part.find(is_end).map_or(part, |end| part.get(..end).unwrap_or(part));
        let user = authority.rsplit_once('@').map(|(user, _)| user).filter(|user| *user != MARKER);
        match user.and_then(|user| part.get(user.len()..)) {
            Some(rest) => {
                is_changed = true;
                out.push_str(MARKER);
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    is_changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_recognized_by_their_words() {
        for name in
            ["accessToken", "DB_PASSWORD", "x-api-key", "apiKey", "token", "Authorization", "AWS_SECRET_ACCESS_KEY"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["jwtPolicy", "tokenAudience", "secretName", "PASSTHROUGH", "imagePullSecrets", "keyFile", "monkey", ""]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_path_is_public_but_not_every_value_with_a_slash() {
        assert!(is_public("/var/run/secrets/tokens/istio-token"));
        for secret in ["/9j4AAQSkZJRgABAQEASABI/Q==", "/hunter2", "s3cret/with/slashes"] {
            assert!(!is_public(secret), "{secret}");
        }
    }

    #[test]
    fn users_and_passwords_leave_urls() {
        let found = |text: &str| without_user_info(text);
        assert_eq!(
            found("http://u:p@a.b:1/c?d=e@f").as_deref(),
            Some("http://redacted-by-nativesidecar@a.b:1/c?d=e@f")
        );
        assert_eq!(
            found("a http://x/y@z b https://t@c d").as_deref(),
            Some("a http://x/y@z b https://redacted-by-nativesidecar@c d")
        );
        assert_eq!(found("http://a.b/c"), None);
        assert_eq!(found("mail a@b"), None);
    }
}
