//! Messages on their way: put on the wire, arriving, lost, cut off, handled by hand.

use super::{
    Due, Flight, Payload, World,
    host::{Host, Input, What},
};
use crate::{
    protocol::{Message, Protocol, Shown, Told},
    sim::{
        draw::Lineage,
        id::{Address, EventId, MessageId, NodeId, OperationId},
        network::{MessageClass, Parcel},
        operation::{Answer, Outcome, Refusal, Request},
        time::Micros,
    },
    trace::{Cargo, Causes, DropReason, Kind},
};
use std::sync::Arc;

/// A message before it is on the wire.
pub(super) struct Outgoing<P: Protocol> {
    pub from: Address,
    pub to: Address,
    pub payload: Payload<P>,
    pub lineage: Lineage,
    pub causes: Causes,
    pub operation: Option<OperationId>,
}

const REQUEST_BYTES: u32 = 96;
const RESPONSE_BYTES: u32 = 64;
/// Of each name in a causal context.
const DOT_BYTES: u32 = 8;
/// Of the name of a revision, as text.
#[cfg(feature = "documents")]
const REVISION_BYTES: u32 = 36;

fn context_bytes(shown: &Shown) -> u32 {
    match shown {
        Some(Told::Versions(seen)) => seen.vector().iter().chain(seen.beyond()).count() as u32 * DOT_BYTES,
        #[cfg(feature = "documents")]
        Some(Told::Revision(_)) => REVISION_BYTES,
        None => 0,
    }
}

impl<P: Protocol> Payload<P> {
    fn class(&self) -> MessageClass {
        match self {
            Payload::Request(..) => MessageClass::Request,
            Payload::Response(..) => MessageClass::Response,
            Payload::Message(message) => message.class(),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Payload::Request(_, shown) => REQUEST_BYTES + context_bytes(shown),
            Payload::Response(_, (_, _, shown)) => RESPONSE_BYTES + context_bytes(shown),
            Payload::Message(message) => message.bytes(),
        }
    }

    fn cargo(&self) -> Cargo {
        match self {
            Payload::Request(request, _) => Cargo::Ask { action: request.action, operation: request.operation },
            Payload::Response(_, (answer, ..)) => Cargo::Answer { outcome: outcome(answer.clone()) },
            Payload::Message(message) => message.cargo(),
        }
    }
}

fn outcome(answer: Answer) -> Outcome {
    match answer {
        Answer::Written => Outcome::Written,
        Answer::Unconfirmed => Outcome::Unconfirmed,
        Answer::Read(value) => Outcome::Read(value),
        Answer::Refused(refusal) => Outcome::Refused(refusal),
        Answer::Generated(write) => Outcome::Generated(write),
        Answer::Several(writes) => Outcome::Several(writes),
    }
}

impl<P: Protocol> World<P> {
    pub(super) fn send(&mut self, outgoing: Outgoing<P>) {
        let Outgoing { from, to, payload, lineage, causes, operation } = outgoing;
        let (class, bytes, cargo) = (payload.class(), payload.bytes(), payload.cargo());
        let message = self.new_message();
        let sent_by = self.note(from.node(), operation, causes, Kind::Send { message, from, to, class, cargo: cargo.clone() });
        if let Some(host) = from.node().and_then(|node| self.hosts.get_mut(node.0 as usize)).map(Arc::make_mut) {
            host.load.messages_out += 1;
            host.load.bytes_out += bytes as u64;
        }
        let flight = Flight {
            id: message,
            from,
            to,
            class,
            cargo,
            operation,
            sent_at: self.now,
            ends_at: self.now,
            lost: false,
            payload,
            lineage,
            sent_by,
            touched_by: None,
            place: (Micros::ZERO, 0),
        };
        let passage = match self.flights.len() < Self::FLIGHTS_MAX {
            true => self.network.send(self.now, Parcel { from, to, class, bytes, identity: lineage }, self.chance()),
            false => None,
        };
        let Some(passage) = passage else { return self.drop_flight(&flight, DropReason::LinkFull, Causes::one(sent_by)) };
        if let Some(at) = passage.duplicate_at {
            self.duplicate(&flight, at, Causes::one(sent_by));
        }
        self.launch(Flight { lost: passage.lost, ..flight }, passage.at);
    }

    fn new_message(&mut self) -> MessageId {
        self.next_message += 1;
        MessageId(self.next_message - 1)
    }

    fn launch(&mut self, mut flight: Flight<P>, at: Micros) {
        flight.ends_at = at.max(self.now);
        flight.place = self.schedule(at, Due::Wire(flight.id));
        self.flights.insert(flight.id, flight);
    }

    fn duplicate(&mut self, flight: &Flight<P>, at: Micros, causes: Causes) {
        let copy = self.new_message();
        let kind = Kind::Duplicate { message: flight.id, copy };
        let sent_by = self.note(flight.from.node(), flight.operation, causes, kind);
        let lineage = flight.lineage.with(&[COPY]);
        self.launch(Flight { id: copy, lineage, sent_by, lost: false, touched_by: None, ..flight.clone() }, at);
    }

    fn drop_flight(&mut self, flight: &Flight<P>, reason: DropReason, causes: Causes) {
        let Flight { id: message, from, to, class, ref cargo, operation, .. } = *flight;
        let cargo = cargo.clone();
        self.note(to.node(), operation, causes, Kind::Drop { message, from, to, class, cargo, reason });
    }

