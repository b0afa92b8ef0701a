//! What each byte of a program is (an instruction, the number of a local, part of an address…), and what came before it that
//! tells what it may be. assets/unpack.js walks alike, to the last bit: whatever changes here changes there.

/// What a byte is; where it continues a number, [`CONTINUED`] is added.
pub mod kind {
    pub const INSTRUCTION: u8 = 0;
    /// A byte of a float, whatever its uppermost bit says.
    pub const FLOAT: u8 = 10;
    /// How many labels a table has, less one.
    pub const LABELS: u8 = 12;
    pub const LABEL: u8 = 5;
    /// How many groups of locals a function has; each is a number and a type.
    pub const GROUPS: u8 = 13;
    pub const GROUP: u8 = 11;
    pub const NO_CODE: u8 = 14;
    /// Says which of the instructions that begin with `fc`.
    pub const LONG: u8 = 15;
}

pub const CONTINUED: u8 = 16;
pub const CLASSES: usize = 32;
/// By so many contexts a byte is guessed.
pub const CONTEXTS: usize = 4;

/// The kinds of what follows an instruction, the first one lowest: (from, to, kinds).
const SHAPES: [(u8, u8, u32); 16] = [
    (0x02, 0x04, 0x1),
    (0x0c, 0x0d, 0x5),
    (0x0e, 0x0e, 0xc),
    (0x10, 0x10, 0x4),
    (0x11, 0x11, 0x11),
    (0x1c, 0x1c, 0x11),
    (0x20, 0x22, 0x2),
    (0x23, 0x24, 0x3),
    (0x25, 0x26, 0x1),
    (0x28, 0x3e, 0x76),
    (0x3f, 0x40, 0x1),
    (0x41, 0x41, 0x8),
    (0x42, 0x42, 0x9),
    (0x43, 0x43, 0xaaaa),
    (0x44, 0x44, 0xaaaa_aaaa),
    (0xfc, 0xfc, 0xf),
];

/// By how much an instruction makes the stack of values higher, as far as guessing needs it: (from, to, by). One that is not
/// here leaves no value, so with it a statement ends.
const HEIGHTS: [(u8, u8, i32); 8] = [
    (0x1b, 0x1b, -1),
    (0x20, 0x20, 1),
    (0x22, 0x22, 0),
    (0x23, 0x23, 1),
    (0x28, 0x35, 0),
    (0x41, 0x44, 1),
    (0x45, 0x45, 0),
    (0x46, 0xa6, -1),
];

fn shape(instruction: u8) -> u32 {
    SHAPES.iter().find(|(from, to, _)| (*from..=*to).contains(&instruction)).map_or(0, |(.., kinds)| *kinds)
}

fn higher_by(instruction: u8) -> Option<i32> {
    HEIGHTS.iter().find(|(from, to, _)| (*from..=*to).contains(&instruction)).map(|(.., by)| *by)
}

/// One number of two, with every bit of both in it.
pub fn mix(one: u32, other: u32) -> u32 {
    let hash = (one ^ other).wrapping_mul(0x2c92_77b5);
    hash ^ hash >> 15
}

/// A place in a program, whose bytes come one after the other.
pub struct Walk {
    pub kind: u8,
    continued: bool,
    pub instruction: u8,
    /// What is still to come of the instruction.
    rest: u32,
    repeat: u32,
    repeated: u8,
    value: u32,
    shift: u32,
    depth: i32,
    /// Hash of the bytes of this instruction so far.
    current: u32,
    /// Hash of the instruction before.
    before: u32,
    /// The last four instructions without what follows them, the latest one lowest.
    instructions: u32,
    /// The last value of each kind.
    values: [u32; 16],
    height: u32,
    /// The last bytes that are no code, the latest one lowest.
    bytes: u32,
    size: u32,
}

impl Walk {
    /// Before the first byte of a program.
    pub fn new() -> Self {
        Walk {
            kind: kind::NO_CODE,
            continued: false,
            instruction: 0,
            rest: 0,
            repeat: 0,
            repeated: 0,
            value: 0,
            shift: 0,
            depth: 0,
            current: 0,
            before: 0,
            instructions: 0,
            values: [0; 16],
            height: 0,
            bytes: 0,
            size: 0,
        }
    }

    /// The next byte is the first one of a function.
    pub fn begin_function(&mut self) {
        (self.kind, self.instruction, self.depth, self.height) = (kind::GROUPS, 0x0b, 0, 0);
        (self.current, self.before, self.instructions) = (1, 0, 0);
    }

    /// The functions are over.
    pub fn leave_functions(&mut self) {
        self.kind = kind::NO_CODE;
    }

    pub fn class(&self) -> usize {
        usize::from(self.kind + if self.continued { CONTINUED } else { 0 })
    }

    /// Where the next byte is, as far as it decides which guesses to trust.
    pub fn place(&self) -> usize {
        let part = match self.kind {
            _ if self.continued => 3,
            kind::INSTRUCTION => 0,
            _ => 2,
        };
        usize::from(self.instruction) * 4 + part
    }

    /// Hashes of what the next byte is guessed by.
    pub fn contexts(&self) -> [u32; CONTEXTS] {
        let Walk { bytes, before, instructions, .. } = *self;
        let known = match self.kind {
            kind::NO_CODE => [bytes & 0xff, bytes & 0xffff, bytes & 0xff_ffff, (self.size & 3) << 8 | bytes >> 24],
            kind => [0, instructions, mix(instructions & 0xffff, self.values[usize::from(kind)]), mix(self.height, before)],
        };
        let start = mix(self.current, self.class() as u32);
        std::array::from_fn(|index| mix(mix(start, index as u32), known[index]))
    }

    /// Goes over a byte; does a function end with it?
    pub fn step(&mut self, byte: u8) -> bool {
        self.size += 1;
        self.bytes = self.bytes << 8 | u32::from(byte);
        if self.kind == kind::NO_CODE {
            return false;
        }
        self.current = mix(self.current, u32::from(byte) + 1);
        if self.kind == kind::INSTRUCTION {
            self.instruction = byte;
            self.rest = shape(byte);
            self.depth += i32::from((2..=4).contains(&byte)) - i32::from(byte == 0x0b);
            if self.depth < 0 {
                self.begin_function();
                return true;
            }
        } else {
            self.value |= u32::from(byte & 127).wrapping_shl(self.shift);
            self.shift += 7;
            self.continued = byte > 127 && self.kind != kind::FLOAT;
            if self.continued {
                return false;
            }
            self.number(self.value);
        }
        (self.value, self.shift) = (0, 0);
        self.kind = (self.rest & 15) as u8;
        if self.repeat > 0 {
            self.repeat -= 1;
            self.kind = self.repeated;
        }
        if self.kind == kind::INSTRUCTION {
            self.end_instruction();
        }
        false
    }

    fn number(&mut self, value: u32) {
        self.values[usize::from(self.kind)] = value;
        self.rest >>= 4;
        match self.kind {
            kind::LABELS => (self.repeat, self.repeated) = (value.wrapping_add(1), kind::LABEL),
            kind::GROUPS => (self.repeat, self.repeated) = (value.wrapping_mul(2), kind::GROUP),
            kind::LONG if value > 7 => self.rest = if [8, 10, 12, 14].contains(&value) { 0x11 } else { 0x1 },
            _ => {}
        }
    }

    fn end_instruction(&mut self) {
        (self.before, self.current) = (self.current, 0);
        self.instructions = self.instructions << 8 | u32::from(self.instruction);
        self.height = higher_by(self.instruction).map_or(0, |by| self.height.saturating_add_signed(by));
    }
}
