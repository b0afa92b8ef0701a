//! What is told of failures noticed, elections and leases: who suspects whom and whether rightly, who stands, who votes,
//! who leads in the end. Heartbeats themselves are not told, only what follows from them.

use super::{
    Sentence, Writer,
    narrate::Weight,
    search::recent,
    words::{counted, duration},
};
use crate::{
    lab::LabWorld,
    protocol::{
        detector::Detect,
        failover::{By, Failover, Fencing},
    },
    sim::{
        id::{Address, NodeId},
        time::Micros,
    },
    store::log::Epoch,
    trace::{Event, Fact, Kind, NoVote, Role},
    world::command::Command,
};

/// The sentence for such a fact, if it is one and deserves one.
pub(super) fn told(world: &LabWorld, node: NodeId, event: &Event, fact: &Fact) -> Option<(Weight, Sentence)> {
    if !cfg!(feature = "primary-replica") {
        return None;
    }
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        Fact::Appended { lsn, epoch, write: None } => {
            let said = start.text(format!(" begins epoch {epoch} with a no-op at LSN {lsn}: "));
            (Weight::Quiet, said.text("once a majority has it, everything before it is sure to last."))
        }
        Fact::Suspects { suspect, silence } => {
            let said = start.strong(" suspects ").who(*suspect);
            let said = said.text(format!(": no sign of life for {}. ", duration(*silence))).who(*suspect);
            let truth = match condition(world, *suspect, event.at) {
                Condition::Down => " is down indeed.",
                Condition::Paused => " is only paused, which nobody can tell from here.",
                Condition::Running => " runs: what it says does not arrive, or too late, which looks the same from here.",
            };
            let acts = world.setup().config.primary_replica().is_some_and(|config| config.failover.by != By::Operator);
            (Weight::Loud, said.text(truth).text(if acts { "" } else { " To act on it is up to a person." }))
        }
        Fact::Trusts { suspect, silence } => {
            let said = start.strong(" hears ").who(*suspect).strong(" again").text(format!(" after {}: ", duration(*silence)));
            let since = event.at.saturating_sub(*silence);
            let died = recent(world).take_while(|other| other.at >= since).any(|other| {
                other.at <= event.at && other.node == Some(*suspect) && matches!(other.kind, Kind::Crash { .. } | Kind::Restart)
            });
            let tail = if died { "it is back." } else { "it was alive all along, the suspicion false." };
            (Weight::Loud, said.text(tail))
        }
        Fact::Stands { epoch, trial: true } => {
            let said = start.strong(" asks on trial").text(format!(": would the others vote for it to lead epoch {epoch}?"));
            (Weight::Told, said)
        }
        Fact::Stands { epoch, trial: false } => {
            let said = start.strong(" stands for election").text(format!(" and asks for votes to lead epoch {epoch}."));
            match by_hand(world, node, event.at) {
                true => (Weight::Loud, said.text(" A person wanted it to lead, but here the nodes decide.")),
                false => (Weight::Told, said),
            }
        }
        Fact::Voted { candidate, epoch, trial } => {
            let said = start.strong(if *trial { " would vote for " } else { " votes for " }).who(*candidate);
            let tail = if *trial { "." } else { ", and for nobody else in it." };
            (Weight::Told, said.text(format!(" in epoch {epoch}{tail}")))
        }
        Fact::VoteRefused { candidate, epoch, trial, why } => {
            let said = start.strong(if *trial { " would not vote for " } else { " does not vote for " }).who(*candidate);
            let said = match why {
                NoVote::PrimaryAlive if led(world, node, event) => said.text(": it leads itself, as far as it knows."),
                NoVote::PrimaryAlive => said.text(": it hears from a primary."),
                NoVote::LogBehind => said.text(": its own log goes further, and that would be lost."),
                NoVote::VotedAlready => said.text(format!(": in epoch {epoch} its vote is given, or it leads.")),
                NoVote::OldEpoch => said.text(format!(": epoch {epoch} is past.")),
                NoVote::NotReady => said.text(": it has not got the group’s data yet."),
            };
            (Weight::Told, said)
        }
        Fact::NotElected { epoch, votes, needed } => {
            let said = start.strong(" is not elected").text(format!(": {} of {needed} needed", counted(*votes as u64, "vote")));
            let rivals = rivals(world, node, *epoch);
            let said = match rivals.is_empty() {
                true => said.text("."),
                false => said.text(", for ").all(&rivals).text(if rivals.len() > 1 { " stand, too." } else { " stands, too." }),
            };
            (Weight::Loud, said.text(" It tries again, after a random wait."))
        }
        Fact::Elected { epoch, votes, .. } => {
            let votes = counted(*votes as u64, "vote");
            (Weight::Told, start.strong(" is elected").text(format!(" to lead epoch {epoch}, with {votes}.")))
        }
        Fact::NewerEpoch { epoch } => {
            let said = start.strong(format!(" hears of epoch {epoch}"));
            match led(world, node, event) {
                true => (Weight::Loud, said.text(" and takes no more writes. Who leads now it has yet to learn.")),
                false => (Weight::Quiet, said.text(". Who leads it is not known here yet.")),
            }
        }
        Fact::LeaseLost { in_touch, needed } => {
            let said = start.strong(" takes no more writes").text(": its lease is over. ");
            let nodes = counted(*in_touch as u64, "node");
            (
                Weight::Loud,
                said.text(format!("It is in touch with {nodes}, itself counted, and needs {needed}; another may lead by now.")),
            )
        }
        Fact::LeaseRegained => (Weight::Loud, start.text(" is in touch with a majority again and ").strong("takes writes.")),
        Fact::PowerCut { node: old } => (
            Weight::Loud,
            start.text(" has ").strong("the power cut").text(" at ").who(*old).text(", then takes over (fencing)."),
        ),
        Fact::Agreed { suspect, monitors, needed } => {
            let said = start.text(" and the other monitors ").strong("agree").text(" that ").who(*suspect).text(" is gone");
            (Weight::Told, said.text(format!(": {monitors} of {needed} needed say so. They choose one among them to act.")))
        }
        Fact::Appointed { node: chosen, epoch, .. } => {
            let said = start.strong(" appoints ").who(*chosen);
            (Weight::Loud, said.text(format!(" to lead epoch {epoch}: of those in touch it has most.")))
        }
        Fact::RoleChanged { role: Role::Primary, epoch, last } => {
            let same = |other: &&Event| other.at == event.at && other.node == Some(node);
            let (mut votes, mut cut) = (None, None);
            for other in recent(world).skip_while(|other| other.at > event.at).take_while(|other| other.at == event.at) {
                match &other.kind {
                    Kind::Fact(Fact::Elected { votes: count, .. }) if same(&other) => votes = Some(*count),
                    Kind::Fact(Fact::PowerCut { node }) if same(&other) => cut = Some(*node),
                    _ => {}
                }
            }
            let elected = votes.map_or(String::new(), |votes| format!(", elected with {}", counted(votes as u64, "vote")));
            let said = start.strong(" is primary now").text(format!(" (epoch {epoch}){elected}. "));
            let said = match cut {
                Some(old) => said.text("The power is cut at ").who(old).text(". "),
                None => said,
            };
            (Weight::Loud, said.text(format!("Its log ends at LSN {last}; what it never received is not in it.")))
        }
        Fact::RoleChanged { role: Role::Replica, epoch, .. } => {
            let follows = world.remains(node).filter(|view| view.epoch == *epoch).and_then(|view| view.follows);
            let said = match follows {
                Some(follows) => start.text(" follows ").who(follows).text(format!(" now (epoch {epoch}).")),
                None => start.strong(" is a replica now").text(format!(" (epoch {epoch}).")),
            };
            (Weight::Loud, said)
        }
        _ => return None,
    };
    Some((weight, said.done()))
}

