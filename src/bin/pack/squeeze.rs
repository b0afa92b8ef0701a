//! LZMA for programs: matches are sought, and the bits of the stream guessed, by what a byte is ([`super::walk`]).

use super::walk::{CLASSES, CONTEXTS, Walk, kind};
use std::ops::Range;

const STATES: usize = 12;
/// How quickly a probability follows what comes, by how often it was asked for (bits to shift by).
const RATES: [u16; 16] = [1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5];
// Where each group of probabilities begins in the one list that holds them all, as in unpack.js.
const IS_MATCH: usize = 0;
const IS_REP: usize = IS_MATCH + STATES * CONTEXTS;
const IS_REP0_LONG: usize = IS_REP + STATES * CLASSES;
const IS_REP_G0: usize = IS_REP0_LONG + STATES * CLASSES;
const IS_REP_G1: usize = IS_REP_G0 + STATES;
const IS_REP_G2: usize = IS_REP_G1 + STATES;
const SLOT: usize = IS_REP_G2 + STATES;
const SPECIAL: usize = SLOT + 4 * CLASSES * 64;
const ALIGN: usize = SPECIAL + 115;
/// So many probabilities tell a length.
const LENGTHS: usize = 2 + 2 * 8 + 256;
const LENGTH: usize = ALIGN + 16;
const REP_LENGTH: usize = LENGTH + LENGTHS * CLASSES;
const LITERAL: usize = REP_LENGTH + LENGTHS * CLASSES;
const PROBABILITIES: usize = LITERAL + 0x300 * CONTEXTS;

const MATCH_MIN: usize = 2;
const MATCH_MAX: usize = 273;
/// The best way is sought so many bytes ahead, and taken for half of them.
const AHEAD: usize = 4096;
/// So many ways to each place are followed, which differ in what came last.
const WAYS: usize = 5;
/// How deep a tree of places is searched.
const DEPTH_MAX: usize = 1000;
const NONE: u32 = u32::MAX;

/// How many of these bytes are of each class, and the stream for them; where `code` is are the functions of a program.
pub fn squeeze(bytes: &[u8], code: Range<usize>) -> ([usize; CLASSES], Vec<u8>) {
    let text = Text::new(bytes, code);
    let mut coder = Coder::new();
    let mut state = State::default();
    let mut at = 0;
    while at < bytes.len() {
        for token in best_way(&text, &coder.probabilities, at, state) {
            token.put(&mut coder, &text, at, &state);
            state.follow(token, at);
            at += token.length();
        }
    }
    (text.counts, coder.finish())
}

// ---------------------------------------------------------------- what is there

struct Text<'a> {
    bytes: &'a [u8],
    classes: Vec<u8>,
    contexts: Vec<usize>,
    /// How many bytes of the same class are before each.
    ranks: Vec<u32>,
    counts: [usize; CLASSES],
    /// For each place, earlier places of the same class and how long they are alike: the nearest first, then longer ones.
    matches: Vec<Vec<(usize, usize)>>,
}

