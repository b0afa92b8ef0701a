//! How nodes replicate. One folder a protocol, one trait for all.
//!
//! A protocol is a state machine without input or output of its own: `(state, input) → (state, effects)`.
//! It owns no clock but the node's, no chance, no network; the same machine could run over a real transport.
//! It must not know who looks at it: pictures and sentences read the trace and [`NodeView`].

pub mod commit;
pub mod conflicts;
pub mod contexts;
pub mod detector;
#[cfg(feature = "documents")]
pub mod documents;
pub mod failover;
#[cfg(feature = "gossip")]
pub mod gossip;
pub mod kind;
pub mod logs;
pub mod multi_primary;
mod named;
pub mod node;
pub mod parts;
pub mod placement;
pub mod primary_replica;
#[cfg(feature = "quorum")]
pub mod quorum;
mod round_trip;
pub mod topology;
pub mod types;
mod versions;
mod view;

#[cfg(feature = "documents")]
use crate::sim::revision::Revision;
use crate::{
    sim::{
        draw::{Chance, Lineage, Purpose},
        id::{Key, NodeId, OperationId},
        network::MessageClass,
        operation::{Answer, KeyType, Request, Write},
        time::Micros,
    },
    store::{
        log::{Epoch, Log, Lsn},
        stamp::Stamp,
        version::Seen,
    },
    trace::{Cargo, Fact, TimerName},
};
use commit::Commit;
use conflicts::Conflicts;
use failover::Failover;
use logs::Logs;
use placement::Placement;
use std::{fmt::Debug, sync::Arc};
pub use view::{CallView, GossipView, KeyView, MemberView, NodeView, PeerView, RumourView, Standing, TailEntry, VersionView};

/// What goes from nodes to clients with an answer, and comes back with a write of the same key. None: it is not spoken of.
pub type Shown = Option<Told>;

/// What of a key a client has been told besides its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The causal context: which versions it was shown.
    Versions(Arc<Seen>),
    /// Which revision of a document; none if there is no document.
    #[cfg(feature = "documents")]
    Revision(Option<Revision>),
}

/// One node's replication logic.
pub trait Protocol: Clone {
    type Config: Clone + Debug;
    type Message: Message;
    /// Timers are told apart by equality; setting one that runs starts it anew.
    type Timer: Clone + Ord + Debug + Named;
    /// Work that takes the node's time and then comes back to [`Protocol::on_job`].
    type Job: Clone + Debug;
    type Disk: Storage;

    /// First boot and every start after a crash, with what survived.
    fn start(config: &Self::Config, disk: &Self::Disk, context: &mut Context<Self>) -> Self;
    fn on_request(&mut self, request: Request, context: &mut Context<Self>);
    fn on_message(&mut self, from: NodeId, message: Self::Message, context: &mut Context<Self>);
    fn on_timer(&mut self, timer: Self::Timer, context: &mut Context<Self>);
    fn on_job(&mut self, job: Self::Job, context: &mut Context<Self>);
    /// Everything written up to the write with number `up_to` is on disk now.
    fn on_flushed(&mut self, up_to: u64, context: &mut Context<Self>);
    /// What a person tells this node to do. An answer in words if that cannot be.
    fn obey(&mut self, order: Order, context: &mut Context<Self>) -> Result<(), &'static str>;
    /// The operator changes a rule, while the node runs.
    fn reconfigure(&mut self, rule: &Rule, context: &mut Context<Self>);
    /// The settings with another such rule, for nodes that start later.
    fn with_rule(config: &Self::Config, rule: &Rule) -> Self::Config;
    /// Whether such a rule contradicts the settings.
    fn is_refused(config: &Self::Config, rule: &Rule) -> bool;
    /// Whether clients may turn to the node at all; one that only watches others holds no data.
    fn holds_data(config: &Self::Config, node: NodeId) -> bool;
    /// What a key holds.
    fn key_type(_: &Self::Config, _: Key) -> KeyType {
        KeyType::Register
    }
    /// Which of these nodes keep which key.
    fn placement(_: &Self::Config, members: &[NodeId]) -> Placement {
        Placement::everywhere(members)
    }
    /// Whether writes go round as rumours.
    fn gossips(_: &Self::Config) -> bool {
        false
    }
    /// The log that all share, if there is one, and that of a node that is down.
    fn log(&self) -> Option<&Log>;
    fn log_on(disk: &Self::Disk) -> Option<&Log>;
    fn view(&self) -> NodeView;
    /// Of the view, what is asked for most.
    fn standing(&self) -> Standing;
    /// The write that the node holds for a key, as in the view.
    fn copy(&self, key: Key) -> Option<Write>;
    /// All that readers are shown for a key, as in the view.
    fn values(&self, key: Key) -> Vec<Write> {
        self.copy(key).into_iter().collect()
    }
    /// All that it keeps of a key and nobody has written over, whether readers are shown it or not.
    fn kept(&self, key: Key) -> Vec<Write> {
        self.values(key)
    }
    /// When what it has for a key was written, where that alone decides which of two writes is kept.
    fn stamp(&self, _: Key) -> Option<Stamp> {
        None
    }
    /// Whether it tells others what it has for a key.
    fn spreads(&self, _: Key) -> bool {
        false
    }
    /// Whom of the group it suspects or takes for dead.
    fn doubts(&self) -> Vec<MemberView> {
        Vec::new()
    }
    /// What is left of a node that is down: what a start would find.
    fn remains(config: &Self::Config, me: NodeId, disk: &Self::Disk) -> NodeView;
}

