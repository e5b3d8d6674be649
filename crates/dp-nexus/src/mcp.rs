//! Assistants: a vault as the tools of the Model Context Protocol, over lines of JSON-RPC or over HTTP. Calls come in,
//! answers that name the documents they rest on go out, and each call is noted. Nothing is ever changed.

mod arguments;
mod assistant;
mod lines;
mod shown;
mod tools;

pub(crate) use assistant::Assistant;
pub use lines::{LinesError, Local, answer_lines};
