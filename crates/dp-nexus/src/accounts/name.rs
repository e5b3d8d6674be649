//! Names of accounts: which text can be one, and how two are compared. NFKC and full case folding, so that
//! names that look alike in case or width are one.

use super::AccountError;
use unicode_normalization::UnicodeNormalization as _;

/// Most characters of a name.
const MAX_CHARS: usize = 64;

/// The name as it is shown and as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) shown: String,
    pub(super) folded: String,
}

/// Reads a name. Blanks around it do not count.
pub(super) fn parse_name(text: &str) -> Result<Name, AccountError> {
    // Bytes first, so that huge text is not worked on.
    if text.len() > MAX_CHARS * 4 {
        return Err(AccountError::InvalidName("is longer than 64 characters"));
    }
    let shown: String = text.trim().nfkc().collect();
    if shown.is_empty() {
        return Err(AccountError::InvalidName("is empty"));
    }
    if shown.chars().count() > MAX_CHARS {
        return Err(AccountError::InvalidName("is longer than 64 characters"));
    }
    if shown.chars().any(is_unseen) {
        return Err(AccountError::InvalidName("has characters that cannot be seen"));
    }
    Ok(Name { folded: fold(&shown), shown })
}

/// Case folding by way of capitals, which also joins `ß` and `ss` and both small sigmas.
fn fold(shown: &str) -> String {
    shown.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

/// Controls, and marks of direction or width by which one name can pass for another.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        parse_name(text).unwrap().folded
    }

    #[test]
    fn names_that_differ_in_case_or_width_are_one() {
        assert_eq!(folded("Ada"), folded("aDA"));
        assert_eq!(folded("Ａｄａ"), folded("ada"));
        assert_eq!(folded("Straße"), folded("STRASSE"));
        assert_eq!(folded("ΟΔΥΣΣΕΥΣ"), folded("οδυσσευς"));
        assert_eq!(folded("e\u{301}mile"), folded("Émile"));
        assert_ne!(folded("émile"), folded("emile"));
    }

    #[test]
    fn a_name_is_shown_as_it_was_given_without_blanks_around_it() {
        assert_eq!(parse_name("  Ada Lovelace ").unwrap().shown, "Ada Lovelace");
    }

    #[test]
    fn names_that_are_empty_too_long_or_cannot_be_seen_are_refused() {
        for text in
            ["", "  ", "a\0b", "a\nb", "\u{200b}ada", "ada\u{202e}", &"a".repeat(65), &"ä".repeat(1 << 20)]
        {
            assert!(matches!(parse_name(text), Err(AccountError::InvalidName(_))), "{text:.20}");
        }
        assert!(parse_name(&"ä".repeat(64)).is_ok());
    }

    #[test]
    fn letters_that_unfold_into_many_do_not_pass_the_limit() {
        assert!(parse_name(&"\u{fdfa}".repeat(64)).is_err());
    }
}
