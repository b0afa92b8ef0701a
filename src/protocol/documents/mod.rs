//! Databases of documents that sync: every node takes reads and writes, and nodes copy what is new from each other, as CouchDB and
//! PouchDB do.
//!
//! A document is a tree of revisions (`store::revisions`). A client's write names the revision that it replaces; if that is no end of
//! a branch any more, it is refused (`edit`). Between nodes nothing is refused: who pulls (`pull`) asks its source (`feed`) what has
//! changed since its checkpoint, finds out which revisions it lacks, fetches these with their lines, and stores them, as branches
//! where need be. All pick the same branch to show, and keep the others. The order of steps is that of CouchDB's replication
//! protocol (`couch_replicator`), continuous, with one task for each way.
//!
//! Nothing is shown, answered or told before it is on disk. It must not ask anybody before it answers a client.

mod config;
mod disk;
mod edit;
mod feed;
mod message;
mod pull;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;

pub use config::{Config, Edits, Terms};
pub use disk::{Body, Disk, DiskChange as Change, Tree, write_of};
pub use message::Message;
pub use view::DocumentsView;

use super::{Context, Named, NodeView, Order, Protocol, Rule, Standing};
use crate::{
    sim::{
        id::{Key, NodeId, OperationId},
        operation::{Action, Answer, Request, Write},
        small::SmallMap,
    },
    store::{
        log::{Epoch, Log, Lsn},
        revisions::Revision,
        version::Actor,
    },
    trace::{Fact, Role, TimerName},
};
use disk::{Checkpoint, Data, DiskChange, Document};
use message::Asks;
use pull::Pull;
use std::{collections::VecDeque, sync::Arc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Ask this source again.
    Poll(NodeId),
}

impl Named for Timer {
    fn name(&self) -> TimerName {
        match self {
            Timer::Poll(_) => TimerName::Follow,
        }
    }
}

/// Nodes do everything at once.
#[derive(Clone, Debug)]
pub enum Job {}

/// What is on its way to the disk, and not shown before it is there.
#[derive(Clone, Debug)]
struct Pending {
    /// The number of its last write.
    number: u64,
    documents: Vec<(Key, Document)>,
    why: Why,
}

#[derive(Clone, Debug)]
enum Why {
    /// A client's edit, the answer to it, and the revision that it has then.
    Edit(Request, Answer, Option<Revision>),
    /// Fetched from a source, up to there in its feed.
    Fetched { from: NodeId, checkpoint: Checkpoint },
}

/// One node.
#[derive(Clone, Debug)]
pub struct Documents {
    config: Config,
    actor: Actor,
    data: Data,
    pending: VecDeque<Pending>,
    /// Those from whom it pulls.
    pulls: SmallMap<NodeId, Pull>,
    /// What those who pull from it have on disk.
    given: SmallMap<NodeId, Checkpoint>,
    /// Who waits for something new, and since when in its feed.
    waiting: SmallMap<NodeId, u64>,
}

type Ctx = Context<Documents>;

impl Protocol for Documents {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Job = Job;
    type Disk = Disk;

    fn start(config: &Config, disk: &Disk, ctx: &mut Ctx) -> Self {
        let actor = disk.actor.unwrap_or(Actor { node: ctx.me(), incarnation: ctx.boot() as u16 });
        let mut node = Documents {
            config: config.clone(),
            actor,
            data: disk.data.clone(),
            pending: VecDeque::new(),
            pulls: disk.pulled.iter().map(|(source, checkpoint)| (*source, Pull::new(Some(*checkpoint)))).collect(),
            given: disk.given.clone(),
            waiting: SmallMap::new(),
        };
        if disk.actor.is_none() {
            ctx.write(DiskChange::Born(actor), None);
        }
        let last = Lsn(node.data.sequence);
        if last.0 > 0 {
            ctx.note(Fact::Recovered { last, applied: last });
        }
        for source in config.sources(ctx.me(), ctx.members()) {
            node.begin(source, Asks::Starts, ctx);
        }
        node
    }

