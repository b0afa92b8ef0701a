//! What a state is made of, for who looks at it: plain data, whatever the protocol. It must not decide what readers are shown.

use crate::{
    sim::id::Value,
    store::{
        object::{
            Mark, Object,
            cart::Item,
            set::{Element, SetKind},
            text::Character,
        },
        stamp::Stamp,
        version::{Actor, Dot},
    },
};

/// What a peer keeps of a key that is no register; of a register the versions say all.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Parts {
    #[default]
    Register,
    /// What each actor added in all, and what it took away.
    Counter { plus: Vec<(Actor, u64)>, minus: Vec<(Actor, u64)> },
    /// In ascending order, those that are not shown included.
    Set(Vec<ElementPart>),
    /// Carts that nobody has written over; a reader gets all that is in any of them.
    Cart(Vec<CartPart>),
    /// In the order of reading, erased ones included.
    Text(Vec<CharacterPart>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ElementPart {
    pub element: Value,
    /// Whether readers get to see it.
    pub shown: bool,
    /// Additions that no removal has seen.
    pub live: Vec<Dot>,
    pub last_added: Option<Stamp>,
    pub last_removed: Option<Stamp>,
    /// How often each actor added it, or removed it.
    pub added: Vec<(Actor, u32)>,
    pub removed: Vec<(Actor, u32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CartPart {
    pub dot: Dot,
    /// What is in it, each with the name of the write that put it there.
    pub items: Vec<(Value, Dot)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharacterPart {
    pub dot: Dot,
    pub value: char,
    pub erased: bool,
}

impl Parts {
    /// `kind`: which elements of sets are shown.
    pub fn of(object: &Object, kind: SetKind) -> Parts {
        let when = |mark: Option<Mark>| mark.map(|mark| mark.stamp);
        match object {
            Object::Register(_) => Parts::Register,
            Object::Counter(counter) => Parts::Counter { plus: counter.plus().collect(), minus: counter.minus().collect() },
            Object::Set(set) => {
                let element = |(element, own): (Value, &Element)| ElementPart {
                    element,
                    shown: own.is_in(kind),
                    live: own.live.iter().map(|(dot, _)| *dot).collect(),
                    last_added: when(own.last_added),
                    last_removed: when(own.last_removed),
                    added: own.added.iter().map(|(actor, count)| (*actor, *count)).collect(),
                    removed: own.removed.iter().map(|(actor, count)| (*actor, *count)).collect(),
                };
                Parts::Set(set.all().map(element).collect())
            }
            Object::Cart(cart) => {
                let part = |(dot, items): (Dot, &Vec<Item>)| CartPart {
                    dot,
                    items: items.iter().map(|item| (item.element, item.dot)).collect(),
                };
                Parts::Cart(cart.siblings().iter().map(part).collect())
            }
            Object::Text(text) => {
                let part = |one: Character| CharacterPart { dot: one.id, value: one.value, erased: one.erased };
                Parts::Text(text.all().into_iter().map(part).collect())
            }
        }
    }
}
