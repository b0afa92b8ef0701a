//! Over what a client's write of a register is made: what its node has, or what the client was shown. Then answers carry a
//! context, names of versions, and writes bring it back; who writes over what can be told by that alone.
//!
//! It must not know how copies get from one node to another.

use super::{Context, Protocol};
use crate::{
    sim::operation::{Answer, Request, Write},
    store::{object::Object, version::Seen},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contexts {
    /// Everything that the node has, whether the client was shown it or not (MySQL, BDR, CouchDB with the latest revision).
    #[default]
    Everything,
    /// What the client was shown: answers carry a causal context, writes bring it back (Dynamo, Riak with dotted version vectors). Who
    /// was shown nothing writes over nothing.
    Dotted,
    /// Likewise, but all siblings of a key have one version vector between them (Riak before dots). From that a node can only tell
    /// whether the client was shown all, so that a write over some of them replaces none.
    Plain,
}

impl Contexts {
    /// Over what a write is made where `known` is known of the key.
    pub(super) fn of_write<P: Protocol>(self, known: &Seen, ctx: &Context<P>) -> Seen {
        match self {
            Contexts::Everything => known.clone(),
            Contexts::Dotted => ctx.was_shown(),
            Contexts::Plain => Some(ctx.was_shown()).filter(|shown| shown.covers(known)).unwrap_or_default(),
        }
    }

    /// Answers a reader out of this copy. What a strategy hides counts as shown, as where only one value is handed out (Riak without
    /// siblings).
    pub(super) fn answer<P: Protocol>(self, request: Request, answer: Answer, copy: Option<&Object>, ctx: &mut Context<P>) {
        match copy {
            Some(Object::Register(register)) if self != Contexts::Everything => {
                ctx.reply_with(request, answer, register.seen().clone());
            }
            _ => ctx.reply(request, answer),
        }
    }

    /// Tells a client that its write, which made this change, is done. Where answers carry contexts it knows of its own write from
    /// now on.
    pub(super) fn acknowledge<P: Protocol>(
        self,
        request: Request,
        answer: Answer,
        (write, change): (Write, &Object),
        ctx: &mut Context<P>,
    ) {
        match change {
            Object::Register(register) if self != Contexts::Everything => {
                let own = register.siblings().iter().filter(|(_, version)| version.write == write);
                ctx.reply_with(request, answer, own.map(|(dot, _)| dot).collect());
            }
            _ => ctx.reply(request, answer),
        }
    }
}
