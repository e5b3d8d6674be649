//! Words inside dates: months, halves of the day, and words that only connect.

use super::tokens::Token;

/// The month that a name or abbreviation of any known language means.
///
/// Names are told by their beginning; where one language's beginning is another's whole name for a
/// different month, the longer stands first in the table.
pub(super) fn month_of(word: &str) -> Option<u32> {
    if let [a, b, c, ..] = *word.as_bytes() {
        // English, and what German, Spanish, Dutch and others share with it.
        let known = match [a | 0x20, b | 0x20, c | 0x20] {
            [b'j', b'a', b'n'] => 1,
            [b'f', b'e', b'b'] => 2,
            [b'a', b'p', b'r'] => 4,
            [b'm', b'a', b'y'] => 5,
            [b'j', b'u', b'n'] => 6,
            [b'j', b'u', b'l'] => 7,
            [b'a', b'u', b'g'] => 8,
            [b's', b'e', b'p'] => 9,
            [b'o', b'c', b't'] | [b'o', b'k', b't'] => 10,
            [b'n', b'o', b'v'] => 11,
            [b'd', b'e', b'c'] => 12,
            _ => 0,
        };
        if known != 0 && word.is_ascii() {
            return Some(known);
        }
    }
    let folded = word.to_lowercase();
    // Turkish capital İ lower-cases to i and a combining dot.
    let folded = folded.replace('\u{307}', "");
    let folded = folded.strip_prefix('ב').unwrap_or(&folded);
    BEGINNINGS.iter().find(|(beginning, _)| folded.starts_with(beginning)).map(|&(_, month)| month)
}

