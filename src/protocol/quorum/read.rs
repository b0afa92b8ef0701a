//! Coordinating a read: ask all home nodes, merge the first answers, and bring up to date who turns out to be behind.

use super::{
    Call, Ctx, Part, Quorum, ReadRepair, answer,
    message::{About, Message, Ticket, writes},
    store::{Then, includes},
};
use crate::{
    protocol::versions::visible,
    sim::{
        id::{Key, NodeId},
        operation::{Answer, KeyType, Refusal, Request},
    },
    store::object::Object,
    trace::Fact,
};
use std::sync::Arc;

/// A read under way.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) request: Request,
    homes: Vec<NodeId>,
    /// So many of them have to answer: the rule may change meanwhile.
    pub(super) need: u8,
    /// What each who answered has, or will have when what it was sent arrives.
    pub(super) answers: Vec<(NodeId, Option<Arc<Object>>)>,
    /// All answers in one, once enough are there.
    merged: Option<Arc<Object>>,
    is_gathered: bool,
    /// Who has to be brought up to date before the reader is answered.
    waits_for: Vec<NodeId>,
    pub(super) answered: bool,
}

impl Quorum {
    pub(super) fn coordinate_read(&mut self, request: Request, ctx: &mut Ctx) {
        let (key, need) = (request.action.key(), self.config.r);
        let homes = self.homes(key);
        let have = homes.len() as u8;
        if have < need {
            ctx.note_about(request.operation, Fact::TooFewReachable { have, need });
            return ctx.reply(request, Answer::Refused(Refusal::TooFewCopies { have, need }));
        }
        let (answers, merged, waits_for) = (Vec::new(), None, Vec::new());
        let (is_gathered, answered) = (false, false);
        let reading = Reading { request, homes: homes.clone(), need, answers, merged, is_gathered, waits_for, answered };
        let number = self.begin(Call::Reading(reading), ctx);
        let ticket = Ticket { boot: ctx.boot(), number };
        let about = Part::Fetch.of(request.operation, request.attempt);
        let is_own = |node: NodeId, ctx: &Ctx| node == ctx.me() && self.config.local_shortcut;
        let asks_itself = homes.iter().any(|home| is_own(*home, ctx));
        for home in homes.into_iter().filter(|home| !is_own(*home, ctx)).collect::<Vec<_>>() {
            super::send(home, Message::Fetch { ticket, key, about }, about, ctx);
        }
        if asks_itself {
            let own = self.data.objects.get(&key).cloned().map(Arc::new);
            self.take_answer(ctx.me(), number, own, ctx);
        }
    }

    /// A node that has not got its data yet says nothing to readers.
    pub(super) fn on_fetch(&mut self, from: NodeId, ticket: Ticket, key: Key, about: About, ctx: &mut Ctx) {
        if self.ready {
            let object = self.data.objects.get(&key).cloned().map(Arc::new);
            super::send(from, Message::Fetched { ticket, object }, Part::answer(about), ctx);
        }
    }

    pub(super) fn on_fetched(&mut self, from: NodeId, ticket: Ticket, object: Option<Arc<Object>>, ctx: &mut Ctx) {
        if ticket.boot == ctx.boot() {
            self.take_answer(from, ticket.number, object, ctx);
        }
    }

    fn take_answer(&mut self, from: NodeId, number: u32, object: Option<Arc<Object>>, ctx: &mut Ctx) {
        let Some(Call::Reading(reading)) = self.calls.get_mut(&number) else { return };
        let need = reading.need as usize;
        if reading.answers.iter().any(|(node, _)| *node == from) {
            return;
        }
        if let Some(object) = &object {
            let mut merged = reading.merged.as_deref().cloned().unwrap_or_else(|| (**object).clone());
            // Of two types of one key the first stays.
            let _ = merged.merge(object);
            reading.merged = Some(Arc::new(merged));
        }
        reading.answers.push((from, object));
        let is_quorum = reading.answers.len() >= need && !reading.is_gathered;
        reading.is_gathered |= is_quorum;
        let is_late = reading.is_gathered && !is_quorum;
        if is_quorum {
            self.gather(number, ctx);
        } else if is_late && self.config.read_repair != ReadRepair::Off {
            self.repair(number, false, ctx);
        }
        self.end_read(number, ctx);
    }

