//! One replica as its primary sees it: what was sent, what came back, what to send next.
//!
//! TCP in small: a window, go-back-N after a time-out with a slow start (RFC 5681, section 3.1), one quick resend for each
//! gap reported, and round trips measured on first sends only. It sends nothing itself.

use crate::{
    protocol::{commit::Level, round_trip::RoundTrip},
    sim::time::Micros,
    store::log::Lsn,
    trace::SyncState,
};

/// Most entries sent to one replica and not acknowledged yet. Far above what any scenario needs;
/// keeps the wire bounded when a replica is slow.
const WINDOW_ENTRIES: u64 = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The log flows.
    Streaming,
    /// A snapshot is under way, because the log from `wanted` on would not do. Nothing the replica says counts until it
    /// follows anew. `sent` is false while the snapshot waits for the disk.
    Copying { wanted: Lsn, sent: bool },
    /// Its log is another, and it was told so; what happens is for it to say.
    Parted,
}

#[derive(Clone, Debug)]
pub(super) struct Follower {
    pub connection: u64,
    pub phase: Phase,
    /// Position acknowledged, position sent, and the furthest ever sent; ascending.
    pub written: Lsn,
    /// Further positions acknowledged.
    pub flushed: Lsn,
    pub applied: Lsn,
    /// When it was last heard, by the primary's clock.
    pub heard_us: i64,
    /// It has had everything that was on the primary's disk, once since it connected.
    pub caught_up: bool,
    pub state: SyncState,
    sent: Lsn,
    furthest: Lsn,
    /// Entries that may be under way at once.
    window: u64,
    pub round_trip: RoundTrip,
    /// One entry whose round trip is being measured: its LSN and when it was sent, by the primary's clock.
    pub measuring: Option<(Lsn, i64)>,
    /// How often something was sent again since all that was sent had arrived.
    pub attempt: u32,
    /// First missing entry that was sent again on word of a gap; not to be sent twice for the same word.
    gap_filled: Lsn,
}

impl Follower {
    /// `floor`: shortest wait for an acknowledgement.
    pub fn new(connection: u64, written: Lsn, floor: Micros, now_us: i64) -> Follower {
        Follower {
            connection,
            phase: Phase::Streaming,
            written,
            flushed: Lsn::ZERO,
            applied: Lsn::ZERO,
            heard_us: now_us,
            caught_up: false,
            state: SyncState::Async,
            sent: written,
            furthest: written,
            window: WINDOW_ENTRIES,
            round_trip: RoundTrip::new(floor),
            measuring: None,
            attempt: 0,
            gap_filled: Lsn::ZERO,
        }
    }

    /// How far it has confirmed writes, by what is asked for.
    pub fn confirmed(&self, level: Level) -> Lsn {
        match level {
            Level::RemoteApply => self.applied,
            Level::RemoteFlush => self.flushed,
            _ => self.written,
        }
    }

    /// Whether something is under way.
    pub fn is_waiting(&self) -> bool {
        self.sent > self.written
    }

    /// The replica's log goes as far as `written`. True if that is news.
    pub fn acknowledged(&mut self, written: Lsn, now_us: i64) -> bool {
        if written <= self.written {
            return false;
        }
        self.written = written;
        self.sent = self.sent.max(written);
        self.furthest = self.furthest.max(written);
        self.window = (self.window * 2).min(WINDOW_ENTRIES);
        if let Some((_, since_us)) = self.measuring.take_if(|(lsn, _)| *lsn <= written) {
            self.round_trip.sample(Micros(now_us.saturating_sub(since_us).max(0) as u64));
        }
        if self.written >= self.furthest {
            self.attempt = 0;
        }
        true
    }

    /// The replica has `gap` but not what comes before it. The last entry it misses, if this is the first word of it.
    pub fn first_report_of_gap(&mut self, gap: Lsn) -> Option<Lsn> {
        let missing = self.written.next();
        (gap > missing && self.gap_filled < missing).then(|| {
            self.gap_filled = missing;
            gap.previous()
        })
    }

