//! The verb of a title: `Searched for `, `を視聴しました`. It depends on the language and is a bonus:
//! an unknown one stays part of the title.

use memchr::memmem;

/// A title in its parts; `verb` and `suffix` hold no space at the object's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) verb: &'a str,
    pub(super) object: &'a str,
    pub(super) suffix: &'a str,
}

/// Cuts a title where its verb ends.
pub(super) fn split(title: &str) -> Parts<'_> {
    let title = title.trim();
    let whole = Parts { verb: "", object: title, suffix: "" };
    if let Some(list) = title.bytes().next().and_then(prefixes_with) {
        for verb in list {
            if let Some(rest) = title.strip_prefix(verb).filter(|rest| rest.starts_with([' ', '\u{A0}'])) {
                return Parts { verb: &title[..verb.len()], object: rest.trim_start(), suffix: "" };
            }
        }
    }
    if title.is_ascii() {
        return whole;
    }
    for prefix in OTHER_PREFIXES {
        if let Some(rest) = title.strip_prefix(prefix).filter(|rest| !rest.trim().is_empty()) {
            return Parts { verb: title[..prefix.len()].trim_end(), object: rest.trim_start(), suffix: "" };
        }
    }
    for suffix in SUFFIXES {
        if let Some(rest) = title.strip_suffix(suffix).filter(|rest| !rest.trim().is_empty()) {
            return Parts { verb: "", object: rest.trim_end(), suffix: title[rest.len()..].trim_start() };
        }
    }
    whole
}

/// Takes a known object out of its title, wherever it stands, if it stands there once.
pub(super) fn around<'a>(title: &'a str, object: &str) -> Option<Parts<'a>> {
    if object.is_empty() {
        return None;
    }
    let at = memmem::find(title.as_bytes(), object.as_bytes())?;
    let (verb, suffix) = (&title[..at], &title[at + object.len()..]);
    if memmem::find(suffix.as_bytes(), object.as_bytes()).is_some() {
        return None;
    }
    let object = &title[verb.len()..title.len() - suffix.len()];
    Some(Parts { verb: verb.trim_end(), object, suffix: suffix.trim_start() })
}

/// The verbs of languages in Latin script that begin with this byte, longer ones first.
fn prefixes_with(first: u8) -> Option<&'static [&'static str]> {
    Some(match first {
        b'W' => &["Watched", "Wyszukano:", "Wyszukano"],
        b'S' => &[
            "Searched for",
            "Searched with Lens for",
            "Shopped for",
            "Saved",
            "Subscribed to",
            "Said",
            "Shared",
        ],
        b'V' => &[
            "Visited",
            "Viewed image from",
            "Viewed",
            "Vous avez regardé",
            "Vous avez recherché",
            "Vous avez consulté",
            "Vous avez visité",
            "Visitou",
            "Você assistiu a",
        ],
        b'U' => &["Used", "Usou"],
        b'L' => &["Listened to", "Liked"],
        b'A' => &["Asked Bard:", "Asked", "Added", "Answered", "Assistiu a", "Angesehen:"],
        b'P' => &["Prompted with:", "Prompted", "Pesquisou por", "Pesquisou", "Pokyn", "Przeczytano:"],
        b'B' => &["Branched", "Bezocht:", "Besuchte Website:"],
        b'R' => &["Read", "Recherche effectuée :"],
        b'I' => &["Installed", "Interacted with"],
        b'D' => &["Directions to", "Disliked", "Dismissed"],
        b'N' => &["Navigated to"],
        b'E' => &["Explored"],
        b'T' => &["Translated", "Tittade på"],
        b'O' => &["Opened", "Obejrzano:", "Odwiedzono:"],
        b'C' => &["Clicked on", "Created"],
        b'G' => &["Gesucht nach:", "Gekeken naar", "Gezocht naar", "Got a notification"],
        b'H' => &["Has visto", "Has buscado", "Has visitado", "Hai guardato", "Hai cercato", "Hai visitato"],
        _ => return None,
    })
}

/// Beginnings in other scripts, or with letters beyond ASCII.
static OTHER_PREFIXES: &[&str] = &[
    "送信したメッセージ: ",
    "분기된 ",
    "Sökte efter ",
    "Besökte ",
    "Odwiedzono stronę ",
    "Просмотрено: ",
    "Вы посмотрели видео ",
    "Вы искали: ",
    "观看了 ",
    "已观看 ",
    "搜索了 ",
    "访问了 ",
    "已觀看 ",
    "搜尋了 ",
    "造訪了 ",
    "شاهدت ",
    "بحثت عن ",
];

/// Endings in languages that put the verb last.
static SUFFIXES: &[&str] = &[
    "を視聴しました",
    "を再生しました",
    "を検索しました",
    "にアクセスしました",
    "を使用しました",
    "を表示しました",
    " を視聴しました",
    "을(를) 시청했습니다.",
    "을(를) 검색했습니다.",
    "을(를) 방문했습니다.",
    " 시청함",
    " 검색함",
    " 방문함",
    " angesehen",
    " aufgerufen",
    " gesucht",
    " verwendet",
    " izlendi",
    " bekeken",
    " bezocht",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(title: &str) -> (&str, &str, &str) {
        let parts = split(title);
        (parts.verb, parts.object, parts.suffix)
    }

    #[test]
    fn known_verbs_are_cut_off() {
        assert_eq!(parts("Watched Some talk"), ("Watched", "Some talk", ""));
        assert_eq!(parts("Asked Bard: why"), ("Asked Bard:", "why", ""));
        assert_eq!(parts("Watchedness"), ("", "Watchedness", ""));
        assert_eq!(parts("パン作りを視聴しました"), ("", "パン作り", "を視聴しました"));
        assert_eq!(parts("送信したメッセージ: パン"), ("送信したメッセージ:", "パン", ""));
        assert_eq!(parts("Katselit: leipä"), ("", "Katselit: leipä", ""));
    }

    #[test]
    fn a_known_object_shows_the_verb_of_any_language() {
        let found = around("Etsit hakusanalla leipä juuri", "leipä").unwrap();
        assert_eq!((found.verb, found.object, found.suffix), ("Etsit hakusanalla", "leipä", "juuri"));
        assert_eq!(around("a b a", "a"), None);
    }
}
