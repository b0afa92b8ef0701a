//! Nodes at work: starting, crashing, pausing; the server queue; timers; the way of data to the disk.

use super::{
    Due, Payload, World,
    host::{Flush, Host, Input, Place, Serving, What},
    wire::Outgoing,
};
use crate::{
    protocol::{Context, Effect, Named, Order, Protocol, Situation, Storage},
    sim::{
        draw::{Lineage, Purpose},
        id::{Address, EventId, NodeId, OperationId},
        time::Micros,
    },
    trace::{Causes, CrashKind, Kind, Role, Work},
};
use std::sync::Arc;

const START: u64 = 11;
const TIMER: u64 = 12;
const FLUSH: u64 = 13;
const JOB: u64 = 14;
const ABOUT: u64 = 15;
const ORDER: u64 = 16;

impl<P: Protocol> World<P> {
    pub(super) fn host_mut(&mut self, node: NodeId) -> &mut Host<P> {
        Arc::make_mut(&mut self.hosts[node.0 as usize])
    }

    fn situation(&self, node: NodeId) -> Situation {
        let host = &self.hosts[node.0 as usize];
        Situation {
            me: node,
            members: self.members.clone(),
            local_us: host.clock.local_us(self.now),
            next_write: host.next_write,
            boot: host.boot,
            primary_hint: host.added_with,
            newest_epoch: self.newest_epoch,
            epoch_floor: self.epoch_floor,
            chance: self.chance(),
            shown: None,
        }
    }

    /// Starts the process with what survived in cache and on disk.
    pub(super) fn start_process(&mut self, node: NodeId, causes: Causes) {
        let setup = self.setup.clone();
        let mut context = Context::new(self.situation(node));
        let host = self.host_mut(node);
        host.process = Some(P::start(&setup.config, &host.cache, &mut context));
        host.down_since = None;
        host.machine_down = false;
        let lineage = Lineage::root(&[START, node.0 as u64, host.boot as u64]);
        self.perform(node, context, lineage, causes, None);
        self.drain(node);
    }

