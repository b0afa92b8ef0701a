//! Clients at work: workloads call for operations, sessions issue them, answers and time-outs end them.

use super::{Due, Payload, World, wire::Outgoing};
use crate::{
    client::{
        history::Row,
        session::{Choice, Intent, Next, Session},
        workload::Workload,
    },
    protocol::{Protocol, Shown},
    sim::{
        draw::Lineage,
        id::{Address, ClientId, EventId, NodeId, OperationId, Origin},
        network::MessageClass,
        operation::{Action, Answer, Outcome, Request},
        time::Micros,
    },
    trace::{Causes, Kind},
};

const ASK: u64 = 21;

impl<P: Protocol> World<P> {
    fn session_mut(&mut self, client: ClientId) -> &mut Session {
        &mut self.sessions[client.0 as usize]
    }

    fn workload(&self, client: ClientId) -> Option<&Workload> {
        self.session(client)?.settings.workload.as_ref()
    }

    /// Plans the client's next workload operation, the last one having come or ended at `before`.
    pub(super) fn schedule_arrival(&mut self, client: ClientId, before: Micros) {
        let number = self.session_mut(client).next_workload;
        let Some(workload) = self.workload(client) else { return };
        let at = workload.next_at(self.chance(), client, number, before);
        if workload.stop.is_none_or(|stop| at < stop) {
            self.schedule(at, Due::Arrival(client));
        }
    }

    pub(super) fn workload_calls(&mut self, client: ClientId) {
        let (clients, keys) = (self.sessions.len() as u16, self.setup.keys);
        let session = &self.sessions[client.0 as usize];
        let (number, on, full) = (session.next_workload, session.workload_on, session.waiting.len() >= Session::WAITING_MAX);
        let Some(workload) = self.workload(client) else { return };
        let holds = |key| P::key_type(&self.setup.config, key);
        let action = workload.action(self.chance(), (client, number), (clients, keys), holds);
        let closed = workload.is_closed_loop();
        self.session_mut(client).next_workload += 1;
        if on && full {
            self.note(None, None, Causes::NONE, Kind::Skipped { client });
        } else if on {
            let operation = Workload::operation(client, number);
            self.enqueue(client, Intent { operation, action, at_node: None, cause: None });
        }
        if !closed || !on || full {
            self.schedule_arrival(client, self.now);
        }
    }

