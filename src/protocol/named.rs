//! Versions by their names, for those who look: what each write was called and over what it was made, and which of them came to a
//! node when. From these alone the versions at every node can be told again, as of any moment.
//!
//! It decides nothing.

use super::{Context, Protocol};
use crate::{
    sim::id::Key,
    store::{
        object::{Object, register::Version},
        version::{Dot, Seen},
    },
    trace::Fact,
};

/// What is known at a node of the versions of a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    seen: Seen,
    /// Of what nobody has overwritten.
    dots: Vec<Dot>,
    latest: Option<Version>,
}

impl Known {
    pub fn of(object: &Object) -> Known {
        match object {
            Object::Register(register) => Known {
                seen: register.seen().clone(),
                dots: register.siblings().iter().map(|(dot, _)| dot).collect(),
                latest: register.latest().copied(),
            },
            _ => Known::default(),
        }
    }
}

/// Says how the write that made this change is called.
pub(super) fn note_versioned<P: Protocol>(change: &Object, ctx: &mut Context<P>) {
    let Object::Register(change) = change else { return };
    for (dot, version) in change.siblings().iter() {
        let fact = Fact::Versioned { dot, version: *version, seen: change.seen().clone() };
        ctx.note_about(version.write.id, fact);
    }
}

/// Says what has come since.
pub(super) fn note_learnt<P: Protocol>(key: Key, before: &Known, now: &Object, ctx: &mut Context<P>) {
    let Object::Register(register) = now else { return };
    let is_new = |dot: &Dot| !before.seen.includes(*dot);
    let dots: Vec<Dot> = register.siblings().iter().map(|(dot, _)| dot).filter(is_new).collect();
    // What replaced a version may be replaced itself, and then does not come.
    let is_kept = |dot: &Dot| register.siblings().iter().any(|(own, _)| own == *dot);
    let unheard_of = register.seen().since(&before.seen);
    let replaced: Vec<Dot> = before.dots.iter().copied().chain(unheard_of).filter(|dot| !is_kept(dot)).collect();
    let is_sibling = |version: &&Version| register.siblings().values().any(|own| own == *version);
    let latest = register.latest().filter(|latest| before.latest.as_ref() != Some(*latest) && !is_sibling(latest));
    let overwritten = latest.map(|latest| latest.hybrid);
    if !dots.is_empty() || !replaced.is_empty() || overwritten.is_some() {
        ctx.note(Fact::Learnt { key, dots, overwritten, replaced });
    }
}
