//! What clients do to keys that hold more than a value, in words: as a noun, as a verb, in short; and what they read there.

use super::{
    chip::{Chip, Sign},
    narrate::action_of,
};
use crate::{
    lab::LabWorld,
    sim::{
        id::Key,
        operation::{Action, KeyType, Refusal, Write},
    },
};

/// Whether keys of all types are on board; else there is nothing to say of them.
const TYPES: bool = cfg!(any(feature = "multi-primary", feature = "documents"));

/// `the set x`, or `x` alone where its type goes without saying.
fn place(key: Key, holds: KeyType) -> String {
    match holds {
        KeyType::Set | KeyType::Cart | KeyType::Text => format!("the {holds} {key}"),
        KeyType::Register | KeyType::Counter => key.to_string(),
    }
}

fn signed(amount: i64) -> String {
    if amount < 0 { format!("−{}", amount.unsigned_abs()) } else { format!("+{amount}") }
}

/// `+3 on x`, `addition of 5 to the set x`; none of reads and of writes of values, which have marks of their own.
pub fn noun(action: Action, holds: KeyType) -> Option<String> {
    if !TYPES && !(cfg!(feature = "quorum") && matches!(action, Action::Delete { .. })) {
        return None;
    }
    let place = place(action.key(), holds);
    Some(match action {
        Action::Read { .. } | Action::Write { .. } | Action::Generate { .. } => return None,
        Action::Add { amount, .. } => format!("{} on {place}", signed(amount)),
        Action::AddElement { element, .. } => format!("addition of {element} to {place}"),
        Action::RemoveElement { element, .. } => format!("removal of {element} from {place}"),
        Action::Insert { character, place: before, .. } => format!("“{character}” after {before} characters of {place}"),
        Action::Erase { place: before, .. } => format!("erasure after {before} characters of {place}"),
        Action::Delete { .. } => format!("deletion of {place}"),
        #[cfg(feature = "documents")]
        Action::DeleteRevision { revision, .. } => format!("deletion of revision {} of {place}", revision.brief()),
    })
}

/// `add 3 to x`, `remove 5 from the set x`; none as above.
pub fn verb(action: Action, holds: KeyType) -> Option<String> {
    if !TYPES {
        return None;
    }
    let place = place(action.key(), holds);
    Some(match action {
        Action::Read { .. } | Action::Write { .. } | Action::Generate { .. } => return None,
        Action::Add { amount, .. } if amount < 0 => format!("take {} from {place}", amount.unsigned_abs()),
        Action::Add { amount, .. } => format!("add {amount} to {place}"),
        Action::AddElement { element, .. } => format!("add {element} to {place}"),
        Action::RemoveElement { element, .. } => format!("remove {element} from {place}"),
        Action::Insert { character, place: before, .. } => format!("type “{character}” after {before} characters of {place}"),
        Action::Erase { place: before, .. } => format!("erase what comes after {before} characters of {place}"),
        Action::Delete { .. } => format!("delete {place}"),
        #[cfg(feature = "documents")]
        Action::DeleteRevision { revision, .. } => format!("delete revision {} of {place}", revision.brief()),
    })
}

/// `x +3`, `x + {5}`; none as above.
pub fn brief(action: Action) -> Option<String> {
    if !TYPES {
        return None;
    }
    let key = action.key();
    Some(match action {
        Action::Read { .. } | Action::Write { .. } | Action::Generate { .. } => return None,
        Action::Add { amount, .. } => format!("{key} {}", signed(amount)),
        Action::AddElement { element, .. } => format!("add {element} to {key}"),
        Action::RemoveElement { element, .. } => format!("remove {element} from {key}"),
        Action::Insert { character, .. } => format!("type “{character}” in {key}"),
        Action::Erase { .. } => format!("erase in {key}"),
        Action::Delete { .. } => format!("delete {key}"),
        #[cfg(feature = "documents")]
        Action::DeleteRevision { revision, .. } => format!("delete {key} {}", revision.brief()),
    })
}

/// The mark of what a client asks for, or of what is left of it once it is a change.
pub fn sign(action: Action) -> Sign {
    match action {
        Action::Read { .. } | Action::Write { .. } | Action::Generate { .. } => Sign::Value,
        Action::Add { .. } | Action::AddElement { .. } => Sign::Plus,
        Action::RemoveElement { .. } => Sign::Minus,
        Action::Insert { .. } => Sign::Character,
        Action::Erase { .. } => Sign::Erased,
        Action::Delete { .. } => Sign::Deleted,
        #[cfg(feature = "documents")]
        Action::DeleteRevision { .. } => Sign::Deleted,
    }
}

