//! Text out of foreign forms: plain text out of HTML, character references, percent-encoding.
