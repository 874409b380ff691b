//! Functions that exist, so that a template which names them can be parsed, and fail when they are called: what they
//! return would not be the same everywhere and always.

use super::super::error::FunctionError;
use super::super::functions::{Functions, Variadic};
use super::super::value::{Str, Value};

/// What a function would have to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
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

impl Dependency {
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
pub const REFUSED: &[(&str, Dependency)] = &[
    ("ago", Dependency::Clock),
    ("bcrypt", Dependency::Keys),
    ("buildCustomCert", Dependency::Keys),
    ("decryptAES", Dependency::Keys),
    ("derivePassword", Dependency::Keys),
    ("encryptAES", Dependency::Keys),
    ("env", Dependency::Environment),
    ("expandenv", Dependency::Environment),
    ("genCA", Dependency::Keys),
    ("genCAWithKey", Dependency::Keys),
    ("genPrivateKey", Dependency::Keys),
    ("genSelfSignedCert", Dependency::Keys),
    ("genSelfSignedCertWithKey", Dependency::Keys),
    ("genSignedCert", Dependency::Keys),
    ("genSignedCertWithKey", Dependency::Keys),
    ("getHostByName", Dependency::Network),
    ("htpasswd", Dependency::Keys),
    ("now", Dependency::Clock),
    ("randAlpha", Dependency::Randomness),
    ("randAlphaNum", Dependency::Randomness),
    ("randAscii", Dependency::Randomness),
    ("randBytes", Dependency::Randomness),
    ("randInt", Dependency::Randomness),
    ("randNumeric", Dependency::Randomness),
    ("shuffle", Dependency::Randomness),
    ("uuidv4", Dependency::Randomness),
];

pub(super) fn add(functions: &mut Functions) {
    for (name, needs) in REFUSED {
        functions.add(name, move |Variadic(_): Variadic<Value>| -> Result<Str, FunctionError> {
            Err(format!("{name} is not available: it asks for {}", needs.text()).into())
        });
    }
}
