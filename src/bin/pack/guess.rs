//! How likely the next bit of a program is a one: a mixture of what [`CONTEXTS`] contexts and an earlier place like this one say.
//!
//! As Matt Mahoney describes it for PAQ and lpaq (“Data Compression Explained”, §4.3: bit histories, adaptive maps from them to
//! probabilities, and logistic mixing), on our own contexts. All of it is whole numbers and + − × ÷ of 64-bit floats, which
//! come out the same in every browser; nothing here may use logarithms or powers of a library. assets/unpack.js guesses alike.

use super::{
    earlier::SAYINGS,
    walk::{CLASSES, CONTEXTS},
};

/// The contexts, an earlier place, and one that always says the same.
const INPUTS: usize = CONTEXTS + 2;
/// So many histories are kept for each context.
const SLOTS: usize = 1 << 19;
/// Of a slot, the bits that hold the history; those above say whose it is.
const HISTORY_BITS: u32 = 8;
const HISTORIES: usize = 1 << HISTORY_BITS;
/// Chances are in 1/2²², and go this part (a power of two) of the way to what came.
const CHANCE_BITS: u32 = 22;
const CHANCE_RATE: u32 = 7;
const WEIGHT_RATE: f64 = 0.015;
/// From guesses that were that good nothing is learnt: it would take as long as the rest.
const SURE: f64 = 0.006;
const WEIGHT_AT_FIRST: f64 = 0.35;
const ALWAYS: f64 = 0.3;
/// Weights are chosen by [`super::walk::Walk::place`] and by how many bits of the byte are known, up to three.
const WEIGHTS: usize = 256 * 16 * INPUTS;
const SQUASH_STEPS: f64 = 170.0;

pub struct Guess {
    /// For each context: whose history (above) and which (below).
    slots: Vec<u16>,
    /// How likely a one is after each history, for each context and class; then for each way an earlier place did.
    chances: Vec<i32>,
    weights: Vec<f64>,
    next: Vec<[u16; 2]>,
    stretch: Vec<f64>,
    squash: Vec<u32>,
    // What the last guess was made of.
    slot: [usize; CONTEXTS],
    history: [u16; CONTEXTS],
    chance: [usize; CONTEXTS + 1],
    input: [f64; INPUTS],
    first_weight: usize,
    guess: u32,
}

/// What a byte is guessed by.
pub struct By {
    pub contexts: [u32; CONTEXTS],
    pub class: usize,
    pub place: usize,
}

impl Guess {
    pub fn new() -> Self {
        let (histories, next) = histories();
        let first: Vec<i32> = (0..HISTORIES).map(|index| histories.get(index).map_or(0, chance_at_first)).collect();
        let mut chances = first.repeat(CONTEXTS * CLASSES);
        // The bit that came then is the lowest one of what the earlier place says; see there.
        chances.extend((0..CLASSES * SAYINGS).map(|index| chance_of_earlier(index % SAYINGS)));
        Guess {
            slots: vec![0; CONTEXTS * SLOTS],
            chances,
            weights: vec![WEIGHT_AT_FIRST; WEIGHTS],
            next,
            stretch: stretch(),
            squash: squash(),
            slot: [0; CONTEXTS],
            history: [0; CONTEXTS],
            chance: [0; CONTEXTS + 1],
            input: [ALWAYS; INPUTS],
            first_weight: 0,
            guess: 0,
        }
    }

