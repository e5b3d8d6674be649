//! The words of dates in English, German, French and Spanish, folded. A word in, what it means out.

use super::calendar::{Pick, Unit};

/// English words that a misspelt date is compared with.
pub(super) const ENGLISH: &[&str] = &[
    "today",
    "yesterday",
    "tomorrow",
    "last",
    "this",
    "next",
    "past",
    "ago",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "day",
    "days",
    "week",
    "weeks",
    "weekend",
    "month",
    "months",
    "quarter",
    "year",
    "years",
];

/// Whether the word may stand anywhere in a date.
pub(super) fn is_known(word: &str) -> bool {
    ENGLISH.contains(&word)
        || is_filler(word)
        || is_link(word)
        || month(word).is_some()
        || season(word).is_some()
        || weekday(word).is_some()
        || unit(word).is_some()
        || pick(word).is_some()
        || count(word).is_some()
}

/// Words before a date that say nothing.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "in"
            | "on"
            | "of"
            | "at"
            | "during"
            | "im"
            | "am"
            | "der"
            | "die"
            | "das"
            | "den"
            | "dem"
            | "en"
            | "el"
            | "la"
            | "le"
            | "les"
            | "l"
            | "au"
            | "du"
            | "del"
    )
}

/// Words between the parts of a date.
pub(super) fn is_link(word: &str) -> bool {
    matches!(word, "of" | "de" | "d" | "del" | "the" | "l" | "et")
}

pub(super) fn pick(word: &str) -> Option<Pick> {
    Some(match word {
        "last" | "past" | "previous" | "letzte" | "letzten" | "letzter" | "letztes" | "letztem"
        | "vergangene" | "vergangenen" | "vergangener" | "vergangenes" | "vergangenem" | "vorige"
        | "vorigen" | "voriges" | "dernier" | "derniere" | "derniers" | "dernieres" | "passe" | "passee"
        | "pasado" | "pasada" | "pasados" | "pasadas" | "ultimo" | "ultima" | "ultimos" | "ultimas" => {
            Pick::Last
        }
        "this" | "current" | "diese" | "diesen" | "dieser" | "dieses" | "diesem" | "ce" | "cet" | "cette"
        | "este" | "esta" => Pick::This,
        "next" | "coming" | "nachste" | "nachsten" | "nachster" | "nachstes" | "nachstem" | "prochain"
        | "prochaine" | "proximo" | "proxima" => Pick::Next,
        _ => return None,
    })
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "day" | "days" | "tag" | "tage" | "tagen" | "jour" | "jours" | "dia" | "dias" => Unit::Day,
        "week" | "weeks" | "woche" | "wochen" | "semaine" | "semaines" | "semana" | "semanas" => Unit::Week,
        "weekend" | "weekends" | "wochenende" => Unit::Weekend,
        "month" | "months" | "monat" | "monate" | "monaten" | "monats" | "mois" | "mes" | "meses" => {
            Unit::Month
        }
        "quarter" | "quarters" | "quartal" | "quartale" | "quartalen" | "trimestre" | "trimestres" => {
            Unit::Quarter
        }
        "year" | "years" | "jahr" | "jahre" | "jahren" | "jahres" | "an" | "ans" | "annee" | "annees"
        | "ano" | "anos" => Unit::Year,
        _ => return None,
    })
}

/// 0 is spring, 3 winter.
pub(super) fn season(word: &str) -> Option<u8> {
    Some(match word {
        "spring" | "springtime" | "fruhling" | "fruhjahr" | "printemps" | "primavera" => 0,
        "summer" | "sommer" | "sommers" | "ete" | "verano" => 1,
        "autumn" | "fall" | "herbst" | "automne" | "otono" => 2,
        "winter" | "winters" | "hiver" | "invierno" => 3,
        _ => return None,
    })
}

pub(super) fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "jan" | "januar" | "janner" | "janvier" | "enero" => 1,
        "february" | "feb" | "februar" | "fevrier" | "febrero" => 2,
        "march" | "mar" | "marz" | "mars" | "marzo" => 3,
        "april" | "apr" | "avril" | "abril" => 4,
        "may" | "mai" | "mayo" => 5,
        "june" | "jun" | "juni" | "juin" | "junio" => 6,
        "july" | "jul" | "juli" | "juillet" | "julio" => 7,
        "august" | "aug" | "aout" | "agosto" => 8,
        "september" | "sep" | "sept" | "septembre" | "septiembre" => 9,
        "october" | "oct" | "oktober" | "okt" | "octobre" | "octubre" => 10,
        "november" | "nov" | "novembre" | "noviembre" => 11,
        "december" | "dec" | "dezember" | "dez" | "decembre" | "diciembre" => 12,
        _ => return None,
    })
}

/// 1 is Monday.
pub(super) fn weekday(word: &str) -> Option<i8> {
    Some(match word {
        "monday" | "montag" | "lundi" | "lunes" => 1,
        "tuesday" | "dienstag" | "mardi" | "martes" => 2,
        "wednesday" | "mittwoch" | "mercredi" | "miercoles" => 3,
        "thursday" | "donnerstag" | "jeudi" | "jueves" => 4,
        "friday" | "freitag" | "vendredi" | "viernes" => 5,
        "saturday" | "samstag" | "sonnabend" | "samedi" | "sabado" => 6,
        "sunday" | "sonntag" | "dimanche" | "domingo" => 7,
        _ => return None,
    })
}

/// A number that can be a year.
pub(super) fn year(word: &str) -> Option<i16> {
    let is_year = word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_year { word.parse().ok().filter(|&year| year >= 1000) } else { None }
}

/// The number of a day: `14`, `1st`.
pub(super) fn day(word: &str) -> Option<i8> {
    let digits =
        ["st", "nd", "rd", "th", "er", "."].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    let is_number =
        !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// How many: `3`, `three`.
pub(super) fn count(word: &str) -> Option<u16> {
    Some(match word {
        "a" | "an" | "one" | "ein" | "einem" | "einen" | "einer" | "eine" | "un" | "une" | "una" | "uno" => 1,
        "two" | "couple" | "zwei" | "deux" | "dos" => 2,
        "three" | "drei" | "trois" | "tres" => 3,
        "four" | "vier" | "quatre" | "cuatro" => 4,
        "five" | "funf" | "cinq" | "cinco" => 5,
        "six" | "sechs" | "seis" => 6,
        "seven" | "sieben" | "sept" | "siete" => 7,
        "eight" | "acht" | "huit" | "ocho" => 8,
        "nine" | "neun" | "neuf" | "nueve" => 9,
        "ten" | "zehn" | "dix" | "diez" => 10,
        "eleven" | "elf" | "onze" | "once" => 11,
        "twelve" | "zwolf" | "douze" | "doce" => 12,
        _ if word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit()) => word.parse().ok()?,
        _ => return None,
    })
}
