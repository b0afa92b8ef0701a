//! What is told of documents that sync: edits refused, branches and which of them is shown, what nodes copy from each other; and who
//! has which revision.

use super::{
    Sentence, Writer,
    chip::Chip,
    narrate::Weight,
    peers::chips,
    search::acknowledged,
    words::{counted, duration},
};
use crate::{
    lab::LabWorld,
    protocol::{
        PeerView,
        documents::{DocumentsView, Edits, Terms, write_of},
    },
    sim::{
        id::{Address, Key, NodeId},
        operation::Write,
        revision::Revision,
    },
    trace::{Branch, DocumentFact, Event, Fact, Kind, Shows},
};

/// Why one branch is shown, as part of a sentence.
fn why_words(why: Shows) -> &'static str {
    match why {
        Shows::NotDeleted => "what is not deleted wins",
        Shows::LongerLine => "the branch with more edits wins",
        Shows::GreaterId => "of branches of one length the greater name wins",
    }
}

/// The sentence for such a fact, if it is one.
pub(super) fn told(world: &LabWorld, node: NodeId, fact: &Fact) -> Option<(Weight, Sentence)> {
    let Fact::Document(fact) = fact else { return None };
    let start = Writer::default().who(node);
    let (weight, said) = match fact {
        DocumentFact::Revised { write, revision, over } => {
            let said = start.text(format!(" makes revision {} of ", revision.brief())).write(Chip::of(*write));
            let said = match over {
                Some(over) => said.text(format!(", in place of {}.", over.brief())),
                None => said.text(", the first that it has of it."),
            };
            (Weight::Quiet, said)
        }
        DocumentFact::EditRefused { key, named, current } => {
            let said = start.text(format!(" says no (409): of {key} "));
            let said = match named {
                Some(named) => said.text(format!("the edit names revision {}", named.brief())),
                None => said.text("the edit names no revision"),
            };
            let said = match current {
                Some(current) => said.text(format!(", and the current one is {}.", current.brief())),
                None => said.text(", and that is no current one."),
            };
            (Weight::Told, said)
        }
        DocumentFact::Branched { shown, kept, why } => (Weight::Loud, branched(world, start, shown, kept, *why)),
        DocumentFact::Promoted { deleted, shown } => {
            let said = start
                .text(" shows ")
                .write(Chip::of(shown.write))
                .strong(" instead")
                .text(": the branch that it showed ends in a ");
            (
                Weight::Loud,
                said.text(format!("deletion, {}, and this one had been kept as a conflict.", deleted.revision.brief())),
            )
        }
        DocumentFact::FeedAsked { of, since } => {
            let said = start.text(" asks ").who(*of).text(" what has changed");
            (Weight::Quiet, if *since == 0 { said.text(".") } else { said.text(format!(" after its change {since}.")) })
        }
        DocumentFact::FeedTold { to, documents: 0, .. } => {
            (Weight::Quiet, start.text(" tells ").who(*to).text(" that nothing has changed."))
        }
        DocumentFact::FeedTold { to, documents, since, .. } => {
            let what = counted(*documents as u64, "document");
            let said = start.text(" tells ").who(*to).text(format!(" which revisions it has of {what} changed"));
            (Weight::Quiet, if *since == 0 { said.text(".") } else { said.text(format!(" after its change {since}.")) })
        }
        DocumentFact::RevisionsCompared { with, missing: 0, .. } => {
            let said = start.text(" has all that ").who(*with).text(" has changed: ");
            (Weight::Quiet, said.strong("nothing is fetched").text("."))
        }
        DocumentFact::RevisionsCompared { with, missing, .. } => {
            let said = start.text(format!(" lacks {} that ", counted(*missing as u64, "revision"))).who(*with);
            (Weight::Quiet, said.text(" has, and fetches them with their history."))
        }
        DocumentFact::Fetched { writes, from } => {
            let said = chips(start.text(" has fetched "), writes).text(" from ").who(*from);
            (Weight::Quiet, said.text(" and writes that to disk, whatever it has itself."))
        }
        DocumentFact::Checkpointed { of, sequence } => {
            let said = start.text(" writes down that it has everything up to change ").text(sequence.to_string()).text(" of ");
            (Weight::Quiet, said.who(*of).text(", and tells it so."))
        }
    };
    Some((weight, said.done()))
}

