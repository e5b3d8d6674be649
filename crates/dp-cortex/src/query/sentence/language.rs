//! The language of a few words. Its small words tell it best; where there are none, the statistics of its
//! letters do, if they are sure.

use super::Word;
use dp_lake::analysis::Language;
use whatlang::{Detector, Lang};

/// With fewer words nothing is said.
const WORDS_MIN: usize = 3;

const SMALL_WORDS: &[(Language, &[&str])] = &[
    (
        Language::English,
        &[
            "the", "that", "and", "of", "with", "from", "about", "where", "what", "which", "was", "were",
            "my", "we", "i", "is", "to", "for", "this", "how", "did", "when", "by", "at",
        ],
    ),
    (
        Language::German,
        &[
            "der", "die", "das", "den", "dem", "und", "ich", "wir", "mit", "uber", "von", "vom", "im", "am",
            "ein", "eine", "einen", "fur", "ist", "war", "nicht", "wo", "was", "habe", "wie", "zum", "zur",
            "aus",
        ],
    ),
    (
        Language::French,
        &[
            "le", "les", "des", "du", "et", "sur", "dans", "avec", "pour", "une", "je", "nous", "est", "que",
            "qui", "cet", "cette", "mon", "au", "aux", "ou", "j'ai",
        ],
    ),
    (
        Language::Spanish,
        &[
            "el", "los", "las", "y", "con", "sobre", "para", "por", "una", "que", "del", "donde", "mi",
            "como", "yo", "ese", "esa",
        ],
    ),
    (
        Language::Italian,
        &[
            "il", "gli", "che", "con", "della", "del", "sul", "sulla", "per", "una", "ho", "dove", "di",
            "sono",
        ],
    ),
    (
        Language::Dutch,
        &[
            "het", "een", "van", "ik", "met", "over", "voor", "niet", "waar", "wat", "dat", "op", "zijn",
            "naar",
        ],
    ),
    (
        Language::Portuguese,
        &["os", "uma", "com", "sobre", "para", "que", "em", "no", "na", "onde", "eu", "nao", "dos", "um"],
    ),
];

pub(super) fn of(words: &[Word<'_>]) -> Option<Language> {
    if words.len() < WORDS_MIN {
        return None;
    }
    let votes = SMALL_WORDS.iter().map(|(language, small)| {
        (words.iter().filter(|word| small.contains(&word.folded.as_str())).count(), *language)
    });
    let mut votes = votes.collect::<Vec<_>>();
    votes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    if let [(most, language), (next, _), ..] = votes.as_slice()
        && *most >= 2
        && most > next
    {
        return Some(*language);
    }
    let text = words.iter().map(|word| word.raw).collect::<Vec<_>>().join(" ");
    let info = Detector::with_allowlist(LANGUAGES.iter().map(|(lang, _)| *lang).collect()).detect(&text)?;
    let known = LANGUAGES.iter().find(|(lang, _)| *lang == info.lang()).filter(|_| info.is_reliable());
    known.map(|&(_, language)| language)
}

const LANGUAGES: &[(Lang, Language)] = &[
    (Lang::Dan, Language::Danish),
    (Lang::Nld, Language::Dutch),
    (Lang::Eng, Language::English),
    (Lang::Fin, Language::Finnish),
    (Lang::Fra, Language::French),
    (Lang::Deu, Language::German),
    (Lang::Hun, Language::Hungarian),
    (Lang::Ita, Language::Italian),
    (Lang::Nob, Language::Norwegian),
    (Lang::Por, Language::Portuguese),
    (Lang::Ron, Language::Romanian),
    (Lang::Rus, Language::Russian),
    (Lang::Spa, Language::Spanish),
    (Lang::Swe, Language::Swedish),
    (Lang::Tur, Language::Turkish),
];
