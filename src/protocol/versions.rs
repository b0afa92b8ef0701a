//! What all protocols of peers make of what they keep of a key: what readers are shown of it, what is kept from readers, and how that
//! is said.
//!
//! It must not know how changes get from one peer to another.

use super::{
    Context, KeyView, Protocol, VersionView,
    conflicts::Conflicts,
    named::{Known, note_learnt},
    parts::Parts,
};
use crate::{
    sim::{
        id::{Key, OperationId, Value},
        operation::{Answer, Function, KeyType, Request, Write},
        small::SmallMap,
    },
    store::{
        object::{
            Object,
            register::{Register, Strategy, Version},
            set::{Element, ReplicatedSet},
        },
        stamp::Told,
        version::Seen,
    },
    trace::Fact,
};

/// A key as it looks to readers.
#[derive(Clone, Debug, Default)]
pub(super) struct Visible {
    pub shown: Vec<Write>,
    /// What nobody has replaced or removed who had seen it, and yet is not shown.
    hidden: Vec<Write>,
    /// Elements that somebody removed who had seen every addition, and that are shown all the same.
    ignored: Vec<Write>,
    /// Of a cart: which additions it has seen.
    seen: Seen,
    /// Of a register, when it is looked at to find out what comes: which versions are known.
    known: Known,
}

pub(super) fn visible(key: Key, object: &Object, conflicts: &Conflicts) -> Visible {
    let write = |(value, id): (Value, OperationId)| Write { id, key, value };
    let only = |shown: Vec<Write>| Visible { shown, ..Visible::default() };
    match object {
        Object::Register(register) => {
            let writes = |versions: Vec<&Version>| versions.iter().filter(|one| !one.deleted).map(|one| one.write).collect();
            let view = register.view(conflicts.register);
            Visible { hidden: writes(view.dropped), ..only(writes(view.shown)) }
        }
        // Equal states have the same latest operation, so that they give the same answer.
        Object::Counter(counter) => only(counter.latest().map(|mark| write((counter.value(), mark.id))).into_iter().collect()),
        Object::Set(set) => {
            let those = |fits: &dyn Fn(&Element) -> bool| elements(set, fits).map(write).collect();
            let kind = conflicts.set;
            Visible {
                hidden: those(&|own| !own.is_in(kind) && !own.live.is_empty()),
                ignored: those(&|own| own.is_in(kind) && own.live.is_empty()),
                ..only(those(&|own| own.is_in(kind)))
            }
        }
        Object::Cart(cart) => {
            let shown = cart.items().into_iter().map(|item| write((item.element, item.id))).collect();
            Visible { seen: cart.seen().clone(), ..only(shown) }
        }
        Object::Text(text) => only(text.characters().into_iter().map(|one| write((one.value as Value, one.by))).collect()),
    }
}

fn elements(set: &ReplicatedSet, fits: impl Fn(&Element) -> bool) -> impl Iterator<Item = (Value, OperationId)> {
    set.all().filter(move |(_, own)| fits(own)).filter_map(|(element, own)| Some((element, own.added_by()?)))
}

/// Those that were not there before.
pub(super) fn new(now: &[Write], before: &[Write]) -> Vec<Write> {
    now.iter().copied().filter(|write| !before.contains(write)).collect()
}

/// The answer to a reader of a key of this type.
pub(super) fn answer(holds: KeyType, shown: Vec<Write>) -> Answer {
    let is_one = match holds {
        KeyType::Register => shown.len() < 2,
        KeyType::Counter => true,
        KeyType::Set | KeyType::Cart | KeyType::Text => false,
    };
    if is_one { Answer::Read(shown.first().copied()) } else { Answer::Several(shown.into()) }
}

/// The latest hybrid time and the highest Lamport count that an object carries.
pub(super) fn latest_told(object: &Object) -> Option<Told> {
    match object {
        Object::Register(register) => {
            let told = register.siblings().values().map(|version| (version.hybrid, version.lamport));
            told.reduce(later)
        }
        Object::Counter(counter) => counter.latest().map(|mark| (mark.stamp, 0)),
        // These carry none: their order is that of names, or of wall clocks.
        Object::Set(_) | Object::Cart(_) | Object::Text(_) => None,
    }
}

/// The later of both clocks.
pub(super) fn later(one: Told, other: Told) -> Told {
    (one.0.max(other.0), one.1.max(other.1))
}

/// What a node makes of a function, over what it knows of the key.
pub(super) fn evaluate<P: Protocol>(function: Function, over: &[Write], request: Request, ctx: &Context<P>) -> Value {
    match function {
        Function::Next => over.iter().map(|write| write.value).max().unwrap_or(0).saturating_add(1),
        Function::Clock => ctx.local_us() / 1_000,
        Function::Random => ctx.random_value(Function::RANDOM_BELOW, request.operation) as Value,
    }
}

