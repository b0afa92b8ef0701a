//! One node, whatever its protocol: what a world is made of.
//!
//! Each protocol is a machine of its own; here they stand beside each other as the variants of one type, so that a world, its
//! keyframes and whoever looks at it need not know which one runs. A program that does not have all protocols on board
//! (the page, which has to be small) leaves variants out. It must not decide anything: inputs go to the protocol, its
//! effects come back under another type.

#[cfg(feature = "documents")]
use super::documents;
#[cfg(feature = "gossip")]
use super::gossip;
#[cfg(feature = "quorum")]
use super::quorum;
use super::{
    Context, Effect, MemberView, Message, Named, NodeView, Order, Protocol, Request, Rule, Standing, Storage, commit::Commit,
    conflicts::Conflicts, contexts::Contexts, kind::Kind, multi_primary, placement::Placement, primary_replica,
};
use crate::{
    sim::{
        id::{Key, NodeId},
        network::MessageClass,
        operation::{KeyType, Write},
        time::Micros,
    },
    store::{log::Log, stamp::Stamp},
    trace::{Cargo, TimerName},
};
use serde::{Deserialize, Serialize};

/// Protocols: their names, their modules, and the words under which they are on board.
macro_rules! protocols {
    ($($name:ident $module:ident $feature:literal $elsewhere:meta),*) => {
        #[cfg(not(any($(feature = $feature),*)))]
        compile_error!("no protocol is on board: choose one or more of the features under which src/protocol/node.rs lists protocols");

        /// Which protocol a group runs, and how.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum Settings {
            $(#[cfg(feature = $feature)] $name($module::Config)),*
        }

        impl Settings {
            /// Which program of the page can run it.
            pub fn kind(&self) -> Kind {
                match self {
                    $(#[cfg(feature = $feature)] Settings::$name(_) => Kind::$name),*
                }
            }
        }

        impl Default for Settings {
            /// The first protocol on board, as it comes.
            #[allow(unreachable_code, reason = "there may be more than one protocol on board")]
            fn default() -> Settings {
                $(#[cfg(feature = $feature)]
                return Settings::$name(Default::default());)*
            }
        }

        protocols! { @node Node <Clone, Debug> $($name $module $name $feature),* }
        protocols! { @node NodeMessage <Clone, Debug> $($name $module Message $feature),* }
        protocols! { @node NodeTimer <Clone, Debug, PartialEq, Eq, PartialOrd, Ord> $($name $module Timer $feature),* }
        protocols! { @node NodeJob <Clone, Debug> $($name $module Job $feature),* }
        protocols! { @node NodeChange <Clone, Debug> $($name $module Change $feature),* }

        /// What a node has on disk; nothing until its protocol writes something.
        #[derive(Clone, Debug, Default)]
        pub enum NodeDisk {
            #[default]
            Empty,
            $(#[cfg(feature = $feature)] $name($module::Disk)),*
        }

        /// What is inside, if it is of this protocol.
        impl Settings {
            $(#[cfg(any(feature = $feature, $elsewhere))]
            pub fn $module(&self) -> Option<&$module::Config> {
                #[cfg(feature = $feature)]
                #[allow(irrefutable_let_patterns, reason = "there may be one protocol only")]
                if let Settings::$name(config) = self {
                    return Some(config);
                }
                None
            })*
        }
        impl Node {
            $(#[cfg(feature = $feature)]
            pub fn $module(&self) -> Option<&$module::$name> {
                #[allow(irrefutable_let_patterns, reason = "there may be one protocol only")]
                if let Node::$name(node) = self { Some(node) } else { None }
            })*
        }
        impl NodeDisk {
            $(#[cfg(feature = $feature)]
            pub fn $module(&self) -> Option<&$module::Disk> {
                if let NodeDisk::$name(disk) = self { Some(disk) } else { None }
            })*
        }

        impl Storage for NodeDisk {
            type Change = NodeChange;
            fn apply(&mut self, change: &NodeChange) {
                match (self, change) {
                    $(#[cfg(feature = $feature)]
                    (NodeDisk::$name(disk), NodeChange::$name(change)) => disk.apply(change),)*
                    $(#[cfg(feature = $feature)]
                    (disk, NodeChange::$name(change)) => {
                        let mut new = $module::Disk::default();
                        new.apply(change);
                        *disk = NodeDisk::$name(new);
                    })*
                }
            }
        }

        impl Message for NodeMessage {
            fn class(&self) -> MessageClass {
                match self { $(#[cfg(feature = $feature)] NodeMessage::$name(message) => message.class()),* }
            }
            fn bytes(&self) -> u32 {
                match self { $(#[cfg(feature = $feature)] NodeMessage::$name(message) => message.bytes()),* }
            }
            fn cargo(&self) -> Cargo {
                match self { $(#[cfg(feature = $feature)] NodeMessage::$name(message) => message.cargo()),* }
            }
        }

        impl Named for NodeTimer {
            fn name(&self) -> TimerName {
                match self { $(#[cfg(feature = $feature)] NodeTimer::$name(timer) => timer.name()),* }
            }
        }

        $(#[cfg(feature = $feature)]
        impl From<Effect<$module::$name>> for Effect<Node> {
            fn from(effect: Effect<$module::$name>) -> Effect<Node> {
                match effect {
                    Effect::Send { to, message, about } => Effect::Send { to, message: NodeMessage::$name(message), about },
                    Effect::Reply { request, answer, position, shown } => Effect::Reply { request, answer, position, shown },
                    Effect::SetTimer { timer, after } => Effect::SetTimer { timer: NodeTimer::$name(timer), after },
                    Effect::CancelTimer { timer } => Effect::CancelTimer { timer: NodeTimer::$name(timer) },
                    Effect::Write { change, operation } => Effect::Write { change: NodeChange::$name(change), operation },
                    Effect::Flush => Effect::Flush,
                    Effect::Work { job, about } => Effect::Work { job: NodeJob::$name(job), about },
                    Effect::CutPower { node } => Effect::CutPower { node },
                    Effect::Note { fact, operation } => Effect::Note { fact, operation },
                }
            }
        })*

        impl Protocol for Node {
            type Config = Settings;
            type Message = NodeMessage;
            type Timer = NodeTimer;
            type Job = NodeJob;
            type Disk = NodeDisk;

            fn start(config: &Settings, disk: &NodeDisk, context: &mut Context<Node>) -> Node {
                match config {
                    $(#[cfg(feature = $feature)]
                    Settings::$name(config) => context.within(|inner| Node::$name(match disk {
                        NodeDisk::$name(disk) => Protocol::start(config, disk, inner),
                        _ => Protocol::start(config, &Default::default(), inner),
                    })),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => unreachable!("whoever opens a scenario asks first whether its protocol is on board"),
                }
            }
            fn on_request(&mut self, request: Request, context: &mut Context<Node>) {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => context.within(|inner| node.on_request(request, inner))),* }
            }
            fn on_message(&mut self, from: NodeId, message: NodeMessage, context: &mut Context<Node>) {
                match (self, message) {
                    $(#[cfg(feature = $feature)]
                    (Node::$name(node), NodeMessage::$name(message)) => context.within(|inner| node.on_message(from, message, inner)),)*
                    #[allow(unreachable_patterns, reason = "a program may have one protocol on board")]
                    _ => {}
                }
            }
            fn on_timer(&mut self, timer: NodeTimer, context: &mut Context<Node>) {
                match (self, timer) {
                    $(#[cfg(feature = $feature)]
                    (Node::$name(node), NodeTimer::$name(timer)) => context.within(|inner| node.on_timer(timer, inner)),)*
                    #[allow(unreachable_patterns, reason = "a program may have one protocol on board")]
                    _ => {}
                }
            }
            fn on_job(&mut self, job: NodeJob, context: &mut Context<Node>) {
                match (self, job) {
                    $(#[cfg(feature = $feature)]
                    (Node::$name(node), NodeJob::$name(job)) => context.within(|inner| node.on_job(job, inner)),)*
                    #[allow(unreachable_patterns, reason = "a program may have one protocol on board")]
                    _ => {}
                }
            }
            fn on_flushed(&mut self, up_to: u64, context: &mut Context<Node>) {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => context.within(|inner| node.on_flushed(up_to, inner))),* }
            }
            fn obey(&mut self, order: Order, context: &mut Context<Node>) -> Result<(), &'static str> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => context.within(|inner| node.obey(order, inner))),* }
            }
            fn reconfigure(&mut self, rule: &Rule, context: &mut Context<Node>) {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => context.within(|inner| node.reconfigure(rule, inner))),* }
            }
            fn with_rule(config: &Settings, rule: &Rule) -> Settings {
                match config {
                    $(#[cfg(feature = $feature)]
                    Settings::$name(config) => Settings::$name($module::$name::with_rule(config, rule)),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => config.clone(),
                }
            }
            fn is_refused(config: &Settings, rule: &Rule) -> bool {
                match config {
                    $(#[cfg(feature = $feature)] Settings::$name(config) => $module::$name::is_refused(config, rule),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => true,
                }
            }
            fn holds_data(config: &Settings, node: NodeId) -> bool {
                match config {
                    $(#[cfg(feature = $feature)] Settings::$name(config) => $module::$name::holds_data(config, node),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => false,
                }
            }
            fn key_type(config: &Settings, key: Key) -> KeyType {
                match config {
                    $(#[cfg(feature = $feature)] Settings::$name(config) => $module::$name::key_type(config, key),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => KeyType::Register,
                }
            }
            fn placement(config: &Settings, members: &[NodeId]) -> Placement {
                match config {
                    $(#[cfg(feature = $feature)] Settings::$name(config) => $module::$name::placement(config, members),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => Placement::everywhere(members),
                }
            }
            fn gossips(config: &Settings) -> bool {
                match config {
                    $(#[cfg(feature = $feature)] Settings::$name(config) => $module::$name::gossips(config),)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => false,
                }
            }
            fn log(&self) -> Option<&Log> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.log()),* }
            }
            fn log_on(disk: &NodeDisk) -> Option<&Log> {
                match disk {
                    NodeDisk::Empty => None,
                    $(#[cfg(feature = $feature)] NodeDisk::$name(disk) => $module::$name::log_on(disk),)*
                }
            }
            fn view(&self) -> NodeView {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.view()),* }
            }
            fn standing(&self) -> Standing {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.standing()),* }
            }
            fn copy(&self, key: Key) -> Option<Write> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.copy(key)),* }
            }
            fn values(&self, key: Key) -> Vec<Write> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.values(key)),* }
            }
            fn kept(&self, key: Key) -> Vec<Write> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.kept(key)),* }
            }
            fn stamp(&self, key: Key) -> Option<Stamp> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.stamp(key)),* }
            }
            fn spreads(&self, key: Key) -> bool {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.spreads(key)),* }
            }
            fn doubts(&self) -> Vec<MemberView> {
                match self { $(#[cfg(feature = $feature)] Node::$name(node) => node.doubts()),* }
            }
            fn remains(config: &Settings, me: NodeId, disk: &NodeDisk) -> NodeView {
                match config {
                    $(#[cfg(feature = $feature)]
                    Settings::$name(config) => match disk {
                        NodeDisk::$name(disk) => $module::$name::remains(config, me, disk),
                        _ => $module::$name::remains(config, me, &Default::default()),
                    },)*
                    #[allow(unreachable_patterns, reason = "a program may have all protocols on board")]
                    _ => NodeView::default(),
                }
            }
        }
    };
    (@node $node:ident <$($derive:ident),*> $($name:ident $module:ident $type:ident $feature:literal),*) => {
        #[derive($($derive),*)]
        // A group runs one protocol, so all its nodes are of one size.
        #[allow(clippy::large_enum_variant, reason = "a world has few nodes, and each is used all the time")]
        pub enum $node {
            $(#[cfg(feature = $feature)] $name($module::$type)),*
        }
    };
}

