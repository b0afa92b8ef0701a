//! What all protocols of peers make of the versions of a key: what readers are shown of them, what is kept from readers, and how that
//! is said.
//!
//! It must not know how versions get from one peer to another.

use super::{Context, KeyView, Protocol, VersionView, conflicts::Conflicts};
use crate::{
    sim::{
        id::Key,
        operation::{Answer, Function, Request, Write},
        small::SmallMap,
    },
    store::{
        object::{Object, register::Version},
        stamp::Stamp,
        version::Dot,
    },
    trace::Fact,
};

/// What readers are shown, and what a strategy keeps from them.
pub(super) type Visible = (Vec<Write>, Vec<Write>);

pub(super) fn visible(object: &Object, conflicts: &Conflicts) -> Visible {
    let writes = |versions: Vec<&Version>| versions.iter().filter(|one| !one.deleted).map(|one| one.write).collect();
    match object {
        Object::Register(register) => {
            let view = register.view(conflicts.register);
            (writes(view.shown), writes(view.dropped))
        }
        // Keys of other types come with the actions that make them.
        _ => (Vec::new(), Vec::new()),
    }
}

/// The answer to a reader.
pub(super) fn answer(shown: Vec<Write>) -> Answer {
    if shown.len() > 1 { Answer::Several(shown.into()) } else { Answer::Read(shown.first().copied()) }
}

/// The latest hybrid time that an object carries.
pub(super) fn latest_stamp(object: &Object) -> Option<Stamp> {
    match object {
        Object::Register(register) => register.siblings().values().map(|version| version.hybrid).max(),
        _ => None,
    }
}

/// What a node makes of a function, over what it knows of the key.
pub(super) fn evaluate<P: Protocol>(function: Function, over: &[Write], request: Request, ctx: &Context<P>) -> i64 {
    match function {
        Function::Next => over.iter().map(|write| write.value).max().unwrap_or(0).saturating_add(1),
        Function::Clock => ctx.local_us() / 1_000,
        Function::Random => ctx.random_value(Function::RANDOM_BELOW, request.operation) as i64,
    }
}

/// What is shown and hidden of some keys.
pub(super) fn look(objects: &SmallMap<Key, Object>, keys: &[Key], conflicts: &Conflicts) -> Vec<(Key, Visible)> {
    let look = |key: &Key| objects.get(key).map(|object| visible(object, conflicts));
    keys.iter().map(|key| (*key, look(key).unwrap_or_default())).collect()
}

/// Says what is new about some keys since they were looked at: what writes that did not know of each other have met, and which of
/// them readers do not get to see.
pub(super) fn note_conflicts<P: Protocol>(
    before: Vec<(Key, Visible)>,
    objects: &SmallMap<Key, Object>,
    conflicts: &Conflicts,
    ctx: &mut Context<P>,
) {
    for (key, (shown_before, dropped_before)) in before {
        let Some(object) = objects.get(&key) else { continue };
        let (shown, dropped) = visible(object, conflicts);
        if shown.len() > 1 && shown.iter().any(|write| !shown_before.contains(write)) {
            ctx.note(Fact::Conflict { writes: shown.clone() });
        }
        let new: Vec<Write> = dropped.iter().copied().filter(|write| !dropped_before.contains(write)).collect();
        if !new.is_empty() {
            ctx.note(Fact::Dropped { writes: new, kept: shown.first().copied(), strategy: conflicts.register });
        }
    }
}

/// What a peer keeps of a key, for those who look.
pub(super) fn key_view(key: Key, object: &Object, conflicts: &Conflicts) -> Option<KeyView> {
    let Object::Register(register) = object else { return None };
    let (shown, _) = visible(object, conflicts);
    let view = |dot: Option<Dot>, version: &Version, shown: bool| VersionView {
        dot,
        write: version.write,
        deleted: version.deleted,
        stamp: version.stamp,
        hybrid: version.hybrid,
        shown,
    };
    let siblings = register.siblings().iter();
    let mut versions: Vec<VersionView> =
        siblings.map(|(dot, version)| view(Some(dot), version, shown.contains(&version.write))).collect();
    // By the wall clock something may win that others have overwritten long ago.
    let is_there = |write| versions.iter().any(|one: &VersionView| one.write == write);
    let ghosts: Vec<_> = shown.iter().filter(|write| !is_there(**write)).copied().collect();
    let latest = register.latest().filter(|latest| ghosts.contains(&latest.write));
    versions.extend(latest.map(|latest| view(None, latest, true)));
    Some(KeyView { key, seen: register.seen().clone(), versions })
}
