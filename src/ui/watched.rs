//! Values that are watched: whoever reads one while a part is built is built again when it changes.
//!
//! Leptos compiles its signals and memos anew for every type of value. Here one signal and one memo, of a value of any
//! type, stand below all of them; the page is smaller for it.

use super::leptos::*;
use std::{any::Any, marker::PhantomData, sync::Arc};

trait Value: Any + Send + Sync {
    fn is(&self, other: &dyn Any) -> bool;
}

impl<T: PartialEq + Send + Sync + 'static> Value for T {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }
}

#[derive(Clone)]
struct AnyValue(Arc<dyn Value>);

impl PartialEq for AnyValue {
    fn eq(&self, other: &AnyValue) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.is(other)
    }
}

impl AnyValue {
    fn look<T: 'static>(&self) -> &T {
        let value: &dyn Any = &*self.0;
        value.downcast_ref().expect("what was put in is of this type")
    }
}

/// A value that can be set.
pub struct Watched<T>(RwSignal<AnyValue>, PhantomData<fn() -> T>);

/// A value that follows from others; told on only when it is another one than before.
pub struct Derived<T>(Memo<AnyValue>, PhantomData<fn() -> T>);

// By hand: deriving would ask the same of T.
impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Watched<T> {}

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Derived<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Watched<T> {
    pub fn new(value: T) -> Watched<T> {
        Watched(RwSignal::new(AnyValue(Arc::new(value))), PhantomData)
    }

    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }

    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(self.0.get().look())
    }

    pub fn with_untracked<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(self.0.get_untracked().look())
    }

    /// Sets the value, and tells only if it is another one.
    pub fn set(&self, value: T) {
        set(self.0, AnyValue(Arc::new(value)));
    }

    pub fn update(&self, change: impl FnOnce(&mut T)) {
        let mut value = self.get_untracked();
        change(&mut value);
        self.set(value);
    }

    /// None once the part of the page that it belongs to is gone.
    pub fn get_if_there(&self) -> Option<T> {
        (!self.0.is_disposed()).then(|| self.get_untracked())
    }

    /// Does nothing once the part of the page that it belongs to is gone.
    pub fn set_if_there(&self, value: T) {
        if !self.0.is_disposed() {
            self.set(value);
        }
    }
}

fn set(signal: RwSignal<AnyValue>, value: AnyValue) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Derived<T> {
    pub fn new(derive: impl Fn() -> T + Send + Sync + 'static) -> Derived<T> {
        let derive: Box<dyn Fn() -> AnyValue + Send + Sync> = Box::new(move || AnyValue(Arc::new(derive())));
        Derived(memo(derive), PhantomData)
    }

    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(self.0.get().look())
    }
}

fn memo(derive: Box<dyn Fn() -> AnyValue + Send + Sync>) -> Memo<AnyValue> {
    Memo::new(move |_| derive())
}
