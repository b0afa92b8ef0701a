//! Whom a node takes for unreachable: who did not answer in time, until something comes from it.
//!
//! Nothing is decided by it for others: each coordinator goes by what it has seen itself.

use super::{Ctx, Quorum, Timer, message::Message};
use crate::{sim::id::NodeId, trace::Fact};

impl Quorum {
    pub(super) fn is_reachable(&self, node: NodeId) -> bool {
        !self.unreachable.contains(&node)
    }

    /// These did not answer in time.
    pub(super) fn gave_no_answer(&mut self, nodes: &[NodeId], ctx: &mut Ctx) {
        for node in nodes.iter().copied() {
            if node != ctx.me() && ctx.members().contains(&node) && self.unreachable.insert(node) {
                ctx.note(Fact::Unreachable { node, after: self.config.timeout });
            }
        }
        self.watch(ctx);
    }

    fn watch(&mut self, ctx: &mut Ctx) {
        if !self.unreachable.is_empty() && !self.is_probing {
            self.is_probing = true;
            ctx.set_timer(Timer::Probe, self.config.timeout);
        }
    }

    pub(super) fn probe(&mut self, ctx: &mut Ctx) {
        self.is_probing = false;
        self.unreachable.iter().for_each(|node| ctx.send(*node, Message::Ping));
        self.watch(ctx);
    }

    pub(super) fn heard(&mut self, from: NodeId, ctx: &mut Ctx) {
        if self.unreachable.remove(&from) {
            ctx.note(Fact::Reachable { node: from });
            self.hand_over(Some(from), ctx);
        }
    }
}
