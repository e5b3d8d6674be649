//! Things planted to be searched for: each has words that nothing else in the life has.

use crate::answers::{Expected, Question};
use crate::inquiry;
use crate::plan::Stream;
use dp_model::Kind;
use std::sync::LazyLock;

/// A planted event and how to find it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    pub(crate) stream: Stream,
    /// When in the life, 0 to 1.
    pub(crate) when: f64,
    /// The query, the title, the subject; of a comment or chat message all of it.
    pub(crate) title: &'static str,
    /// The body, where there is one.
    pub(crate) body: &'static str,
    pub(crate) source: &'static str,
    pub(crate) kind: Kind,
    /// Whether nothing made up is put around it.
    pub(crate) is_bare: bool,
    /// Queries with what each tries.
    pub(crate) asked: &'static [(&'static str, &'static str)],
}

macro_rules! planted {
    ($($stream:ident $when:literal $source:literal $kind:ident $title:literal $body:literal [$($query:literal => $why:literal),+ $(,)?])+) => {
        &[$(Planted {
            stream: Stream::$stream, when: $when, source: $source, kind: Kind::$kind,
            title: $title, body: $body, is_bare: false, asked: &[$(($query, $why)),+],
        }),+]
    };
}

/// What is planted to be found without fail.
const SURE: &[Planted] = planted! {
    Search 0.11 "google.search" Search "quorndle lamination temperature" "" [
        "quorndle" => "one rare word",
        "\"quorndle lamination temperature\"" => "a phrase",
        "quorndel" => "a typing error: two letters swapped",
        "quornd" => "the beginning of the last word",
        "kind:search lamination quorndle" => "a filter on kind, words in another order",
    ]
    Search 0.62 "google.search" Search "Gewürzbrotrezept für Großmütterchen" "" [
        "gewurzbrotrezept" => "accents left out",
        "gewürzbrotrezept großmütterchen" => "accents as written",
        "source:google.search gewürzbrotrezept" => "a filter on source",
    ]
    Search 0.71 "google.search" Search "鯨が見える灯台ホテル" "" [
        "灯台ホテル" => "part of a Japanese text without spaces",
        "鯨" => "a single character",
    ]
    Search 0.93 "google.search" Search "ร้านขนมปังริมแม่น้ำใกล้สะพานแขวน" "" [
        "สะพานแขวน" => "part of a Thai text without spaces",
    ]
    Search 0.35 "google.search" Search "مخبز الفانوس الأزرق في مراكش" "" [
        "الفانوس الأزرق" => "two words of an Arabic text",
    ]
    Search 0.97 "google.search" Search "ёжик-мореплаватель расписание паромов" "" [
        "мореплаватель паромов" => "Russian words apart from each other",
    ]
    Watch 0.21 "google.youtube" Watch "Restoring a 1931 Velombrosa tandem, part one" "" [
        "velombrosa tandem" => "a watched video by title",
        "kind:watch velombrosa" => "a video among its own kind",
        "velombrossa" => "a typing error: a letter too many",
    ]
    Watch 0.86 "google.youtube" Watch "深夜の台所で作る黒胡麻プリン" "" [
        "黒胡麻プリン" => "the end of a Japanese title",
    ]
    Listen 0.48 "google.youtube" Listen "Nocturne for Unplugged Refrigerator" "" [
        "unplugged refrigerator" => "a song by title",
        "kind:listen nocturne refrigerator" => "a song among its own kind",
    ]
    TubeSearch 0.55 "google.youtube" Search "zwiebelkuchen wettessen finale 2007" "" [
        "zwiebelkuchen wettessen" => "a search for videos",
    ]
    Visited 0.30 "google.chrome" Browse "The Lighthouse Keeper's Almanac of Improbable Winds" "" [
        "improbable winds almanac" => "a visited page by title",
    ]
    Page 0.995 "google.chrome" Browse "Tidal clock repair forum: escapement of the Grimsund model" "" [
        "grimsund escapement" => "a page of the browser's own history",
    ]
    Mail 0.27 "google.mail" Email "Your parcel from the Marzipan Cartographers' Guild" "The marzipan globe was packed with great care; please keep it below eighteen degrees." [
        "marzipan cartographers" => "a mail by subject",
        "\"packed with great care\" marzipan" => "a phrase of a mail's text",
        "kind:email marzipan globe" => "a mail among its own kind",
    ]
    Mail 0.66 "google.mail" Email "Schlüsselübergabe am Dienstag" "Liebe Mira, die Kellerschlüssel liegen beim Hauswart Nepomuk Träumli; bitte vor acht abholen." [
        "schlusselubergabe" => "a German subject without its umlauts",
        "nepomuk kellerschlüssel" => "words of a German mail, without accents lost",
    ]
    Mail 0.91 "google.mail" Email "茶会のお知らせ" "来月の茶会は月見亭で行います。着物でなくても構いません。" [
        "月見亭" => "part of a Japanese mail without spaces",
    ]
    Note 0.42 "google.keep" Note "Wifi at the observatory hut" "Network: perihelion-guest, ask Wilhelmina for the code with the seventeen owls." [
        "perihelion-guest" => "a word with a hyphen in a note",
        "seventeen owls" => "words of a note's text",
    ]
    Note 0.58 "google.keep" Note "Crème brûlée à la façon d'Élodie" "Cinq jaunes d'œufs, une gousse de vanille, jamais plus de cent degrés." [
        "creme brulee elodie" => "French accents left out",
        "in:Recipes brûlée" => "a filter on a label",
    ]
    Task 0.77 "google.tasks" Task "Return the borrowed theodolite to Quasthoff" "It is in the cellar behind the skis." [
        "theodolite" => "a task by title",
        "kind:task theodolite" => "a task among its own kind",
    ]
    Appointment 0.81 "google.calendar" Event "Dress rehearsal of the Pumpkin Opera" "Bring the papier-mâché stalk and both lanterns." [
        "pumpkin opera" => "a calendar event by title",
        "papier-mache stalk" => "accents left out in an event's text",
    ]
    Comment 0.39 "google.youtube" Comment "The way you hold the spokeshave reminds me of my great-aunt Philippa" "" [
        "spokeshave philippa" => "a comment under a video",
    ]
    Chat 0.88 "google.youtube" Message "greetings from the balcony with the three-legged heron" "" [
        "three-legged heron" => "a message of a live chat",
    ]
};