/// Which branch is shown and why, and which are kept though nobody sees them.
fn branched(world: &LabWorld, start: Writer, shown: &Branch, kept: &[Branch], why: Shows) -> Writer {
    let key = shown.write.key;
    let live: Vec<Write> = kept.iter().filter(|branch| !branch.deleted).map(|branch| branch.write).collect();
    let said = start.text(format!(" has {} branches of {key} that did not know of each other. ", kept.len() + 1));
    if shown.deleted {
        return said.text("All of them are deleted.");
    }
    let said = said.text("It shows ").write(Chip::of(shown.write)).text(format!(": {}.", why_words(why)));
    if live.is_empty() {
        return said;
    }
    let promised = live.iter().filter(|write| acknowledged(world, write.id)).count();
    let said = chips(said.text(" Kept, not shown: "), &live).text(if promised == 0 { "." } else { ", though " });
    match (promised, live.len()) {
        (0, _) => said,
        (1, 1) => said.text("its client was told OK."),
        (promised, all) if promised == all => said.text("their clients were told OK."),
        (promised, all) => said.text(format!("{promised} of {all} clients were told OK.")),
    }
}

/// Why an edit was refused, to its client.
pub(super) fn refused(world: &LabWorld, event: &Event, said: Writer) -> Writer {
    let Some(operation) = event.operation else { return said.text("the document was changed.") };
    let named = super::search::recent(world).find_map(|other| match &other.kind {
        Kind::Fact(Fact::Document(DocumentFact::EditRefused { named, .. })) if other.operation == Some(operation) => Some(*named),
        _ => None,
    });
    match named {
        Some(None) => said.text("the document is there already, and ").who(operation.client).text(" has not read it (409)."),
        _ => said.text("the document was changed since ").who(operation.client).text(" read it (409)."),
    }
}

/// What is gone by from now on.
pub(super) fn rule(Terms { edits, poll_every }: Terms) -> Sentence {
    let said = Writer::default().text("From now on a write replaces ");
    let said = match edits {
        Edits::Shown => said.strong("the revision that its client was shown").text(", or is refused"),
        Edits::Latest => said.strong("the latest revision at its node").text(", whatever its client was shown"),
    };
    said.text(format!("; nodes ask each other again every {}.", duration(poll_every))).done()
}

fn of(peer: &PeerView) -> Option<&DocumentsView> {
    peer.documents.as_ref()
}

/// The revision that a write is the end of a branch of, as this node has it.
fn revision(view: &DocumentsView, write: &Write) -> Option<Revision> {
    let leaves = view.tree(write.key)?.leaves();
    leaves.iter().find(|leaf| write_of(write.key, leaf) == *write).map(|leaf| leaf.revision)
}

/// Whether somebody has the revision that another has for a write.
pub(super) fn knows(other: &PeerView, own: &PeerView, write: &Write) -> bool {
    let named = of(own).and_then(|own| revision(own, write));
    let tree = of(other).and_then(|other| other.tree(write.key));
    named.zip(tree).is_some_and(|(revision, tree)| tree.knows(revision))
}

/// The running nodes that do not have the revision which a write made, while it is the end of a branch somewhere.
pub(super) fn unreached(world: &LabWorld, write: &Write) -> Vec<Address> {
    let views = || world.stores().iter().filter_map(|node| Some((*node, world.view(*node)?.peer?.documents?)));
    let Some(named) = views().find_map(|(_, view)| revision(&view, write)) else { return Vec::new() };
    let lacks = |view: &DocumentsView| view.tree(write.key).is_none_or(|tree| !tree.knows(named));
    views().filter(|(_, view)| lacks(view)).map(|(node, _)| Address::Node(node)).collect()
}

