//! One replica alone, and messages that a correct primary never sends on an open connection: it believes its own log.

use super::*;
use crate::{
    protocol::{
        Context, Effect, Protocol, Situation,
        primary_replica::{Config, Disk, Message, PrimaryReplica, read::Progress},
    },
    sim::{
        draw::Chance,
        id::{OperationId, Origin},
        operation::Write,
    },
    store::log::{Entry, Epoch, Lsn},
    trace::Fact,
};

fn context(next_write: u64) -> Context<PrimaryReplica> {
    Context::new(Situation {
        me: B,
        members: [A, B].into(),
        local_us: 0,
        next_write,
        boot: 0,
        primary_hint: None,
        newest_epoch: Epoch(1),
        epoch_floor: Epoch(1),
        chance: Chance::new(0),
        shown: None,
    })
}

fn entry(lsn: u64, epoch: u32) -> Entry {
    let id = OperationId { client: ANA, origin: Origin::Hand, number: lsn as u32 };
    let write = Write { id, key: X, value: (100 * epoch) as i64 + lsn as i64 };
    Entry { lsn: Lsn(lsn), epoch: Epoch(epoch), write: Some(write), function: None }
}

/// What B has in its log, and whether it asks to follow anew, when after two entries of epoch 1 it gets these.
fn after(previous: (u64, u32), entries: &[Entry]) -> (u64, bool, bool) {
    let mut ctx = context(1);
    let mut node = PrimaryReplica::start(&Config::default(), &Disk::default(), &mut ctx);
    let connection = |ctx: Context<PrimaryReplica>| {
        ctx.into_effects().into_iter().find_map(|effect| match effect {
            Effect::Send { message: Message::Follow { connection, .. }, .. } => Some(connection),
            _ => None,
        })
    };
    let first = connection(ctx).expect("it asks");
    let mut hear = |(previous, previous_epoch): (u64, u32), entries: &[Entry]| {
        let (previous, previous_epoch, entries) = (Lsn(previous), Epoch(previous_epoch), entries.to_vec());
        let (epoch, last, began) = (Epoch(1), Lsn(9), Some(Lsn(1)));
        let progress = Some(Progress { sent_us: 0, visible: last, committed: None });
        let (primary, connection) = (A, first);
        let message = Message::Replicate { epoch, primary, began, connection, previous, previous_epoch, entries, last, progress };
        let mut ctx = context(9);
        node.on_message(A, message, &mut ctx);
        (node.log.last().0, ctx)
    };
    assert_eq!(hear((0, 0), &[entry(1, 1), entry(2, 1)]).0, 2);
    let (last, ctx) = hear(previous, entries);
    let effects = ctx.into_effects();
    let had = |effect: &Effect<PrimaryReplica>| matches!(effect, Effect::Note { fact: Fact::AlreadyHad { .. }, .. });
    let asks = |effect: &Effect<PrimaryReplica>| match effect {
        Effect::Send { message: Message::Follow { connection, .. }, .. } => *connection > first,
        _ => false,
    };
    (last, effects.iter().any(asks), effects.iter().any(had))
}

#[test]
fn a_log_that_has_parted_is_not_continued() {
    // Continued; repeated; and the same with a word of another epoch.
    assert_eq!(after((2, 1), &[entry(3, 1)]), (3, false, false));
    assert_eq!(after((1, 1), &[entry(2, 1), entry(3, 1)]), (3, false, true));
    assert_eq!(after((2, 0), &[entry(3, 1)]), (2, true, false), "what comes before is another entry");
    assert_eq!(after((1, 1), &[entry(2, 0), entry(3, 1)]), (2, true, false), "one of them is another entry");
}