// Of each: under which feature it is on board, and whether other programs have its module, too (`all()`: each; `any()`: none), so
// that they may ask whether a group runs it.
protocols! {
    PrimaryReplica primary_replica "primary-replica" all(),
    MultiPrimary multi_primary "multi-primary" all(),
    Quorum quorum "quorum" any(),
    Gossip gossip "gossip" any(),
    Documents documents "documents" any()
}

impl Settings {
    /// The rule by which a write counts as done, where there is one.
    pub fn commit(&self) -> Option<&Commit> {
        self.primary_replica().map(|config| &config.commit)
    }

    /// Who wins where peers wrote the same without knowing of each other; none where that cannot be.
    pub fn conflicts(&self) -> Option<&Conflicts> {
        let conflicts = self.multi_primary().map(|config| &config.conflicts);
        #[cfg(feature = "quorum")]
        let conflicts = conflicts.or(self.quorum().map(|config| &config.conflicts));
        conflicts
    }

    /// Over what clients write.
    pub fn contexts(&self) -> Contexts {
        let contexts = self.multi_primary().map(|config| config.contexts);
        #[cfg(feature = "quorum")]
        let contexts = contexts.or(self.quorum().map(|config| config.contexts));
        contexts.unwrap_or_default()
    }

    /// What a key holds.
    pub fn key_type(&self, key: Key) -> KeyType {
        <Node as Protocol>::key_type(self, key)
    }

    /// How much later this node's readers see entries than they could; none: at once.
    pub fn delay(&self, node: NodeId) -> Option<Micros> {
        self.primary_replica()?.delay(node)
    }

    /// Whom clients who look for a primary turn to first.
    pub fn first_primary(&self) -> NodeId {
        self.primary_replica().map_or(NodeId(0), |config| config.primary)
    }
}
