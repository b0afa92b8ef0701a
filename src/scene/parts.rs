//! What a counter, a set, a cart or a text is made of at a peer, in words: all that merging goes by, what readers do not see included.

use crate::{
    explain::actions::contents,
    protocol::{
        KeyView, NodeView,
        parts::{CharacterPart, ElementPart, Parts},
    },
    sim::{
        operation::{KeyType, Write},
        small::sorted_once,
    },
    store::version::{Actor, Dot},
};

/// Most parts that are listed.
const PARTS_MAX: usize = 60;

/// What a key comes to for readers, and of which parts, each with what is kept of it; none of a register.
pub(super) fn made_of(view: &NodeView, own: &KeyView) -> Option<(String, Vec<(String, String)>)> {
    if !cfg!(feature = "multi-primary") || own.holds == KeyType::Register {
        return None;
    }
    let shown: Vec<Write> = view.copies.iter().filter(|write| write.key == own.key).copied().collect();
    let mut parts = match &own.parts {
        Parts::Register => Vec::new(),
        Parts::Counter { plus, minus } => counted(plus, minus),
        Parts::Set(elements) => elements.iter().map(element).collect(),
        Parts::Cart(carts) => {
            let items = |items: &[(i64, Dot)]| {
                items.iter().map(|(value, dot)| format!("{value} by {dot}")).collect::<Vec<_>>().join(", ")
            };
            carts
                .iter()
                .map(|cart| {
                    (format!("cart {}", cart.dot), if cart.items.is_empty() { "empty".into() } else { items(&cart.items) })
                })
                .collect()
        }
        Parts::Text(characters) => characters.iter().map(character).collect(),
    };
    let more = parts.len().saturating_sub(PARTS_MAX);
    parts.truncate(PARTS_MAX);
    if more > 0 {
        parts.push(("…".into(), format!("{more} more, not listed")));
    }
    Some((contents(own.holds, &shown), parts))
}

fn counted(plus: &[(Actor, u64)], minus: &[(Actor, u64)]) -> Vec<(String, String)> {
    let actors = sorted_once(plus.iter().chain(minus).map(|(actor, _)| *actor).collect::<Vec<Actor>>());
    let of = |all: &[(Actor, u64)], actor: Actor| all.iter().find(|(own, _)| *own == actor).map_or(0, |(_, count)| *count);
    actors.into_iter().map(|actor| (actor.to_string(), format!("+{} −{}", of(plus, actor), of(minus, actor)))).collect()
}

fn element(part: &ElementPart) -> (String, String) {
    let added = part.live.iter().map(Dot::to_string).collect::<Vec<_>>().join(", ");
    let state = match (part.shown, part.live.is_empty()) {
        (true, true) => "in, although removed",
        (true, false) => "in",
        (false, true) => "removed",
        (false, false) => "hidden",
    };
    (part.element.to_string(), if added.is_empty() { state.into() } else { format!("{state} · added as {added}") })
}

fn character(part: &CharacterPart) -> (String, String) {
    (format!("“{}”", part.value), if part.erased { format!("{} · erased", part.dot) } else { part.dot.to_string() })
}
