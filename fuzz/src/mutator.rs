//! A simple mutator for the bounded run: no coverage, the same inputs on every machine.

/// Numbers that look random and are the same every time (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.number() % bound as u64) as usize }
    }

    /// One of the values.
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// Bytes that parsers find interesting.
const BYTES: [u8; 16] = [0, 1, 2, 3, 4, 5, 8, 9, 10, 17, 20, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
/// The longest input that is made.
const MAX_LENGTH: usize = 8 * 1024;

/// Makes inputs out of seeds.
#[derive(Clone, Debug)]
pub struct Mutator {
    random: Random,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Inputs from these seeds, which are at least one.
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty(), "no seeds");
        Self { random: Random::new(seed), seeds }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.random.pick(&self.seeds).clone();
        for _ in 0..1 + self.random.below(6) {
            self.change(&mut input);
        }
        input.truncate(MAX_LENGTH);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.below(input.len());
        let length = 1 + random.below(16);
        let end = (at + length).min(input.len());
        match random.below(9) {
            0 => flip(random, input, at),
            1 => set(random, input, at),
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => {
                let copied = input[at..end].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, copied);
            }
            5 => {
                let made: Vec<u8> = (0..length).map(|_| *random.pick(&BYTES)).collect();
                input.splice(at..at, made);
            }
            6 => {
                let number = (random.number() >> random.below(64)) as u32;
                let width = 1 + random.below(4);
                let bytes = number.to_be_bytes();
                for (place, byte) in input.iter_mut().skip(at).zip(&bytes[4 - width..]) {
                    *place = *byte;
                }
            }
            7 => {
                let other = random.pick(&self.seeds);
                let from = random.below(other.len());
                let upto = (from + random.below(256)).min(other.len());
                input.splice(at..at, other[from..upto].to_vec());
            }
            _ => {
                let piece = input[at..end].to_vec();
                let times = 1 + random.below(64);
                input.splice(at..at, piece.repeat(times));
            }
        }
    }
}

fn flip(random: &mut Random, input: &mut [u8], at: usize) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn set(random: &mut Random, input: &mut [u8], at: usize) {
    if let Some(byte) = input.get_mut(at) {
        *byte = *random.pick(&BYTES);
    }
}
