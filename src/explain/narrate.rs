//! The headline above the stage: the last thing that happened and is worth a sentence.

use super::{
    Sentence, Writer, actions,
    chip::Chip,
    commands::commanded,
    election, fault, logs, outcome, peers,
    search::{acknowledged, on_disk_at, primary_has},
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
        operation::{Action, Function, Write},
        time::Micros,
    },
    store::log::Lsn,
    trace::{Event, Fact, Kind, Role, SyncState},
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
/// Most of those that clients were promised.
const ACKNOWLEDGED_MAX: usize = 24;
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
    let Some(last) = told.next() else { return asking(world, since).or_else(|| quiet(world)) };
    let at = last.at;
    Some(told.take_while(|other| other.at == at).fold(last, |best, other| if other.weight > best.weight { other } else { best }))
}

/// While many ask each other and hear no news: how far the newest write has come.
fn quiet(world: &LabWorld) -> Option<Headline> {
    #[cfg(feature = "gossip")]
    if let Some(write) = super::gossip::newest(world) {
        let without = super::gossip::residue(world, &write);
        let sentence = super::gossip::how_far(world, &write, &without, super::gossip::is_over(world, &write));
        let event = EventId(world.trace().next().saturating_sub(1));
        return Some(Headline { event, at: world.now(), weight: Weight::Quiet, sentence });
    }
    let _ = world;
    None
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
            (action, _) if action.is_write() => {
                let what = actions::verb(action, world.setup().config.key_type(action.key())).unwrap_or_default();
                start.text(format!(" wants to {what}")).called(name).text(".").done()
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
        Kind::Outcome { client, outcome } => Some(outcome::told(world, event, (*client).into(), outcome, stale)),
        Kind::Fact(fact) => told_fact(world, event, fact),
        Kind::Crash { how } => Some((Weight::Loud, fault::crashed(world, node?, *how))),
        Kind::Restart => Some((Weight::Loud, start().who(node?).strong(" restarted").text(" with what was left.").done())),
        Kind::Pause => {
            let said = start().who(node?).strong(" is paused.").text(" Nothing runs there; messages to it wait.");
            Some((Weight::Loud, said.done()))
        }
        Kind::Resume => Some((Weight::Loud, start().who(node?).strong(" goes on").text(" and finds what waited for it.").done())),
        Kind::Added => {
            let said = start()
                .who(node?)
                .strong(" joins")
                .text(" with an empty disk and asks ")
                .text(if world.setup().config.commit().is_some() { "the primary" } else { "the others" })
                .text(" for the data.");
            Some((Weight::Loud, said.done()))
        }
        Kind::Removed => Some((Weight::Loud, start().who(node?).strong(" left the group.").done())),
        Kind::Drop { from, to, class, cargo, reason, .. } => fault::dropped(world, (*from, *to), *class, cargo, *reason),
        Kind::Command { number } => commanded(&world.commands().get(*number as usize)?.command),
        Kind::CommandIdle { why, .. } => {
            Some((Weight::Loud, start().strong("Nothing happened: ").text(format!("{why}.")).done()))
        }
        _ => None,
    }
}

pub(super) fn action_of(world: &LabWorld, operation: OperationId) -> Option<Action> {
    let session = world.session(operation.client)?;
    let open = session.open.as_ref().filter(|open| open.intent.operation == operation).map(|open| open.intent.action);
    let history = world.history();
    let rows = || history.range(history.next().saturating_sub(400), history.next()).rev();
    open.or_else(|| rows().find(|(_, row)| row.operation == operation).map(|(_, row)| row.action))
}

#[cfg(feature = "documents")]
use super::documents::told as told_of_documents;
#[cfg(feature = "gossip")]
use super::gossip::told as told_of_gossip;
#[cfg(feature = "quorum")]
use super::quorum::told as told_of_quorums;

/// A program without them has nothing to tell of them.
#[cfg(not(feature = "gossip"))]
fn told_of_gossip(_: NodeId, _: &Fact) -> Option<(Weight, Sentence)> {
    None
}

/// The same of documents.
#[cfg(not(feature = "documents"))]
fn told_of_documents(_: &LabWorld, _: NodeId, _: &Fact) -> Option<(Weight, Sentence)> {
    None
}

/// The same of quorums.
#[cfg(not(feature = "quorum"))]
fn told_of_quorums(_: NodeId, _: &Fact) -> Option<(Weight, Sentence)> {
    None
}

fn told_fact(world: &LabWorld, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    let node = event.node?;
    if let Fact::SnapshotInstalled { lsn, .. } = fact {
        // Peers have no log that all share.
        let is_peer = world.remains(node).is_some_and(|view| view.role == Role::Peer);
        let until = if is_peer { String::new() } else { format!(" as of LSN {lsn}") };
        let said = Writer::default().who(node).text(format!(" has taken over all data{until} and goes on from there."));
        return Some((Weight::Told, said.done()));
    }
    told_of_primary(world, node, event, fact)
        .or_else(|| logs::told(node, event, fact))
        .or_else(|| election::told(world, node, event, fact))
        .or_else(|| peers::told(world, node, fact))
        .or_else(|| told_of_quorums(node, fact))
        .or_else(|| told_of_gossip(node, fact))
        .or_else(|| told_of_documents(world, node, fact))
}

