//! An earlier place of a program that was like the latest bytes: what came then may come again. assets/unpack.js looks alike.

use super::walk::mix;

/// So many bytes must be alike to choose a place.
const ALIKE_MIN: usize = 6;
const ALIKE_MAX: usize = 16;
const PLACES_BITS: u32 = 17;
/// So many answers has [`Earlier::says`].
pub const SAYINGS: usize = 1 + 16 * 8 * 4;

pub struct Earlier {
    /// The last place with each hash of the bytes before it; 0 for none.
    places: Vec<u32>,
    place: usize,
    alike: usize,
    /// How often this place was wrong since it was chosen, or since it was right for long.
    missed: usize,
    /// The last bytes, the latest one lowest, and two before these.
    bytes: u32,
    older: u32,
}

impl Earlier {
    pub fn new() -> Self {
        Earlier { places: vec![0; 1 << PLACES_BITS], place: 0, alike: 0, missed: 0, bytes: 0, older: 0 }
    }

    /// Goes over the last of these bytes.
    pub fn step(&mut self, bytes: &[u8]) {
        let (size, byte) = (bytes.len(), bytes[bytes.len() - 1]);
        if self.place > 0 {
            if bytes[self.place] == byte {
                self.alike += 1;
                if self.alike >= ALIKE_MAX {
                    self.missed = 0;
                }
            } else {
                self.alike = 0;
                self.missed += 1;
            }
            self.place += 1;
        }
        self.older = self.older << 8 | self.bytes >> 24;
        self.bytes = self.bytes << 8 | u32::from(byte);
        let hash = (mix(self.bytes, self.older & 0xffff) >> (32 - PLACES_BITS)) as usize;
        if self.alike == 0 {
            let place = self.places[hash] as usize;
            let pairs = bytes[..place].iter().rev().zip(bytes.iter().rev());
            let alike = pairs.take(ALIKE_MAX).take_while(|(one, other)| one == other).count();
            if alike >= ALIKE_MIN {
                (self.place, self.alike, self.missed) = (place, alike, 0);
            }
        }
        self.places[hash] = size as u32;
    }

    /// Which byte came then.
    pub fn byte(&self, bytes: &[u8]) -> Option<u8> {
        (self.place > 0).then(|| bytes[self.place])
    }

    /// What it says of a bit, as a number below [`SAYINGS`], where the byte that came then agrees up to here: whether this is
    /// the first bit, and what the bit was then. And 0 where it says nothing.
    pub fn says(&self, first: bool, bit: u32) -> usize {
        1 + ((self.alike.min(15) * 8 + self.missed.min(7)) * 2 + usize::from(first)) * 2 + bit as usize
    }
}
