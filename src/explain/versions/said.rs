//! What a step was about, in a sentence: what was compared, and why that won.

use super::{Graph, Named, Step, What};
use crate::{
    explain::{Sentence, Writer, chip::Chip, peers::strategy_words, words::clock},
    protocol::contexts::Contexts,
    sim::time::Micros,
    store::{
        object::register::Strategy,
        stamp::Stamp,
        version::{Dot, VersionVector},
    },
};

/// Most versions that are named one by one.
const LISTED_MAX: usize = 3;
const NOTHING: &str = "nothing of it";
/// Of a write that replaces nothing where all siblings have one version vector.
const PLAIN: &str = "may have seen more than one version vector can say";

/// The sentence for a step.
pub fn said(graph: &Graph, step: &Step) -> Sentence {
    let start = Writer::default().who(step.node);
    let said = match &step.what {
        What::Written { version } => written(graph, start, *version),
        What::Replaced { new, old } => {
            let said = named(graph, start.text(" learns of "), new).text(". ");
            named(graph, contexts(graph, said, new).text(" So ").strong("it replaces "), old).text(".")
        }
        What::Kept { all } => {
            let said = named(graph, start.text(" has "), all).text(". ");
            contexts(graph, said, all)
                .text(" So none replaces another: ")
                .strong("all are kept, and the reader decides")
                .text(".")
        }
        What::Hidden { hidden, kept, strategy } => {
            let said = named(graph, start.text(" hides "), hidden);
            match kept {
                Some(kept) => why(graph, named(graph, said.text(" behind "), &[*kept]).text(". "), hidden, *kept, *strategy),
                None => said.text(": ").strong(strategy_words(*strategy)).text("."),
            }
        }
        What::Early { version } => {
            let said = named(graph, start.text(" shows "), &[*version]).strong(" too early");
            said.text(": the peer that took it had something that is not here yet.")
        }
        What::Held { version, of } => {
            let said =
                named(graph, start.text(" holds "), &[*version]).strong(" back").text(": the peer that took it had a write of ");
            said.who(*of).text(" that is not here yet.")
        }
    };
    said.done()
}

/// "x = 7 (A2) and x = 9 (C1)"
fn named(graph: &Graph, mut said: Writer, all: &[usize]) -> Writer {
    for (index, version) in all.iter().take(LISTED_MAX).enumerate() {
        let one = &graph.versions[*version];
        let between = match index {
            0 => "",
            last if last + 1 == all.len() => " and ",
            _ => ", ",
        };
        let what = if one.version.deleted { "the deletion " } else { "" };
        said = said.text(between).text(what).write(Chip::of(one.version.write)).text(format!(" ({})", one.dot));
    }
    match all.len().saturating_sub(LISTED_MAX) {
        0 => said,
        more => said.text(format!(" and {more} more")),
    }
}

/// Over what it was made: "A1 C2", "nothing of it".
fn context(one: &Named) -> String {
    let before = |dot: Dot| Dot { counter: dot.counter - u32::from(dot == one.dot), ..dot };
    let vector: VersionVector = one.seen.vector().iter().map(before).collect();
    let beyond = one.seen.beyond().filter(|dot| *dot != one.dot);
    let all: Vec<String> = vector.iter().chain(beyond).map(|dot| dot.to_string()).collect();
    if all.is_empty() { NOTHING.into() } else { all.join(" ") }
}

/// "A2 was taken by a node that had A1, C1 was taken by …"; where clients bring contexts, what those had seen.
fn contexts(graph: &Graph, said: Writer, all: &[usize]) -> Writer {
    let one = |index: &usize| {
        let Named { dot, .. } = graph.versions[*index];
        match (graph.contexts, context(&graph.versions[*index])) {
            (Contexts::Everything, context) => format!("{dot} was taken by a node that had {context}"),
            (Contexts::Plain, context) if context == NOTHING => format!("{dot}’s writer {PLAIN}"),
            (_, context) => format!("{dot}’s writer had seen {context}"),
        }
    };
    let all: Vec<String> = all.iter().take(LISTED_MAX).map(one).collect();
    said.text(format!("{}.", all.join(", ")))
}

fn written(graph: &Graph, said: Writer, version: usize) -> Writer {
    let one = &graph.versions[version];
    let said = named(graph, said.text(" takes "), &[version]).text(" from ").who(one.version.write.id.client);
    let parents = graph.parents(version);
    let said = match parents.as_slice() {
        [] => said.text(match graph.contexts {
            Contexts::Everything => format!(", and had {NOTHING}."),
            Contexts::Plain if version > 0 => format!(", who {PLAIN}."),
            _ => format!(", who had seen {NOTHING}."),
        }),
        all => named(graph, said.text(", over "), all).text(if all.len() > 1 { ": one value again." } else { "." }),
    };
    let is_unknown = |other: &usize| one.is_concurrent(&graph.versions[*other]);
    let unknown: Vec<usize> = (version.saturating_sub(Graph::PARENTS_BACK)..version).filter(is_unknown).collect();
    // Only the latest of them can still be in the way.
    let is_latest = |other: &usize| !unknown.iter().any(|next| graph.versions[*next].knew(&graph.versions[*other]));
    let unknown: Vec<usize> = unknown.iter().copied().filter(is_latest).collect();
    match unknown.as_slice() {
        [] => said,
        all => {
            let said = match graph.contexts {
                Contexts::Everything => said.text(" ").who(one.dot.actor.node).text(" did not know of "),
                Contexts::Dotted => said.text(" ").who(one.version.write.id.client).text(" did not know of "),
                Contexts::Plain => said.text(" It stays beside "),
            };
            let last = all.last().map_or(one.at, |last| graph.versions[*last].at);
            named(graph, said, all).text(format!(", written {} before.", ago(one.at, last)))
        }
    }
}

