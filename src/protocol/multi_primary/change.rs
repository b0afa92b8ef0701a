//! What a client's operation makes of a key at the peer that takes it, or why it can make nothing of it.

use super::{Ctx, From, MultiPrimary, Pending};
use crate::{
    protocol::{
        conflicts::Conflicts,
        versions::{evaluate, visible},
    },
    sim::{
        id::{Key, Value},
        operation::{Action, Answer, KeyType, Refusal, Request, Write},
    },
    store::{
        object::{
            Mark, Object,
            register::{Register, Version},
            set::{Change, Refused},
        },
        stamp::Stamp,
        version::Dot,
    },
};

/// An operation that is done.
pub(super) struct Made {
    /// Its value is what was written, added, removed, or how much was counted.
    pub write: Write,
    /// What is replaced or gone of that which readers were shown until then; of a set or a cart, of all additions.
    pub over: Vec<Write>,
    pub delta: Object,
    /// The whole key after it.
    pub whole: Object,
    pub answer: Answer,
}

/// Whether a register has this write, and nothing that was written over it.
fn is_sibling(object: &Object, write: &Write) -> bool {
    matches!(object, Object::Register(register) if register.siblings().values().any(|version| version.write == *write))
}

/// What a change can replace or take away: what readers are shown; of a set or a cart every addition, for of several of the same
/// element they are shown one.
fn replaceable(key: Key, object: &Object, conflicts: &Conflicts) -> Vec<Write> {
    let addition = |(value, id)| Write { id, key, value };
    match object {
        Object::Set(set) => {
            let live = set.all().flat_map(|(value, own)| own.live.iter().map(move |(_, mark)| (value, mark.id)));
            live.map(addition).collect()
        }
        Object::Cart(cart) => cart.siblings().values().flatten().map(|item| addition((item.element, item.id))).collect(),
        _ => visible(key, object, conflicts).shown,
    }
}

/// Most elements or characters of a key, those that are taken out included; beyond that a peer takes no more.
pub const PARTS_MAX: usize = 200;

impl std::convert::From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        match refused {
            Refused::GrowsOnly => Refusal::GrowsOnly,
            Refused::Gone => Refusal::Gone,
            Refused::Absent => Refusal::Absent,
        }
    }
}

impl MultiPrimary {
    /// Does an operation to a copy of its key. Registers are written over everything that is known of them here, or that the client
    /// was shown.
    pub(super) fn make(&mut self, request: Request, ctx: &Ctx) -> Result<Made, Refusal> {
        let (id, key) = (request.operation, request.action.key());
        let mut whole = self.latest(key);
        let before = replaceable(key, &whole, &self.config.conflicts);
        let (set_kind, counter_kind) = (self.config.conflicts.set, self.config.conflicts.counter);
        let mark = Mark { stamp: Stamp::wall(ctx.local_us(), self.actor), id };
        if matches!(request.action, Action::AddElement { .. } | Action::Insert { .. }) && whole.parts() >= PARTS_MAX {
            return Err(Refusal::Full);
        }
        let (value, delta) = match (&mut whole, request.action) {
            (Object::Register(register), Action::Write { value, .. }) => {
                (value, self.put(register, Write { id, key, value }, false, ctx))
            }
            (Object::Register(register), Action::Generate { function, .. }) => {
                let value = evaluate(function, &before, request, ctx);
                (value, self.put(register, Write { id, key, value }, false, ctx))
            }
            (Object::Register(_), Action::Delete { .. }) if before.is_empty() => return Err(Refusal::Absent),
            (Object::Register(register), Action::Delete { .. }) => {
                (0, self.put(register, Write { id, key, value: 0 }, true, ctx))
            }
            (Object::Counter(_), Action::Add { amount, .. }) if !counter_kind.allows(amount) => return Err(Refusal::GrowsOnly),
            (Object::Counter(counter), Action::Add { amount, .. }) => {
                let mark = Mark { stamp: self.clocks.tick(ctx.local_us()).0, id };
                (amount, Object::Counter(counter.add(self.actor, amount, mark)))
            }
            (Object::Set(set), Action::AddElement { element, .. }) => {
                set.allows(set_kind, Change::Add, element)?;
                (element, Object::Set(set.add(self.actor, element, mark)))
            }
            (Object::Set(set), Action::RemoveElement { element, .. }) => {
                set.allows(set_kind, Change::Remove, element)?;
                (element, Object::Set(set.remove(self.actor, element, mark)))
            }
            (Object::Cart(cart), Action::AddElement { element, .. }) => {
                (element, Object::Cart(cart.add(self.actor, element, id)))
            }
            (Object::Cart(cart), Action::RemoveElement { element, .. }) => {
                if !before.iter().any(|write| write.value == element) {
                    return Err(Refusal::Absent);
                }
                (element, Object::Cart(cart.remove(self.actor, element)))
            }
            (Object::Text(text), Action::Insert { place, character, .. }) => {
                (character as Value, Object::Text(text.insert(self.actor, place as usize, character, id)))
            }
            (Object::Text(text), Action::Erase { place, .. }) => {
                let erased = before.get(place as usize).ok_or(Refusal::Absent)?;
                (erased.value, Object::Text(text.erase(place as usize)))
            }
            _ => return Err(Refusal::WrongType { holds: self.config.type_of(key) }),
        };
        let write = Write { id, key, value };
        let answer = match request.action {
            Action::Generate { .. } => Answer::Generated(write),
            _ => Answer::Written,
        };
        let after = replaceable(key, &whole, &self.config.conflicts);
        let over = match self.config.type_of(key) {
            KeyType::Register => before.into_iter().filter(|one| !is_sibling(&whole, one)).collect(),
            // What is counted adds up and replaces nothing.
            KeyType::Counter => Vec::new(),
            KeyType::Set | KeyType::Cart | KeyType::Text => before.into_iter().filter(|one| !after.contains(one)).collect(),
        };
        Ok(Made { write, over, delta, whole, answer })
    }

    fn put(&mut self, register: &mut Register, write: Write, deleted: bool, ctx: &Ctx) -> Object {
        let (stamp, (hybrid, lamport)) = (Stamp::wall(ctx.local_us(), self.actor), self.clocks.tick(ctx.local_us()));
        let mut context = self.config.contexts.of_write(register.seen(), ctx);
        // What was forgotten was counted once: no name is given twice.
        let counted = self.data.forgotten.get(&write.key).copied().unwrap_or(0);
        context.raise(Dot { actor: self.actor, counter: counted });
        Object::Register(register.put(self.actor, Version { write, deleted, stamp, hybrid, lamport }, &context))
    }

    /// A key with what is still on its way to the disk.
    fn latest(&self, key: Key) -> Object {
        let mut object = self.data.objects.get(&key).cloned().unwrap_or_else(|| Object::new(self.config.type_of(key)));
        for (_, pending) in &self.pending {
            if let Pending::Change(change, From::Client(..)) = pending
                && change.write.key == key
            {
                // All of one key are of one type.
                let _ = object.merge(&change.delta);
            }
        }
        object
    }
}
