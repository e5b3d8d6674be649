//! What is searched for in every record, prepared once: preparing a search costs more than searching
//! the few hundred bytes of a cell.

use memchr::memmem::Finder;
use std::sync::LazyLock;

macro_rules! needles {
    ($($name:ident = $bytes:expr;)+) => {
        $(pub(super) static $name: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new($bytes));)+
    };
}

needles! {
    CLASS = "class";
    CLOSING_DIV = "</div";
    OPENING_BOLD = "<b>";
    CLOSING_BOLD = "</b>";
    SPACE_REFERENCE = "&nbsp;";
    SPACE_CHARACTER = "\u{A0}";
    CONTROLS_ADDRESS = "myaccount.google.com/activitycontrols";
}
