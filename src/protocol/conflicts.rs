//! What becomes of writes that did not know of each other.

use crate::store::object::{counter::CounterKind, register::Strategy, set::SetKind};
use serde::{Deserialize, Serialize};

/// Who wins, for each type of key. May change while a group runs: it decides what is shown, never what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conflicts {
    /// Of plain values.
    pub register: Strategy,
    /// Which elements a set has, and what can be done to it.
    pub set: SetKind,
    /// Whether counters go down, too.
    pub counter: CounterKind,
}

impl Default for Conflicts {
    fn default() -> Self {
        Conflicts { register: Strategy::KeepSiblings, set: SetKind::ObservedRemove, counter: CounterKind::PositiveNegative }
    }
}
