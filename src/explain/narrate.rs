//! The headline above the stage: the last thing that happened and is worth a sentence.

use super::{
    Sentence, Writer,
    chip::Chip,
    commands::commanded,
    election, logs,
    search::{carries, committed_at, lsn_of, recent},
    words::{counted, duration},
};
use crate::{
    check::StaleRead,
    lab::LabWorld,
    protocol::{
        NodeView,
        commit::{Commit, Level, Which},
    },
    sim::{
        chunked::Chunked,
        id::{Address, EventId, NodeId, OperationId},
        network::MessageClass,
        operation::{Action, Function, Outcome, Refusal, Write},
        time::Micros,
    },
    store::log::Lsn,
    trace::{Cargo, CrashKind, DropReason, Event, Fact, Kind, Role, SyncState},
};

/// How much a headline matters: a lower one does not push a higher one away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Daily business: a copy arrived, a message was lost.
    Quiet,
    /// A client was told something.
    Told,
    /// Somebody did something, or a promise was broken.
    Loud,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    pub event: EventId,
    pub at: Micros,
    pub weight: Weight,
    pub sentence: Sentence,
}

/// Most writes that are named one by one.
const LISTED_MAX: u64 = 5;
/// How far back a headline is looked for.
const EVENTS_BACK: u64 = 600;

/// The headline at the world's time. `stale`: the stale reads found so far.
pub fn headline(world: &LabWorld, stale: &Chunked<StaleRead>, since: EventId) -> Option<Headline> {
    let trace = world.trace();
    let first = trace.next().saturating_sub(EVENTS_BACK).max(since.0);
    let recent = trace.range(first, trace.next()).rev();
    let mut told = recent.into_iter().filter_map(|(id, event)| {
        let (weight, sentence) = tell(world, event, stale)?;
        Some(Headline { event: EventId(id), at: event.at, weight, sentence })
    });
    // Of what happened at one instant the heaviest is told, and of those the last.
    let Some(last) = told.next() else { return asking(world, since) };
    let at = last.at;
    Some(told.take_while(|other| other.at == at).fold(last, |best, other| if other.weight > best.weight { other } else { best }))
}

/// Before anything else can be told: the last question that was asked.
fn asking(world: &LabWorld, since: EventId) -> Option<Headline> {
    let trace = world.trace();
    let mut recent = trace.range(trace.next().saturating_sub(EVENTS_BACK).max(since.0), trace.next()).rev();
    let sentence = |event: &Event| {
        let Kind::Invoke { client, action } = &event.kind else { return None };
        let start = Writer::default().who(*client);
        let name = event.operation.and_then(|operation| world.operation_name(operation));
        Some(match (*action, event.operation) {
            (Action::Write { key, value }, Some(id)) => {
                start.text(" wants to write ").write(Chip::of(Write { id, key, value })).called(name).text(".").done()
            }
            (Action::Generate { key, function }, _) => {
                let what = match function {
                    Function::Next => "the next number",
                    Function::Clock => "the node’s clock",
                    Function::Random => "a random number",
                };
                start.text(format!(" wants {what} to be written to {key}")).called(name).text(".").done()
            }
            (action, _) => start.text(format!(" wants to read {}", action.key())).called(name).text(".").done(),
        })
    };
    recent.find_map(|(id, event)| {
        Some(Headline { event: EventId(id), at: event.at, weight: Weight::Quiet, sentence: sentence(event)? })
    })
}

/// The same headline as it reads at the world's time; none if its event has not happened here.
pub fn retell(world: &LabWorld, stale: &Chunked<StaleRead>, headline: &Headline) -> Option<Headline> {
    let (weight, sentence) = tell(world, world.trace().get(headline.event.0)?, stale)?;
    Some(Headline { weight, sentence, ..headline.clone() })
}

