//! Random pods with all that decides about the annotation. The same in each run.

use nativesidecar::inject::{FALSE_WORDS, TRUE_WORDS};
use nativesidecar::istio::names::annotation::{INJECT, NATIVE_SIDECAR};
use serde_json::{Map, Value, json};

/// A generator of numbers (Steele and Vigna, `SplitMix64`).
pub(crate) struct Random(pub(crate) u64);

/// Values of the label and annotation that ask for injection.
const ASKED: [&str; 6] = ["true", "false", "", "no", "False", "yes"];

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    /// A value of the annotation: valid, misspelt, unclear, with anything around it.
    fn value(&mut self) -> String {
        const AROUND: [&str; 12] = ["", "", "", "", " ", "'", "\"", "\n", "\t", "\u{a0}", "\u{b}", "\u{2003}\u{3000}'"];
        const UNCLEAR: [&str; 9] =
            ["maybe", "native", "2", "fal se", "tr'ue", "truefalse", "fal\u{17f}e", "true.", "\u{200b}true"];
        let words = [&TRUE_WORDS[..], &FALSE_WORDS, &["true", "false", "true", "false", ""], &UNCLEAR].concat();
        let word = self.of(&words).to_owned();
        let word = match self.below(5) {
            0 => word.to_uppercase(),
            1 => word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect(),
            _ => word,
        };
        format!("{}{word}{}", self.of(&AROUND), self.of(&AROUND))
    }

    /// `metadata` and `spec` of a pod.
    pub(crate) fn template(&mut self) -> Value {
        let mut annotations = Map::new();
        let mut labels = Map::new();
        if self.below(3) > 0 {
            annotations.insert(NATIVE_SIDECAR.to_owned(), self.value().into());
        }
        if self.below(3) == 0 {
            annotations.insert("example.com/other".to_owned(), "kept".into());
        }
        if self.below(4) == 0 {
            labels.insert(INJECT.to_owned(), self.of(&ASKED).into());
        }
        if self.below(4) == 0 {
            annotations.insert(INJECT.to_owned(), self.of(&ASKED).into());
        }
        let mut metadata = Map::new();
        if !annotations.is_empty() || self.below(4) == 0 {
            metadata.insert("annotations".to_owned(), annotations.into());
        }
        if !labels.is_empty() || self.below(4) == 0 {
            metadata.insert("labels".to_owned(), labels.into());
        }
        let mut spec =
            json!({"restartPolicy": "Never", "containers": [{"name": "work", "image": "example.com/work:1"}]});
        match self.below(6) {
            0 => spec["hostNetwork"] = true.into(),
            1 => spec["hostNetwork"] = false.into(),
            _ => {}
        }
        json!({"metadata": metadata, "spec": spec})
    }
}
