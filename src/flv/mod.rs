//! flv