static BEGINNINGS: &[(&str, u32)] = &[
    // Longer than three letters, or in the way of a shorter one.
    ("marras", 11),
    ("juil", 7),
    ("juin", 6),
    ("červenec", 7),
    ("července", 7),
    ("červ", 6),
    ("ιουν", 6),
    ("ιουλ", 7),
    ("يونيو", 6),
    ("يوليو", 7),
    ("يونيه", 6),
    ("يوليه", 7),
    ("kesä", 6),
    // Latin script.
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("sty", 1),
    ("oca", 1),
    ("ian", 1),
    ("tam", 1),
    ("led", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("lut", 2),
    ("şub", 2),
    ("sub", 2),
    ("hel", 2),
    ("úno", 2),
    ("mar", 3),
    ("mär", 3),
    ("mae", 3),
    ("mrz", 3),
    ("mrt", 3),
    ("maa", 3),
    ("már", 3),
    ("bře", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("nis", 4),
    ("ápr", 4),
    ("huh", 4),
    ("dub", 4),
    ("may", 5),
    ("mai", 5),
    ("mei", 5),
    ("maj", 5),
    ("mag", 5),
    ("máj", 5),
    ("tou", 5),
    ("kvě", 5),
    ("jun", 6),
    ("jún", 6),
    ("giu", 6),
    ("cze", 6),
    ("haz", 6),
    ("iun", 6),
    ("čvn", 6),
    ("jul", 7),
    ("júl", 7),
    ("lug", 7),
    ("lip", 7),
    ("tem", 7),
    ("iul", 7),
    ("hei", 7),
    ("čvc", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sie", 8),
    ("ağu", 8),
    ("agu", 8),
    ("agt", 8),
    ("elo", 8),
    ("srp", 8),
    ("sep", 9),
    ("set", 9),
    ("wrz", 9),
    ("eyl", 9),
    ("sze", 9),
    ("syy", 9),
    ("zář", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("paź", 10),
    ("paz", 10),
    ("eki", 10),
    ("lok", 10),
    ("říj", 10),
    ("nov", 11),
    ("lis", 11),
    ("kas", 11),
    ("noi", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("déc", 12),
    ("des", 12),
    ("gru", 12),
    ("ara", 12),
    ("jou", 12),
    ("pro", 12),
    // Russian, Bulgarian, Ukrainian.
    ("янв", 1),
    ("яну", 1),
    ("січ", 1),
    ("фев", 2),
    ("лют", 2),
    ("мар", 3),
    ("бер", 3),
    ("апр", 4),
    ("кві", 4),
    ("мая", 5),
    ("май", 5),
    ("тра", 5),
    ("июн", 6),
    ("юни", 6),
    ("чер", 6),
    ("июл", 7),
    ("юли", 7),
    ("лип", 7),
    ("авг", 8),
    ("сер", 8),
    ("сен", 9),
    ("сеп", 9),
    ("вер", 9),
    ("окт", 10),
    ("жов", 10),
    ("ноя", 11),
    ("ное", 11),
    ("лис", 11),
    ("дек", 12),
    ("гру", 12),
    // Greek.
    ("ιαν", 1),
    ("φεβ", 2),
    ("μαρ", 3),
    ("μάρ", 3),
    ("απρ", 4),
    ("μαΐ", 5),
    ("μαϊ", 5),
    ("μάι", 5),
    ("αυγ", 8),
    ("αύγ", 8),
    ("σεπ", 9),
    ("οκτ", 10),
    ("νοε", 11),
    ("νοέ", 11),
    ("δεκ", 12),
    // Arabic, with the forms of the Levant.
    ("يناير", 1),
    ("فبراير", 2),
    ("شباط", 2),
    ("مارس", 3),
    ("آذار", 3),
    ("أبريل", 4),
    ("إبريل", 4),
    ("نيسان", 4),
    ("مايو", 5),
    ("أيار", 5),
    ("حزيران", 6),
    ("تموز", 7),
    ("أغسطس", 8),
    ("آب", 8),
    ("سبتمبر", 9),
    ("أيلول", 9),
    ("أكتوبر", 10),
    ("نوفمبر", 11),
    ("ديسمبر", 12),
    // Hebrew.
    ("ינו", 1),
    ("פבר", 2),
    ("מרץ", 3),
    ("מרס", 3),
    ("אפר", 4),
    ("מאי", 5),
    ("יונ", 6),
    ("יול", 7),
    ("אוג", 8),
    ("ספט", 9),
    ("אוק", 10),
    ("נוב", 11),
    ("דצמ", 12),
];

/// Whether a word only connects the parts of a date or announces the time.
pub(super) fn is_connective(word: &str) -> bool {
    matches!(
        word,
        "de" | "del"
            | "d"
            | "di"
            | "г"
            | "р"
            | "kl"
            | "klo"
            | "um"
            | "à"
            | "at"
            | "om"
            | "o"
            | "в"
            | "о"
            | "الساعة"
            | "thg"
            | "tháng"
            | "lúc"
            | "a"
            | "las"
            | "alle"
            | "ore"
            | "às"
            | "la"
            | "στις"
            | "बजे"
            | "г."
            | "pada"
            | "pukul"
            | "Uhr"
            | "dnia"
            | "ב"
    )
}

/// A part of the day that a clock of twelve hours needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayHalf {
    Morning,
    Afternoon,
    /// Chinese 中午: from eleven until two.
    Noon,
}

impl DayHalf {
    /// The hour on a clock of 24.
    pub(super) fn hour(self, hour: u32) -> Option<u32> {
        match (self, hour) {
            (_, 24..) => None,
            (Self::Morning, 12) => Some(0),
            (Self::Morning, hour) => Some(hour),
            (Self::Afternoon, 0..=11) => Some(hour + 12),
            (Self::Noon, 1..=4) => Some(hour + 12),
            (Self::Afternoon | Self::Noon, hour) => Some(hour),
        }
    }
}

/// The half of the day that begins at the first of these tokens (which is `word`), and how many tokens
/// it takes: `PM`, `p. m.`, `م`, `下午`.
pub(super) fn day_half(word: &str, tokens: &[Token<'_>]) -> Option<(DayHalf, usize)> {
    let half = match word {
        "AM"
        | "am"
        | "Am"
        | "ص"
        | "上午"
        | "凌晨"
        | "清晨"
        | "早上"
        | "午前"
        | "오전"
        | "ÖÖ"
        | "vorm"
        | "पूर्वाह्न"
        | "SA" => DayHalf::Morning,
        "PM"
        | "pm"
        | "Pm"
        | "م"
        | "下午"
        | "晚上"
        | "傍晚"
        | "午後"
        | "오후"
        | "ÖS"
        | "nachm"
        | "अपराह्न"
        | "CH" => DayHalf::Afternoon,
        "中午" => DayHalf::Noon,
        "a" | "A" | "π" => return dotted(tokens, DayHalf::Morning),
        "p" | "P" | "μ" => return dotted(tokens, DayHalf::Afternoon),
        _ => return None,
    };
    Some((half, 1))
}

/// `p. m.`, `p.m.` and the Greek `μ.μ.`.
fn dotted(tokens: &[Token<'_>], half: DayHalf) -> Option<(DayHalf, usize)> {
    match tokens {
        [_, Token::Mark('.'), Token::Word("m" | "M" | "μ"), Token::Mark('.'), ..] => Some((half, 4)),
        [_, Token::Mark('.'), Token::Word("m" | "M" | "μ"), ..] => Some((half, 3)),
        _ => None,
    }
}