    /// How likely a one is, in 1/65536, neither never nor always. `node` is 1 and then the bits of the byte that are known,
    /// `depth` how many; `earlier` is what an earlier place says.
    pub fn guess(&mut self, by: &By, node: usize, depth: usize, earlier: usize) -> u32 {
        self.first_weight = (by.place * 4 + depth.min(3)) * INPUTS;
        let mut sum = ALWAYS * self.weights[self.first_weight + INPUTS - 1];
        for (index, context) in by.contexts.into_iter().enumerate() {
            let slot = index * SLOTS + (context as usize ^ node) % SLOTS;
            let whose = (context >> (16 + HISTORY_BITS)) as u16;
            let entry = self.slots[slot];
            let history = if entry >> HISTORY_BITS == whose { usize::from(entry) % HISTORIES } else { 0 };
            self.slot[index] = slot;
            self.history[index] = whose << HISTORY_BITS | history as u16;
            self.chance[index] = (index * CLASSES + by.class) * HISTORIES + history;
        }
        self.chance[CONTEXTS] = CONTEXTS * CLASSES * HISTORIES + by.class * SAYINGS + earlier;
        for index in 0..=CONTEXTS {
            self.input[index] = self.stretch[(self.chances[self.chance[index]] >> (CHANCE_BITS - 12)) as usize];
            sum += self.input[index] * self.weights[self.first_weight + index];
        }
        self.guess = self.squash[(sum * SQUASH_STEPS + 2048.0).clamp(0.0, 4095.0) as usize];
        self.guess
    }

    /// What the bit that was guessed is.
    pub fn learn(&mut self, is: u32) {
        let error = f64::from(is) - f64::from(self.guess) / 65536.0;
        if error.abs() > SURE {
            for index in 0..INPUTS {
                self.weights[self.first_weight + index] += error * WEIGHT_RATE * self.input[index];
            }
            for chance in self.chance {
                let chance = &mut self.chances[chance];
                *chance += (((is as i32) << CHANCE_BITS) - *chance) >> CHANCE_RATE;
            }
        }
        for (slot, entry) in self.slot.into_iter().zip(self.history) {
            let next = self.next[usize::from(entry) % HISTORIES][is as usize];
            self.slots[slot] = entry & !(HISTORIES as u16 - 1) | next;
        }
    }
}

/// How many zeros there were, how many ones, and the last bit.
type History = (u8, u8, u8);

/// All histories that there are, and for each what it becomes with a zero and with a one.
fn histories() -> (Vec<History>, Vec<[u16; 2]>) {
    let (mut all, mut next) = (vec![(0, 0, 0)], Vec::new());
    while let Some((zeros, ones, _)) = all.get(next.len()).copied() {
        next.push([(more(zeros), less(ones), 0), (less(zeros), more(ones), 1)].map(|history| {
            all.iter().position(|other| *other == history).unwrap_or_else(|| {
                all.push(history);
                all.len() - 1
            }) as u16
        }));
    }
    (all, next)
}

fn more(count: u8) -> u8 {
    (count + 1).min(15)
}

/// Of what did not come, half is forgotten.
fn less(count: u8) -> u8 {
    if count > 2 { (count + 1 + u8::from(count > 5)) / 2 } else { count }
}

fn chance_at_first((zeros, ones, _): &History) -> i32 {
    let (zeros, ones) = (f64::from(*zeros), f64::from(*ones));
    ((ones + 0.4) / (zeros + ones + 0.8) * f64::from(1 << CHANCE_BITS)) as i32
}

fn chance_of_earlier(says: usize) -> i32 {
    match says {
        0 => 1 << (CHANCE_BITS - 1),
        _ if says % 2 == 1 => 1 << (CHANCE_BITS - 4),
        _ => 15 << (CHANCE_BITS - 4),
    }
}

/// ln(p / (1 − p)) for p in 1/4096, summed up from its slope.
fn stretch() -> Vec<f64> {
    let mut table = vec![0.0; 4096];
    let mut value = 1.0 / 2048.0;
    for index in 2048..4096 {
        (table[index], table[4095 - index]) = (value, -value);
        let middle = (index + 1) as f64 / 4096.0;
        value += 1.0 / (4096.0 * middle * (1.0 - middle));
    }
    table
}

/// 1 / (1 + e⁻ˣ) in 1/65536 for x in steps, summed up from its slope.
fn squash() -> Vec<u32> {
    let mut table = vec![0; 4096];
    let mut value = 0.5;
    for index in 2048..4096 {
        let whole = ((value * 65536.0) as u32).min(65535);
        (table[index], table[4095 - index]) = (whole, 65536 - whole);
        value += value * (1.0 - value) / SQUASH_STEPS;
    }
    table
}