/// How many ends of branches that running nodes have are not known here.
pub(super) fn backlog(world: &LabWorld, own: &DocumentsView) -> u64 {
    let mut lacks: Vec<(Key, Revision)> = Vec::new();
    for view in world.stores().iter().filter_map(|node| world.view(*node)?.peer?.documents) {
        for (key, _, tree) in &view.documents {
            let is_known = |revision: &Revision| own.tree(*key).is_some_and(|tree| tree.knows(*revision));
            let ends = tree.leaves().into_iter().map(|leaf| leaf.revision).filter(|revision| !is_known(revision));
            for end in ends.map(|revision| (*key, revision)) {
                if !lacks.contains(&end) {
                    lacks.push(end);
                }
            }
        }
    }
    lacks.len() as u64
}

/// What another node shows of a key, if it knows what is shown here and shows something that is not known here.
pub fn newer(own: &DocumentsView, other: &DocumentsView, key: Key) -> Option<Write> {
    let (tree, theirs) = (own.tree(key), other.tree(key)?);
    let shown = theirs.winner()?;
    let knows_ours = tree.and_then(|tree| tree.winner()).is_none_or(|leaf| theirs.knows(leaf.revision));
    let is_new = tree.is_none_or(|tree| !tree.knows(shown.revision));
    (knows_ours && is_new).then(|| write_of(key, &shown))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{
        explain::{narrate::tell, plain},
        scenario::presets,
        world::World,
    };
    use std::{collections::BTreeSet, sync::Arc};

    /// Everything that is told of a preset, each sentence once, with the names of revisions and the values left out.
    fn sentences(name: &str) -> BTreeSet<String> {
        let scenario = presets::get(name).expect("a preset");
        let mut world: LabWorld = World::new(Arc::new(scenario.setup()), Arc::new(scenario.commands.clone()));
        world.run_until(scenario.until, u64::MAX);
        let told = |event: &Event| Some(plain(&tell(&world, event, &Default::default())?.1));
        world.trace().iter().filter_map(|(_, event)| told(event)).map(|sentence| without_names(&sentence)).collect()
    }

    /// `2-ab12` becomes `2-…`, and `x = 7` becomes `x`.
    fn without_names(sentence: &str) -> String {
        let is_name = |word: &str| word.len() > 2 && word.as_bytes()[0].is_ascii_digit() && word.as_bytes()[1] == b'-';
        let word = |word: &str| if is_name(word) { format!("{}-…", &word[..1]) } else { word.to_string() };
        let all: Vec<String> = sentence.split(' ').map(word).collect();
        all.join(" ").replace(" = 7", "").replace(" = 9", "").replace(" = 1", "")
    }

    #[test]
    fn each_step_of_a_replication_is_told() {
        let told = sentences("documents-two-edits");
        for sentence in [
            "A takes x, asking nobody, and writes it to disk.",
            "A makes revision 1-… of x, the first that it has of it.",
            "A makes revision 2-… of x, in place of 1-…",
            "B asks A what has changed.",
            "A tells B that nothing has changed.",
            "A tells B which revisions it has of 1 document changed.",
            "B lacks 1 revision that A has, and fetches them with their history.",
            "B has fetched x from A and writes that to disk, whatever it has itself.",
            "B writes down that it has everything up to change 1 of A, and tells it so.",
            "A has all that B has changed: nothing is fetched.",
        ] {
            assert!(told.contains(sentence), "{sentence}\nis not among {told:#?}");
        }
        let branched = "did not know of each other. It shows x: of branches of one length the greater name wins. Kept, not shown: x, \
                        though its client was told OK.";
        assert_eq!(told.iter().filter(|sentence| sentence.ends_with(branched)).count(), 3, "each node says so: {told:#?}");
    }

    #[test]
    fn a_refusal_and_a_promotion_are_told_with_the_reason() {
        for (name, sentence) in [
            ("documents-refused", "A says no (409): of x the edit names revision 1-… and the current one is 2-…"),
            ("documents-refused", "Ben’s write x is refused: the document was changed since Ben read it (409)."),
            (
                "documents-deleted-winner",
                "B shows x instead: the branch that it showed ends in a deletion, 2-… and this one had been kept as a conflict.",
            ),
        ] {
            let told = sentences(name);
            assert!(told.contains(sentence), "{sentence}\nis not among {told:#?}");
        }
        let nothing = ": the branch with more edits wins. Kept, not shown: x, though its client was told OK.";
        assert!(sentences("documents-short-memory").iter().any(|sentence| sentence.ends_with(nothing)));
    }
}
