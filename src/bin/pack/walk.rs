//! What each byte of a program is: an instruction, the number of a local, part of an address… assets/unpack.js walks alike.

/// What a byte is; where it continues a number, [`CONTINUED`] is added.
pub mod kind {
    pub const INSTRUCTION: u8 = 0;
    pub const ALIGNMENT: u8 = 6;
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
pub const CONTEXTS: usize = 5 * 256;

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

fn shape(instruction: u8) -> u32 {
    SHAPES.iter().find(|(from, to, _)| (*from..=*to).contains(&instruction)).map_or(0, |(.., kinds)| *kinds)
}

/// A place in the functions of a program, whose bytes come one after the other.
pub struct Walk {
    pub kind: u8,
    continued: bool,
    instruction: u8,
    /// What is still to come of the instruction.
    rest: u32,
    repeat: u32,
    repeated: u8,
    value: u32,
    shift: u32,
    depth: i32,
}

impl Walk {
    pub fn new() -> Self {
        let (kind, continued) = (kind::GROUPS, false);
        Walk { kind, continued, instruction: 0x0b, rest: 0, repeat: 0, repeated: 0, value: 0, shift: 0, depth: 0 }
    }

    pub fn class(&self) -> u8 {
        self.kind + if self.continued { CONTINUED } else { 0 }
    }

    /// What a byte here is guessed by.
    pub fn context(&self) -> usize {
        let group = match self.kind {
            _ if self.continued => 2,
            kind::INSTRUCTION => 0,
            kind::ALIGNMENT => 3,
            _ => 1,
        };
        group * 256 + usize::from(self.instruction)
    }

    /// Goes over a byte; does a function end with it?
    pub fn step(&mut self, byte: u8) -> bool {
        if self.kind == kind::INSTRUCTION {
            self.instruction = byte;
            self.rest = shape(byte);
            self.depth += i32::from((2..=4).contains(&byte)) - i32::from(byte == 0x0b);
            if self.depth < 0 {
                *self = Walk::new();
                return true;
            }
        } else {
            self.value |= u32::from(byte & 127).checked_shl(self.shift).unwrap_or(0);
            self.shift += 7;
            self.continued = byte > 127 && self.kind != kind::FLOAT;
            if self.continued {
                return false;
            }
            self.rest >>= 4;
            match self.kind {
                kind::LABELS => (self.repeat, self.repeated) = (self.value + 1, kind::LABEL),
                kind::GROUPS => (self.repeat, self.repeated) = (2 * self.value, kind::GROUP),
                kind::LONG => {
                    self.rest = [0, 0x1, 0x11][usize::from(self.value > 7) + usize::from([8, 10, 12, 14].contains(&self.value))]
                }
                _ => {}
            }
        }
        (self.value, self.shift) = (0, 0);
        self.kind = (self.rest & 15) as u8;
        if self.repeat > 0 {
            self.repeat -= 1;
            self.kind = self.repeated;
        }
        false
    }
}
