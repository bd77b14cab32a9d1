//! Saying which texts must not be stored.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::DeserializeOwned;

use crate::bindings::masker::exports::hindsight::plugin::masker as wire;
use crate::{Edit, Span};

/// A plugin that says which texts must not be stored.
pub trait Masker: Sized + 'static {
    /// The settings of `plugin.toml`, typed.
    type Settings: DeserializeOwned;

    /// Prepares for one session. An error is a sentence for people.
    fn new(settings: Self::Settings) -> Result<Self, String>;

    /// What to do with one text, nothing for most. The same text must give the same edit.
    fn mask(&self, span: &Span) -> Option<Edit>;
}

/// A [`Masker`] as the host calls it.
#[doc(hidden)]
pub struct Adapter<M>(PhantomData<M>);

thread_local! {
    /// The masker and its settings, from the first batch of a session to the last.
    static PREPARED: RefCell<Option<(String, Rc<dyn Any>)>> = const { RefCell::new(None) };
}

impl<M: Masker> Adapter<M> {
    fn prepared(settings: String) -> Result<Rc<M>, String> {
        let kept = PREPARED.with_borrow(|kept| {
            let (known, masker) = kept.as_ref()?;
            if *known == settings { Rc::clone(masker).downcast::<M>().ok() } else { None }
        });
        if let Some(masker) = kept {
            return Ok(masker);
        }
        let masker = Rc::new(M::new(crate::begin(&settings)?)?);
        PREPARED.set(Some((settings, Rc::clone(&masker) as Rc<dyn Any>)));
        Ok(masker)
    }
}

impl<M: Masker> wire::Guest for Adapter<M> {
    fn mask(spans: Vec<Span>, settings: String) -> Result<Vec<wire::Change>, String> {
        let masker = Self::prepared(settings)?;
        let edits = (0..).zip(&spans).filter_map(|(index, span)| Some((index, masker.mask(span)?)));
        Ok(edits.map(|(index, edit)| wire::Change { index, edit }).collect())
    }
}
