//! Pages of the documentation that hold what a command writes: the text between two marks.

use crate::repository;
use anyhow::Context as _;

/// Replaces what the command named by `mark` wrote into the page, a path inside the repository.
///
/// # Errors
/// When the page cannot be read or written, or has no such marks.
pub(crate) fn write_between(page: &str, mark: &str, text: &str) -> anyhow::Result<()> {
    let path = repository::root().join(page);
    let old = fs_err::read_to_string(&path)?;
    let new = replaced(&old, mark, text).with_context(|| format!("cannot write into {page}"))?;
    fs_err::write(&path, new)?;
    println!("wrote {page}");
    Ok(())
}

fn replaced(page: &str, mark: &str, text: &str) -> anyhow::Result<String> {
    let [begin, end] = ["begin", "end"].map(|side| format!("<!-- written by `{mark}`: {side} -->\n"));
    let (before, rest) =
        page.split_once(&begin).with_context(|| format!("it has no line {:?}", begin.trim()))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("it has no line {:?}", end.trim()))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_of_a_command_is_replaced() {
        let page = "a\n<!-- written by `x`: begin -->\nold\n<!-- written by `x`: end -->\nb\n\
                    <!-- written by `y`: begin -->\nkept\n<!-- written by `y`: end -->\n";
        let new = replaced(page, "x", "new\n").unwrap();
        assert_eq!(new, page.replace("old", "new"));
        assert!(replaced(page, "z", "").is_err());
    }
}
