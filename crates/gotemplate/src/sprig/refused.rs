//! Functions whose results depend on more than their arguments. Templates that name them can be parsed, but calls fail.

use super::super::error::FunctionError;
use super::super::functions::{Functions, Variadic};
use super::super::value::{Str, Value};

/// What the result of a function depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// The current time
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

/// The unavailable functions and their dependencies.
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
    for (name, dependency) in REFUSED {
        functions.add(name, move |Variadic(_): Variadic<Value>| -> Result<Str, FunctionError> {
            Err(format!("{name} is not available: it depends on {}", dependency.text()).into())
        });
    }
}
