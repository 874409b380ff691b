//! Functions that exist, so that a template which names them can be parsed, and fail when they are called: what they
//! return would not be the same everywhere and always.

use super::super::error::FunctionError;
use super::super::functions::{Functions, Rest};
use super::super::value::{Str, Value};

/// What a function would have to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The present time
    Clock,
    /// Random numbers
    Randomness,
    /// Environment variables
    Environment,
    /// The network
    Network,
    /// Cryptography with keys or passwords
    Keys,
}

impl Needs {
    fn text(self) -> &'static str {
        match self {
            Self::Clock => "the clock",
            Self::Randomness => "random numbers",
            Self::Environment => "the environment",
            Self::Network => "the network",
            Self::Keys => "keys or passwords, which differ each time",
        }
    }
}

/// The functions that are refused, and why.
pub const REFUSED: &[(&str, Needs)] = &[
    ("ago", Needs::Clock),
    ("bcrypt", Needs::Keys),
    ("buildCustomCert", Needs::Keys),
    ("decryptAES", Needs::Keys),
    ("derivePassword", Needs::Keys),
    ("encryptAES", Needs::Keys),
    ("env", Needs::Environment),
    ("expandenv", Needs::Environment),
    ("genCA", Needs::Keys),
    ("genCAWithKey", Needs::Keys),
    ("genPrivateKey", Needs::Keys),
    ("genSelfSignedCert", Needs::Keys),
    ("genSelfSignedCertWithKey", Needs::Keys),
    ("genSignedCert", Needs::Keys),
    ("genSignedCertWithKey", Needs::Keys),
    ("getHostByName", Needs::Network),
    ("htpasswd", Needs::Keys),
    ("now", Needs::Clock),
    ("randAlpha", Needs::Randomness),
    ("randAlphaNum", Needs::Randomness),
    ("randAscii", Needs::Randomness),
    ("randBytes", Needs::Randomness),
    ("randInt", Needs::Randomness),
    ("randNumeric", Needs::Randomness),
    ("shuffle", Needs::Randomness),
    ("uuidv4", Needs::Randomness),
];

pub(super) fn add(functions: &mut Functions) {
    for (name, needs) in REFUSED {
        functions.add(name, move |Rest(_): Rest<Value>| -> Result<Str, FunctionError> {
            Err(format!("{name} is not available: it asks for {}", needs.text()).into())
        });
    }
}
