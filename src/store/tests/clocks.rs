//! What a hybrid clock promises, over random histories of three nodes whose wall clocks are wrong.

use super::*;
use crate::store::stamp::{HybridClock, LamportClock};
use proptest::prelude::*;

proptest! {
    /// Later by causality is greater, and no clock runs ahead of the fastest wall clock, so the count stays small.
    #[test]
    fn clocks_agree_with_causality(steps in prop::collection::vec((0..PEERS, 0..PEERS, 0_i64..3), 1..60)) {
        let mut hybrid: Vec<_> = (0..PEERS).map(|peer| HybridClock::new(actor(peer))).collect();
        let mut lamport: Vec<_> = (0..PEERS).map(|peer| LamportClock::new(actor(peer))).collect();
        let (mut last, mut last_count) = (vec![None; PEERS], vec![None; PEERS]);
        let (mut time, mut fastest) = (0, i64::MIN);
        for (who, whom, passed) in steps {
            time += passed;
            let local = wall(who, time).wall_us;
            fastest = fastest.max(local);
            let (stamp, count) = if who == whom {
                (hybrid[who].tick(local), lamport[who].tick())
            } else {
                let (sent, count) = (hybrid[whom].tick(wall(whom, time).wall_us), lamport[whom].tick());
                fastest = fastest.max(wall(whom, time).wall_us);
                prop_assert!(last[whom].replace(sent) < Some(sent) && last_count[whom].replace(count) < Some(count));
                let received = (hybrid[who].observe(sent, local), lamport[who].observe(count));
                prop_assert!(received.0 > sent && received.1 > count);
                received
            };
            prop_assert!(last[who].replace(stamp) < Some(stamp) && last_count[who].replace(count) < Some(count));
            prop_assert_eq!(stamp.actor, actor(who));
            prop_assert!(local <= stamp.wall_us && stamp.wall_us <= fastest);
            // Once the slowest wall clock has passed what it knows, the count is nothing again.
            let known = hybrid[who].latest();
            let mut later = hybrid[who];
            prop_assert_eq!(later.tick(known.wall_us + 1).logical, 0);
        }
    }
}