/// The mark of a change: of values that is the value, of other types what it does.
pub fn mark(world: &LabWorld, write: Write) -> Chip {
    let chip = Chip::of(write);
    let holds = world.setup().config.key_type(write.key);
    // Of values only deletions have none.
    if !TYPES || holds == KeyType::Register && write.value != 0 {
        return chip;
    }
    chip.with(match (action_of(world, write.id), holds) {
        (Some(action), _) => sign(action),
        (None, KeyType::Counter) => Sign::Plus,
        (None, KeyType::Text) => Sign::Character,
        (None, _) => Sign::Value,
    })
}

/// What a change is, if it is no value that is written: by its operation, or when that is forgotten by its key.
pub fn change(world: &LabWorld, write: &Write) -> Option<String> {
    if !TYPES {
        return None;
    }
    let holds = world.setup().config.key_type(write.key);
    let (key, value) = (write.key, write.value);
    match (action_of(world, write.id), holds) {
        (Some(action), _) => noun(action, holds),
        (None, KeyType::Register) => None,
        (None, KeyType::Counter) => Some(format!("{} on {key}", signed(value))),
        (None, KeyType::Text) => Some(format!("a change of {} in the text {key}", text(&[*write]))),
        (None, KeyType::Set | KeyType::Cart) => Some(format!("a change of {value} in {}", place(key, holds))),
    }
}

/// What of a key a reader was shown: `{1, 3}`, `“milk”`, `7 | 9`.
pub fn contents(holds: KeyType, writes: &[Write]) -> String {
    let all = |between: &str| writes.iter().map(|write| write.value.to_string()).collect::<Vec<_>>().join(between);
    match holds {
        KeyType::Text => text(writes),
        KeyType::Set | KeyType::Cart => format!("{{{}}}", all(", ")),
        KeyType::Register | KeyType::Counter => all(" | "),
    }
}

fn text(writes: &[Write]) -> String {
    let character = |write: &Write| u32::try_from(write.value).ok().and_then(char::from_u32);
    format!("“{}”", writes.iter().filter_map(character).collect::<String>())
}

/// Why a key cannot take an operation, if that is why it was refused.
pub fn refusal(refusal: Refusal, key: Option<Key>) -> Option<String> {
    if !TYPES {
        return None;
    }
    let key = key.map_or("the key".into(), |key| key.to_string());
    Some(match refusal {
        Refusal::WrongType { holds } => format!("{key} is a {holds}, which does not do that here."),
        Refusal::GrowsOnly => format!("{key} only grows, and nothing is taken away."),
        Refusal::Gone => format!("what was removed once never comes back to {key}, a two-phase set."),
        Refusal::Absent => format!("there is no such thing in {key} at the node."),
        Refusal::Full => format!("{key} keeps as much as it may, what was taken out included."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_words() {
        let key = Key(0);
        for (action, holds, as_noun, as_verb, in_short) in [
            (Action::Add { key, amount: 3 }, KeyType::Counter, "+3 on x", "add 3 to x", "x +3"),
            (Action::Add { key, amount: -3 }, KeyType::Counter, "−3 on x", "take 3 from x", "x −3"),
            (
                Action::AddElement { key, element: 5 },
                KeyType::Set,
                "addition of 5 to the set x",
                "add 5 to the set x",
                "add 5 to x",
            ),
            (
                Action::RemoveElement { key, element: 5 },
                KeyType::Cart,
                "removal of 5 from the cart x",
                "remove 5 from the cart x",
                "remove 5 from x",
            ),
            (
                Action::Insert { key, place: 2, character: 'm' },
                KeyType::Text,
                "“m” after 2 characters of the text x",
                "type “m” after 2 characters of the text x",
                "type “m” in x",
            ),
            (
                Action::Erase { key, place: 2 },
                KeyType::Text,
                "erasure after 2 characters of the text x",
                "erase what comes after 2 characters of the text x",
                "erase in x",
            ),
            (Action::Delete { key }, KeyType::Register, "deletion of x", "delete x", "delete x"),
            // Asked of a key of another type, which refuses it.
            (Action::AddElement { key, element: 5 }, KeyType::Counter, "addition of 5 to x", "add 5 to x", "add 5 to x"),
        ] {
            let said = (noun(action, holds), verb(action, holds), brief(action));
            assert_eq!(said, (Some(as_noun.into()), Some(as_verb.into()), Some(in_short.into())));
        }
        assert_eq!(noun(Action::Write { key, value: 1 }, KeyType::Register), None);
    }
}