/// The sentence for one event, if it deserves one.
pub fn tell(world: &LabWorld, event: &Event, stale: &Chunked<StaleRead>) -> Option<(Weight, Sentence)> {
    let start = Writer::default;
    let node = event.node;
    match &event.kind {
        Kind::Outcome { client, outcome } => Some(outcome_told(world, event, (*client).into(), *outcome, stale)),
        Kind::Fact(fact) => told_fact(world, event, fact),
        Kind::Crash { how } => Some((Weight::Loud, crashed(world, node?, *how))),
        Kind::Restart => Some((Weight::Loud, start().who(node?).strong(" restarted").text(" with what was left.").done())),
        Kind::Pause => {
            let said = start().who(node?).strong(" is paused.").text(" Nothing runs there; messages to it wait.");
            Some((Weight::Loud, said.done()))
        }
        Kind::Resume => Some((Weight::Loud, start().who(node?).strong(" goes on").text(" and finds what waited for it.").done())),
        Kind::Added => {
            let said = start().who(node?).strong(" joins").text(" with an empty disk and asks the primary for the data.");
            Some((Weight::Loud, said.done()))
        }
        Kind::Removed => Some((Weight::Loud, start().who(node?).strong(" left the group.").done())),
        Kind::Drop { from, to, class, cargo, reason, .. } => dropped(*from, *to, *class, cargo, *reason),
        Kind::Command { number } => commanded(&world.commands().get(*number as usize)?.command),
        Kind::CommandIdle { why, .. } => {
            Some((Weight::Loud, start().strong("Nothing happened: ").text(format!("{why}.")).done()))
        }
        _ => None,
    }
}

fn action_of(world: &LabWorld, operation: OperationId) -> Option<Action> {
    let session = world.session(operation.client)?;
    let open = session.open.as_ref().filter(|open| open.intent.operation == operation).map(|open| open.intent.action);
    let history = world.history();
    let rows = || history.range(history.next().saturating_sub(400), history.next()).rev();
    open.or_else(|| rows().find(|(_, row)| row.operation == operation).map(|(_, row)| row.action))
}

fn outcome_told(
    world: &LabWorld,
    event: &Event,
    client: Address,
    outcome: Outcome,
    stale: &Chunked<StaleRead>,
) -> (Weight, Sentence) {
    let start = Writer::default();
    let action = event.operation.and_then(|operation| action_of(world, operation));
    let chip = match (action, event.operation) {
        (Some(Action::Write { key, value }), Some(id)) => Some(Chip::of(Write { id, key, value })),
        _ => None,
    };
    let node = world.history().iter().rev().find(|(_, row)| Some(row.operation) == event.operation && row.outcome.is_some());
    let node = node.and_then(|(_, row)| row.node);
    let name = event.operation.and_then(|operation| world.operation_name(operation));
    let is_write = action.is_some_and(Action::is_write);
    let called = name.unwrap_or(if is_write { "write" } else { "read" });
    match outcome {
        Outcome::Written => {
            let Some(chip) = chip else { return (Weight::Told, start.who(client).text(" was told OK.").done()) };
            let said = start.who(client).text("’s ").text(called).text(" ").write(chip).strong(" is acknowledged");
            let said = match node {
                Some(node) => said.text(" by ").who(node).text("."),
                None => said.text("."),
            };
            (Weight::Told, on_its_way(world, said, &chip).done())
        }
        Outcome::Generated(write) => {
            let chip = Chip::of(write);
            let said = start.who(client).text("’s ").text(called).text(" is ").strong("acknowledged");
            let said = match node {
                Some(node) => said.text(" by ").who(node).text(", which made the value: ").write(chip).text("."),
                None => said.text(" with the value ").write(chip).text("."),
            };
            (Weight::Told, on_its_way(world, said, &chip).done())
        }
        Outcome::Read(value) => {
            let missed = stale.values().rev().find(|read| Some(read.operation) == event.operation);
            let said = match name {
                Some(name) => start.who(client).text("’s ").text(name),
                None => start.who(client),
            };
            let said = said.text(" reads ");
            let said = match value {
                Some(write) => said.write(Chip::of(write)),
                None => match action {
                    Some(action) => said.strong("nothing").text(format!(" for {}", action.key())),
                    None => said.strong("nothing"),
                },
            };
            let said = match node {
                Some(node) => said.text(" at ").who(node),
                None => said,
            };
            match missed {
                Some(read) => {
                    let age = duration(read.began.saturating_sub(read.acknowledged_at));
                    let said = said.text(": ").strong("an old value.").text(" ").write(Chip::of(read.missed));
                    let said = said.text(" had been acknowledged");
                    let said = if read.behind > 1 {
                        said.text(format!("; the first of {} newer writes was, {age} before the question.", read.behind))
                    } else {
                        said.text(format!(" {age} before the question."))
                    };
                    (Weight::Loud, said.done())
                }
                None if value.is_some() => (Weight::Told, said.text(": nothing newer had been acknowledged.").done()),
                None => (Weight::Told, said.text(": no write of it had been acknowledged.").done()),
            }
        }
        Outcome::Refused(refusal) => {
            let what = start.who(client).text("’s ").text(called);
            let what = match chip {
                Some(chip) => what.text(" ").write(chip),
                None => what,
            };
            let said = what.strong(" is refused: ");
            let said = match refusal {
                _ if asked(world, event).len() > 1 => {
                    said.all(&asked(world, event)).text(" were asked, and none of them takes it.")
                }
                Refusal::NotPrimary { .. } => match node {
                    Some(node) => said.who(node).text(" is a replica and takes no writes."),
                    None => said.text("the node is a replica and takes no writes."),
                },
                Refusal::NoProcess => match node {
                    Some(node) => said.text("nothing runs at ").who(node).text("."),
                    None => said.text("nothing runs there."),
                },
                Refusal::NotReady => said.text("the node has no data yet."),
                Refusal::TooFewReplicas => said.text("too few replicas are in touch with the primary."),
                Refusal::NoMajority => said.text("the primary has not heard from a majority, so another may lead by now."),
                Refusal::Monitor => said.text("the node holds no data."),
                Refusal::TooStale => said.text("the node may be further behind than the read allows."),
                Refusal::DiskFull => said.text("the primary’s disk is full of log."),
            };
            (Weight::Loud, said.done())
        }
        Outcome::Unconfirmed => {
            if let Some(deposed) = election::deposed(world, event) {
                let said = start.who(client).text("’s ").text(called).text(" ");
                let said = if let Some(chip) = chip { said.write(chip) } else { said };
                let said = said.strong(" is in doubt: ").who(deposed).text(" was deposed before it was confirmed.");
                return (Weight::Loud, said.text(" The write may stay, or be thrown away.").done());
            }
            let said = start.text("For ").who(client).text(" the wait is over: ").strong("done here, but not confirmed.");
            (Weight::Loud, said.text(" The write stays; if its primary is lost, it may be lost too.").done())
        }
        Outcome::TimedOut => {
            let what = match chip {
                Some(chip) => {
                    start.who(client).text(" got ").strong("no answer").text(" to the ").text(called).text(" ").write(chip)
                }
                None => start.who(client).text(" got ").strong("no answer").text(" to the ").text(called),
            };
            let tail = if is_write { ". Whether it happened, the client cannot know." } else { "." };
            (Weight::Loud, what.text(tail).done())
        }
    }
}

