//! Paths with slashes, of URLs and of files.

use super::super::functions::Functions;
use super::super::value::Str;

pub(super) fn add(functions: &mut Functions) {
    for name in ["base", "osBase"] {
        functions.add(name, |path: Str| -> Str { base(&path).into() });
    }
    for name in ["dir", "osDir"] {
        functions.add(name, |path: Str| -> Str {
            let end = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
            clean(path.get(..end).unwrap_or(&[])).into()
        });
    }
    for name in ["clean", "osClean"] {
        functions.add(name, |path: Str| -> Str { clean(&path).into() });
    }
    for name in ["ext", "osExt"] {
        functions.add(name, |path: Str| -> Str {
            let at = path.iter().rposition(|b| matches!(b, b'.' | b'/')).filter(|at| path.get(*at) == Some(&b'.'));
            at.and_then(|at| path.get(at..)).unwrap_or(&[]).into()
        });
    }
    for name in ["isAbs", "osIsAbs"] {
        functions.add(name, |path: Str| -> bool { path.starts_with(b"/") });
    }
}

/// `path.Base`: the last element, `.` for an empty path, `/` for slashes.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    match path.get(..end).unwrap_or(&[]).rsplit(|b| *b == b'/').next() {
        None | Some(b"") => b"/",
        Some(last) => last,
    }
}

/// `path.Clean`: the shortest equivalent path.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|b| *b == b'/') {
        match element {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(last) if *last != b".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(element),
            },
            element => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned() {
        for (path, cleaned) in [
            ("a//b/../c/./d/", "a/c/d"),
            ("", "."),
            ("/../a", "/a"),
            ("../../a/..", "../.."),
            ("a/..", "."),
            ("//", "/"),
        ] {
            assert_eq!(clean(path.as_bytes()), cleaned.as_bytes(), "{path}");
        }
        assert_eq!([base(b"a/b/"), base(b"//"), base(b"")], [b"b".as_slice(), b"/", b"."]);
    }
}
