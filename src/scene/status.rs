//! What a node is up to, in as many words as its card has room for, and what it knows of who is alive.

use super::{
    layout::CardSize,
    peers,
    stage::{NodeState, Tone},
};
use crate::{
    explain::{
        search::committed_at,
        words::{counted, duration},
    },
    lab::LabWorld,
    protocol::{NodeView, failover::Fencing},
    sim::id::NodeId,
    store::log::Lsn,
    trace::Role,
};

pub(super) fn status(
    world: &LabWorld,
    node: NodeId,
    view: &NodeView,
    state: NodeState,
    primary: Option<NodeId>,
    lead: Option<&NodeView>,
    // The card, and whether it says how many messages wait, too.
    (size, waiting): (CardSize, bool),
) -> (Tone, String) {
    // Only the largest card has room for whole sentences.
    let size = if waiting && size == CardSize::Large { CardSize::Medium } else { size };
    let brief = size != CardSize::Large;
    if state == NodeState::Down {
        let disk = if view.flushed == Lsn::ZERO { "nothing on disk".into() } else { format!("on disk up to {}", view.flushed) };
        if view.role == Role::Peer {
            let what = if brief { view.flushed.to_string() } else { counted(view.flushed.0, "change") };
            return (Tone::Plain, if view.flushed == Lsn::ZERO { disk } else { format!("{what} on disk") });
        }
        return (Tone::Plain, if brief { disk } else { format!("{disk} · epoch {}", view.epoch) });
    }
    if view.role == Role::Peer || !cfg!(feature = "primary-replica") {
        return peers::status(world, node, view, brief);
    }
    if view.role == Role::Primary {
        let open = view.written.0 - view.flushed.0;
        let text = match (open, brief) {
            // Its badge says that it is paused.
            _ if state == NodeState::Paused => {
                if waiting {
                    String::new()
                } else {
                    "takes no writes now".into()
                }
            }
            _ if view.fenced => {
                let what = if brief { "takes no writes" } else { "no majority · takes no writes" };
                return (Tone::Bad, what.into());
            }
            (0, _) if view.waiting > 0 => {
                // Beside the number of messages that wait there is no room for more.
                let what = if waiting && brief { format!("{} wait", view.waiting) } else { counted_wait(view.waiting) };
                return (Tone::Warn, what);
            }
            (0, _) if view.fallen_back => {
                return (Tone::Warn, "goes on alone".into());
            }
            (0, _) if size == CardSize::Strip || waiting => "takes writes".into(),
            (0, _) => format!("takes writes · epoch {}", view.epoch),
            _ if waiting => format!("{open} to disk"),
            _ if open == no_ops_beyond(view) => "a no-op going to disk".into(),
            _ => format!("{} going to disk", counted(open, "write")),
        };
        return (Tone::Plain, text);
    }
    if view.stopped {
        return (Tone::Bad, if brief { "log parted" } else { "log parted · stopped" }.into());
    }
    if let Some((votes, needed)) = view.votes {
        let votes = format!("{votes} of {needed} votes");
        return (Tone::Warn, if brief { votes } else { format!("stands · {votes}") });
    }
    if !view.suspects.is_empty() {
        let suspects = format!("suspects {}", listed(&view.suspects));
        // Beside the number of messages that wait there is no room for more.
        let alone = waiting || view.role == Role::Monitor;
        return (Tone::Warn, if alone { suspects } else { format!("{suspects} · {}", has(size, view)) });
    }
    if view.role == Role::Monitor {
        let watches = view.follows.map_or("watches".into(), |primary| format!("watches {primary}"));
        return (Tone::Plain, watches);
    }
    let (Some(lead), Some(primary)) = (lead, primary) else {
        let has = has(size, view);
        return (Tone::Warn, if waiting { has } else { format!("no primary · {has}") });
    };
    let cut = world.network().is_cut(view.source.unwrap_or(primary).into(), node.into());
    let lacks = lead.flushed.0.saturating_sub(view.applied.0);
    let (behind, what) = match lacks - no_ops(lead, view).min(lacks) {
        0 => (lacks, "no-op"),
        writes => (writes, "write"),
    };
    let prefix = if cut { "cut off · " } else { "" };
    if view.epoch < lead.epoch && view.applied > Lsn::ZERO && behind == 0 {
        return (Tone::Warn, if cut && brief { "cut off".into() } else { format!("{prefix}still in epoch {}", view.epoch) });
    }
    if behind == 0 {
        return match (cut, size) {
            (false, _) => (Tone::Good, "up to date".into()),
            (true, CardSize::Large) => (Tone::Warn, "cut off · nothing missed".into()),
            (true, _) => (Tone::Warn, "cut off · 0 behind".into()),
        };
    }
    let since = committed_at(world, primary, view.applied.next());
    let age = since.map(|since| format!(" · {}", duration(world.now().saturating_sub(since)))).unwrap_or_default();
    // What waits has to be said, too, so not how old.
    let prefix = if waiting { "" } else { prefix };
    if waiting || cut && size != CardSize::Large {
        return (Tone::Warn, format!("{prefix}{behind} behind"));
    }
    // Small cards, and the longest case, have room for the number only.
    let count = if cut || size != CardSize::Large { behind.to_string() } else { counted(behind, what) };
    (Tone::Warn, format!("{prefix}{count} behind{age}"))
}

