//! The stage: node cards, clients, links. What stays put between two events.

use super::{
    geometry::Rect,
    layout::{CardSize, Layout},
    links::{LinkLine, links},
    peers,
    status::{listed, status, suspected_by},
};
use crate::{
    client::session::Session,
    explain::{
        actions::{self, contents},
        chip::Chip,
    },
    lab::LabWorld,
    protocol::{NodeView, TailEntry},
    sim::{
        id::{ClientId, Key, NodeId},
        operation::{Action, Outcome, Refusal, Write},
    },
    store::log::Lsn,
    trace::{Role, SyncState},
};
use std::sync::Arc;

pub use super::copy::Copy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    Up,
    Paused,
    Down,
}

/// How far an entry has got on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// Visible to readers.
    Applied,
    /// In the log, on disk or not, but not visible yet.
    Logged,
    /// Arrived before an entry it must follow.
    Waiting,
    /// Another node has it, this one does not.
    Missing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogCell {
    pub lsn: Lsn,
    /// None: a no-op.
    pub chip: Option<Chip>,
    pub state: EntryState,
    /// A machine crash now would lose it here.
    pub volatile: bool,
    /// The primary's log has something else at this position.
    pub diverged: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeCard {
    pub node: NodeId,
    pub place: Rect,
    pub size: CardSize,
    pub state: NodeState,
    pub role: String,
    pub is_primary: bool,
    pub badge: Option<(Tone, &'static str)>,
    pub copies: Vec<Copy>,
    pub more_keys: usize,
    pub log: Vec<Option<LogCell>>,
    /// Of a peer, in place of a log: how many changes of each it has, or whom it asks and what it keeps for others.
    pub vector: String,
    /// LSN of the first place of the log row; places are aligned across nodes.
    pub first_lsn: Lsn,
    pub status: (Tone, String),
    pub queue: usize,
    /// The card in a sentence or two, for those who do not see it.
    pub spoken: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClientFigure {
    pub client: ClientId,
    pub place: Rect,
    pub busy: bool,
    pub status: (Tone, String),
    /// The value the client saw last, and what it calls seeing it.
    pub chip: Option<Chip>,
    pub saw: String,
    pub spoken: String,
}

/// Its parts are shared with the stage of a moment before, where they are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub layout: Layout,
    pub nodes: Vec<Arc<NodeCard>>,
    pub clients: Vec<Arc<ClientFigure>>,
    pub links: Vec<Arc<LinkLine>>,
    pub any_cut: bool,
    /// In place of cards and links, where there are too many nodes for them.
    #[cfg(feature = "gossip")]
    pub field: Option<Arc<super::field::Field>>,
}

pub fn stage(world: &LabWorld, width: f64, height: f64) -> Stage {
    let members = world.members();
    let clients: Vec<ClientId> = world.sessions().iter().map(|session| session.id).collect();
    #[cfg(feature = "gossip")]
    if members.len() >= super::field::Field::NODES_MIN {
        return as_field(world, width, height, &clients);
    }
    let mut layout = peers::layout(world, (width, height), &members, &clients);
    let primary = world.primary();
    let lead = primary.and_then(|node| world.view(node));
    let views: Vec<(NodeId, NodeView)> = members.iter().filter_map(|node| Some((*node, world.remains(*node)?))).collect();
    let window = LogWindow::new(&views, lead.as_ref(), layout.log_cells());
    let card = |own: &(NodeId, NodeView)| card(world, &layout, &window, own, &views, primary, lead.as_ref());
    let nodes = views.iter().filter_map(card).map(Arc::new).collect();
    let clients = world.sessions().iter().filter_map(|session| figure(world, &layout, session)).map(Arc::new).collect();
    let links = links(world, &mut layout, &views).into_iter().map(Arc::new).collect();
    Stage {
        nodes,
        clients,
        links,
        any_cut: world.network().any_cut(),
        layout,
        #[cfg(feature = "gossip")]
        field: None,
    }
}

/// The stage of a group that is too large for cards.
#[cfg(feature = "gossip")]
fn as_field(world: &LabWorld, width: f64, height: f64, clients: &[ClientId]) -> Stage {
    use super::field::{Field, field};
    let (.., needed) = Field::places(width, height, world.members().len());
    let layout = Layout::of_clients(width, needed, clients);
    let clients = world.sessions().iter().filter_map(|session| figure(world, &layout, session)).map(Arc::new).collect();
    let field = Some(Arc::new(field(world, &layout, height)));
    Stage { nodes: Vec::new(), clients, links: Vec::new(), any_cut: world.network().any_cut(), layout, field }
}

impl Stage {
    /// This stage in one of `turns` turns: the links in the first, a part of the cards and clients in each other one, and all else
    /// as it was before. Where everything changes all the time the page so has the same little to do for every frame.
    pub fn in_turn(mut self, before: &Stage, turn: usize, turns: usize) -> Stage {
        if self.layout != before.layout {
            return self;
        }
        /// Every one keeps what it was, but those whose turn it is.
        fn keep<T>(all: &mut [Arc<T>], before: &[Arc<T>], turn: usize, turns: usize) {
            for (index, (own, old)) in all.iter_mut().zip(before).enumerate() {
                if turn == 0 || index % (turns - 1) != turn - 1 {
                    *own = old.clone();
                }
            }
        }
        keep(&mut self.nodes, &before.nodes, turn, turns);
        keep(&mut self.clients, &before.clients, turn, turns);
        if turn > 0 {
            self.links = before.links.clone();
            self.any_cut = before.any_cut;
        }
        self
    }
}

/// The positions of the log that all cards show, and what belongs there.
struct LogWindow {
    first: Lsn,
    cells: u64,
    /// What the primary, or failing that anybody, has at each position.
    reference: Vec<Option<(TailEntry, bool)>>,
}

impl LogWindow {
    fn new(views: &[(NodeId, NodeView)], lead: Option<&NodeView>, cells: u64) -> LogWindow {
        let longest = views.iter().map(|(_, view)| view.written).max().unwrap_or_default();
        let first = Lsn((longest.0 + 1).saturating_sub(cells).max(1));
        let reference = (0..cells).map(|offset| {
            let lsn = Lsn(first.0 + offset);
            let of = |view: &NodeView| view.tail.iter().find(|entry| entry.lsn == lsn && entry.in_log).copied();
            let leading = lead.and_then(of).map(|entry| (entry, true));
            leading.or_else(|| views.iter().find_map(|(_, view)| of(view)).map(|entry| (entry, false)))
        });
        LogWindow { first, cells, reference: reference.collect() }
    }

    fn cells(&self, view: &NodeView) -> Vec<Option<LogCell>> {
        let cell = |offset: u64| {
            let lsn = Lsn(self.first.0 + offset);
            let reference = self.reference[offset as usize];
            let Some(entry) = view.tail.iter().find(|entry| entry.lsn == lsn) else {
                // Before the start of the own log there is no hole: a snapshot covered it.
                let (there, _) = reference.filter(|_| lsn >= view.first)?;
                let chip = there.write.map(Chip::of);
                return Some(LogCell { lsn, chip, state: EntryState::Missing, volatile: false, diverged: false });
            };
            let state = match (entry.in_log, lsn <= view.applied) {
                (false, _) => EntryState::Waiting,
                (true, true) => EntryState::Applied,
                (true, false) => EntryState::Logged,
            };
            let same = |there: TailEntry| (there.epoch, there.write) == (entry.epoch, entry.write);
            let diverged = reference.is_some_and(|(there, leading)| leading && !same(there));
            Some(LogCell { lsn, chip: entry.write.map(Chip::of), state, volatile: lsn > view.flushed, diverged })
        };
        (0..self.cells).map(cell).collect()
    }
}

fn card(
    world: &LabWorld,
    layout: &Layout,
    window: &LogWindow,
    (node, view): &(NodeId, NodeView),
    views: &[(NodeId, NodeView)],
    primary: Option<NodeId>,
    lead: Option<&NodeView>,
) -> Option<NodeCard> {
    let node = *node;
    let host = world.host(node)?;
    let place = layout.place(node.into())?;
    let size = layout.size_of(node);
    let state = match (host.is_up(), host.paused) {
        (false, _) => NodeState::Down,
        (true, true) => NodeState::Paused,
        (true, false) => NodeState::Up,
    };
    let is_primary = view.role == Role::Primary;
    let whole = role_of(world, lead, node, view);
    let suspected_by = suspected_by(views, node);
    let stands_in = view.peer.as_deref().is_some_and(|peer| !peer.hints.is_empty());
    let is_marked = state != NodeState::Up || !suspected_by.is_empty() || stands_in;
    let role = match (view.role, state) {
        (Role::Primary, NodeState::Down) => "was primary".into(),
        // Beside a badge there is no room for more.
        (Role::Peer, _) if is_marked => peers::role(world, node, true),
        (Role::Peer, _) => peers::role(world, node, false) + &peers::clock_words(world, node),
        (Role::Replica, NodeState::Down | NodeState::Paused) => "replica".into(),
        (Role::Replica, NodeState::Up) if size == CardSize::Strip => brief(&whole).into(),
        _ => whole.clone(),
    };
    let badge = match state {
        NodeState::Down if host.machine_down && size == CardSize::Large => Some((Tone::Bad, "no power")),
        NodeState::Down if host.machine_down => Some((Tone::Bad, "off")),
        NodeState::Down => Some((Tone::Bad, "down")),
        NodeState::Paused => Some((Tone::Warn, "paused")),
        NodeState::Up if is_primary && primary != Some(node) => Some((Tone::Warn, "old epoch")),
        NodeState::Up if !suspected_by.is_empty() => Some((Tone::Warn, "suspected")),
        NodeState::Up if stands_in => Some((Tone::Plain, "stand-in")),
        NodeState::Up => None,
    };
    let holds = |key: Key| view.copies.iter().find(|write| write.key == key).copied();
    let leads_with = |key: Key| lead.and_then(|lead| lead.copies.iter().find(|write| write.key == key).copied());
    // A replica that is waited for shows a write before the primary does.
    let is_behind = lead.is_some_and(|lead| view.epoch < lead.epoch || view.applied < lead.applied);
    let keys = match view.role {
        Role::Monitor => 0,
        _ => world.setup().keys.max(view.copies.last().map_or(0, |write| write.key.0 + 1)),
    };
    let copies: Vec<Copy> = (0..keys)
        .map(Key)
        // Where keys have homes, a card has those that are at home there.
        .filter(|key| holds(*key).is_some() || world.placement().is_home(node, *key))
        .map(|key| match view.role {
            Role::Peer => peers::copy(world, node, key, view),
            _ => Copy { chip: holds(key).map(Chip::of), old: is_behind && holds(key) != leads_with(key), ..Copy::empty(key) },
        })
        .collect();
    let queue = host.queue_len();
    let spoken_status = status(world, node, view, state, primary, lead, (CardSize::Large, false)).1;
    let status = status(world, node, view, state, primary, lead, (size, queue > 1));
    let down = if host.machine_down { ", machine down" } else { ", down" };
    let state_words = match state {
        NodeState::Up => "",
        NodeState::Paused => ", paused",
        NodeState::Down => down,
    };
    let line = view.peer.as_deref().map(|peer| peers::line(world, view, peer)).unwrap_or_default();
    let part = match view.role {
        Role::Replica => whole,
        Role::Peer if world.placement().is_by_key() => format!("{whole}, {line}"),
        Role::Peer => whole,
        _ => role.clone(),
    };
    let spoken = spoken(node, &part, state_words, &copies, &spoken_status);
    let spoken = if suspected_by.is_empty() { spoken } else { format!("{spoken} Suspected by {}.", listed(&suspected_by)) };
    let shown = size.keys(place.width, badge.is_some(), &copies);
    Some(NodeCard {
        node,
        place,
        size,
        state,
        role,
        is_primary: is_primary && state != NodeState::Down,
        badge,
        more_keys: copies.len().saturating_sub(shown),
        copies: copies.into_iter().take(shown).collect(),
        log: if matches!(view.role, Role::Monitor | Role::Peer) { Vec::new() } else { window.cells(view) },
        vector: line,
        first_lsn: window.first,
        status,
        queue,
        spoken,
    })
}

/// What a node is: of a replica also what it is to its primary's writes, who feeds it if not the primary, and whether it is late
/// on purpose. `lead`: what the primary is like.
pub fn role_of(world: &LabWorld, lead: Option<&NodeView>, node: NodeId, view: &NodeView) -> String {
    match view.role {
        Role::Primary => return "primary".into(),
        Role::Candidate => return "candidate".into(),
        Role::Monitor => return "monitor".into(),
        Role::Peer => return peers::role(world, node, false),
        Role::Replica => {}
    }
    if let Some(source) = view.source.filter(|source| Some(*source) != view.follows) {
        return format!("replica of {source}");
    }
    let state = lead.and_then(|lead| lead.followers.iter().find(|(replica, _)| *replica == node));
    let what = match state.map(|(_, state)| *state) {
        Some(SyncState::Sync) => "sync replica",
        Some(SyncState::Quorum) => "quorum replica",
        Some(SyncState::Potential) => "potential sync",
        _ if world.setup().config.delay(node).is_some() => "delayed replica",
        // Where nobody is waited for, all are.
        Some(SyncState::Async) if world.setup().config.commit().is_some_and(|rule| rule.level.is_remote()) => "async replica",
        _ => "replica",
    };
    what.into()
}

/// The same in one word, or two short ones.
fn brief(role: &str) -> &str {
    match role {
        "potential sync" => "potential",
        _ => role.strip_suffix(" replica").or(role.strip_prefix("replica ")).unwrap_or(role),
    }
}

fn spoken(node: NodeId, role: &str, state: &str, copies: &[Copy], status: &str) -> String {
    let held: Vec<String> = copies
        .iter()
        .map(|copy| match &copy.chip {
            _ if let Some(contents) = &copy.contents => {
                format!("{} is {contents}{}", copy.key, if copy.old { ", an old state" } else { "" })
            }
            Some(chip) if !copy.siblings.is_empty() => {
                let all: Vec<String> = std::iter::once(chip).chain(&copy.siblings).map(|chip| chip.value().to_string()).collect();
                format!("{} is {}: a conflict", copy.key, all.join(" or "))
            }
            #[cfg(feature = "documents")]
            Some(chip) if copy.kept > 0 => {
                let others =
                    if copy.kept == 1 { "another branch is".into() } else { format!("{} other branches are", copy.kept) };
                format!("{} is {}, and {others} kept: a conflict", copy.key, chip.value())
            }
            Some(chip) => format!("{} is {}{}", copy.key, chip.value(), if copy.old { ", an old value" } else { "" }),
            None => format!("{} is empty{}", copy.key, if copy.old { ", an old state" } else { "" }),
        })
        .collect();
    let held = if held.is_empty() { String::new() } else { format!(" {}.", held.join("; ")) };
    format!("Node {node}, {role}{state}.{held} {status}.")
}

fn figure(world: &LabWorld, layout: &Layout, session: &Session) -> Option<ClientFigure> {
    let place = layout.place(session.id.into())?;
    let waits = session.open.as_ref().map(|open| {
        let name = world.operation_name(open.intent.operation);
        match open.intent.action {
            Action::Read { key } => format!("{} {key} at {}…", name.unwrap_or("reads"), open.node),
            Action::Write { key, value } => format!("{} {key} = {value}…", name.unwrap_or("writes")),
            Action::Generate { key, function } => format!("{} {key} = {function}…", name.unwrap_or("writes")),
            action => format!("{}…", what(action, name)),
        }
    });
    let (mut tone, mut chip, mut saw) = (Tone::Plain, None, "read");
    let said = session.last.as_ref().map(|(operation, action, outcome)| {
        let (operation, action) = (*operation, *action);
        let (key, name) = (action.key(), world.operation_name(operation));
        saw = name.unwrap_or(saw);
        match (action, outcome.clone()) {
            (_, Outcome::Read(Some(write))) => {
                chip = Some(Chip::of(write));
                format!("{saw} {key} = {}", write.value)
            }
            (_, Outcome::Several(writes)) => {
                let holds = world.setup().config.key_type(key);
                if writes.is_empty() {
                    format!("{saw} {key}: empty")
                } else {
                    format!("{saw} {key} = {}", contents(holds, &writes))
                }
            }
            (_, Outcome::Read(None)) => format!("{saw} {key}: empty"),
            (_, Outcome::Written) => {
                tone = Tone::Good;
                format!("{} · OK", what(action, name))
            }
            (_, Outcome::Generated(Write { key, value, .. })) => {
                tone = Tone::Good;
                format!("{} · OK", what(Action::Write { key, value }, name))
            }
            (_, Outcome::Unconfirmed) => {
                tone = Tone::Warn;
                let end = if world.placement().is_by_key() { "not confirmed" } else { "OK, unconfirmed" };
                format!("{} · {end}", what(action, name))
            }
            (_, Outcome::Refused(refusal)) => {
                tone = Tone::Bad;
                format!("{} · {}", what(action, name), refused(refusal))
            }
            (_, Outcome::TimedOut) => {
                tone = Tone::Bad;
                format!("{} · no answer", what(action, name))
            }
        }
    });
    let saw = saw.to_string();
    let busy = waits.is_some();
    let status = match (waits, said) {
        (Some(waits), _) => (Tone::Plain, waits),
        (None, Some(said)) => (tone, said),
        (None, None) => (Tone::Plain, "has not asked yet".into()),
    };
    let spoken = format!("Client {}: {}", session.id, status.1);
    Some(ClientFigure { client: session.id, place, busy, chip: chip.filter(|_| !busy), saw, status, spoken })
}

/// An operation in few words, with its name if it has one.
pub fn what(action: Action, name: Option<&str>) -> String {
    match (action, name) {
        (Action::Read { key }, _) => format!("{} {key}", name.unwrap_or("read")),
        (Action::Write { key, value }, None) => format!("{key} = {value}"),
        (Action::Write { key, value }, Some(name)) => format!("{name} {key} = {value}"),
        (Action::Generate { key, function }, None) => format!("{key} = {function}"),
        (Action::Generate { key, function }, Some(name)) => format!("{name} {key} = {function}"),
        (action, Some(name)) => format!("{name}: {}", actions::brief(action).unwrap_or_default()),
        (action, None) => actions::brief(action).unwrap_or_default(),
    }
}

/// A refusal in two or three words.
pub fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotPrimary { .. } => "refused: not primary",
        Refusal::NoProcess => "refused: node down",
        Refusal::NotReady => "refused: not ready",
        Refusal::TooFewReplicas => "refused: too few replicas",
        Refusal::NoMajority => "refused: no majority",
        Refusal::Monitor => "refused: a monitor",
        Refusal::TooStale => "refused: too old",
        Refusal::DiskFull => "refused: disk full",
        #[cfg(feature = "quorum")]
        Refusal::TooFewCopies { .. } => "refused: too few copies",
        Refusal::WrongType { .. } => "refused: wrong type",
        Refusal::GrowsOnly => "refused: only grows",
        Refusal::Gone => "refused: removed for good",
        Refusal::Absent => "refused: not there",
        Refusal::Full => "refused: full",
        #[cfg(feature = "documents")]
        Refusal::OldRevision => "refused: changed since",
    }
}