fn ago(at: Micros, before: Micros) -> String {
    crate::explain::words::duration(at.saturating_sub(before))
}

/// Hybrid time: "12.400 s", "12.400 s and 2 counted".
fn hybrid(stamp: Stamp) -> String {
    let counted = if stamp.logical > 0 { format!(" and {} counted", stamp.logical) } else { String::new() };
    clock(stamp.wall_us) + &counted
}

/// What the strategy compared, and what came of it.
fn why(graph: &Graph, said: Writer, hidden: &[usize], kept: usize, strategy: Strategy) -> Writer {
    let winner = &graph.versions[kept];
    let all = || std::iter::once(winner).chain(hidden.iter().take(LISTED_MAX).map(|index| &graph.versions[*index]));
    let list = |words: &dyn Fn(&Named) -> String| all().map(words).collect::<Vec<_>>().join(", ");
    let node = |one: &Named| one.dot.actor.node;
    let compared = match strategy {
        Strategy::LastWriteWins => {
            list(&|one| format!("{}’s clock said {} for {}", node(one), clock(one.version.stamp.wall_us), one.dot))
        }
        Strategy::LastWriteWinsHybrid | Strategy::FirstWriterWins => {
            format!("By hybrid time {}", list(&|one| format!("{} is of {}", one.dot, hybrid(one.version.hybrid))))
        }
        Strategy::LastWriteWinsLamport => list(&|one| format!("{} has Lamport count {}", one.dot, one.version.lamport)),
        Strategy::HighestNode => list(&|one| format!("{} was written at {}", one.dot, node(one))),
        Strategy::KeepSiblings => String::new(),
    };
    let said = said.text(format!("{compared}, and ")).strong(strategy_words(strategy)).text(".");
    let is_tie = hidden.iter().any(|index| is_tie(winner, &graph.versions[*index], strategy));
    let said = if is_tie { said.strong(" That is a tie").text(", which the order of the names decides.") } else { said };
    let overwrote = hidden.iter().map(|index| &graph.versions[*index]).find(|one| one.knew(winner));
    match overwrote {
        Some(later) => {
            let said = match graph.contexts {
                Contexts::Everything => said.text(" Yet ").who(later.dot.actor.node).text(" had "),
                _ => said.text(" Yet ").who(later.version.write.id.client).text(" had been shown "),
            };
            said.text(format!("{} before {} was written: ", winner.dot, later.dot)).strong("the later write is lost").text(".")
        }
        None => said,
    }
}

/// Whether what the strategy compares is the same of both.
fn is_tie(one: &Named, other: &Named, strategy: Strategy) -> bool {
    let (own, theirs) = (&one.version, &other.version);
    let count = |stamp: Stamp| (stamp.wall_us, stamp.logical);
    match strategy {
        Strategy::LastWriteWins => count(own.stamp) == count(theirs.stamp),
        Strategy::LastWriteWinsHybrid | Strategy::FirstWriterWins => count(own.hybrid) == count(theirs.hybrid),
        Strategy::LastWriteWinsLamport => own.lamport == theirs.lamport,
        Strategy::HighestNode | Strategy::KeepSiblings => false,
    }
}

/// What readers find at the moment of both graphs, under the one strategy and the other.
pub fn between(own: &Graph, other: &Graph) -> Sentence {
    let start = Writer::default();
    if found(own) == found(other) {
        return start.text("At this moment both show the same.").done();
    }
    let said = tell(own, start.text("As it ran, "));
    tell(other, said.text(" There, ")).done()
}

/// The names of what any peer shows, and of what is only hidden.
fn found(graph: &Graph) -> [Vec<Dot>; 2] {
    visible(graph).map(|all| all.iter().map(|version| graph.versions[*version].dot).collect())
}

fn visible(graph: &Graph) -> [Vec<usize>; 2] {
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    // In the order in which they were taken, each once.
    let add = |all: &mut Vec<usize>, version: usize| {
        let place = all.partition_point(|other| *other < version);
        if all.get(place) != Some(&version) {
            all.insert(place, version);
        }
    };
    for (node, _) in &graph.copies {
        let (own, dropped) = graph.visible(*node);
        own.into_iter().for_each(|version| add(&mut shown, version));
        dropped.into_iter().for_each(|version| add(&mut hidden, version));
    }
    hidden.retain(|version| !shown.contains(version));
    [shown, hidden]
}

fn tell(graph: &Graph, said: Writer) -> Writer {
    let are = |all: &[usize]| if all.len() > 1 { " are" } else { " is" };
    let [shown, hidden] = visible(graph);
    let said = match shown.as_slice() {
        [] => said.text("nothing is"),
        shown => named(graph, said, shown).text(are(shown)),
    };
    let said = said.text(" shown");
    match hidden.as_slice() {
        [] => said.text("."),
        hidden => named(graph, said.text(" and "), hidden).text(are(hidden)).strong(" hidden").text("."),
    }
}
