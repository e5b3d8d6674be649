//! Work that may wait for a disk or take long, away from the threads that serve connections.

use super::problem::Problem;

/// Does the work on a thread that may block, in the span of the request. It goes on if the request is given up.
///
/// # Errors
/// Those of the work, and when it panicked.
pub(super) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(Problem::internal)?.map_err(Into::into)
}