impl<'a> Text<'a> {
    fn new(bytes: &'a [u8], code: Range<usize>) -> Self {
        let (mut classes, mut contexts, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
        let mut walk = Walk::new();
        let mut counts = [0; CLASSES];
        for (at, byte) in bytes.iter().enumerate() {
            let before = if at > 0 { bytes[at - 1] } else { 0 };
            let (class, context) = match code.contains(&at) {
                true => (walk.class(), walk.context()),
                false => (kind::NO_CODE, 4 * 256 + usize::from(before)),
            };
            if code.contains(&at) {
                walk.step(*byte);
            }
            classes.push(class);
            contexts.push(context);
            ranks.push(counts[usize::from(class)] as u32);
            counts[usize::from(class)] += 1;
        }
        let matches = find_matches(bytes, &classes);
        Text { bytes, classes, contexts, ranks, counts, matches }
    }

    fn alike(&self, one: usize, other: usize) -> usize {
        let (one, other) = (&self.bytes[one..], &self.bytes[other..]);
        one.iter().zip(other).take(MATCH_MAX).take_while(|(one, other)| one == other).count()
    }
}

/// By binary trees, one for each class and pair of bytes, the latest place on top.
fn find_matches(bytes: &[u8], classes: &[u8]) -> Vec<Vec<(usize, usize)>> {
    let mut tops = vec![NONE; CLASSES << 16];
    let mut below = vec![[NONE; 2]; bytes.len()];
    let mut all = vec![Vec::new(); bytes.len()];
    for at in 0..bytes.len().saturating_sub(1) {
        let most = MATCH_MAX.min(bytes.len() - at);
        let key = usize::from(classes[at]) << 16 | usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
        let mut other = std::mem::replace(&mut tops[key], at as u32);
        // Where the next smaller and the next greater place are to be hung up, and how long these are alike at least.
        let (mut open, mut known) = ([(at, 0), (at, 1)], [0, 0]);
        let mut longest = MATCH_MIN - 1;
        for _ in 0..DEPTH_MAX {
            if other == NONE {
                break;
            }
            let place = other as usize;
            let mut length = known[0].min(known[1]);
            while length < most && bytes[place + length] == bytes[at + length] {
                length += 1;
            }
            if length > longest {
                longest = length;
                all[at].push((length, place));
            }
            if length == most {
                for (side, (parent, way)) in open.into_iter().enumerate() {
                    below[parent][way] = below[place][side];
                }
                open = [(at, 2), (at, 2)];
                break;
            }
            let side = usize::from(bytes[place + length] > bytes[at + length]);
            let (parent, way) = open[side];
            below[parent][way] = other;
            open[side] = (place, 1 - side);
            known[side] = length;
            other = below[place][1 - side];
        }
        for (parent, way) in open {
            if way < 2 {
                below[parent][way] = NONE;
            }
        }
    }
    all
}

// ---------------------------------------------------------------- tokens

#[derive(Clone, Copy)]
enum Token {
    Literal,
    /// One byte from the last distance.
    Short,
    /// From one of the last four distances, and how many.
    Again(usize, usize),
    /// From this place, and how many.
    Match(usize, usize),
}

#[derive(Clone, Copy, Default)]
struct State {
    state: usize,
    distances: [usize; 4],
}

impl State {
    fn follow(&mut self, token: Token, at: usize) {
        let early = self.state < 7;
        self.state = match token {
            Token::Literal if self.state < 4 => 0,
            Token::Literal if self.state < 10 => self.state - 3,
            Token::Literal => self.state - 6,
            Token::Short => {
                if early {
                    9
                } else {
                    11
                }
            }
            Token::Again(..) => {
                if early {
                    8
                } else {
                    11
                }
            }
            Token::Match(..) => {
                if early {
                    7
                } else {
                    10
                }
            }
        };
        match token {
            Token::Again(which, _) => self.distances[..=which].rotate_right(1),
            Token::Match(place, _) => {
                self.distances.rotate_right(1);
                self.distances[0] = at - place - 1;
            }
            _ => {}
        }
    }

    fn place(&self, which: usize, at: usize) -> Option<usize> {
        at.checked_sub(self.distances[which] + 1)
    }
}

impl Token {
    fn length(self) -> usize {
        match self {
            Token::Literal | Token::Short => 1,
            Token::Again(_, length) | Token::Match(_, length) => length,
        }
    }

