//! A text that peers type into at once.
//!
//! It is Fugue (Weidner, Kleppmann: "The Art of the Fugue: Minimizing Interleaving in Collaborative Text Editing", 2023,
//! Algorithm 1): characters are nodes of a tree, read from left to right, and nothing that two people type at one place gets
//! mixed up letter by letter, which older algorithms (RGA, Logoot) allow. Characters are never taken out of the tree, only marked
//! as erased, because others may be typing next to them.

use super::on_board::OnBoard;
use crate::{
    sim::{
        id::OperationId,
        small::{SmallMap, sorted_by_key},
    },
    store::{
        version::{Actor, Dot},
        words::Words,
    },
};

/// On which side of its parent a node is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// A typed character and its place, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    /// None: the beginning of the text.
    parent: Option<Dot>,
    side: Side,
    value: char,
    /// The operation that typed it.
    by: OperationId,
}

/// What is known about a character. That it was erased may be known before it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Entry {
    node: Option<Node>,
    erased: bool,
}

/// A character. Its name says who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Character {
    pub id: Dot,
    pub value: char,
    pub by: OperationId,
    pub erased: bool,
}

/// A set of nodes and a set of erasures, both of which only grow: that is the whole merge. Nodes whose parent has not come yet
/// belong to the state and are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    entries: SmallMap<Dot, Entry>,
    on_board: OnBoard,
}

/// A step on the way through the tree.
enum Step {
    /// All that hangs on this node, and the node itself.
    Enter(Option<Dot>),
    Read(Dot),
}

impl Text {
    /// Types a character so that `position` visible ones are before it; at the end if there are fewer. Returns the change.
    pub fn insert(&mut self, actor: Actor, position: usize, value: char, by: OperationId) -> Text {
        let order = self.order();
        let visible = |dot: &&Dot| !self.is_erased(**dot);
        let before = position.checked_sub(1).and_then(|last| order.iter().filter(visible).take(last + 1).last().copied());
        let has_right = self.nodes().any(|(_, node)| node.parent == before && node.side == Side::Right);
        let (parent, side) = if has_right {
            // What is read next, erased or not, is the leftmost of these and has nothing on its left.
            let next = before.map_or(0, |before| order.iter().position(|dot| *dot == before).map_or(0, |at| at + 1));
            (order.get(next).copied(), Side::Left)
        } else {
            (before, Side::Right)
        };
        let entry = Entry { node: Some(Node { parent, side, value, by }), erased: false };
        self.change(self.next(actor), entry)
    }

    /// Erases the visible character with `position` others before it; none, no change. Returns the change.
    pub fn erase(&mut self, position: usize) -> Text {
        match self.characters().get(position) {
            Some(character) => self.change(character.id, Entry { node: None, erased: true }),
            None => Text::default(),
        }
    }

    fn change(&mut self, dot: Dot, entry: Entry) -> Text {
        let mut delta = Text::default();
        delta.entries.insert(dot, entry);
        self.merge(&delta);
        delta
    }

    /// A name that this actor has not given yet.
    fn next(&self, actor: Actor) -> Dot {
        let last = self.entries.keys().rfind(|dot| dot.actor == actor);
        Dot { actor, counter: last.map_or(0, |dot| dot.counter) + 1 }
    }

    pub fn merge(&mut self, other: &Text) {
        for (dot, theirs) in other.entries.iter() {
            let own = self.entries.or_default(*dot);
            own.node = own.node.max(theirs.node);
            own.erased |= theirs.erased;
        }
    }

    pub fn text(&self) -> String {
        self.characters().into_iter().map(|character| character.value).collect()
    }

    /// Those that are visible, in the order of reading.
    pub fn characters(&self) -> Vec<Character> {
        self.all().into_iter().filter(|character| !character.erased).collect()
    }

    /// The erased ones too, which stand where they stood.
    pub fn all(&self) -> Vec<Character> {
        let character = |id: Dot| {
            let entry = self.entries.get(&id)?;
            let Node { value, by, .. } = entry.node?;
            Some(Character { id, value, by, erased: entry.erased })
        };
        self.order().into_iter().filter_map(character).collect()
    }

    /// How many characters it knows of, visible or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many characters are here that cannot be read yet, because what they hang on has not come.
    pub fn waiting(&self) -> usize {
        self.nodes().count() - self.order().len()
    }

    fn nodes(&self) -> impl Iterator<Item = (Dot, Node)> {
        self.entries.iter().filter_map(|(dot, entry)| Some((*dot, entry.node?)))
    }

    fn is_erased(&self, dot: Dot) -> bool {
        self.entries.get(&dot).is_some_and(|entry| entry.erased)
    }

