//! The wall every export stands behind: no panic crosses it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an export. A panic is logged at CRIT and turned into the export's failure value.
/// (`bridge` marks the session dead: its locks are poisoned by the panic and never entered again.)
pub(crate) fn guard<T>(failure: T, body: impl FnOnce() -> T) -> T {
    crate::capi::log::install_sink();
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            crate::log_at!(crate::log::Level::Crit, "internal error, please report it: {text}");
            failure
        }
    }
}