/// The nodes that were asked to do the operation that ends with `event`, in the order they were asked.
fn asked(world: &LabWorld, event: &Event) -> Vec<Address> {
    let of_operation = recent(world).filter(|other| other.operation == event.operation && other.at <= event.at);
    let mut nodes: Vec<Address> = of_operation
        .filter_map(|other| match other.kind {
            Kind::Send { to, class: MessageClass::Request, .. } => Some(to),
            _ => None,
        })
        .collect();
    nodes.reverse();
    nodes.dedup();
    nodes
}

/// Adds which of the running nodes do not have the write yet. Having had it is enough: it may have been overwritten since.
fn on_its_way(world: &LabWorld, said: Writer, chip: &Chip) -> Writer {
    let Some(lsn) = lsn_of(world, chip.write.id) else { return said };
    let lacks = |node: &NodeId| {
        let view = world.view(*node)?;
        let other = view.tail.iter().any(|entry| entry.lsn == lsn && entry.operation() != Some(chip.write.id));
        Some(view.applied < lsn || other)
    };
    let missing: Vec<Address> =
        world.stores().iter().copied().filter(|node| lacks(node) == Some(true)).map(Address::Node).collect();
    let differs = |node: &NodeId| logged_otherwise(world, *node, lsn, &chip.write).is_some();
    let others: Vec<Address> = world.stores().iter().copied().filter(differs).map(Address::Node).collect();
    match missing.is_empty() {
        true if !others.is_empty() => said.text(" Of the same statement another value was made by ").all(&others).text("."),
        true => said.text(" Every running node has it."),
        false => said.text(" It has yet to reach ").all(&missing).text("."),
    }
}

/// What is left of the flow of the log without this replica.
fn without_replica(world: &LabWorld, node: NodeId, source: Option<NodeId>, said: Writer) -> Sentence {
    let said = match source.filter(|source| world.primary() != Some(*source)) {
        Some(source) => said.text(" ").who(source),
        None => said.text(" The primary"),
    };
    let is_fed = |other: &NodeId| world.view(*other).is_some_and(|view| view.source == Some(node));
    let fed: Vec<Address> = world.stores().iter().copied().filter(is_fed).map(Address::Node).collect();
    let said = said.text(" keeps what it misses.");
    if fed.is_empty() { said.done() } else { said.text(" Nobody feeds ").all(&fed).text(" meanwhile.").done() }
}