/// What a person tells one node to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To be primary.
    Promote,
    /// To go back to where its log and the primary's part, and follow from there.
    Rewind,
    /// To copy everything from its primary.
    Clone,
}

/// A rule that all nodes go by, and that may change while they run.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Commit(Commit),
    Failover(Failover),
    Logs(Logs),
    /// Which of several values readers are shown.
    Conflicts(Conflicts),
    /// Who feeds a node; none: the primary.
    Upstream {
        node: NodeId,
        from: Option<NodeId>,
    },
    /// How much later a node's readers see entries; none: at once.
    Delay {
        node: NodeId,
        by: Option<Micros>,
    },
    /// How many copies there are, and how many of them are asked.
    #[cfg(feature = "quorum")]
    Quorum(quorum::Quorums),
    /// How documents are written and looked for.
    #[cfg(feature = "documents")]
    Documents(documents::Terms),
}

/// What a disk holds: a value that changes by small changes.
pub trait Storage: Clone + Default + Debug {
    type Change: Clone + Debug;
    fn apply(&mut self, change: &Self::Change);
}

pub trait Message: Clone + Debug {
    fn class(&self) -> MessageClass;
    /// Size on the wire.
    fn bytes(&self) -> u32;
    fn cargo(&self) -> Cargo;
}

pub trait Named {
    fn name(&self) -> TimerName;
}

/// What an input made a node do, in order.
#[derive(Clone, Debug)]
pub enum Effect<P: Protocol> {
    Send {
        to: NodeId,
        message: P::Message,
        about: Option<(OperationId, u64)>,
    },
    /// `position`: up to where of the log the answer is from, for those who want to see no less later.
    Reply {
        request: Request,
        answer: Answer,
        position: u64,
        shown: Shown,
    },
    SetTimer {
        timer: P::Timer,
        after: Micros,
    },
    CancelTimer {
        timer: P::Timer,
    },
    Write {
        change: <P::Disk as Storage>::Change,
        operation: Option<OperationId>,
    },
    Flush,
    Work {
        job: P::Job,
        about: Option<OperationId>,
    },
    /// Cuts another node's power, past the network.
    CutPower {
        node: NodeId,
    },
    Note {
        fact: Fact,
        operation: Option<OperationId>,
    },
}

/// Where a node is when it handles an input.
#[derive(Clone, Debug)]
pub struct Situation {
    pub me: NodeId,
    /// All nodes of the group, this one included, in order.
    pub members: Arc<[NodeId]>,
    /// The node's own clock, in µs; wrong by its skew and drift.
    pub local_us: i64,
    /// The number that the node's next write to disk will get; from 1.
    pub next_write: u64,
    /// How often the node started before.
    pub boot: u32,
    /// For a node that was added to a running group: the primary that the operator pointed it at.
    pub primary_hint: Option<NodeId>,
    /// The newest epoch that the operator knows of.
    pub newest_epoch: Epoch,
    /// The newest one when the operator last left promotions to the nodes.
    pub epoch_floor: Epoch,
    pub chance: Chance,
    /// What the client whose request it is has been shown of the key before.
    pub shown: Shown,
}

/// What a node can see and do while it handles one input.
pub struct Context<P: Protocol> {
    situation: Situation,
    effects: Vec<Effect<P>>,
}

impl<P: Protocol> Context<P> {
    pub fn new(situation: Situation) -> Self {
        Context { situation, effects: Vec::new() }
    }

    pub fn me(&self) -> NodeId {
        self.situation.me
    }

    /// All nodes of the group, this one included, in order.
    pub fn members(&self) -> &[NodeId] {
        &self.situation.members
    }

    /// The node's own clock, in µs; wrong by its skew and drift.
    pub fn local_us(&self) -> i64 {
        self.situation.local_us
    }

    pub fn boot(&self) -> u32 {
        self.situation.boot
    }

    /// Whether this is the start of the run, when an empty disk is no loss.
    pub fn is_first_boot(&self) -> bool {
        self.situation.boot == 0 && self.situation.primary_hint.is_none()
    }

    pub fn primary_hint(&self) -> Option<NodeId> {
        self.situation.primary_hint
    }

    /// The epoch that a promotion by hand now begins. The operator, who is one person, numbers them.
    pub fn promotion_epoch(&self) -> Epoch {
        self.situation.newest_epoch.next()
    }

