//! Text out of foreign forms: plain text out of HTML, character references, percent-encoding, the
//! parts of a URL. Takes any text, gives readable text; never fails, and takes linear time.

mod entities;
mod html;
mod url;

pub use entities::decode_entities;
pub use html::html_to_text;
pub use url::{form_decode, host_and_path, percent_decode, query_parameter, raw_query_parameter};
