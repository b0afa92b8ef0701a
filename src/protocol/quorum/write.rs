//! Coordinating a write: make the version, send it to the home nodes, answer when enough have it on disk.

use super::{
    Call, Ctx, Part, Quorum,
    message::{Message, Ticket, writes},
    store::Then,
};
use crate::{
    protocol::{
        named::note_versioned,
        versions::{evaluate, new, visible},
    },
    sim::{
        id::{Key, NodeId},
        operation::{Action, Answer, KeyType, Refusal, Request, Write},
    },
    store::{
        object::{Object, register::Version},
        stamp::Stamp,
    },
    trace::Fact,
};
use std::sync::Arc;

/// A write under way.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    pub(super) request: Request,
    /// If all goes well.
    answer: Answer,
    pub(super) write: Write,
    change: Arc<Object>,
    /// Who was sent it, and whose copy that is: its own, or that of one who cannot be reached.
    asked: Vec<(NodeId, NodeId)>,
    /// So many of them have to have it: the rule may change meanwhile.
    pub(super) need: u8,
    /// Who has it on disk.
    pub(super) stored: Vec<NodeId>,
    pub(super) answered: bool,
    /// Stand-ins were asked because home nodes gave no answer; there is no third round.
    is_second_round: bool,
}

impl Quorum {
    /// Who is to have a key's copies: the home nodes, or with sloppy quorums for each that cannot be reached the next one of the
    /// preference list that can.
    fn whom_to_ask(&self, key: Key) -> Vec<(NodeId, NodeId)> {
        let list = self.ring.preference(key);
        let (homes, others) = list.split_at(list.len().min(self.config.n as usize));
        if !self.config.sloppy {
            return homes.iter().map(|home| (*home, *home)).collect();
        }
        let mut stand_ins = others.iter().copied().filter(|node| self.is_reachable(*node));
        let ask = |home: &NodeId| if self.is_reachable(*home) { Some((*home, *home)) } else { Some((stand_ins.next()?, *home)) };
        homes.iter().filter_map(ask).collect()
    }

    pub(super) fn coordinate_write(&mut self, request: Request, ctx: &mut Ctx) {
        let (key, need) = (request.action.key(), self.config.w);
        let asked = self.whom_to_ask(key);
        let have = asked.iter().filter(|(node, _)| self.is_reachable(*node)).count() as u8;
        if have < need {
            ctx.note_about(request.operation, Fact::TooFewReachable { have, need });
            return ctx.reply(request, Answer::Refused(Refusal::TooFewCopies { have, need }));
        }
        let mut register = self.latest(key);
        let known = Object::Register(register.clone());
        let (value, is_made_here) = match request.action {
            Action::Write { value, .. } => (value, false),
            Action::Generate { function, .. } => {
                (evaluate(function, &visible(key, &known, &self.config.conflicts).shown, request, ctx), true)
            }
            // Home nodes may have what this one does not know of.
            Action::Delete { .. } => (0, false),
            Action::Read { .. } => return,
            _ => return ctx.reply(request, Answer::Refused(Refusal::WrongType { holds: KeyType::Register })),
        };
        let deleted = matches!(request.action, Action::Delete { .. });
        let write = Write { id: request.operation, key, value };
        let (stamp, (hybrid, lamport)) = (Stamp::wall(ctx.local_us(), self.actor), self.clocks.tick(ctx.local_us()));
        let context = self.config.contexts.of_write(register.seen(), ctx);
        let delta = register.put(self.actor, Version { write, deleted, stamp, hybrid, lamport }, &context);
        let homes = self.homes(key);
        let over = new(&writes(&known), &writes(&Object::Register(register)));
        ctx.note_about(request.operation, Fact::Coordinates { write, over, homes });
        let change = Object::Register(delta);
        note_versioned(&change, ctx);
        self.learn(key, &change, ctx);
        let answer = if is_made_here { Answer::Generated(write) } else { Answer::Written };
        let (stored, answered, is_second_round) = (Vec::new(), false, false);
        let writing = Writing {
            request,
            answer,
            write,
            change: Arc::new(change),
            asked: asked.clone(),
            need,
            stored,
            answered,
            is_second_round,
        };
        let number = self.begin(Call::Writing(writing.clone()), ctx);
        self.send_copies(number, &writing, &asked, Part::Store, ctx);
    }

    fn send_copies(&mut self, number: u32, writing: &Writing, to: &[(NodeId, NodeId)], part: Part, ctx: &mut Ctx) {
        let (key, operation) = (writing.write.key, writing.request.operation);
        let ticket = Ticket { boot: ctx.boot(), number };
        for (node, home) in to.iter().copied() {
            let (object, hint_for) = (writing.change.clone(), (node != home).then_some(home));
            if node == ctx.me() && self.config.local_shortcut {
                self.take(key, object, hint_for, Then::Own(number), Some(operation), ctx);
                continue;
            }
            let about = part.of(operation, writing.request.attempt);
            super::send(node, Message::Store { ticket, key, object, hint_for, about }, about, ctx);
        }
    }

    pub(super) fn copy_is_on_disk(&mut self, on: NodeId, number: u32, ctx: &mut Ctx) {
        let Some(Call::Writing(writing)) = self.calls.get_mut(&number) else { return };
        let need = writing.need;
        if writing.stored.contains(&on) {
            return;
        }
        writing.stored.push(on);
        let is_last = writing.stored.len() == writing.asked.len();
        if writing.stored.len() >= need as usize && !writing.answered {
            writing.answered = true;
            let (write, on) = (writing.write, writing.stored.clone());
            let (request, answer, change) = (writing.request, writing.answer.clone(), writing.change.clone());
            ctx.note_about(write.id, Fact::EnoughCopies { write, on });
            self.config.contexts.acknowledge(request, answer, (write, &change), ctx);
        }
        if is_last {
            self.end(number, ctx);
        }
    }

    pub(super) fn write_times_out(&mut self, number: u32, ctx: &mut Ctx) {
        let Some(Call::Writing(mut writing)) = self.calls.get(&number).cloned() else { return };
        let is_silent = |(node, _): &&(NodeId, NodeId)| !writing.stored.contains(node);
        let silent: Vec<(NodeId, NodeId)> = writing.asked.iter().filter(is_silent).copied().collect();
        self.gave_no_answer(&silent.iter().map(|(node, _)| *node).collect::<Vec<_>>(), ctx);
        if self.config.sloppy && !writing.is_second_round {
            let list = self.ring.preference(writing.write.key);
            let is_asked = |node: &NodeId| writing.asked.iter().any(|(asked, _)| asked == node);
            let others = list.into_iter().skip(self.config.n as usize);
            let stand_ins = others.filter(|node| !is_asked(node) && self.is_reachable(*node));
            let homes = silent.iter().filter(|(node, _)| !self.is_reachable(*node)).map(|(_, home)| *home);
            let more: Vec<(NodeId, NodeId)> = stand_ins.zip(homes).collect();
            if !more.is_empty() {
                writing.is_second_round = true;
                writing.asked.extend(&more);
                self.calls.insert(number, Call::Writing(writing.clone()));
                ctx.set_timer(super::Timer::Call(number), self.config.timeout);
                return self.send_copies(number, &writing, &more, Part::StandIn, ctx);
            }
        }
        if !writing.answered {
            let (write, have, need) = (writing.write, writing.stored.len() as u8, writing.need);
            ctx.note_about(write.id, Fact::TooFewCopies { write, have, need });
            ctx.reply(writing.request, Answer::Unconfirmed);
        }
        self.calls.remove(&number);
    }
}
