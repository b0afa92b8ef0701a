//! A machine and the process on it: one server queue, a clock, memory, cache and disk.
//!
//! The process is the protocol's state; it dies with a crash. The operating system's cache survives the process, the
//! disk survives the machine.

use crate::{
    protocol::{Order, Protocol, Rule, Shown, Storage},
    sim::{
        clock::Clock,
        distribution::Distribution,
        draw::Lineage,
        id::{ClientId, EventId, MessageId, NodeId, OperationId},
        operation::Request,
        small::SmallMap,
        time::Micros,
    },
    trace::{Causes, Work},
};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long a node works on things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// Answering a read.
    pub read: Distribution,
    /// Taking a write.
    pub write: Distribution,
    /// Handling any other message.
    pub message: Distribution,
    /// Making one entry of the log visible on a replica.
    pub apply: Distribution,
    /// Putting on disk what was written.
    pub flush: Distribution,
    pub clock: Clock,
}

impl Default for NodeSettings {
    fn default() -> Self {
        let constant = |micros| Distribution::Constant(Micros(micros));
        NodeSettings {
            read: constant(100),
            write: constant(100),
            message: constant(50),
            apply: constant(100),
            flush: constant(1_000),
            clock: Clock::default(),
        }
    }
}

/// Something a process has to deal with.
#[derive(Clone, Debug)]
pub struct Input<P: Protocol> {
    pub what: What<P>,
    pub lineage: Lineage,
    pub causes: Causes,
    pub arrived: Micros,
    pub operation: Option<OperationId>,
    /// The message it came in, if in one.
    pub message: Option<MessageId>,
}

#[derive(Clone, Debug)]
pub enum What<P: Protocol> {
    /// With what its client has been shown of the key.
    Request(ClientId, Request, Shown),
    Message(NodeId, P::Message),
    /// A timer, and where it stood in the queue.
    Timer(P::Timer, (Micros, u64)),
    Job(P::Job),
    Flushed(u64),
    /// The operator's order, and the number of the command.
    Order(u32, Order),
    /// The operator's new rule.
    Reconfigure(Rule),
}

/// Counts since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub reads: u64,
    pub writes: u64,
    pub messages_in: u64,
    pub messages_out: u64,
    pub bytes_out: u64,
    /// Time spent serving.
    pub busy: Micros,
}

/// Position of a pending event in the queue.
pub(super) type Place = (Micros, u64);

/// The input a node works on.
#[derive(Clone, Debug)]
pub(super) struct Serving<P: Protocol> {
    pub input: Input<P>,
    pub work: Work,
    pub took: Micros,
    pub place: Place,
    /// The time is up, but the node was paused.
    pub overdue: bool,
}

/// A flush under way: what it will have put on disk, and the start of the process that asked.
#[derive(Clone, Debug)]
pub(super) struct Flush {
    pub up_to: u64,
    pub boot: u32,
    pub lineage: Lineage,
    pub causes: Causes,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct Host<P: Protocol> {
    pub id: NodeId,
    pub settings: NodeSettings,
    pub paused: bool,
    pub removed: bool,
    /// Service times are multiplied by this.
    pub slow: f64,
    pub clock: Clock,
    /// How often the process was started, less one.
    pub boot: u32,
    /// The machine is off: it does not even say "connection refused".
    pub machine_down: bool,
    pub load: Load,
    pub(super) added_with: Option<NodeId>,
    pub(super) down_since: Option<(Micros, EventId)>,
    pub(super) process: Option<P>,
    pub(super) inbox: VecDeque<Input<P>>,
    pub(super) serving: Option<Serving<P>>,
    pub(super) timers: SmallMap<P::Timer, (Place, Lineage, EventId)>,
    pub(super) cache: P::Disk,
    pub(super) disk: P::Disk,
    pub(super) unflushed: VecDeque<(u64, <P::Disk as Storage>::Change)>,
    pub(super) next_write: u64,
    pub(super) flushing: Option<Flush>,
    /// Asked for while another flush was under way: lineage and cause of the request.
    pub(super) flush_wanted: Option<(Lineage, Causes)>,
}

impl<P: Protocol> Host<P> {
    /// Most inputs waiting; messages on top are dropped.
    pub const INBOX_MAX: usize = 10_000;

    pub fn new(id: NodeId, settings: NodeSettings, added_with: Option<NodeId>) -> Host<P> {
        Host {
            id,
            clock: settings.clock,
            settings,
            paused: false,
            removed: false,
            slow: 1.0,
            boot: 0,
            machine_down: false,
            load: Load::default(),
            added_with,
            down_since: None,
            process: None,
            inbox: VecDeque::new(),
            serving: None,
            timers: SmallMap::new(),
            cache: P::Disk::default(),
            disk: P::Disk::default(),
            unflushed: VecDeque::new(),
            next_write: 1,
            flushing: None,
            flush_wanted: None,
        }
    }

    /// Takes away a timer that was due at `place`, unless it was set anew or cancelled since. The event of its setting.
    pub(super) fn timer_fires(&mut self, timer: &P::Timer, place: Place) -> Option<EventId> {
        self.timers.get(timer).filter(|(own, ..)| *own == place)?;
        self.timers.remove(timer).map(|(_, _, set)| set)
    }

    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    pub fn process(&self) -> Option<&P> {
        self.process.as_ref()
    }

    /// When it went down, and the event that says so.
    pub fn down_since(&self) -> Option<(Micros, EventId)> {
        self.down_since
    }

    /// Inputs waiting or being worked on.
    pub fn queue_len(&self) -> usize {
        self.inbox.len() + self.serving.is_some() as usize
    }

    /// Writes not on disk yet.
    pub fn unflushed(&self) -> usize {
        self.unflushed.len()
    }

    /// What was written: what a crash of the process would leave.
    pub fn cache(&self) -> &P::Disk {
        &self.cache
    }

    /// What is on disk now: what a machine crash would leave.
    pub fn disk(&self) -> &P::Disk {
        &self.disk
    }
}
