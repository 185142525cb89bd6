//! The owner of a session in Rust programs and tests: everything a [`Host`] is asked for, in plain memory.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Fields, Host, MAX_BANDWIDTH_CHECKS, MAX_CALLS, PublishAhead, Resumed, TextSetting};
use crate::Result;
use crate::handshake::SWF_ANSWER_SIZE;
use std::collections::HashMap;

/// Settings and public scalars of one session.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public scalars.
    pub fields: Fields,
    /// The text settings; one that is missing is empty.
    pub texts: HashMap<TextSetting, Vec<u8>>,
    /// AMF0 values that follow connect's object.
    pub extras: Vec<u8>,
    /// The prepared SWF answer.
    pub swf_response: [u8; SWF_ANSWER_SIZE],
    /// Resume: what the program has already.
    pub resumed: Resumed,
    /// The chunk size a publisher announces; `None` is the library's.
    pub publish_chunk_size: Option<u32>,
    /// The chunk size that the library announced by itself; a later connection begins with the default again.
    pub announced_chunk_size: Option<u32>,
    bandwidth_checks: u32,
    publish_ahead: PublishAhead,
    transactions: i32,
    calls: Vec<(Vec<u8>, i32)>,
    channel_times: HashMap<u32, u32>,
}

impl Default for Settings {
    /// Those of `RTMP_Init`, without a server to connect to.
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            texts: HashMap::new(),
            extras: Vec::new(),
            swf_response: [0; SWF_ANSWER_SIZE],
            resumed: Resumed::default(),
            publish_chunk_size: None,
            announced_chunk_size: None,
            bandwidth_checks: 0,
            publish_ahead: PublishAhead::default(),
            transactions: 0,
            calls: Vec::new(),
            channel_times: HashMap::new(),
        }
    }
}

impl Settings {
    /// How many calls await their answers.
    pub fn pending_calls(&self) -> usize {
        self.calls.len()
    }
}

impl Host for Settings {
    fn text(&self, which: TextSetting) -> Vec<u8> {
        self.texts.get(&which).cloned().unwrap_or_default()
    }

    fn set_text(&mut self, which: TextSetting, value: Vec<u8>) {
        self.texts.insert(which, value);
    }

    fn extras(&self) -> Vec<u8> {
        self.extras.clone()
    }

    fn swf_response(&self) -> [u8; SWF_ANSWER_SIZE] {
        self.swf_response
    }

    fn resume(&self) -> Result<Resumed> {
        Ok(self.resumed.clone())
    }

    fn next_transaction(&mut self) -> i32 {
        self.transactions = self.transactions.wrapping_add(1);
        self.transactions
    }

    fn call_sent(&mut self, method: &[u8], transaction: i32) {
        if self.calls.len() >= MAX_CALLS {
            self.calls.remove(0);
        }
        self.calls.push((method.to_vec(), transaction));
    }

    fn call_answered(&mut self, transaction: i32) -> Option<Vec<u8>> {
        let at = self.calls.iter().position(|(_, pending)| *pending == transaction)?;
        Some(self.calls.remove(at).0)
    }

    fn call_dropped(&mut self, method: &[u8]) {
        if let Some(at) = self.calls.iter().position(|(pending, _)| pending == method) {
            self.calls.remove(at);
        }
    }

    fn publish_chunk_size(&self) -> Option<u32> {
        self.publish_chunk_size
    }

    fn may_check_bandwidth(&mut self) -> bool {
        let may = self.bandwidth_checks < MAX_BANDWIDTH_CHECKS;
        self.bandwidth_checks = self.bandwidth_checks.saturating_add(1);
        may
    }

    fn chunk_size_announced(&mut self, size: u32) {
        self.announced_chunk_size = Some(size);
    }

    fn publish_ahead(&self) -> PublishAhead {
        self.publish_ahead
    }

    fn set_publish_ahead(&mut self, ahead: PublishAhead) {
        self.publish_ahead = ahead;
    }

    fn channel_time(&self, channel: i32) -> u32 {
        let channel = u32::try_from(channel).ok();
        channel.and_then(|channel| self.channel_times.get(&channel)).copied().unwrap_or_default()
    }

    /// A program in Rust has the values themselves.
    fn show_values(&self, _: &[u8]) {}

    fn set_channel_time(&mut self, channel: u32, time: u32) {
        self.channel_times.insert(channel, time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_answered_once_and_bounded() {
        let mut settings = Settings::default();
        settings.call_sent(b"connect", 1);
        settings.call_sent(b"play", 2);
        settings.call_sent(b"play", 3);
        assert_eq!(settings.call_answered(2), Some(b"play".to_vec()));
        assert_eq!(settings.call_answered(2), None);
        settings.call_dropped(b"play");
        settings.call_dropped(b"play");
        assert_eq!(settings.pending_calls(), 1);
        for transaction in 0..5000 {
            settings.call_sent(b"flood", transaction);
        }
        assert_eq!(settings.pending_calls(), MAX_CALLS);
        assert_eq!(settings.call_answered(0), None, "the oldest are forgotten");
        assert!(settings.call_answered(4999).is_some(), "the newest is known");
    }

    #[test]
    fn a_channel_without_messages_stands_at_zero() {
        let mut settings = Settings::default();
        settings.set_channel_time(4, 77);
        assert_eq!((settings.channel_time(4), settings.channel_time(5)), (77, 0));
        assert_eq!(settings.channel_time(-1), 0);
    }
}