/// What is shown, hidden and known of some keys.
pub(super) fn look(objects: &SmallMap<Key, Object>, keys: &[Key], conflicts: &Conflicts) -> Vec<(Key, Visible)> {
    let look = |key: &Key| {
        let object = objects.get(key)?;
        Some(Visible { known: Known::of(object), ..visible(*key, object, conflicts) })
    };
    keys.iter().map(|key| (*key, look(key).unwrap_or_default())).collect()
}

/// Says what is new about some keys since they were looked at: what writes that did not know of each other have met, and what
/// readers see otherwise than who wrote it may think.
pub(super) fn note_conflicts<P: Protocol>(
    before: Vec<(Key, Visible)>,
    objects: &SmallMap<Key, Object>,
    conflicts: &Conflicts,
    ctx: &mut Context<P>,
) {
    for (key, before) in before {
        if let Some(object) = objects.get(&key) {
            note_conflict(key, before, object, conflicts, ctx);
        }
    }
}

pub(super) fn note_conflict<P: Protocol>(
    key: Key,
    before: Visible,
    object: &Object,
    conflicts: &Conflicts,
    ctx: &mut Context<P>,
) {
    let now = visible(key, object, conflicts);
    let hidden = new(&now.hidden, &before.hidden);
    match object {
        Object::Register(_) => {
            note_learnt(key, &before.known, object, ctx);
            if now.shown.len() > 1 && !new(&now.shown, &before.shown).is_empty() {
                ctx.note(Fact::Conflict { writes: now.shown.clone() });
            }
            if !hidden.is_empty() {
                let (kept, strategy) = (now.shown.first().copied(), conflicts.register);
                ctx.note(Fact::Dropped { writes: hidden, kept, strategy });
            }
        }
        Object::Set(_) => {
            let ignored = new(&now.ignored, &before.ignored);
            if !hidden.is_empty() {
                ctx.note(Fact::Hidden { writes: hidden, kind: conflicts.set });
            }
            if !ignored.is_empty() {
                ctx.note(Fact::RemovalIgnored { writes: ignored, kind: conflicts.set });
            }
        }
        // Its addition was known here and it was not in the cart: it had been taken out.
        Object::Cart(cart) => {
            let was_in = |element: Value| before.shown.iter().any(|write| write.value == element);
            let back = cart.items().into_iter().filter(|item| before.seen.includes(item.dot) && !was_in(item.element));
            let writes: Vec<Write> = back.map(|item| Write { id: item.id, key, value: item.element }).collect();
            if !writes.is_empty() {
                ctx.note(Fact::BroughtBack { writes });
            }
        }
        #[cfg(feature = "multi-primary")]
        Object::Counter(_) => {
            let was_below = before.shown.first().is_some_and(|total| total.value < 0);
            if let Some(total) = now.shown.first().filter(|total| total.value < 0 && !was_below) {
                ctx.note(Fact::BelowZero { total: *total });
            }
        }
        _ => {}
    }
}

/// What a peer keeps of a key, for those who look.
pub(super) fn key_view(key: Key, holds: KeyType, object: &Object, conflicts: &Conflicts) -> KeyView {
    KeyView {
        key,
        holds,
        seen: match object {
            Object::Register(register) => register.seen().clone(),
            Object::Set(set) => set.seen().clone(),
            Object::Cart(cart) => cart.seen().clone(),
            Object::Counter(_) | Object::Text(_) => Seen::default(),
        },
        versions: match object {
            Object::Register(register) => versions(register, conflicts.register),
            _ => Vec::new(),
        },
        parts: Parts::of(object, conflicts.set),
    }
}

/// The versions of a register, and which of them this strategy shows.
fn versions(register: &Register, strategy: Strategy) -> Vec<VersionView> {
    // Not by the write: one that came twice has two versions.
    let shown = register.view(strategy).shown;
    let view = |dot, version: &Version| VersionView {
        dot,
        write: version.write,
        deleted: version.deleted,
        stamp: version.stamp,
        hybrid: version.hybrid,
        lamport: version.lamport,
        shown: !version.deleted && shown.contains(&version),
    };
    let mut versions: Vec<VersionView> = register.siblings().iter().map(|(dot, version)| view(Some(dot), version)).collect();
    // By the wall clock something may win that others have overwritten long ago.
    let is_sibling = |version: &Version| register.siblings().values().any(|own| own == version);
    let ghosts = shown.iter().filter(|version| !version.deleted && !is_sibling(version));
    versions.extend(ghosts.map(|version| view(None, version)));
    versions
}