    /// A learner makes the client do something.
    pub(super) fn issue(
        &mut self,
        client: ClientId,
        action: Action,
        at_node: Option<NodeId>,
        command: EventId,
    ) -> Result<(), &'static str> {
        let session = self.session_mut(client);
        if session.waiting.len() >= Session::WAITING_MAX {
            return Err("too many of its operations are waiting");
        }
        let operation = OperationId { client, origin: Origin::Hand, number: session.next_hand };
        session.next_hand += 1;
        self.enqueue(client, Intent { operation, action, at_node, cause: Some(command) });
        Ok(())
    }

    fn enqueue(&mut self, client: ClientId, intent: Intent) {
        self.session_mut(client).waiting.push_back(intent);
        self.begin_next(client);
    }

    fn begin_next(&mut self, client: ClientId) {
        let (now, members, chance) = (self.now, self.stores.clone(), self.chance());
        // As who measures round trips.
        let way = |node: &NodeId| self.network.settings(client.into(), (*node).into(), MessageClass::Request).latency.typical();
        let wanted = self.session(client).is_some_and(|session| session.wants_nearest());
        let nearest = if wanted { members.iter().copied().min_by_key(way) } else { None };
        let session = self.session_mut(client);
        if session.open.is_some() {
            return;
        }
        let Some(intent) = session.waiting.pop_front() else { return };
        let (node, request) = session.begin(intent, now, Choice { members: &members, nearest, chance });
        let Intent { operation, action, cause, .. } = intent;
        let causes = Causes::NONE.and(cause);
        let invoked = self.note(None, Some(operation), causes, Kind::Invoke { client, action });
        self.record(Row { at: now, client, operation, action, outcome: None, node: Some(node) });
        self.ask(client, node, request, Causes::one(invoked));
    }

    fn ask(&mut self, client: ClientId, node: NodeId, request: Request, causes: Causes) {
        let operation = request.operation;
        if let Some(deadline) = self.session(client).and_then(|session| session.open.as_ref()).map(|open| open.deadline) {
            self.set_alarm(client, deadline, Due::Timeout(client));
        }
        let lineage = Lineage::root(&[ASK, operation.word(), request.attempt as u64, node.0 as u64]);
        let (from, to) = (Address::Client(client), Address::Node(node));
        let shown = self.session(client).and_then(|session| session.was_shown(request.action));
        self.send(Outgoing { from, to, payload: Payload::Request(request, shown), lineage, causes, operation: Some(operation) });
    }

    /// The client waits for one thing at a time: this one replaces the one before.
    fn set_alarm(&mut self, client: ClientId, at: Micros, due: Due<P>) {
        self.clear_alarm(client);
        self.alarms[client.0 as usize] = Some(self.schedule(at, due));
    }

    fn clear_alarm(&mut self, client: ClientId) {
        if let Some(place) = self.alarms[client.0 as usize].take() {
            self.queue.remove(&place);
        }
    }

    /// An answer reached the client.
    pub(super) fn answered(
        &mut self,
        request: Request,
        (answer, position, shown): (Answer, u64, Shown),
        node: NodeId,
        delivered: EventId,
    ) {
        let (client, members) = (request.operation.client, self.stores.clone());
        let session = self.session_mut(client);
        let Some(open) = session.open.as_ref().filter(|open| open.intent.operation == request.operation) else { return };
        // A refusal of an earlier try says nothing new; a yes is a yes whenever it comes.
        if matches!(answer, Answer::Refused(_)) && request.attempt != open.attempt {
            return;
        }
        session.saw(position);
        session.is_shown(request.action.key(), shown);
        let next = session.on_answer(node, answer, &members);
        self.go_on(client, next, Some(node), Causes::one(delivered));
    }

    pub(super) fn attempt_timed_out(&mut self, client: ClientId) {
        self.clear_alarm(client);
        let members = self.stores.clone();
        let session = self.session_mut(client);
        let Some(asked) = session.open.as_ref().map(|open| open.node) else { return };
        let next = session.on_timeout(&members);
        self.go_on(client, next, Some(asked), Causes::NONE);
    }

    fn go_on(&mut self, client: ClientId, next: Next, node: Option<NodeId>, causes: Causes) {
        match next {
            Next::Done(outcome) => self.finish(client, outcome, node, causes),
            Next::Ask(node, Micros::ZERO) => self.ask_again(client, node, causes),
            Next::Ask(node, wait) => self.set_alarm(client, self.now + wait, Due::Retry(client, node)),
        }
    }

    pub(super) fn retry(&mut self, client: ClientId, node: NodeId) {
        self.ask_again(client, node, Causes::NONE);
    }

    fn ask_again(&mut self, client: ClientId, node: NodeId, causes: Causes) {
        let now = self.now;
        if let Some(request) = self.session_mut(client).ask(node, now) {
            self.ask(client, node, request, causes);
        }
    }

    fn finish(&mut self, client: ClientId, outcome: Outcome, node: Option<NodeId>, causes: Causes) {
        let now = self.now;
        let Some(open) = self.session_mut(client).finish(outcome.clone()) else { return };
        self.clear_alarm(client);
        let Intent { operation, action, .. } = open.intent;
        self.note(None, Some(operation), causes, Kind::Outcome { client, outcome: outcome.clone() });
        self.record(Row { at: now, client, operation, action, outcome: Some(outcome), node });
        if operation.origin == Origin::Workload && self.workload(client).is_some_and(Workload::is_closed_loop) {
            self.schedule_arrival(client, now);
        }
        self.begin_next(client);
    }

    fn record(&mut self, row: Row) {
        self.history.push(row);
        if self.history.len() as u64 > Self::HISTORY_MAX {
            self.history.drop_before(self.history.next() - Self::HISTORY_MAX);
        }
    }
}
