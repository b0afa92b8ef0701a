//! The rows of databases of documents.

use super::{
    Field,
    Form::*,
    table::{TOPOLOGIES, row, whole},
};
use crate::scenario::Scenario;

const EDITS: [&str; 2] = ["shown", "latest"];

/// The command that changes some of them.
pub(super) fn command() -> Vec<Field> {
    vec![
        row("commands[].do.set_documents", Group, "", "Changes what a write has to name, and how often nodes ask again."),
        row("commands[].do.set_documents.edits", Word(&EDITS), r#""shown""#, "Which revision a write replaces."),
        row("commands[].do.set_documents.poll_every", Time(Scenario::WAIT), r#""5s""#, "How often they ask again."),
    ]
}

pub(super) fn documents() -> Vec<Field> {
    let wait = || Time(Scenario::WAIT);
    vec![
        row(
            "protocol.documents",
            Group,
            "",
            "Documents that sync: any node takes edits that name a current revision, and nodes pull from each other what they lack \
             (CouchDB, PouchDB).",
        ),
        row(
            "protocol.documents.topology",
            Word(&TOPOLOGIES),
            r#""all_to_all""#,
            "Along which ways documents go; who is at the end of one pulls.",
        ),
        row(
            "protocol.documents.links",
            List(0..=Scenario::LINKS_MAX),
            "[]",
            "Pairs that pull from each other, where the topology is custom; they must join all.",
        ),
        row("protocol.documents.links[].one", Node, "required", "One end."),
        row("protocol.documents.links[].other", Node, "required", "The other end."),
        row(
            "protocol.documents.edits",
            Word(&EDITS),
            r#""shown""#,
            "Which revision a write replaces: the one that its client was shown last, so that it is refused if there is a newer one (409); or \
             the latest, which the application fetches from the same node right before.",
        ),
        row(
            "protocol.documents.revs_limit",
            whole(Scenario::REVS, "revisions"),
            "1000",
            "How many revisions of each branch are remembered by name. Too few make conflicts of nothing.",
        ),
        row(
            "protocol.documents.poll_every",
            wait(),
            r#""5s""#,
            "How often a node asks a source again that should have told it by itself what is new, but whose word may be lost.",
        ),
        row(
            "protocol.documents.retry_after",
            wait(),
            r#""1s""#,
            "After how long without the answer that must come a node begins anew with a source.",
        ),
        row(
            "protocol.documents.batch_documents",
            whole(Scenario::BATCH_ENTRIES, "documents"),
            "100",
            "Most documents in one answer about changes.",
        ),
    ]
}
