//! What becomes of logs: what is shipped of an entry, how much is kept for replicas that are away, and what a replica does
//! whose log and the primary's have parted.
//!
//! Settings only, together because they are changed together; what nodes do about them is the protocol's.

use super::primary_replica::{Rejoin, Retention, Shipping};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    pub rejoin: Rejoin,
    pub retention: Retention,
    pub shipping: Shipping,
}
