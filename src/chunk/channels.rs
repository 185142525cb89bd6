//! What is remembered for each channel: a peer may name 65598 of them and usually names five.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{Error, Result};
use std::collections::HashMap;

/// Channels below this are found through a table.
const SMALL: usize = 64;
/// In the table: nothing is known of the channel.
const UNKNOWN: u8 = u8::MAX;

/// Where a channel's value stands: below [`SMALL`] its place in the list, else the channel itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

impl Slot {
    /// The place in the list.
    fn place(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|place| *place < SMALL)
    }
}

/// A sparse table of channels: memory for those that were used, and one look at a table for the usual ones.
#[derive(Debug)]
pub(super) struct Channels<T> {
    index: [u8; SMALL],
    small: Vec<T>,
    large: HashMap<u32, T>,
}

impl<T> Default for Channels<T> {
    fn default() -> Self {
        Self { index: [UNKNOWN; SMALL], small: Vec::new(), large: HashMap::new() }
    }
}

impl<T> Channels<T> {
    /// The place of a channel, when something is known of it.
    pub(super) fn find(&self, channel: u32) -> Option<Slot> {
        match self.index.get(usize::try_from(channel).ok()?) {
            Some(&UNKNOWN) => None,
            Some(&place) => Some(Slot(place.into())),
            None => self.large.contains_key(&channel).then_some(Slot(channel)),
        }
    }

    /// The value at a place.
    pub(super) fn at(&self, slot: Slot) -> Option<&T> {
        match slot.place() {
            Some(place) => self.small.get(place),
            None => self.large.get(&slot.0),
        }
    }

    /// The value at a place, to change.
    pub(super) fn at_mut(&mut self, slot: Slot) -> Option<&mut T> {
        match slot.place() {
            Some(place) => self.small.get_mut(place),
            None => self.large.get_mut(&slot.0),
        }
    }

    /// The value of a channel.
    pub(super) fn get(&self, channel: u32) -> Option<&T> {
        self.at(self.find(channel)?)
    }

    /// Makes room for a channel of which nothing is known.
    pub(super) fn reserve(&mut self, channel: u32) -> Result<()> {
        if (channel as usize) < SMALL {
            return Ok(());
        }
        self.large.try_reserve(1).map_err(|_| Error::out_of_memory("remember another channel"))
    }

    /// Remembers a value for a channel for which there is room.
    pub(super) fn insert(&mut self, channel: u32, value: T) -> Slot {
        let place = self.small.len() as u8; // fewer than 64 stand there
        match self.index.get_mut(channel as usize) {
            Some(entry) => {
                *entry = place;
                self.small.push(value);
                Slot(place.into())
            }
            None => {
                self.large.insert(channel, value);
                Slot(channel)
            }
        }
    }
}