/// Everything planted in a stream of events: what must be found, then what inquiries are about.
static ALL: LazyLock<Vec<Planted>> = LazyLock::new(|| {
    let mut all = SURE.to_vec();
    all.extend(inquiry::planted());
    all
});

/// Everything planted in a stream of events.
pub(crate) fn all() -> &'static [Planted] {
    &ALL
}

/// What is planted under this index.
pub(crate) fn planted(index: u16) -> &'static Planted {
    &ALL[usize::from(index)]
}

/// Index of the first thing planted for inquiries.
pub(crate) fn first_inquired() -> usize {
    SURE.len()
}

/// Every question, the planted events' and those of small products.
pub(crate) fn questions() -> Vec<Question> {
    let of_events = SURE.iter().flat_map(|planted| {
        planted.asked.iter().map(|&(query, why)| {
            // A page visited is the browser's or the activity page's, as the importer sees it.
            let sure = planted.kind != Kind::Browse;
            question(query, why, sure.then_some(planted.source), Some(planted.kind), planted.title)
        })
    });
    let mut questions = of_events.collect::<Vec<_>>();
    questions.extend([
        question(
            "wilhelmina quasthoff",
            "a person of the address book",
            Some("google.contacts"),
            Some(Kind::Contact),
            "Wilhelmina Quasthoff",
        ),
        question(
            "kind:contact oztürk",
            "a person's name without one accent and with another",
            Some("google.contacts"),
            Some(Kind::Contact),
            "Öztürk-Lindqvarn",
        ),
        question(
            "kind:contact 朋子",
            "a person's name in Japanese",
            Some("google.contacts"),
            Some(Kind::Contact),
            "朋子",
        ),
        question(
            "from:juergen.oeztuerk@example.org tandem spokes",
            "a filter on the sender",
            Some("google.mail"),
            Some(Kind::Email),
            "Tandem spokes",
        ),
        question(
            "kind:visit Fischbrötchenbude",
            "a place that was visited",
            Some("google.location"),
            Some(Kind::Visit),
            "Fischbrötchenbude Möwe Sieben",
        ),
        question(
            "moewenfels overlook",
            "a saved place",
            Some("google.maps"),
            Some(Kind::Bookmark),
            "Moewenfels Overlook",
        ),
        question(
            "kind:review haggis acoustics",
            "a review by its text",
            Some("google.maps"),
            Some(Kind::Review),
            "acoustics",
        ),
        question(
            "kind:bookmark snowglobe",
            "a bookmark of the browser by title",
            Some("google.chrome"),
            Some(Kind::Bookmark),
            "Snowglobe",
        ),
        question(
            "kind:subscription Threnody",
            "a channel subscribed to",
            Some("google.youtube"),
            Some(Kind::Subscription),
            "Threnody Mechanics",
        ),
        question(
            "kind:file umbellifer",
            "a file nobody has a parser for",
            None,
            Some(Kind::File),
            "umbellifer",
        ),
    ]);
    questions
}

fn question(
    query: &str,
    why: &str,
    source: Option<&'static str>,
    kind: Option<Kind>,
    fragment: &str,
) -> Question {
    Question {
        query: query.to_owned(),
        description: why.to_owned(),
        expect: vec![Expected {
            source: source.map(str::to_owned),
            kind,
            fragment: fragment.to_owned(),
            from: None,
            until: None,
        }],
        within: 10,
    }
}
