//! Packs bytes: each bit of them is guessed ([`super::guess`]), and costs the less the better the guess was.

use super::{
    earlier::Earlier,
    guess::{By, Guess},
    trees::{self, BITS_MAX, Lengths},
    walk::{CLASSES, Walk},
};
use std::ops::Range;

/// The stream for these bytes; where `code` is are the functions of a program.
pub fn squeeze(bytes: &[u8], code: Range<usize>) -> Vec<u8> {
    let mut counts = [[0; 256]; CLASSES];
    let mut walk = Walk::new();
    for (at, byte) in bytes.iter().enumerate() {
        turn(&mut walk, at, &code);
        counts[walk.class()][usize::from(*byte)] += 1;
        walk.step(*byte);
    }
    let mut writer = Writer::new();
    go_over(&mut writer, bytes.len(), &code, trees::lengths(&counts), bytes);
    writer.finish()
}

/// So many bytes from a stream.
pub fn release(stream: &[u8], length: usize, code: Range<usize>) -> Vec<u8> {
    go_over(&mut Reader::new(stream), length, &code, vec![[0; 256]; CLASSES], &[])
}

/// Whoever writes knows the codes' lengths and the bytes; whoever reads finds out.
fn go_over(bits: &mut impl Bits, length: usize, code: &Range<usize>, lengths: Lengths, known: &[u8]) -> Vec<u8> {
    let lengths = go_over_lengths(bits, lengths);
    let leaves = trees::leaves(&lengths);
    let mut bytes_of = vec![[None; 2 << BITS_MAX]; CLASSES];
    for (class, leaves) in leaves.iter().enumerate() {
        for (byte, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| **leaf > 0) {
            bytes_of[class][*leaf as usize] = Some(byte as u8);
        }
    }
    let (mut guess, mut walk, mut earlier) = (Guess::new(), Walk::new(), Earlier::new());
    let mut out = Vec::with_capacity(length);
    for at in 0..length {
        turn(&mut walk, at, code);
        let by = By { contexts: walk.contexts(), class: walk.class(), place: walk.place() };
        let leaf = known.get(at).map_or(0, |byte| leaves[by.class][usize::from(*byte)]);
        let expected = earlier.byte(&out).map_or(0, |byte| leaves[by.class][usize::from(byte)]);
        let (mut node, mut depth) = (1, 0);
        let byte = loop {
            let says = match bit_below(expected, node, depth) {
                Some(bit) => earlier.says(depth == 0, bit),
                None => 0,
            };
            let chance = guess.guess(&by, node as usize, depth as usize, says);
            let is = bits.bit(chance, bit_below(leaf, node, depth).unwrap_or(0));
            guess.learn(is);
            (node, depth) = (node * 2 + is, depth + 1);
            if let Some(byte) = bytes_of[by.class][node as usize] {
                break byte;
            }
        };
        out.push(byte);
        walk.step(byte);
        earlier.step(&out);
    }
    out
}

/// Functions begin and end at places that are told.
fn turn(walk: &mut Walk, at: usize, code: &Range<usize>) {
    if at == code.start {
        walk.begin_function();
    }
    if at == code.end {
        walk.leave_functions();
    }
}

/// If the way to a leaf leads over this node: the bit that comes next on it.
fn bit_below(leaf: u32, node: u32, depth: u32) -> Option<u32> {
    let left = leaf.checked_ilog2()?.checked_sub(depth + 1)?;
    (leaf >> (left + 1) == node).then_some(leaf >> left & 1)
}

/// Lengths of codes are guessed by the length before.
fn go_over_lengths(bits: &mut impl Bits, mut lengths: Lengths) -> Lengths {
    let mut chances = [1_u32 << 15; 256];
    for lengths in &mut lengths {
        let mut before = 0;
        for length in lengths {
            let mut node = 1;
            for shift in (0..4).rev() {
                let chance = &mut chances[before * 16 + node];
                let is = bits.bit(*chance, u32::from(*length) >> shift & 1);
                *chance = if is == 1 { *chance + ((65536 - *chance) >> 4) } else { *chance - (*chance >> 4) };
                node = node * 2 + is as usize;
            }
            before = node & 15;
            *length = before as u8;
        }
    }
    lengths
}

// ---------------------------------------------------------------- bits

/// The bits of a stream, each with how likely a one is, in 1/65536. This is the range coder of the LZMA specification.
trait Bits {
    /// Writes this bit, or reads one whatever this says.
    fn bit(&mut self, chance: u32, is: u32) -> u32;
}

struct Writer {
    out: Vec<u8>,
    low: u64,
    range: u32,
    /// What is not written yet, since it may still grow by one: a byte, and 255s behind it.
    held: Option<u8>,
    full: usize,
}

impl Writer {
    fn new() -> Self {
        Writer { out: Vec::new(), low: 0, range: u32::MAX, held: None, full: 0 }
    }

    fn shift(&mut self) {
        let (carry, byte) = ((self.low >> 32) as u8, (self.low >> 24) as u8);
        self.low = (self.low << 8) & 0xffff_ffff;
        if byte == 255 && carry == 0 {
            return self.full += 1;
        }
        self.out.extend(self.held.map(|held| held + carry));
        self.out.extend(std::iter::repeat_n(255_u8.wrapping_add(carry), self.full));
        (self.held, self.full) = (Some(byte), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        self.out
    }
}

impl Bits for Writer {
    fn bit(&mut self, chance: u32, is: u32) -> u32 {
        let bound = (self.range >> 16) * chance;
        if is == 1 {
            self.range = bound;
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
        }
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
        is
    }
}

struct Reader<'a> {
    stream: std::slice::Iter<'a, u8>,
    range: u32,
    code: u32,
}

impl<'a> Reader<'a> {
    fn new(stream: &'a [u8]) -> Self {
        let mut reader = Reader { stream: stream.iter(), range: u32::MAX, code: 0 };
        (0..4).for_each(|_| reader.shift());
        reader
    }

    fn shift(&mut self) {
        self.code = self.code << 8 | u32::from(*self.stream.next().unwrap_or(&0));
    }
}

impl Bits for Reader<'_> {
    fn bit(&mut self, chance: u32, _: u32) -> u32 {
        let bound = (self.range >> 16) * chance;
        let is = u32::from(self.code < bound);
        if is == 1 {
            self.range = bound;
        } else {
            self.code -= bound;
            self.range -= bound;
        }
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
        is
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that nothing can guess, some of them again and again.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut out: Vec<u8> = Vec::new();
        while out.len() < length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 29 {
                0 if out.len() > 300 => out.extend_from_within(out.len() - 290..out.len() - 250),
                _ => out.push((state >> 16) as u8),
            }
        }
        out
    }

    #[test]
    fn whatever_is_packed_comes_out_again() {
        let noise = noise(20_000);
        let zeros = vec![0; 5000];
        for (name, bytes, code) in [
            ("nothing", &noise[..0], 0..0),
            ("one byte", &noise[..1], 0..0),
            ("one byte of code", &noise[..1], 0..1),
            ("always the same", &zeros, 0..0),
            ("always the same code", &zeros, 1000..5000),
            ("noise", &noise, 0..0),
            ("noise as code", &noise, 5..19_000),
        ] {
            let stream = squeeze(bytes, code.clone());
            assert_eq!(release(&stream, bytes.len(), code), bytes, "{name}");
            assert!(stream.len() < bytes.len() + 2000, "{name} gets {} bytes", stream.len());
        }
    }

    #[test]
    fn what_repeats_costs_little() {
        let bytes = noise(500).repeat(40);
        assert!(squeeze(&bytes, 0..0).len() < 2500);
    }
}