    pub(super) fn restart(&mut self, node: NodeId, command: EventId) -> Result<(), &'static str> {
        let host = self.host_mut(node);
        if host.is_up() {
            return Err("it is running already");
        }
        host.boot += 1;
        host.paused = false;
        let cause = Causes::one(command).and(host.down_since.map(|(_, event)| event));
        let restarted = self.note(Some(node), None, cause, Kind::Restart);
        self.start_process(node, Causes::one(restarted));
        Ok(())
    }

    pub(super) fn crash(&mut self, node: NodeId, how: CrashKind, command: EventId) -> Result<(), &'static str> {
        let host = self.host_mut(node);
        let down = match how {
            CrashKind::Process => !host.is_up(),
            CrashKind::Machine => host.machine_down,
            CrashKind::Wipe => false,
        };
        if down {
            return Err("it is down already");
        }
        let crash = self.note(Some(node), None, Causes::one(command), Kind::Crash { how });
        let host = self.host_mut(node);
        host.process = None;
        host.paused = false;
        host.flush_wanted = None;
        let mut inputs: Vec<Input<P>> = host.inbox.drain(..).collect();
        let mut places: Vec<Place> = std::mem::take(&mut host.timers).into_values().map(|(place, ..)| place).collect();
        if let Some(serving) = host.serving.take() {
            places.push(serving.place);
            inputs.insert(0, serving.input);
        }
        if how != CrashKind::Process {
            // What the operating system had not put on disk is gone with it.
            host.machine_down = true;
            host.unflushed.clear();
            places.extend(host.flushing.take().map(|flush| flush.place));
            if how == CrashKind::Wipe {
                host.disk = P::Disk::default();
            }
            host.cache = host.disk.clone();
        }
        let now = self.now;
        self.host_mut(node).down_since = Some((now, crash));
        places.iter().for_each(|place| drop(self.queue.remove(place)));
        inputs.into_iter().for_each(|input| self.drop_waiting(node, input, crash));
        Ok(())
    }

    /// A node has another one's power cut.
    fn cut_power(&mut self, node: NodeId, causes: Causes) {
        if let Some(cause) = causes.iter().next().filter(|_| self.host(node).is_some_and(|host| !host.removed)) {
            // One that is off already stays off.
            let _ = self.crash(node, CrashKind::Machine, cause);
        }
    }

    pub(super) fn pause(&mut self, node: NodeId, command: EventId) -> Result<(), &'static str> {
        let host = self.host_mut(node);
        if !host.is_up() || host.paused {
            return Err("it is not running");
        }
        host.paused = true;
        self.note(Some(node), None, Causes::one(command), Kind::Pause);
        Ok(())
    }

    pub(super) fn resume(&mut self, node: NodeId, command: EventId) -> Result<(), &'static str> {
        let host = self.host_mut(node);
        if !host.paused {
            return Err("it is not paused");
        }
        host.paused = false;
        self.note(Some(node), None, Causes::one(command), Kind::Resume);
        if self.host_mut(node).serving.as_ref().is_some_and(|serving| serving.overdue) {
            self.served(node);
        }
        self.drain(node);
        Ok(())
    }

    pub(super) fn order(&mut self, node: NodeId, order: Order, number: u32, command: EventId) -> Result<(), &'static str> {
        if !self.host_mut(node).is_up() {
            return Err("it is down");
        }
        let lineage = Lineage::root(&[ORDER, node.0 as u64, self.now.0]);
        let (arrived, causes) = (self.now, Causes::one(command));
        self.arrive(node, Input { what: What::Order(number, order), lineage, causes, arrived, operation: None, message: None });
        Ok(())
    }

    /// An input joins the node's queue.
    pub(super) fn arrive(&mut self, node: NodeId, input: Input<P>) {
        self.host_mut(node).inbox.push_back(input);
        self.drain(node);
    }

    /// Works on the queue until something takes time, the node is paused, or nothing waits.
    fn drain(&mut self, node: NodeId) {
        loop {
            let host = self.host_mut(node);
            if host.paused || host.serving.is_some() || host.process.is_none() {
                return;
            }
            let Some(input) = host.inbox.pop_front() else { return };
            let Some((work, took)) = self.service(node, &input) else {
                self.process_input(node, input);
                continue;
            };
            let place = self.schedule(self.now + took, Due::Served(node));
            self.host_mut(node).serving = Some(Serving { input, work, took, place, overdue: false });
        }
    }

    /// What kind of work an input is and how long it takes; none if it takes no time.
    fn service(&self, node: NodeId, input: &Input<P>) -> Option<(Work, Micros)> {
        let host = &self.hosts[node.0 as usize];
        let (work, time) = match &input.what {
            What::Request(_, request, _) => match request.action.is_write() {
                false => (Work::Read, &host.settings.read),
                true => (Work::Write, &host.settings.write),
            },
            What::Message(..) => (Work::Message, &host.settings.message),
            What::Job(_) => (Work::Apply, &host.settings.apply),
            What::Timer(..) | What::Flushed(_) | What::Order(..) | What::Reconfigure(_) => return None,
        };
        let mut draw = self.chance().draw(Purpose::Service, input.lineage.with(&[node.0 as u64]));
        let took = time.sample(&mut draw);
        Some((work, if host.slow == 1.0 { took } else { Micros::from_f64(took.0 as f64 * host.slow) }))
    }

    /// The time for the input being worked on is up.
    pub(super) fn served(&mut self, node: NodeId) {
        let host = self.host_mut(node);
        if host.paused {
            if let Some(serving) = &mut host.serving {
                serving.overdue = true;
            }
            return;
        }
        let Some(Serving { mut input, work, took, .. }) = host.serving.take() else { return };
        host.load.busy = host.load.busy + took;
        match work {
            Work::Read => host.load.reads += 1,
            Work::Write => host.load.writes += 1,
            Work::Message | Work::Apply => {}
        }
        let waited = self.now.saturating_sub(input.arrived).saturating_sub(took);
        let worked = self.note(Some(node), input.operation, input.causes, Kind::Worked { work, waited, took });
        input.causes = Causes::one(worked);
        self.process_input(node, input);
        self.drain(node);
    }

    fn process_input(&mut self, node: NodeId, mut input: Input<P>) {
        if let What::Timer(timer, place) = &input.what {
            // Set anew or cancelled while it waited for the node: then it does not fire.
            let Some(set) = self.host_mut(node).timer_fires(timer, *place) else { return };
            input.causes = Causes::one(self.note(Some(node), None, Causes::one(set), Kind::TimerFired { timer: timer.name() }));
        }
        let mut situation = self.situation(node);
        if let What::Request(_, _, shown) = &mut input.what {
            situation.shown = shown.take();
        }
        let mut context = Context::new(situation);
        let Some(process) = self.host_mut(node).process.as_mut() else { return };
        let mut idle = None;
        match input.what {
            What::Request(_, request, _) => process.on_request(request, &mut context),
            What::Message(from, message) => process.on_message(from, message, &mut context),
            What::Timer(timer, _) => process.on_timer(timer, &mut context),
            What::Job(job) => process.on_job(job, &mut context),
            What::Flushed(up_to) => process.on_flushed(up_to, &mut context),
            What::Reconfigure(rule) => process.reconfigure(&rule, &mut context),
            What::Order(number, order) => {
                idle = process.obey(order, &mut context).err().map(|why| Kind::CommandIdle { number, why });
            }
        }
        let epoch = process.standing().epoch;
        self.newest_epoch = self.newest_epoch.max(epoch);
        if let Some(kind) = idle {
            self.note(Some(node), None, input.causes, kind);
        }
        self.perform(node, context, input.lineage, input.causes, input.operation);
    }

    /// Carries out what a handler asked for.
    fn perform(&mut self, node: NodeId, context: Context<P>, lineage: Lineage, causes: Causes, operation: Option<OperationId>) {
        let from = Address::Node(node);
        // Consequences are caused by the input and by the last thing noted, which says why they happen.
        let mut causes = causes;
        for (index, effect) in context.into_effects().into_iter().enumerate() {
            match effect {
                Effect::Send { to, message, about } => {
                    let lineage = match about {
                        Some((operation, attempt)) => {
                            Lineage::root(&[ABOUT, operation.word(), attempt, node.0 as u64, to.0 as u64])
                        }
                        None => lineage.with(&[to.0 as u64, index as u64]),
                    };
                    let operation = about.map(|(operation, _)| operation).or(operation);
                    self.send(Outgoing { from, to: to.into(), payload: Payload::Message(message), lineage, causes, operation });
                }
                Effect::Reply { request, answer, position, shown } => {
                    let operation = request.operation;
                    let lineage = Lineage::root(&[ABOUT, operation.word(), request.attempt as u64, from.word()]);
                    let (to, payload) = (operation.client.into(), Payload::Response(request, (answer, position, shown)));
                    self.send(Outgoing { from, to, payload, lineage, causes, operation: Some(operation) });
                }
                Effect::SetTimer { timer, after } => self.set_timer(node, timer, after, lineage, causes),
                Effect::CancelTimer { timer } => self.cancel_timer(node, &timer, causes),
                Effect::Write { change, operation } => self.write(node, change, operation, causes),
                Effect::Flush => self.request_flush(node, lineage, causes),
                Effect::Work { job, about } => {
                    let lineage = match about {
                        Some(about) => Lineage::root(&[JOB, about.word(), node.0 as u64]),
                        None => lineage.with(&[JOB]),
                    };
                    let (arrived, operation) = (self.now, about);
                    let input = Input { what: What::Job(job), lineage, causes, arrived, operation, message: None };
                    self.host_mut(node).inbox.push_back(input);
                }
                Effect::CutPower { node: other } => self.cut_power(other, causes),
                Effect::Note { fact, operation: about } => {
                    let noted = self.note(Some(node), about.or(operation), causes, Kind::Fact(fact));
                    let input = causes.iter().next();
                    causes = Causes::one(noted).and(input);
                }
            }
        }
    }

    fn set_timer(&mut self, node: NodeId, timer: P::Timer, after: Micros, lineage: Lineage, causes: Causes) {
        let host = self.host_mut(node);
        let wait = host.clock.true_span(after);
        let old = host.timers.remove(&timer);
        if let Some((place, ..)) = old {
            self.queue.remove(&place);
        }
        let set = self.note(Some(node), None, causes, Kind::TimerSet { timer: timer.name(), after });
        let place = self.schedule(self.now + wait, Due::Timer(node, timer.clone()));
        let lineage = lineage.with(&[TIMER, timer.name() as u64]);
        self.host_mut(node).timers.insert(timer, (place, lineage, set));
    }

    fn cancel_timer(&mut self, node: NodeId, timer: &P::Timer, causes: Causes) {
        if let Some((place, _, set)) = self.host_mut(node).timers.remove(timer) {
            self.queue.remove(&place);
            self.note(Some(node), None, causes.and(Some(set)), Kind::TimerCancelled { timer: timer.name() });
        }
    }

    /// A timer's time is up; it fires when the node gets to it.
    pub(super) fn timer_due(&mut self, node: NodeId, timer: P::Timer, place: Place) {
        let Some((_, lineage, set)) = self.host_mut(node).timers.get(&timer).cloned().filter(|(own, ..)| *own == place) else {
            return;
        };
        let (arrived, causes) = (self.now, Causes::one(set));
        let what = What::Timer(timer, place);
        self.arrive(node, Input { what, lineage, causes, arrived, operation: None, message: None });
    }

    fn write(&mut self, node: NodeId, change: <P::Disk as Storage>::Change, operation: Option<OperationId>, causes: Causes) {
        let host = self.host_mut(node);
        let sequence = host.next_write;
        host.next_write += 1;
        host.cache.apply(&change);
        host.unflushed.push_back((sequence, change));
        self.note(Some(node), operation, causes, Kind::Stored { sequence });
    }

    fn request_flush(&mut self, node: NodeId, lineage: Lineage, causes: Causes) {
        let chance = self.chance();
        let host = self.host_mut(node);
        if host.flushing.is_some() {
            // One flush at a time: what is written meanwhile goes with the next (group commit).
            host.flush_wanted.get_or_insert((lineage, causes));
            return;
        }
        let (up_to, boot) = (host.next_write - 1, host.boot);
        let lineage = lineage.with(&[FLUSH]);
        let mut draw = chance.draw(Purpose::Flush, lineage);
        let time = host.settings.flush.sample(&mut draw);
        let started = self.note(Some(node), None, causes, Kind::FlushStarted { up_to });
        let place = self.schedule(self.now + time, Due::Flushed(node));
        let causes = Causes::one(started).and(causes.iter().next());
        self.host_mut(node).flushing = Some(Flush { up_to, boot, lineage, causes, place });
    }

    pub(super) fn flush_done(&mut self, node: NodeId) {
        let host = self.host_mut(node);
        let Some(Flush { up_to, boot, lineage, causes, .. }) = host.flushing.take() else { return };
        while let Some((_, change)) = host.unflushed.pop_front_if(|(sequence, _)| *sequence <= up_to) {
            host.disk.apply(&change);
        }
        let (wanted, same_process) = (host.flush_wanted.take(), host.is_up() && host.boot == boot);
        let flushed = self.note(Some(node), None, causes, Kind::Flushed { up_to });
        if let Some((lineage, causes)) = wanted {
            self.request_flush(node, lineage, causes);
        }
        if same_process {
            let (arrived, causes) = (self.now, Causes::one(flushed));
            let what = What::Flushed(up_to);
            self.arrive(node, Input { what, lineage, causes, arrived, operation: None, message: None });
        }
    }

    /// A new empty node joins, pointed at the present primary.
    pub(super) fn add_node(&mut self, command: EventId) -> Result<(), &'static str> {
        let running = || self.members.iter().copied().find(|node| self.standing(*node).is_some_and(|one| one.role == Role::Peer));
        let primary = self.primary().or_else(running).ok_or("there is no node that it could turn to")?;
        let id = NodeId(self.hosts.len() as u16);
        let settings = self.setup.nodes.last().cloned().unwrap_or_default();
        self.hosts.push(Arc::new(Host::new(id, settings, Some(primary))));
        self.count_members();
        let added = self.note(Some(id), None, Causes::one(command), Kind::Added);
        self.start_process(id, Causes::one(added));
        Ok(())
    }

    pub(super) fn remove_node(&mut self, node: NodeId, command: EventId) -> Result<(), &'static str> {
        if self.members.len() == 1 {
            return Err("it is the last node");
        }
        if !self.host_mut(node).machine_down {
            self.crash(node, CrashKind::Machine, command)?;
        }
        self.host_mut(node).removed = true;
        self.count_members();
        self.note(Some(node), None, Causes::one(command), Kind::Removed);
        Ok(())
    }

    /// To be called when the members or the settings have changed.
    pub(super) fn place_keys(&mut self) {
        self.placement = Arc::new(P::placement(&self.setup.config, &self.stores));
    }

    pub(super) fn count_members(&mut self) {
        self.members = self.hosts.iter().filter(|host| !host.removed).map(|host| host.id).collect();
        self.stores = self.members.iter().copied().filter(|node| P::holds_data(&self.setup.config, *node)).collect();
        self.place_keys();
    }
}
