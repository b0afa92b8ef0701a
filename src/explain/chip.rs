//! The mark of a write: a colour and a shape, the same in every view, so that a value can be followed and an old one
//! is seen to be old without reading.

use crate::sim::{
    id::{Key, Origin, Value},
    operation::Write,
};

/// How many colours the style sheet defines, `w0` … `w5`.
pub const COLOURS: u8 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Triangle,
    Square,
    Diamond,
    Pentagon,
}

impl Shape {
    const ALL: [Shape; 5] = [Shape::Circle, Shape::Triangle, Shape::Square, Shape::Diamond, Shape::Pentagon];

    /// Outline in a box of 10 × 10, as an SVG path.
    pub fn path(self) -> &'static str {
        match self {
            Shape::Circle => "M5 .8A4.2 4.2 0 1 1 4.99 .8Z",
            Shape::Triangle => "M5 .7L9.6 9.1H.4Z",
            Shape::Square => "M1.1 1.1H8.9V8.9H1.1Z",
            Shape::Diamond => "M5 .1L9.9 5 5 9.9 .1 5Z",
            Shape::Pentagon => "M5 .4L9.8 3.9 8 9.5H2L.2 3.9Z",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Shape::Circle => "circle",
            Shape::Triangle => "triangle",
            Shape::Square => "square",
            Shape::Diamond => "diamond",
            Shape::Pentagon => "pentagon",
        }
    }
}

/// What the number of a mark stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// What the key holds then.
    #[default]
    Value,
    /// How much is counted, or what is put into a set or a cart.
    Plus,
    /// What is taken out.
    Minus,
    /// Typed into a text, or erased there.
    Character,
    Erased,
    /// A deletion.
    Deleted,
}

/// A write as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    pub write: Write,
    pub sign: Sign,
    /// 0 to [`COLOURS`] − 1.
    pub colour: u8,
    pub shape: Shape,
}

impl Chip {
    pub fn of(write: Write) -> Chip {
        let (colour, shape) = mark(&write);
        Chip { write, sign: Sign::Value, colour, shape }
    }

    pub fn with(self, sign: Sign) -> Chip {
        Chip { sign, ..self }
    }

    pub fn key(&self) -> Key {
        self.write.key
    }

    pub fn value(&self) -> Value {
        self.write.value
    }

    /// `x = 7`, `x +5`.
    pub fn text(&self) -> String {
        let between = if self.sign == Sign::Value { " = " } else { " " };
        format!("{}{between}{}", self.key(), self.short())
    }

    /// `7`, `+5`, `−5`, `m`; a deletion is a dagger.
    pub fn short(&self) -> String {
        let value = self.value();
        if self.sign == Sign::Value || !cfg!(feature = "peers") {
            return value.to_string();
        }
        let character = || u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('?');
        match self.sign {
            Sign::Value => value.to_string(),
            Sign::Plus if value < 0 => format!("−{}", value.unsigned_abs()),
            Sign::Plus => format!("+{value}"),
            Sign::Minus => format!("−{value}"),
            Sign::Character if character() == ' ' => "␣".into(),
            Sign::Character => character().to_string(),
            Sign::Erased => format!("⌫{}", character()),
            Sign::Deleted => "†".into(),
        }
    }
}

/// Colour and shape of a write. Those whose values lie less than 25 apart all differ, neighbours
/// in both, whoever wrote them: values of
/// workloads are unique and grow with time. Writes by hand keep some way off, and one of the same value looks different.
fn mark(write: &Write) -> (u8, Shape) {
    let by_hand = if write.id.origin == Origin::Hand { 15 + 7 * u64::from(write.id.number) } else { 0 };
    let index = (write.value as u64).wrapping_add(by_hand).wrapping_sub(1);
    // Whoever writes every second, third, … value runs through all colours, too.
    let (row, column) = (index / 6, index % 6);
    (((column + row % 6) % 6) as u8, Shape::ALL[((column + 2 * (row % 5)) % 5) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::id::{ClientId, OperationId};

    #[test]
    fn what_is_counted_added_or_typed_is_told_from_values() {
        let chip = |value, sign| {
            Chip::of(Write { id: OperationId { client: ClientId(0), origin: Origin::Hand, number: 0 }, key: Key(0), value })
                .with(sign)
        };
        for (value, sign, text) in [
            (7, Sign::Value, "x = 7"),
            (3, Sign::Plus, "x +3"),
            (-3, Sign::Plus, "x −3"),
            (5, Sign::Minus, "x −5"),
            (109, Sign::Character, "x m"),
            (-1, Sign::Character, "x ?"),
            (109, Sign::Erased, "x ⌫m"),
            (0, Sign::Deleted, "x †"),
        ] {
            assert_eq!(chip(value, sign).text(), text);
        }
    }

    #[test]
    fn writes_in_a_row_look_different() {
        let id = |number| OperationId { client: ClientId(number % 3), origin: Origin::Workload, number: u32::from(number) };
        let write = |number: u16| Write { id: id(number), key: Key(0), value: i64::from(number) };
        let all: Vec<_> = (4..29).map(|number| mark(&write(number))).collect();
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| other != one));
        }
        assert!(all.windows(2).all(|pair| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1));
    }
}
