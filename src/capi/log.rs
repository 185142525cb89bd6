//! `log.h`.

/// Makes the core's log lines go through `RTMP_Log`.
pub(crate) fn install_sink() {}