    /// Everything not acknowledged counts as lost.
    pub fn go_back(&mut self, batch: u64) {
        self.sent = self.written;
        self.window = batch;
        self.measuring = None;
        self.attempt += 1;
    }

    /// First and last LSN of the next batch, if the window has room for one.
    pub fn next_batch(&self, flushed: Lsn, batch: u64) -> Option<(Lsn, Lsn)> {
        let from = self.sent.next();
        let room = self.window.saturating_sub(self.sent.0 - self.written.0);
        (from <= flushed && room > 0).then(|| (from, flushed.min(Lsn(from.0 + batch.min(room) - 1))))
    }

    /// These entries are put on the wire now. Returns the number of the attempt, 0 if it is the first.
    pub fn send(&mut self, from: Lsn, to: Lsn, now_us: i64) -> u32 {
        let again = from <= self.furthest;
        self.sent = to;
        self.furthest = self.furthest.max(to);
        if !again {
            self.measuring.get_or_insert((to, now_us));
        }
        if again { self.attempt } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower() -> Follower {
        Follower::new(1, Lsn(10), Micros::from_millis(100), 0)
    }

    #[test]
    fn sends_on_what_is_new_and_measures_one_round_trip() {
        let mut follower = follower();
        assert_eq!(follower.next_batch(Lsn(10), 16), None);
        assert_eq!(follower.next_batch(Lsn(40), 16), Some((Lsn(11), Lsn(26))));
        assert_eq!(follower.send(Lsn(11), Lsn(26), 1_000), 0);
        assert_eq!(follower.send(Lsn(27), Lsn(40), 2_000), 0);
        assert!(follower.acknowledged(Lsn(26), 901_000) && follower.is_waiting());
        assert_eq!(follower.round_trip.timeout(), Micros(900_000 + 4 * 450_000));
        assert!(!follower.acknowledged(Lsn(20), 901_000), "an old word is no news");
        assert!(follower.acknowledged(Lsn(40), 901_000) && !follower.is_waiting());
    }

    #[test]
    fn after_a_time_out_starts_slowly_and_takes_no_sample() {
        let mut follower = follower();
        for from in [11, 27, 43, 59] {
            assert_eq!(follower.send(Lsn(from), Lsn(from + 15), 0), 0);
        }
        follower.go_back(16);
        assert_eq!(follower.next_batch(Lsn(74), 16), Some((Lsn(11), Lsn(26))));
        assert_eq!(follower.send(Lsn(11), Lsn(26), 5_000), 1);
        assert_eq!(follower.next_batch(Lsn(74), 16), None, "one batch at first");
        follower.acknowledged(Lsn(26), 900_000);
        assert_eq!(follower.round_trip.timeout(), Micros::from_millis(100));
        for from in [27, 43] {
            assert_eq!(follower.next_batch(Lsn(74), 16), Some((Lsn(from), Lsn(from + 15))));
            assert_eq!(follower.send(Lsn(from), Lsn(from + 15), 6_000), 1, "still what was sent before");
        }
        assert_eq!(follower.next_batch(Lsn(74), 16), None, "then two");
        follower.acknowledged(Lsn(74), 900_000);
        assert_eq!((follower.attempt, follower.is_waiting()), (0, false));
    }

    #[test]
    fn a_gap_is_filled_once() {
        let mut follower = follower();
        follower.send(Lsn(11), Lsn(30), 0);
        assert_eq!(follower.first_report_of_gap(Lsn(11)), None, "that is the next one, not a gap");
        assert_eq!(follower.first_report_of_gap(Lsn(15)), Some(Lsn(14)));
        assert_eq!(follower.first_report_of_gap(Lsn(20)), None);
        follower.acknowledged(Lsn(20), 0);
        assert_eq!(follower.first_report_of_gap(Lsn(25)), Some(Lsn(24)));
    }
}
