//! Messages through the chunk writer, a byte stream cut anywhere, and the chunk reader.

mod any;
mod reader;
mod wire;
mod writer;
