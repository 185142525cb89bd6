//! Choices of a target, taken from the front of its input.

/// What is left of the input. At its end, numbers are 0 and slices are empty.
#[derive(Clone, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// One byte.
    pub fn u8(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// At most `n` bytes.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// The rest in pieces whose sizes follow from one byte: whole, or about as many bytes as it says.
    pub fn pieces(&mut self) -> Vec<&'a [u8]> {
        let size = self.u8();
        let rest = self.take(usize::MAX);
        match size {
            0 => vec![rest],
            size => rest.chunks(size.into()).collect(),
        }
    }
}
