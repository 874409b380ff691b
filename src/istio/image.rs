//! References to images.

/// The tag of an image; `None` if it has none.
pub fn image_tag(image: &str) -> Option<&str> {
    let name = image.split_once('@').map_or(image, |(name, _digest)| name);
    let (_, tag) = name.rsplit_once(':')?;
    // A port of the registry is not a tag.
    (!tag.contains('/')).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_behind_ports_and_before_digests() {
        for (image, expected) in [
            ("registry.istio.io/release/proxyv2:1.30.3", Some("1.30.3")),
            ("localhost:5000/proxyv2:1.30.3@sha256:00", Some("1.30.3")),
            ("localhost:5000/proxyv2", None),
            ("proxyv2@sha256:00", None),
            ("", None),
        ] {
            assert_eq!(image_tag(image), expected, "{image}");
        }
    }
}