    /// Enough have answered.
    fn gather(&mut self, number: u32, ctx: &mut Ctx) {
        let Some(Call::Reading(reading)) = self.calls.get(&number) else { return };
        let (request, merged) = (reading.request, reading.merged.clone());
        let from: Vec<NodeId> = reading.answers.iter().map(|(node, _)| *node).collect();
        if let Some(merged) = &merged {
            self.learn(request.action.key(), merged, ctx);
        }
        let key = request.action.key();
        let shown = merged.map_or_else(Vec::new, |merged| visible(key, &merged, &self.config.conflicts).shown);
        ctx.note_about(request.operation, Fact::Gathered { writes: shown, from });
        if self.config.read_repair == ReadRepair::BeforeAnswer {
            self.repair(number, true, ctx);
        }
        // Its own copy may have been brought up to date at once, and with it all that was waited for.
        let Some(Call::Reading(reading)) = self.calls.get(&number) else { return };
        if reading.waits_for.is_empty() {
            self.answer_read(number, ctx);
        }
        if self.config.read_repair == ReadRepair::Asynchronous {
            self.repair(number, false, ctx);
        }
    }

    fn answer_read(&mut self, number: u32, ctx: &mut Ctx) {
        let conflicts = self.config.conflicts.clone();
        let Some(Call::Reading(reading)) = self.calls.get_mut(&number) else { return };
        if !std::mem::replace(&mut reading.answered, true) {
            let key = reading.request.action.key();
            let shown = reading.merged.as_deref().map_or_else(Vec::new, |merged| visible(key, merged, &conflicts).shown);
            self.config.contexts.answer(reading.request, answer(KeyType::Register, shown), reading.merged.as_deref(), ctx);
        }
    }

    /// Sends everything that is known by now to those who answered with less; `waits`: and lets the reader wait for them.
    fn repair(&mut self, number: u32, waits: bool, ctx: &mut Ctx) {
        let Some(Call::Reading(reading)) = self.calls.get_mut(&number) else { return };
        let Some(merged) = reading.merged.clone() else { return };
        let (request, key) = (reading.request, reading.request.action.key());
        let mut behind = Vec::new();
        for (node, object) in &mut reading.answers {
            if object.as_deref().is_none_or(|object| !includes(object, &merged)) {
                *object = Some(merged.clone());
                behind.push(*node);
            }
        }
        if behind.is_empty() {
            return;
        }
        if waits {
            reading.waits_for.clone_from(&behind);
        }
        ctx.note_about(request.operation, Fact::ReadRepaired { nodes: behind.clone(), writes: writes(&merged) });
        let ticket = Ticket { boot: ctx.boot(), number };
        for node in behind {
            if node == ctx.me() && self.config.local_shortcut {
                self.take(key, merged.clone(), None, Then::Own(number), Some(request.operation), ctx);
                continue;
            }
            // One read may repair a node twice, so the chance of these is that of the answer that told.
            ctx.send(node, Message::Store { ticket, key, object: merged.clone(), hint_for: None, about: None });
        }
    }

    pub(super) fn is_repaired(&mut self, node: NodeId, number: u32, ctx: &mut Ctx) {
        let Some(Call::Reading(reading)) = self.calls.get_mut(&number) else { return };
        reading.waits_for.retain(|other| *other != node);
        if reading.is_gathered && reading.waits_for.is_empty() {
            self.answer_read(number, ctx);
        }
        self.end_read(number, ctx);
    }

    fn end_read(&mut self, number: u32, ctx: &mut Ctx) {
        if let Some(Call::Reading(reading)) = self.calls.get(&number)
            && reading.answered
            && reading.answers.len() == reading.homes.len()
        {
            self.end(number, ctx);
        }
    }

    pub(super) fn read_times_out(&mut self, number: u32, ctx: &mut Ctx) {
        let Some(Call::Reading(reading)) = self.calls.remove(&number) else { return };
        let is_silent = |node: &NodeId| !reading.answers.iter().any(|(other, _)| other == node);
        let mut silent: Vec<NodeId> = reading.homes.iter().copied().filter(is_silent).collect();
        silent.extend(&reading.waits_for);
        self.gave_no_answer(&silent, ctx);
        if !reading.answered {
            let (have, need) = ((reading.answers.len() - reading.waits_for.len()) as u8, reading.need);
            ctx.note_about(reading.request.operation, Fact::TooFewAnswers { have, need });
            ctx.reply(reading.request, Answer::Refused(Refusal::TooFewCopies { have, need }));
        }
    }
}
