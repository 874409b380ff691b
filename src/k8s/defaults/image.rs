//! The default pull policy of an image: `Always` for the tag `latest`, `IfNotPresent` for any other
//! (`SetDefaults_Container`), by the grammar of image references (github.com/distribution/reference).

/// The default pull policy of an image. An image without tag and digest has the tag `latest`. A text that is not
/// an image reference has no policy.
pub(super) fn pull_policy(image: &str) -> &'static str {
    if has_latest_tag(image) == Some(true) { "Always" } else { "IfNotPresent" }
}

/// Whether an image has the tag `latest`; `None` if the text is not an image reference.
fn has_latest_tag(image: &str) -> Option<bool> {
    // 64 hexadecimal digits are the identifier of an image, not a name.
    if image.len() == 64 && image.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return None;
    }
    let last = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest.get(last..)?.split_once(':') {
        Some((component, tag)) => (rest.get(..last + component.len())?, Some(tag)),
        None => (rest, None),
    };
    if !is_name(name) || tag.is_some_and(|tag| !is_tag(tag)) {
        return None;
    }
    Some(match tag {
        Some(tag) => tag == "latest",
        None => digest.is_none(),
    })
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128 && tag.bytes().next().is_some_and(word) && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// `algorithm:hex`, at least 32 digits.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(is_part) && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `component/component`; the first component can be a host with a port.
fn is_name(name: &str) -> bool {
    let mut components = name.split('/').rev().peekable();
    loop {
        match (components.next(), components.peek()) {
            (Some(component), Some(_)) if is_component(component) => {}
            (Some(first), None) => return is_component(first) || (name.contains('/') && is_domain(first)),
            _ => return false,
        }
    }
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_component(component: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    let ends = component.bytes().next().is_some_and(alphanumeric) && component.bytes().last().is_some_and(alphanumeric);
    let separators = component.split(|c: char| u8::try_from(c).is_ok_and(alphanumeric));
    ends && separators.into_iter().all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

/// A host, or an address in brackets, perhaps with a port.
fn is_domain(domain: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if let Some((address, rest)) = domain.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        let is_address = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    let is_label = |label: &str| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tag_latest_is_always_pulled() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        for image in ["auto", "web", "web:latest", "example.com/web", "localhost:5000/a/b__c/d-e", "[::1]:5000/web"] {
            assert_eq!(pull_policy(image), "Always", "{image}");
        }
        assert_eq!(pull_policy(&format!("web:latest@{digest}")), "Always");
        assert_eq!(pull_policy(&format!("web@{digest}")), "IfNotPresent");
        for image in ["web:1", "example.com:5000/web:v1.2_3-x", "web:latest1", "a/b:1"] {
            assert_eq!(pull_policy(image), "IfNotPresent", "{image}");
        }
    }

    #[test]
    fn invalid_image_references_have_no_tag() {
        let id = "0123456789abcdef".repeat(4);
        for image in ["", "Web", "web:", "web:-x", "{image}", "a//b", "web@sha256:12", "a b", "web:la/test:", "_a", &id]
        {
            assert_eq!(pull_policy(image), "IfNotPresent", "{image:?}");
        }
    }
}
