//! Histories for tests, written as words.

use crate::{
    client::history::Row,
    sim::{
        chunked::Chunked,
        id::{ClientId, Key, NodeId, OperationId, Origin},
        operation::{Action, Function, Outcome, Refusal, Write},
        time::Micros,
    },
};
use std::collections::BTreeMap;

/// The write of `value` to `key` in histories made of [`history`]: it is named by its value alone.
pub fn write(key: &str, value: i64) -> Write {
    let id = OperationId { client: ClientId(0), origin: Origin::Hand, number: value as u32 };
    Write { id, key: key.parse().expect("a key"), value }
}

/// A row a word, the n-th at n µs: `a+x=1` client a begins to write 1 into x, `b+x` begins to read x; `a.` a write is
/// done, or a read found nothing; `b.1` a read returned the write of 1; `a?` no answer; `a!` refused. `a+x=-` deletes x. `a+x=*` leaves the value to
/// the database, and `a.7` is told that it is 7.
pub fn history(text: &str) -> Chunked<Row> {
    let (mut rows, mut open) = (Chunked::default(), BTreeMap::new());
    let mut writers: BTreeMap<(Key, i64), OperationId> = BTreeMap::new();
    for (index, word) in text.split_whitespace().enumerate() {
        let (who, rest) = word.split_at(1);
        let client = ClientId((who.as_bytes()[0] - b'a') as u16);
        let row = |operation, action, outcome| Row {
            at: Micros(index as u64 + 1),
            client,
            operation,
            action,
            outcome,
            node: Some(NodeId(0)),
        };
        if let Some(begun) = rest.strip_prefix('+') {
            let (key, value) = begun.split_once('=').unwrap_or((begun, ""));
            let key = key.parse().expect("a key");
            let (action, number) = match value.parse() {
                Ok(value) => (Action::Write { key, value }, value as u32),
                Err(_) if value == "-" => (Action::Delete { key }, 1_000 + index as u32),
                Err(_) if value == "*" => (Action::Generate { key, function: Function::Next }, 1_000 + index as u32),
                Err(_) => (Action::Read { key }, 1_000 + index as u32),
            };
            let operation = OperationId { client, origin: Origin::Hand, number };
            if let Action::Write { key, value } = action {
                writers.insert((key, value), operation);
            }
            open.insert(client, (operation, action));
            rows.push(row(operation, action, None));
            continue;
        }
        let (operation, action) = open.remove(&client).expect("an operation under way");
        let outcome = match (rest, action) {
            ("?", _) => Outcome::TimedOut,
            ("!", _) => Outcome::Refused(Refusal::NoProcess),
            (_, Action::Write { .. } | Action::Delete { .. }) => Outcome::Written,
            (value, Action::Generate { key, .. }) => {
                let value = value[1..].parse().expect("a value");
                writers.insert((key, value), operation);
                Outcome::Generated(Write { id: operation, key, value })
            }
            (".", Action::Read { .. }) => Outcome::Read(None),
            (value, Action::Read { key }) => {
                let value = value[1..].parse().expect("a value");
                Outcome::Read(Some(Write { id: writers[&(key, value)], key, value }))
            }
            (_, other) => panic!("no word begins {other:?}"),
        };
        rows.push(row(operation, action, Some(outcome)));
    }
    rows
}