/// What a primary and its replicas do for their writes.
fn told_of_primary(world: &LabWorld, node: NodeId, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    if !cfg!(feature = "primary-replica") {
        return None;
    }
    let start = Writer::default().who(node);
    match fact {
        Fact::Applied { lsn, write: Some(write) } if world.remains(node)?.role == Role::Replica => {
            if let Some(other) = world.primary().and_then(|primary| logged_otherwise(world, primary, *lsn, write)) {
                let said = start.strong(" made a value of its own").text(" of the same statement: ").write(Chip::of(*write));
                let said =
                    said.text(", and the primary has ").write(Chip::of(other)).text(". Nothing failed; the copies differ.");
                return Some((Weight::Told, said.done()));
            }
            let committed = on_disk_at(world, *lsn, write.id);
            let said = start.text(" shows ").write(Chip::of(*write)).text(" now");
            let said = match committed {
                Some(at) => said.text(format!(", {} after the primary had it on disk.", duration(event.at.saturating_sub(at)))),
                None => said.text("."),
            };
            Some((Weight::Quiet, said.done()))
        }
        Fact::Committed { lsn, write: Some(write) } if waits(world, node, *lsn) => {
            let view = world.view(node)?;
            let rule = world.setup().config.commit()?;
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
        Fact::Discarded { writes, unlisted, .. } => Some(discarded(world, node, writes, *unlisted)),
        Fact::SnapshotNeeded { replica, wanted, first_kept } => {
            let why = match wanted < first_kept {
                true => format!(" all data: it needs the log from LSN {wanted}, and the log starts at {first_kept} by now."),
                false => " all data: their logs have parted.".into(),
            };
            Some((Weight::Told, start.text(" sends ").who(*replica).text(why).done()))
        }
        _ => None,
    }
}

/// Entries that are on no timeline any more: what is lost with them, and of what the primary has the same write.
fn discarded(world: &LabWorld, node: NodeId, writes: &[(Lsn, Write)], unlisted: u64) -> (Weight, Sentence) {
    let all = writes.iter().map(|(_, write)| *write);
    let (kept, gone): (Vec<Write>, Vec<Write>) = all.partition(|write| primary_has(world, node, write.id).is_some());
    let start = Writer::default().who(node).strong(" throws away ");
    let count = gone.len() as u64 + unlisted;
    if let (Some(primary), 0) = (kept.first().and_then(|write| primary_has(world, node, write.id)), count) {
        let said = named(start.text("its own copy of "), &kept, LISTED_MAX as usize);
        return (Weight::Told, said.text(": ").who(primary).text(" was asked to write the same, and has it.").done());
    }
    let said = match gone.last() {
        Some(last) if count > LISTED_MAX => start.text(format!("{count} writes up to ")).write(Chip::of(*last)),
        Some(_) => named(start, &gone, LISTED_MAX as usize),
        None => start.text(format!("{count} writes")),
    };
    let them = if count == 1 { "it" } else { "them" };
    let said = acknowledged_of(world, &gone, said.text(format!(": the new primary’s log does not have {them}.")));
    let said = match kept.len() as u64 {
        0 => said,
        more => said.text(format!(" Of {more} more it has the same write.")),
    };
    (Weight::Loud, said.done())
}

/// These writes, as many as may be named, and how many more.
fn named(said: Writer, writes: &[Write], most: usize) -> Writer {
    let shown = &writes[..writes.len().min(most)];
    let said = shown
        .iter()
        .enumerate()
        .fold(said, |said, (index, write)| said.text(if index == 0 { "" } else { ", " }).write(Chip::of(*write)));
    match writes.len() - shown.len() {
        0 => said,
        more => said.text(format!(" and {more} more")),
    }
}

/// Which of these writes their clients were told are done.
fn acknowledged_of(world: &LabWorld, writes: &[Write], said: Writer) -> Writer {
    let promised: Vec<Write> = writes.iter().copied().filter(|write| acknowledged(world, write.id)).collect();
    match promised.len() {
        0 => said,
        1 if writes.len() == 1 => said.text(" Its client had been told OK."),
        _ => named(said.strong(" Acknowledged").text(" of these: "), &promised, ACKNOWLEDGED_MAX).text("."),
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
    let is_remote = world.setup().config.commit().is_some_and(|rule| rule.level.is_remote());
    is_remote && world.view(primary).is_some_and(|view| !view.fallen_back && view.waiting > 0 && view.applied < lsn)
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
