//! Questions that are asked side by side. A store whose work blocks does it on the thread of a caller who waits
//! anyway; several that are to be answered at once must go to threads of their own, and this says which they are.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

thread_local! {
    static BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// A future that asks several things at once, such as one of `futures::join!`.
#[derive(Debug)]
pub struct Beside<F>(Pin<Box<F>>);

/// Lets what this future asks be answered at the same time rather than one after the other.
pub fn beside<F: Future>(future: F) -> Beside<F> {
    Beside(Box::pin(future))
}

/// Whether what is being polled on this thread asks several things at once.
#[must_use]
pub fn is_beside() -> bool {
    BESIDE.get()
}

/// Puts back what was said before, also when polling panics.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        BESIDE.set(self.0);
    }
}

impl<F: Future> Future for Beside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _before = Before(BESIDE.replace(true));
        self.0.as_mut().poll(context)
    }
}