    fn put(self, bits: &mut impl Bits, text: &Text, at: usize, state: &State) {
        let (class, number) = (usize::from(text.classes[at]), state.state);
        let place = number * CLASSES + class;
        let is_match = IS_MATCH + number * CONTEXTS + text.contexts[at];
        if let Token::Literal = self {
            bits.bit(is_match, 0);
            return put_literal(bits, text, at, state);
        }
        bits.bit(is_match, 1);
        if let Token::Match(place_before, length) = self {
            bits.bit(IS_REP + place, 0);
            put_length(bits, LENGTH + class * LENGTHS, length - MATCH_MIN);
            let distance = text.ranks[at] - text.ranks[place_before] - 1;
            return put_distance(bits, SLOT + ((length - MATCH_MIN).min(3) * CLASSES + class) * 64, distance);
        }
        bits.bit(IS_REP + place, 1);
        let which = if let Token::Again(which, _) = self { which } else { 0 };
        bits.bit(IS_REP_G0 + number, u32::from(which > 0));
        if which == 0 {
            bits.bit(IS_REP0_LONG + place, u32::from(self.length() > 1));
        } else {
            bits.bit(IS_REP_G1 + number, u32::from(which > 1));
            if which > 1 {
                bits.bit(IS_REP_G2 + number, u32::from(which > 2));
            }
        }
        if self.length() > 1 {
            put_length(bits, REP_LENGTH + class * LENGTHS, self.length() - MATCH_MIN);
        }
    }
}

fn put_literal(bits: &mut impl Bits, text: &Text, at: usize, state: &State) {
    let base = LITERAL + 0x300 * text.contexts[at];
    let byte = u32::from(text.bytes[at]);
    let other = state.place(0, at).filter(|_| state.state >= 7).map(|place| u32::from(text.bytes[place]));
    let mut same = other.is_some();
    let mut node = 1;
    for shift in (0..8).rev() {
        let (is, expected) = (byte >> shift & 1, other.unwrap_or(0) >> shift & 1);
        bits.bit(base + if same { (1 + expected as usize) << 8 } else { 0 } + node, is);
        same &= is == expected;
        node = node * 2 + is as usize;
    }
}

fn put_tree(bits: &mut impl Bits, at: usize, value: u32, count: u32) {
    let mut node = 1;
    for shift in (0..count).rev() {
        let is = value >> shift & 1;
        bits.bit(at + node, is);
        node = node * 2 + is as usize;
    }
}

fn put_reverse_tree(bits: &mut impl Bits, at: usize, value: u32, count: u32) {
    let mut node = 1;
    for shift in 0..count {
        let is = value >> shift & 1;
        bits.bit(at + node, is);
        node = node * 2 + is as usize;
    }
}

fn put_length(bits: &mut impl Bits, at: usize, length: usize) {
    let length = length as u32;
    bits.bit(at, u32::from(length > 7));
    if length < 8 {
        return put_tree(bits, at + 2, length, 3);
    }
    bits.bit(at + 1, u32::from(length > 15));
    match length {
        ..16 => put_tree(bits, at + 2 + 8, length - 8, 3),
        _ => put_tree(bits, at + 2 + 2 * 8, length - 16, 8),
    }
}

fn put_distance(bits: &mut impl Bits, slots: usize, distance: u32) {
    if distance < 4 {
        return put_tree(bits, slots, distance, 6);
    }
    let count = distance.ilog2() - 1;
    let slot = 2 * (count + 1) + (distance >> count & 1);
    put_tree(bits, slots, slot, 6);
    let base = (2 + (slot & 1)) << count;
    let rest = distance - base;
    if slot < 14 {
        return put_reverse_tree(bits, SPECIAL + (base - slot) as usize, rest, count);
    }
    bits.direct(rest >> 4, count - 4);
    put_reverse_tree(bits, ALIGN, rest & 15, 4);
}

// ---------------------------------------------------------------- bits

/// Takes the bits of a stream: to write them or to know what they would cost.
trait Bits {
    fn bit(&mut self, at: usize, is: u32);
    fn direct(&mut self, value: u32, count: u32);
}

struct Coder {
    /// In 1/4096, and in the lowest four bits how often each was asked for.
    probabilities: Vec<u16>,
    out: Vec<u8>,
    low: u64,
    range: u32,
    /// What is not written yet, since it may still grow by one: a byte, and 255s behind it.
    held: Option<u8>,
    full: usize,
}

impl Coder {
    fn new() -> Self {
        let probabilities = vec![1 << 15; PROBABILITIES];
        Coder { probabilities, out: Vec::new(), low: 0, range: u32::MAX, held: None, full: 0 }
    }

