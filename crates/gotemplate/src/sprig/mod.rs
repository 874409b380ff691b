//! The functions of sprig 3.3.0, which the templates of charts and of Istio call.
//!
//! Functions that depend on chance or on the machine are unavailable ([`REFUSED`]). All others have Go's results and
//! errors. Each file adds the functions of one subject.

mod case;
mod conversion;
mod copy;
mod dates;
mod decimal;
mod dicts;
mod encoding;
mod flow;
mod json;
mod lists;
mod math;
mod merge;
mod paths;
mod reflect;
mod refused;
mod regex;
mod semver;
mod semver_constraint;
mod slice;
mod strings;
mod time;
mod url;
mod wrap;

use std::sync::{Arc, LazyLock};

use super::error::FunctionError;
use super::functions::{Context, Functions};
use super::value::Value;

pub use refused::{Dependency, REFUSED};

static FUNCTIONS: LazyLock<Arc<Functions>> = LazyLock::new(|| {
    let mut functions = Functions::new();
    for add in [
        dates::add as fn(&mut Functions),
        dicts::add,
        encoding::add,
        flow::add,
        json::add,
        lists::add,
        math::add,
        paths::add,
        reflect::add,
        refused::add,
        regex::add,
        semver::add,
        strings::add,
        url::add,
    ] {
        add(&mut functions);
    }
    Arc::new(functions)
});

/// All functions of sprig's `TxtFuncMap`, built at the first call.
pub fn functions() -> Arc<Functions> {
    Arc::clone(&FUNCTIONS)
}

/// The text of a value, as `%v` prints it.
fn fmt_text(context: &mut Context, value: &Value) -> Result<Vec<u8>, FunctionError> {
    super::fmt::text(context, value)
}