#[derive(Clone, Copy, PartialEq)]
enum Condition {
    Down,
    Paused,
    Running,
}

/// How a node was at that moment, whatever others thought.
fn condition(world: &LabWorld, node: NodeId, at: Micros) -> Condition {
    let last = recent(world).filter(|event| event.at <= at && event.node == Some(node)).find_map(|event| match event.kind {
        Kind::Crash { .. } => Some(Condition::Down),
        Kind::Pause => Some(Condition::Paused),
        Kind::Restart | Kind::Resume => Some(Condition::Running),
        _ => None,
    });
    // What is so for long is so now.
    last.unwrap_or_else(|| match world.host(node) {
        Some(host) if host.is_up() && host.paused => Condition::Paused,
        Some(host) if host.is_up() => Condition::Running,
        _ => Condition::Down,
    })
}

/// Whether a person had just asked for this node to lead.
fn by_hand(world: &LabWorld, node: NodeId, at: Micros) -> bool {
    let commands = world.commands().iter();
    commands.into_iter().any(|timed| timed.at == at && matches!(timed.command, Command::Promote { node: own } if own == node))
}

/// The others who stood for the same epoch.
fn rivals(world: &LabWorld, node: NodeId, epoch: Epoch) -> Vec<Address> {
    let mut rivals = Vec::new();
    for event in recent(world) {
        let stands = matches!(event.kind, Kind::Fact(Fact::Stands { epoch: own, trial: false }) if own == epoch);
        let who = event.node.filter(|other| stands && *other != node).map(Address::Node);
        rivals.extend(who.filter(|who| !rivals.contains(who)));
    }
    rivals
}