    /// Below this no epoch is free.
    pub fn epoch_floor(&self) -> Epoch {
        self.situation.epoch_floor
    }

    /// A random time up to `most`. The identity of the draw: this node and `words`.
    pub fn random(&self, most: Micros, words: &[u64]) -> Micros {
        let identity = Lineage::root(&[self.situation.me.0 as u64, self.situation.boot as u64]).with(words);
        Micros::from_f64(self.situation.chance.draw(Purpose::Election, identity).unit() * most.0 as f64)
    }

    /// A random number below `most`, of this node and this operation alone.
    pub fn random_value(&self, most: u64, operation: OperationId) -> u64 {
        let identity = Lineage::root(&[self.situation.me.0 as u64, operation.word()]);
        self.situation.chance.draw(Purpose::Value, identity).below(most)
    }

    /// A random number below `most` (not 0). The identity of the draw: this node, its start and `words`.
    pub fn below(&self, most: u64, words: &[u64]) -> u64 {
        let identity = Lineage::root(&[self.situation.me.0 as u64, self.situation.boot as u64]).with(words);
        self.situation.chance.draw(Purpose::Partner, identity).below(most)
    }

    pub fn cut_power(&mut self, node: NodeId) {
        self.effects.push(Effect::CutPower { node });
    }

    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to, message, about: None });
    }

    /// Sends a message whose chance belongs to an operation and its attempt rather than to this input.
    pub fn send_about(&mut self, to: NodeId, message: P::Message, operation: OperationId, attempt: u64) {
        self.effects.push(Effect::Send { to, message, about: Some((operation, attempt)) });
    }

    pub fn reply(&mut self, request: Request, answer: Answer) {
        self.reply_at(request, answer, Lsn::ZERO);
    }

    /// Answers, and says up to where of the log the answer is from.
    pub fn reply_at(&mut self, request: Request, answer: Answer, lsn: Lsn) {
        self.effects.push(Effect::Reply { request, answer, position: lsn.0, shown: None });
    }

    /// Answers, and says which versions the client has been shown with it.
    pub fn reply_with(&mut self, request: Request, answer: Answer, shown: Seen) {
        let shown = Some(Told::Versions(Arc::new(shown)));
        self.effects.push(Effect::Reply { request, answer, position: 0, shown });
    }

    /// Answers, and says which revision of the document the client has now.
    #[cfg(feature = "documents")]
    pub fn reply_revision(&mut self, request: Request, answer: Answer, revision: Option<Revision>) {
        self.effects.push(Effect::Reply { request, answer, position: 0, shown: Some(Told::Revision(revision)) });
    }

    /// The versions of the key that the client had been shown, as far as it says; nothing, if it says nothing.
    pub fn was_shown(&self) -> Seen {
        match &self.situation.shown {
            Some(Told::Versions(seen)) => seen.as_ref().clone(),
            _ => Seen::default(),
        }
    }

    /// The revision that the client brings back.
    #[cfg(feature = "documents")]
    pub fn named_revision(&self) -> Option<Revision> {
        match self.situation.shown {
            Some(Told::Revision(revision)) => revision,
            _ => None,
        }
    }

    /// Fires once, `after` this long on the node's own clock.
    pub fn set_timer(&mut self, timer: P::Timer, after: Micros) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer { timer });
    }

    /// Writes to the operating system's cache. Returns the number of the write; on disk only after a flush.
    pub fn write(&mut self, change: <P::Disk as Storage>::Change, operation: Option<OperationId>) -> u64 {
        self.effects.push(Effect::Write { change, operation });
        self.situation.next_write += 1;
        self.situation.next_write - 1
    }

    /// Asks for everything written so far to be put on disk; the answer is [`Protocol::on_flushed`].
    pub fn flush(&mut self) {
        self.effects.push(Effect::Flush);
    }

    /// `about`: whose chance is asked how long it takes; none: this input's.
    pub fn work(&mut self, job: P::Job, about: Option<OperationId>) {
        self.effects.push(Effect::Work { job, about });
    }

    pub fn note(&mut self, fact: Fact) {
        self.effects.push(Effect::Note { fact, operation: None });
    }

    pub fn note_about(&mut self, operation: impl Into<Option<OperationId>>, fact: Fact) {
        self.effects.push(Effect::Note { fact, operation: operation.into() });
    }

    /// Lets a machine of another type work here; its effects become effects of this one.
    pub(super) fn within<Q: Protocol, T>(&mut self, work: impl FnOnce(&mut Context<Q>) -> T) -> T
    where
        Effect<Q>: Into<Effect<P>>,
    {
        let mut inner = Context { situation: self.situation.clone(), effects: Vec::new() };
        let result = work(&mut inner);
        self.situation.next_write = inner.situation.next_write;
        self.effects.extend(inner.effects.into_iter().map(Into::into));
        result
    }

    pub fn into_effects(self) -> Vec<Effect<P>> {
        self.effects
    }
}