    /// All nodes that hang together with the beginning, erased ones too, as they are read: what is on a node's left, the node,
    /// what is on its right, and on each side in order of names.
    fn order(&self) -> Vec<Dot> {
        let children: Vec<(Option<Dot>, Side, Dot)> = self.nodes().map(|(dot, node)| (node.parent, node.side, dot)).collect();
        let children = sorted_by_key(children, |child| *child);
        let on = |parent: Option<Dot>, side: Side| {
            let from = children.partition_point(|child| (child.0, child.1) < (parent, side));
            let to = children.partition_point(|child| (child.0, child.1) <= (parent, side));
            children[from..to].iter().rev().map(|child| Step::Enter(Some(child.2)))
        };
        // A text typed from left to right is as deep as it is long, which is too deep for recursion.
        let (mut order, mut steps) = (Vec::new(), vec![Step::Enter(None)]);
        while let Some(step) = steps.pop() {
            match step {
                Step::Read(dot) => order.push(dot),
                Step::Enter(node) => {
                    steps.extend(on(node, Side::Right));
                    steps.extend(node.map(Step::Read));
                    steps.extend(on(node, Side::Left));
                }
            }
        }
        order
    }
}

impl Words for Entry {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.erased.words(out);
        self.node.is_some().words(out);
        if let Some(node) = self.node {
            node.parent.words(out);
            (node.side == Side::Right).words(out);
            node.value.words(out);
            node.by.words(out);
        }
    }
}

impl Words for Text {
    fn words(&self, out: &mut dyn FnMut(u64)) {
        self.entries.words(out);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::mark, *};
    use crate::sim::id::NodeId;

    fn actor(node: u16) -> Actor {
        NodeId(node).into()
    }

    fn insert(text: &mut Text, node: u16, position: usize, value: char) -> Text {
        text.insert(actor(node), position, value, mark(value as i64, node).id)
    }

    fn typed(text: &mut Text, node: u16, position: usize, word: &str) -> Vec<Text> {
        word.chars().enumerate().map(|(index, value)| insert(text, node, position + index, value)).collect()
    }

    fn typed_backwards(text: &mut Text, node: u16, position: usize, word: &str) {
        word.chars().rev().for_each(|value| drop(insert(text, node, position, value)));
    }

    #[test]
    fn types_and_erases() {
        let mut text = Text::default();
        typed(&mut text, 0, 0, "held");
        typed(&mut text, 1, 3, "lo wor");
        assert_eq!(text.text(), "hello word");
        insert(&mut text, 0, 9, 'l');
        text.erase(0);
        insert(&mut text, 1, 0, 'H');
        assert_eq!((text.text().as_str(), text.erase(99)), ("Hello world", Text::default()));
        insert(&mut text, 2, 99, '!');
        let by: String = text.characters().iter().map(|character| character.id.actor.to_string()).collect();
        assert_eq!((text.text().as_str(), by.as_str()), ("Hello world!", "BAABBBBBBAAC"));
    }

    /// What two people type at one place stands side by side, whether they type forwards or backwards.
    #[test]
    fn two_runs_at_one_place_are_not_mixed() {
        for (backwards_a, backwards_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut a = Text::default();
            typed(&mut a, 0, 0, "[]");
            insert(&mut a, 0, 1, '|');
            a.erase(1);
            let mut b = a.clone();
            for (text, node, word, backwards) in [(&mut a, 0, "milk", backwards_a), (&mut b, 1, "eggs", backwards_b)] {
                if backwards {
                    typed_backwards(text, node, 1, word);
                } else {
                    typed(text, node, 1, word);
                }
            }
            a.merge(&b);
            b.merge(&a);
            assert_eq!(a, b);
            assert!(["[milkeggs]", "[eggsmilk]"].contains(&a.text().as_str()), "{}", a.text());
        }
    }

    #[test]
    fn characters_wait_for_what_they_hang_on() {
        let mut source = Text::default();
        let mut deltas = typed(&mut source, 0, 0, "abc");
        deltas.push(source.erase(1));
        let mut copy = Text::default();
        for (index, text, waiting) in [(3, "", 0), (2, "", 1), (1, "", 2), (0, "ac", 0), (1, "ac", 0)] {
            copy.merge(&deltas[index]);
            assert_eq!((copy.text().as_str(), copy.waiting()), (text, waiting), "after {index}");
        }
        assert_eq!(copy, source);
    }

    #[test]
    fn a_long_text_is_no_deep_recursion() {
        let mut text = Text::default();
        let long = "x".repeat(300);
        typed(&mut text, 0, 0, &long);
        assert_eq!(text.text(), long);
    }
}
