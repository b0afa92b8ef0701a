//! Which key holds what: settled before a run, the same on all nodes. Keys that are not named are registers.

use crate::sim::{id::Key, operation::KeyType};
use serde::{Deserialize, Serialize};

/// A key that holds something else than one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedKey {
    pub key: Key,
    #[serde(rename = "type")]
    pub holds: KeyType,
}

/// What a key holds.
pub fn type_of(types: &[TypedKey], key: Key) -> KeyType {
    types.iter().find(|one| one.key == key).map_or(KeyType::Register, |one| one.holds)
}

/// The first one in the list that says something about a key of which something is said before it.
pub fn doubled(types: &[TypedKey]) -> Option<usize> {
    (0..types.len()).find(|index| types[..*index].iter().any(|other| other.key == types[*index].key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_registers_if_nothing_else_is_said() {
        let typed = |key, holds| TypedKey { key: Key(key), holds };
        let types = [typed(1, KeyType::Cart), typed(0, KeyType::Text)];
        let found: Vec<KeyType> = (0..3).map(|key| type_of(&types, Key(key))).collect();
        assert_eq!(found, [KeyType::Text, KeyType::Cart, KeyType::Register]);
        assert_eq!((doubled(&types), doubled(&[types[0], types[1], types[0]])), (None, Some(2)));
    }
}