    pub(super) fn end_of_flight(&mut self, message: MessageId) {
        let Some(flight) = self.flights.remove(&message) else { return };
        let causes = Causes::one(flight.sent_by).and(flight.touched_by);
        let (from, to, class, operation) = (flight.from, flight.to, flight.class, flight.operation);
        if flight.lost {
            return self.drop_flight(&flight, DropReason::Loss, causes);
        }
        if self.network.is_cut(from, to) {
            return self.drop_flight(&flight, DropReason::Cut, causes);
        }
        if let Some(node) = to.node() {
            let Some(host) = self.host(node) else { return self.drop_flight(&flight, DropReason::NodeDown, causes) };
            if !host.is_up() {
                let (machine_down, causes) = (host.machine_down, causes.and(host.down_since.map(|(_, event)| event)));
                self.drop_flight(&flight, DropReason::NodeDown, causes);
                if let (Payload::Request(request, _), false) = (&flight.payload, machine_down) {
                    self.refuse_connection(&flight, *request, causes);
                }
                return;
            }
            if host.inbox.len() >= Host::<P>::INBOX_MAX {
                return self.drop_flight(&flight, DropReason::QueueFull, causes);
            }
        }
        let delivered = self.note(to.node(), operation, causes, Kind::Deliver { message, from, to, class });
        self.deliver(flight, delivered);
    }

    fn deliver(&mut self, flight: Flight<P>, delivered: EventId) {
        let causes = Causes::one(delivered);
        let what = match (flight.payload, flight.from, flight.to) {
            (Payload::Response(request, answer), Address::Node(node), _) => {
                return self.answered(request, answer, node, delivered);
            }
            (Payload::Request(request, shown), Address::Client(client), _) => What::Request(client, request, shown),
            (Payload::Message(message), Address::Node(from), _) => What::Message(from, message),
            // Clients send requests only, nodes everything else.
            _ => return,
        };
        let Some(node) = flight.to.node() else { return };
        if let Some(host) = self.hosts.get_mut(node.0 as usize).map(Arc::make_mut) {
            host.load.messages_in += 1;
        }
        let lineage = flight.lineage.with(&[DELIVERED]);
        let input = Input { what, lineage, causes, arrived: self.now, operation: flight.operation, message: Some(flight.id) };
        self.arrive(node, input);
    }

    /// The process is gone, but the machine's operating system says so at once.
    fn refuse_connection(&mut self, flight: &Flight<P>, request: Request, causes: Causes) {
        let payload = Payload::Response(request, (Answer::Refused(Refusal::NoProcess), 0, None));
        let lineage = flight.lineage.with(&[DELIVERED]);
        self.send(Outgoing { from: flight.to, to: flight.from, payload, lineage, causes, operation: flight.operation });
    }

    /// Messages waiting at a node that crashes are lost with it.
    pub(super) fn drop_waiting(&mut self, node: NodeId, input: Input<P>, crash: EventId) {
        let (Some(message), operation) = (input.message, input.operation) else { return };
        let (from, class, cargo) = match &input.what {
            What::Request(client, request, _) => {
                let payload: Payload<P> = Payload::Request(*request, None);
                (Address::Client(*client), payload.class(), payload.cargo())
            }
            What::Message(from, message) => (Address::Node(*from), message.class(), message.cargo()),
            _ => return,
        };
        let (to, reason) = (Address::Node(node), DropReason::CrashedWaiting);
        self.note(Some(node), operation, input.causes.and(Some(crash)), Kind::Drop { message, from, to, class, cargo, reason });
    }

    pub(super) fn drop_by_hand(&mut self, message: MessageId, command: EventId) -> Result<(), &'static str> {
        let flight = self.flights.remove(&message).ok_or(NOT_ON_THE_WIRE)?;
        self.queue.remove(&flight.place);
        self.drop_flight(&flight, DropReason::ByHand, Causes::one(flight.sent_by).and(Some(command)));
        Ok(())
    }

    pub(super) fn delay_by_hand(&mut self, message: MessageId, by: Micros, command: EventId) -> Result<(), &'static str> {
        self.reschedule(message, command, |flight| flight.ends_at + by)
    }

    /// It arrives at once, even if it was going to be lost.
    pub(super) fn deliver_by_hand(&mut self, message: MessageId, command: EventId) -> Result<(), &'static str> {
        self.reschedule(message, command, |flight| {
            flight.lost = false;
            Micros::ZERO
        })
    }

    /// Moves the end of a flight, at the earliest to now.
    fn reschedule(
        &mut self,
        message: MessageId,
        command: EventId,
        to: impl Fn(&mut Flight<P>) -> Micros,
    ) -> Result<(), &'static str> {
        let mut flight = self.flights.remove(&message).ok_or(NOT_ON_THE_WIRE)?;
        self.queue.remove(&flight.place);
        flight.touched_by = Some(command);
        let at = to(&mut flight).max(self.now);
        self.launch(flight, at);
        Ok(())
    }

    pub(super) fn duplicate_by_hand(&mut self, message: MessageId, command: EventId) -> Result<(), &'static str> {
        let flight = self.flights.get(&message).ok_or(NOT_ON_THE_WIRE)?.clone();
        self.duplicate(&flight, flight.ends_at, Causes::one(flight.sent_by).and(Some(command)));
        Ok(())
    }
}

const NOT_ON_THE_WIRE: &str = "the message is no longer on the wire";

const COPY: u64 = 1;
const DELIVERED: u64 = 2;