/// Whether a node was primary right before the event. In a long silence about its role only the first primary was one.
fn led(world: &LabWorld, node: NodeId, event: &Event) -> bool {
    let mut earlier = recent(world).skip_while(|other| other.at >= event.at).filter(|other| other.node == Some(node));
    let last = earlier.find_map(|other| match other.kind {
        Kind::Fact(Fact::RoleChanged { role, .. }) => Some(role == Role::Primary),
        Kind::Fact(Fact::NewerEpoch { .. }) => Some(false),
        Kind::Fact(Fact::Appended { .. } | Fact::LeaseLost { .. } | Fact::LeaseRegained) => Some(true),
        _ => None,
    });
    last.unwrap_or(world.setup().first_primary == node)
}

/// The primary that no longer led when it told the client of this operation that the write is not confirmed.
pub(super) fn deposed(world: &LabWorld, event: &Event) -> Option<NodeId> {
    let told = recent(world)
        .skip_while(|other| other.at > event.at)
        .find(|other| other.operation == event.operation && matches!(other.kind, Kind::Fact(Fact::Unconfirmed { .. })))?;
    let steps_down = |other: &Event| {
        other.node == told.node
            && matches!(other.kind, Kind::Fact(Fact::NewerEpoch { .. } | Fact::RoleChanged { role: Role::Replica, .. }))
    };
    let mut then = recent(world).skip_while(|other| other.at > told.at).take_while(|other| other.at == told.at);
    told.node.filter(|_| then.any(steps_down))
}

/// The new rule in words: who takes over, by what the failure is noticed, what keeps the old one from writing.
pub(super) fn rule(failover: &Failover) -> Sentence {
    if !cfg!(feature = "primary-replica") {
        return Sentence::new();
    }
    let start = Writer::default().text("When the primary is gone, ");
    let said = match failover.by {
        By::Operator => start.strong("a person decides").text(" who leads. "),
        By::Election => start.strong("the nodes elect another").text(". "),
        By::Monitors => start.strong("monitors appoint another").text(". "),
    };
    let noticed = match failover.detect {
        Detect::Nothing => "Nobody sends heartbeats".to_string(),
        Detect::Timeout => format!("A silence of {} is suspicious", duration(failover.timeout)),
        Detect::Phi => format!("A silence is suspicious from φ {} on", crate::sim::decimal::short(failover.phi_threshold)),
    };
    let fenced = match failover.fencing {
        Fencing::Nothing => ".",
        Fencing::Lease => "; without a majority a primary takes no writes.",
        Fencing::Power => "; the old one’s power is cut first.",
    };
    said.text(noticed + fenced).done()
}
