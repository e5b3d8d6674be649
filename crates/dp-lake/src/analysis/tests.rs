use super::*;
use proptest::prelude::*;

fn terms(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.term).collect()
}

#[test]
fn words_are_folded_and_keep_their_form() {
    let found = tokens("Café au LAIT, naïve STRASSE Straße");
    let pairs = found.iter().map(|token| (token.term.as_str(), token.exact.as_deref())).collect::<Vec<_>>();
    assert_eq!(
        pairs,
        [
            ("cafe", Some("Café")),
            ("au", None),
            ("lait", Some("LAIT")),
            ("naive", Some("naïve")),
            ("strasse", Some("STRASSE")),
            ("strasse", Some("Straße")),
        ]
    );
    assert_eq!(found[0].end, 5);
    assert_eq!(found.iter().map(|token| token.position).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn forms_of_one_word_fold_to_one_term() {
    for forms in [
        &["İstanbul", "ISTANBUL", "istanbul", "ıstanbul"][..],
        &["cafe\u{301}", "café", "CAFE", "ｃａｆé"],
        &["ΟΔΟΣ", "οδος", "οδοσ", "ὁδός"],
        &["Ёлка", "елка", "ЕЛКА"],
        &["مُحَمَّد", "محمد", "محـمد"],
        &["أحمد", "احمد"],
        &["שָׁלוֹם", "שלום"],
        &["Łódź", "lodz"],
        &["Ærø", "aero"],
        &["𝐇𝐞𝐥𝐥𝐨", "hello", "ＨＥＬＬＯ"],
        &["co\u{ad}operate", "cooperate"],
        &["می\u{200c}خواهم", "میخواهم"],
        &["٢٠١٩", "2019"],
    ] {
        for form in forms {
            assert_eq!(terms(form), terms(forms[0]), "{form}");
        }
        assert_eq!(terms(forms[0]).len(), 1, "{:?}", terms(forms[0]));
    }
}

#[test]
fn marks_that_make_another_letter_stay() {
    for (one, other) in [("が", "か"), ("กิ", "กา"), ("क", "कि"), ("பா", "ப")] {
        assert_ne!(terms(one), terms(other));
    }
    assert_eq!(terms("ｶﾞ"), terms("ガ"));
    assert_eq!(terms("か\u{3099}"), terms("が"));
    assert_eq!(terms("\u{1112}\u{1161}\u{11ab}"), terms("한"));
}

#[test]
fn punctuation_separates() {
    assert_eq!(terms("don't stop"), ["don", "t", "stop"]);
    assert_eq!(terms("don’t"), terms("don't"));
    assert_eq!(terms("mia.lund@example.org"), ["mia", "lund", "example", "org"]);
    assert_eq!(terms("snake_case 1,234.5"), ["snake", "case", "1", "234", "5"]);
    assert_eq!(terms("… — !"), Vec::<String>::new());
}

#[test]
fn scripts_without_spaces_give_pairs_and_the_last_character() {
    let found = tokens("東京都 iPhone手机壳x");
    let listed = found.iter().map(|token| (token.term.as_str(), token.kind)).collect::<Vec<_>>();
    use TokenKind::{Last, Pair, Word};
    assert_eq!(
        listed,
        [
            ("東京", Pair),
            ("京都", Pair),
            ("都", Last),
            ("iphone", Word),
            ("手机", Pair),
            ("机壳", Pair),
            ("壳", Last),
            ("x", Word),
        ]
    );
    assert_eq!((found[1].start, found[1].end), (3, 9));
}

#[test]
fn emoji_are_terms_and_skin_does_not_count() {
    assert_eq!(terms("go👍🏽!👍"), ["go", "👍", "👍"]);
    assert_eq!(terms("👩\u{200d}👩\u{200d}👧").len(), 1);
    assert_eq!(terms("❤\u{fe0f}"), terms("❤"));
    assert_eq!(terms("🇨🇭🇩🇪").len(), 2);
    assert_eq!(terms("🏽").len(), 1);
}

#[test]
fn long_terms_are_cut_alike() {
    let long = "é".repeat(100);
    assert_eq!(terms(&long), ["e".repeat(MAX_TERM_BYTES)]);
    assert_eq!(terms(&"A".repeat(70)), ["a".repeat(MAX_TERM_BYTES)]);
    assert!(terms(&"ж".repeat(99))[0].len() <= MAX_TERM_BYTES);
}

#[test]
fn folding_a_label_ignores_case_accents_and_spacing() {
    assert_eq!(fold("  Été \t à la MER "), "ete a la mer");
}

/// Texts of many scripts, well and ill formed.
pub(crate) fn any_script() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-zA-Z]{1,9}",
        "[à-ÿĀ-ſ]{1,6}",
        "[а-яА-ЯёЁ]{1,8}",
        "[α-ωΑ-Ωά-ώ]{1,8}",
        "[א-ת\u{5b0}-\u{5bc}]{1,6}",
        "[ا-ي\u{64b}-\u{652}]{1,6}",
        "[क-ह\u{93e}-\u{94d}]{1,6}",
        "[ก-ฮ\u{e31}-\u{e3a}\u{e47}-\u{e4e}ะ-ำ]{1,10}",
        "[一-龥]{1,6}",
        "[ぁ-ん\u{3099}ァ-ヶｦ-ﾟ]{1,6}",
        "[가-힣]{1,5}",
        "[\u{1780}-\u{17b3}\u{17b6}-\u{17d3}]{1,6}",
        "[\u{1000}-\u{103f}]{1,6}",
        "[0-9]{1,5}",
        "[👍🎉❤🏽🇨🇭👩\u{200d}\u{fe0f}]{1,4}",
        "\\PC{1,5}",
    ];
    proptest::collection::vec((word, "[ ,.'\\-\n]{0,2}"), 1..9)
        .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

proptest! {
    #[test]
    fn tokens_stand_in_order_inside_the_text(text in any_script()) {
        let mut last_start = 0;
        for (expected, token) in tokens(&text).into_iter().enumerate() {
            prop_assert_eq!(token.position as usize, expected);
            prop_assert!(token.start >= last_start && token.start < token.end && token.end <= text.len());
            prop_assert!(text.is_char_boundary(token.start) && text.is_char_boundary(token.end));
            prop_assert!(!token.term.is_empty() && token.term.len() <= MAX_TERM_BYTES);
            last_start = token.start;
        }
    }

    #[test]
    fn words_typed_as_a_query_give_the_terms_of_the_text(text in any_script(), skip in 0usize..5, take in 1usize..5) {
        let words = text.split_whitespace().skip(skip).take(take).collect::<Vec<_>>().join(" ");
        let document = terms(&text);
        let query = terms(&words);
        prop_assert!(query.is_empty() || document.windows(query.len()).any(|window| window == query));
    }

    #[test]
    fn capitals_and_composition_do_not_count(text in "[a-zà-öø-ÿа-яα-ρτ-ω ]{0,30}") {
        prop_assert_eq!(terms(&text.to_uppercase()), terms(&text));
        prop_assert_eq!(terms(&text.nfd().collect::<String>()), terms(&text));
    }
}