    fn normalize(&mut self) {
        while self.range < 1 << 24 {
            self.range <<= 8;
            self.shift();
        }
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

impl Bits for Coder {
    fn bit(&mut self, at: usize, is: u32) {
        let (probability, count) = (self.probabilities[at] >> 4, self.probabilities[at] & 15);
        let rate = RATES[usize::from(count)];
        let bound = (self.range >> 12) * u32::from(probability);
        let now = if is == 0 {
            self.range = bound;
            probability + ((4095 - probability) >> rate)
        } else {
            self.low += u64::from(bound);
            self.range -= bound;
            probability - (probability >> rate)
        };
        self.probabilities[at] = now << 4 | (count + 1).min(15);
        self.normalize();
    }

    fn direct(&mut self, value: u32, count: u32) {
        for shift in (0..count).rev() {
            self.range >>= 1;
            self.low += u64::from(self.range * (value >> shift & 1));
            self.normalize();
        }
    }
}

/// What bits would cost now, in 1/4096 bits.
struct Price<'a> {
    probabilities: &'a [u16],
    table: &'a [u32],
    sum: u32,
}

impl Bits for Price<'_> {
    fn bit(&mut self, at: usize, is: u32) {
        let probability = usize::from(self.probabilities[at] >> 4);
        self.sum += self.table[if is == 0 { probability } else { 4096 - probability }];
    }

    fn direct(&mut self, _: u32, count: u32) {
        self.sum += count << 12;
    }
}

fn prices() -> Vec<u32> {
    (0..=4096).map(|probability| ((4096.0 / f64::from(probability.max(1))).log2() * 4096.0) as u32).collect()
}

// ---------------------------------------------------------------- the best way

/// A way to a place: its price, what its last token left, and that token with which of the ways to the place before it.
#[derive(Clone, Copy)]
struct Way {
    price: u32,
    state: State,
    token: Token,
    before: usize,
}

/// What to put next: the cheapest tokens by what is guessed now.
fn best_way(text: &Text, probabilities: &[u16], start: usize, state: State) -> Vec<Token> {
    let table = prices();
    let ahead = AHEAD.min(text.bytes.len() - start);
    let mut ways: Vec<[Option<Way>; WAYS]> = vec![[None; WAYS]; ahead + 1];
    ways[0][0] = Some(Way { price: 0, state, token: Token::Literal, before: 0 });
    for step in 0..ahead {
        let at = start + step;
        for (before, way) in ways[step].into_iter().enumerate() {
            let Some(way) = way else { continue };
            let mut go = |token: Token| {
                if step + token.length() > ahead {
                    return;
                }
                let mut price = Price { probabilities, table: &table, sum: way.price };
                token.put(&mut price, text, at, &way.state);
                let mut state = way.state;
                state.follow(token, at);
                insert(&mut ways[step + token.length()], Way { price: price.sum, state, token, before });
            };
            go(Token::Literal);
            for which in 0..4 {
                let Some(place) = way.state.place(which, at) else { continue };
                let length = text.alike(place, at);
                if which == 0 && length > 0 {
                    go(Token::Short);
                }
                (MATCH_MIN..=length).for_each(|length| go(Token::Again(which, length)));
            }
            let mut from = MATCH_MIN;
            for (length, place) in &text.matches[at] {
                (from..=*length).for_each(|length| go(Token::Match(*place, length)));
                from = length + 1;
            }
        }
    }
    let mut tokens = Vec::new();
    let (mut step, mut which) = (ahead, 0);
    while step > 0 {
        let way = ways[step][which].unwrap_or_else(|| unreachable!("literals lead everywhere"));
        step -= way.token.length();
        which = way.before;
        tokens.push((step, way.token));
    }
    let whole = start + ahead == text.bytes.len();
    tokens.into_iter().rev().take_while(|(step, _)| whole || *step < AHEAD / 2).map(|(_, token)| token).collect()
}

/// Keeps the cheapest ways, of those that leave the same last distance only one.
fn insert(ways: &mut [Option<Way>; WAYS], way: Way) {
    let alike = |other: &Option<Way>| other.is_some_and(|other| other.state.distances[0] == way.state.distances[0]);
    let worst = ways.iter().position(alike).unwrap_or(WAYS - 1);
    if ways[worst].is_some_and(|other| other.price <= way.price) {
        return;
    }
    ways[worst] = Some(way);
    ways.sort_by_key(|way| way.map_or(u32::MAX, |way| way.price));
}