fn crashed(world: &LabWorld, node: NodeId, how: CrashKind) -> Sentence {
    let what = match how {
        CrashKind::Process => " crashed.",
        CrashKind::Machine => " lost power.",
        CrashKind::Wipe => " lost its disk.",
    };
    let said = Writer::default().who(node).strong(what);
    // The newest write of its log that no running node has.
    let Some(own) = world.remains(node) else { return said.done() };
    let elsewhere = |write: &Write| {
        let others = world.stores().iter().copied().filter(|other| *other != node);
        others.filter_map(|other| world.view(other)).any(|view| view.tail.iter().any(|entry| entry.operation() == Some(write.id)))
    };
    let alone: Vec<Write> = own.tail.iter().filter_map(|entry| entry.write).filter(|write| !elsewhere(write)).collect();
    let Some(last) = alone.last().filter(|_| own.role == Role::Primary) else {
        return match own.role {
            Role::Primary => said.text(" No node takes writes now; reads at replicas go on.").done(),
            Role::Replica | Role::Candidate => without_replica(world, node, own.source, said),
            Role::Monitor => said.done(),
        };
    };
    let travelling: Vec<Address> =
        world.flights().filter(|flight| carries(&flight.cargo, last)).map(|flight| flight.to).collect();
    let said = match alone.len() {
        1 => said.text(" No other node has ").write(Chip::of(*last)),
        count => said.text(format!(" No other node has its last {count} writes up to ")).write(Chip::of(*last)),
    };
    match travelling.is_empty() {
        true => said.text(".").done(),
        false => said.text("; a copy is still on the wire to ").all(&travelling).text(".").done(),
    }
}

fn told_fact(world: &LabWorld, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    let node = event.node?;
    let start = Writer::default().who(node);
    match fact {
        Fact::Applied { lsn, write: Some(write) } if world.remains(node)?.role == Role::Replica => {
            if let Some(other) = world.primary().and_then(|primary| logged_otherwise(world, primary, *lsn, write)) {
                let said = start.strong(" made a value of its own").text(" of the same statement: ").write(Chip::of(*write));
                let said =
                    said.text(", and the primary has ").write(Chip::of(other)).text(". Nothing failed; the copies differ.");
                return Some((Weight::Told, said.done()));
            }
            let committed = committed_at(world, None, *lsn);
            let said = start.text(" shows ").write(Chip::of(*write)).text(" now");
            let said = match committed {
                Some(at) => said.text(format!(", {} after the primary had it on disk.", duration(event.at.saturating_sub(at)))),
                None => said.text("."),
            };
            Some((Weight::Quiet, said.done()))
        }
        Fact::Committed { lsn, write: Some(write) } if waits(world, node, *lsn) => {
            let view = world.view(node)?;
            let rule = &world.setup().config.commit;
            let said = start.text(" has ").write(Chip::of(*write)).text(" on disk. ").who(write.id.client).strong(" waits");
            Some((Weight::Quiet, waited_for(said.text(" until "), rule, &view).done()))
        }
        Fact::SyncChanged { replica, state } => {
            let said = match state {
                SyncState::Sync => start.text(" waits for ").who(*replica).strong(" from now on").text(": it is synchronous."),
                _ => return None,
            };
            Some((Weight::Told, said.done()))
        }
        Fact::ReadWaits { until, applied } => {
            let reader = event.operation?.client;
            let said = Writer::default().who(reader).strong(" waits").text(" for ").who(node);
            let seen = format!(": the session has seen the log up to LSN {until}, and this node shows it up to {applied}.");
            Some((Weight::Told, said.text(seen).done()))
        }
        Fact::FellBack { waiting } => {
            let said = start.strong(" goes on alone.").text(" No replica confirmed in time, so it acknowledges ");
            let said =
                said.text(counted(*waiting as u64, "write")).text(" without them, and all later ones until they have caught up.");
            Some((Weight::Loud, said.done()))
        }
        Fact::SyncAgain => {
            Some((Weight::Loud, start.text("’s replicas have caught up: ").strong("writes wait for them again.").done()))
        }
        Fact::Discarded { writes, unlisted, .. } => {
            let count = writes.len() as u64 + unlisted;
            let said = start.strong(" throws away ");
            let said = match writes.last() {
                Some((_, last)) if count > LISTED_MAX => said.text(format!("{count} writes up to ")).write(Chip::of(*last)),
                Some(_) => writes.iter().enumerate().fold(said, |said, (index, (_, write))| {
                    said.text(if index == 0 { "" } else { ", " }).write(Chip::of(*write))
                }),
                None => said.text(format!("{count} writes")),
            };
            let them = if count == 1 { "it" } else { "them" };
            Some((Weight::Loud, said.text(format!(": the new primary’s log does not have {them}.")).done()))
        }
        Fact::SnapshotNeeded { replica, wanted, first_kept } => {
            let why = match wanted < first_kept {
                true => format!(" all data: it needs the log from LSN {wanted}, and the log starts at {first_kept} by now."),
                false => " all data: their logs have parted.".into(),
            };
            Some((Weight::Told, start.text(" sends ").who(*replica).text(why).done()))
        }
        Fact::SnapshotInstalled { lsn, .. } => {
            Some((Weight::Told, start.text(format!(" has taken over all data as of LSN {lsn} and goes on from there.")).done()))
        }
        _ => logs::told(node, event, fact).or_else(|| election::told(world, node, event, fact)),
    }
}