/// How many of the entries that a node does not show yet change nothing, as far as they are among the primary's last.
fn no_ops(lead: &NodeView, view: &NodeView) -> u64 {
    let missing = lead.tail.iter().filter(|entry| entry.lsn > view.applied && entry.lsn <= lead.flushed);
    missing.filter(|entry| entry.write.is_none()).count() as u64
}

/// How many of the entries that are not on disk yet change nothing.
fn no_ops_beyond(view: &NodeView) -> u64 {
    view.tail.iter().filter(|entry| entry.lsn > view.flushed && entry.write.is_none()).count() as u64
}

fn has(size: CardSize, view: &NodeView) -> String {
    let has = match size {
        CardSize::Large => "has up to",
        CardSize::Medium => "up to",
        CardSize::Small | CardSize::Strip => "at",
    };
    format!("{has} {}", view.applied)
}

fn counted_wait(count: usize) -> String {
    if count == 1 { "1 write waits".into() } else { format!("{count} writes wait") }
}

/// Who takes a node for gone.
pub(super) fn suspected_by(views: &[(NodeId, NodeView)], node: NodeId) -> Vec<NodeId> {
    views.iter().filter(|(_, view)| view.suspects.contains(&node)).map(|(other, _)| *other).collect()
}

/// `A, B and C`.
pub(super) fn listed(nodes: &[NodeId]) -> String {
    let mut words = String::new();
    for (index, node) in nodes.iter().enumerate() {
        words += match index {
            0 => "",
            last if last + 1 == nodes.len() => " and ",
            _ => ", ",
        };
        words += &node.to_string();
    }
    words
}

/// What a node knows of who is alive and who may lead, name by name; nothing where nobody watches.
pub fn watch_rows(world: &LabWorld, node: NodeId, view: &NodeView) -> Vec<(&'static str, String)> {
    if !cfg!(feature = "primary-replica") {
        return Vec::new();
    }
    let mut rows = Vec::new();
    if !view.suspects.is_empty() {
        rows.push(("suspects", listed(&view.suspects)));
    }
    let members = world.members().into_iter();
    let views: Vec<(NodeId, NodeView)> = members.filter_map(|other| Some((other, world.view(other)?))).collect();
    let suspected_by = suspected_by(&views, node);
    if !suspected_by.is_empty() {
        rows.push(("suspected by", listed(&suspected_by)));
    }
    if let Some((votes, needed)) = view.votes {
        rows.push(("votes", format!("{votes} of {needed} needed")));
    }
    let is_up = world.host(node).is_some_and(|host| host.is_up());
    if is_up
        && view.role == Role::Primary
        && world.setup().config.primary_replica().is_some_and(|config| config.failover.fencing == Fencing::Lease)
    {
        rows.push(("lease", if view.fenced { "over: takes no writes" } else { "held" }.into()));
    }
    rows
}