    fn on_request(&mut self, request: Request, ctx: &mut Ctx) {
        match request.action {
            Action::Read { key } => self.serve(request, key, ctx),
            _ => self.accept(request, ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx) {
        match message {
            Message::Ask { since, why } => self.on_ask(from, since, why, ctx),
            Message::Fetch { wanted, last } => self.on_fetch(from, &wanted, last, ctx),
            Message::Checkpoint(checkpoint) => self.on_checkpoint(from, checkpoint, ctx),
            Message::Changes { source, since, rows, last } => self.on_changes(from, source, since, &rows, last, ctx),
            Message::Documents { source, paths, last } => {
                self.on_documents(from, Checkpoint { source, sequence: last }, paths, ctx)
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        match timer {
            Timer::Poll(source) => self.poll(source, ctx),
        }
    }

    fn on_job(&mut self, job: Job, _: &mut Ctx) {
        match job {}
    }

    fn on_flushed(&mut self, up_to: u64, ctx: &mut Ctx) {
        let before = self.data.sequence;
        while let Some(pending) = self.pending.pop_front_if(|pending| pending.number <= up_to) {
            match pending.why {
                Why::Edit(request, answer, revision) => {
                    self.show(pending.documents, ctx);
                    ctx.reply_revision(request, answer, revision);
                }
                Why::Fetched { from, checkpoint } => {
                    self.show(pending.documents, ctx);
                    self.mark(from, checkpoint, ctx);
                }
            }
        }
        if self.data.sequence > before {
            self.tell_waiting(ctx);
        }
    }

    fn obey(&mut self, order: Order, _: &mut Ctx) -> Result<(), &'static str> {
        Err(match order {
            Order::Promote => "all nodes are equal: there is no primary",
            Order::Rewind | Order::Clone => "no node follows another",
        })
    }

    fn reconfigure(&mut self, rule: &Rule, ctx: &mut Ctx) {
        let before = self.config.poll_every;
        self.config = Self::with_rule(&self.config, rule);
        if self.config.poll_every != before {
            self.rest_anew(ctx);
        }
    }

    fn with_rule(config: &Config, rule: &Rule) -> Config {
        match rule {
            Rule::Documents(terms) => config.with(*terms),
            _ => config.clone(),
        }
    }

    fn is_refused(_: &Config, rule: &Rule) -> bool {
        !matches!(rule, Rule::Documents(_))
    }

    fn holds_data(_: &Config, _: NodeId) -> bool {
        true
    }

    fn log(&self) -> Option<&Log> {
        None
    }

    fn log_on(_: &Disk) -> Option<&Log> {
        None
    }

    fn view(&self) -> NodeView {
        view::view(self.actor, &self.data, &self.checkpoints())
    }

    fn standing(&self) -> Standing {
        Standing { role: Role::Peer, epoch: Epoch(0), applied: Lsn(self.data.sequence) }
    }

    fn copy(&self, key: Key) -> Option<Write> {
        view::copy(&self.data, key)
    }

    fn kept(&self, key: Key) -> Vec<Write> {
        view::kept(&self.data, key)
    }

    fn remains(_: &Config, me: NodeId, disk: &Disk) -> NodeView {
        view::view(disk.actor.unwrap_or(me.into()), &disk.data, &disk.pulled)
    }
}

/// Writes a document to disk, as a change of its node. Returns the number of the write.
fn keep(key: Key, tree: Tree, sequence: u64, operation: Option<OperationId>, ctx: &mut Ctx) -> (u64, Document) {
    let document = Document { tree: Arc::new(tree), sequence };
    (ctx.write(DiskChange::Put(key, document.clone()), operation), document)
}

impl Documents {
    /// A document with all that is still on its way to the disk.
    fn latest(&self, key: Key) -> Option<&Document> {
        let pending = self.pending.iter().rev().flat_map(|pending| &pending.documents);
        pending.filter(|(own, _)| *own == key).map(|(_, document)| document).next().or_else(|| self.data.documents.get(&key))
    }

    /// The number of its last change, those on their way to the disk included.
    fn last_sequence(&self) -> u64 {
        let pending = self.pending.iter().flat_map(|pending| &pending.documents);
        pending.map(|(_, document)| document.sequence).fold(self.data.sequence, u64::max)
    }

    /// Documents are on disk: readers see them.
    fn show(&mut self, documents: Vec<(Key, Document)>, ctx: &mut Ctx) {
        for (key, document) in documents {
            let before = self.data.documents.get(&key).map(|document| document.tree.clone()).unwrap_or_default();
            view::note_branches(key, &before, &document.tree, ctx);
            self.data.put(key, document);
        }
    }
}