/// The same write in a node's log, if it has another value there.
pub(super) fn logged_otherwise(world: &LabWorld, node: NodeId, lsn: Lsn, write: &Write) -> Option<Write> {
    let view = world.view(node)?;
    let entry = view.tail.iter().find(|entry| entry.lsn == lsn && entry.in_log)?;
    entry.write.filter(|logged| logged.id == write.id && logged != write)
}

/// Whether a write on the primary's disk waits for replicas.
fn waits(world: &LabWorld, primary: NodeId, lsn: Lsn) -> bool {
    let level = world.setup().config.commit.level;
    level.is_remote() && world.view(primary).is_some_and(|view| !view.fallen_back && view.waiting > 0 && view.applied < lsn)
}

/// "B and C have it on disk"
fn waited_for(said: Writer, rule: &Commit, view: &NodeView) -> Writer {
    let of = |wanted: &[SyncState]| -> Vec<Address> {
        let counts = view.followers.iter().filter(|(_, state)| wanted.contains(state));
        counts.map(|(replica, _)| Address::Node(*replica)).collect()
    };
    let (sync, quorum) = (of(&[SyncState::Sync]), of(&[SyncState::Quorum]));
    let (said, one) = match (rule.which, sync.len(), quorum.len()) {
        (Which::First, 0, _) | (_, _, 0) if sync.is_empty() => (said.text("a replica that counts comes back and "), true),
        (Which::First, count, _) => (said.all(&sync).text(" "), count == 1),
        (Which::Any, ..) => (said.text(format!("{} of ", rule.count)).all(&quorum).text(" "), rule.count == 1),
        (Which::Majority, ..) => (said.text("with the primary a majority "), true),
    };
    said.text(match (rule.level, one) {
        (Level::RemoteWrite, true) => "has received it.",
        (Level::RemoteWrite, false) => "have received it.",
        (Level::RemoteApply, true) => "shows it.",
        (Level::RemoteApply, false) => "show it.",
        (_, true) => "has it on disk, too.",
        (_, false) => "have it on disk, too.",
    })
}

fn dropped(from: Address, to: Address, class: MessageClass, cargo: &Cargo, reason: DropReason) -> Option<(Weight, Sentence)> {
    let start = Writer::default();
    let (what, weight) = match cargo {
        Cargo::Entries { last_write: Some(write), .. } => (start.text("The copy of ").write(Chip::of(*write)), Weight::Told),
        Cargo::Entries { .. } => (start.text("The no-op of ").who(from), Weight::Quiet),
        Cargo::Ask { .. } => (start.text("The request of ").who(from), Weight::Told),
        Cargo::Answer { .. } => (start.text("The answer of ").who(from), Weight::Told),
        Cargo::Snapshot { .. } => (start.text("The snapshot"), Weight::Told),
        // Small talk between nodes is not worth a headline.
        _ => return None,
    };
    let said = what.text(" to ").who(to);
    let said = match reason {
        DropReason::Loss => said.strong(" was lost").text(" on the way."),
        DropReason::Cut => said.strong(" did not get through:").text(" the link is cut."),
        DropReason::NodeDown => said.text(" found ").strong("nobody there."),
        DropReason::ByHand => said.strong(" was taken").text(" off the wire."),
        DropReason::LinkFull => said.strong(" did not fit").text(" on the link."),
        DropReason::QueueFull => said.text(" was turned away: ").strong("too much was waiting there."),
        DropReason::CrashedWaiting => said.text(" died waiting: the node crashed first."),
    };
    let resend = class == MessageClass::Replicate && reason == DropReason::Loss;
    let said = if resend { said.text(" It will be sent again.") } else { said };
    Some((weight, said.done()))
}
