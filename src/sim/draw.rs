//! Chance. A draw is a function of (seed, purpose, identity), never the next value of a shared stream.
//!
//! So "what if this one event had not happened" changes its consequences and no other draw. The key is
//! folded with the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
//! generators", OOPSLA 2014) and seeds xoshiro256++ for draws that need several numbers. Both are
//! specified bit for bit; `StdRng` is not.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a draw is for. The number is part of every golden trace: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    Latency = 1,
    Jitter = 2,
    Loss = 3,
    Duplication = 4,
    Service = 5,
    Flush = 6,
    Arrival = 7,
    Action = 8,
    Route = 9,
    Election = 10,
    Value = 11,
    Partner = 12,
}

/// The identity of what a draw belongs to, as a hash of the chain of causes that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lineage(pub u64);

impl Lineage {
    /// Derives the identity of a consequence: the same cause and the same words give the same identity.
    pub fn with(self, words: &[u64]) -> Lineage {
        Lineage(words.iter().fold(self.0, |hash, word| mix(hash ^ mix(*word))))
    }

    pub fn root(words: &[u64]) -> Lineage {
        Lineage(0x5265_706c_6963_6172).with(words)
    }
}

fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The chance of one run: nothing but its seed.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance { seed }
    }

    pub fn draw(self, purpose: Purpose, identity: Lineage) -> Draw {
        let key = Lineage::root(&[self.seed, purpose as u64]).with(&[identity.0]);
        Draw(Xoshiro256PlusPlus::seed_from_u64(key.0))
    }
}

/// The numbers of one draw.
pub struct Draw(Xoshiro256PlusPlus);

impl Draw {
    /// Uniform on [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// Uniform on 0..n (n > 0), by multiplication; the bias is below n / 2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((self.0.next_u64() as u128 * n as u128) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_purpose_and_identity_only() {
        let value = |seed, purpose, words: &[u64]| Chance::new(seed).draw(purpose, Lineage::root(words)).unit();
        let base = value(7, Purpose::Latency, &[1, 2]);
        assert_eq!(base, value(7, Purpose::Latency, &[1, 2]));
        assert_ne!(base, value(8, Purpose::Latency, &[1, 2]));
        assert_ne!(base, value(7, Purpose::Loss, &[1, 2]));
        assert_ne!(base, value(7, Purpose::Latency, &[2, 1]));
        assert_ne!(base, value(7, Purpose::Latency, &[1]));
    }

    #[test]
    fn draws_of_neighbouring_identities_are_uniform() {
        let n = 100_000;
        let mean = (0..n).map(|i| Chance::new(1).draw(Purpose::Latency, Lineage::root(&[i])).unit()).sum::<f64>() / n as f64;
        // Standard error of the mean of n uniforms: sqrt(1/12n) = 0.0009.
        assert!((mean - 0.5).abs() < 0.004, "{mean}");
        let low = (0..n).filter(|i| Chance::new(1).draw(Purpose::Loss, Lineage::root(&[*i])).below(4) == 0).count();
        assert!((low as f64 / n as f64 - 0.25).abs() < 0.006, "{low}");
    }
}
