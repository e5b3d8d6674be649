//! The words by which a sentence says what it is looking for, folded, in English, German, French and
//! Spanish. Kept to what people type; a word that is missing costs a hint, not an answer.

use dp_model::Kind;

/// A word for a thing that documents are.
pub(super) struct Noun {
    pub(super) kinds: &'static [Kind],
    /// Whether it is only what the subject is in, and not itself a word to look for.
    pub(super) is_medium: bool,
}

pub(super) fn noun(word: &str) -> Option<Noun> {
    use Kind::{
        Bookmark, Browse, Comment, Contact, Conversation, Email, Event, File, Install, Listen, Message, Note,
        Photo, Playlist, Post, Purchase, Review, Search, Task, Trip, Video, Visit, Watch, Workout,
    };
    let medium = |kinds| Some(Noun { kinds, is_medium: true });
    let subject = |kinds| Some(Noun { kinds, is_medium: false });
    match word {
        "article" | "articles" | "page" | "pages" | "site" | "website" | "webpage" | "blog" | "story"
        | "essay" | "paper" | "artikel" | "seite" | "webseite" | "articulo" | "pagina" => {
            medium(&[Browse, Bookmark])
        }
        "post" | "posts" | "thread" | "beitrag" => medium(&[Post, Browse]),
        "video" | "videos" | "clip" | "clips" | "documentary" | "lecture" | "talk" | "film" | "movie"
        | "vortrag" | "doku" | "pelicula" => medium(&[Watch, Video]),
        "song" | "songs" | "track" | "album" | "podcast" | "episode" | "lied" | "folge" | "chanson"
        | "cancion" => medium(&[Listen, Watch]),
        "mail" | "mails" | "email" | "emails" | "e-mail" | "e-mails" | "newsletter" | "letter"
        | "nachricht" | "courriel" | "correo" => medium(&[Email, Message]),
        "message" | "messages" | "chat" | "chats" | "text" | "texts" | "sms" | "mensaje" => {
            medium(&[Message, Email])
        }
        "photo" | "photos" | "picture" | "pictures" | "pic" | "pics" | "image" | "images" | "selfie"
        | "foto" | "fotos" | "bild" | "bilder" => medium(&[Photo]),
        "note" | "notes" | "memo" | "notiz" | "notizen" | "nota" => medium(&[Note]),
        "bookmark" | "bookmarks" | "lesezeichen" => medium(&[Bookmark]),
        "file" | "files" | "document" | "documents" | "pdf" | "dokument" | "datei" | "fichier" => {
            medium(&[File])
        }
        "search" | "searches" | "query" | "suche" => medium(&[Search]),
        "event" | "events" | "appointment" | "meeting" | "termin" | "reunion" | "cita" => subject(&[Event]),
        "task" | "tasks" | "todo" | "reminder" | "aufgabe" => medium(&[Task]),
        "restaurant" | "restaurants" | "museum" | "cafe" | "bar" | "hotel" | "place" | "places" | "shop"
        | "park" | "church" | "ort" | "lieu" | "lugar" => subject(&[Visit]),
        "trip" | "trips" | "drive" | "walk" | "hike" | "flight" | "reise" | "voyage" | "viaje" => {
            subject(&[Trip, Visit])
        }
        "receipt" | "order" | "purchase" | "invoice" | "rechnung" | "bestellung" => {
            subject(&[Purchase, Email])
        }
        "app" | "apps" => subject(&[Install]),
        "review" | "reviews" | "rating" => subject(&[Review]),
        "comment" | "comments" | "kommentar" => medium(&[Comment]),
        "workout" | "run" | "training" => subject(&[Workout]),
        "contact" | "contacts" => medium(&[Contact]),
        "playlist" | "playlists" => medium(&[Playlist]),
        "conversation" | "gesprach" => medium(&[Conversation, Message]),
        _ => None,
    }
}

/// Something that somebody did with a document.
pub(super) struct Doing {
    pub(super) kinds: &'static [Kind],
    /// Words that belong to the verb.
    particles: &'static [&'static str],
}

impl Doing {
    pub(super) fn takes(&self, word: &str) -> bool {
        self.particles.contains(&word)
    }
}

pub(super) fn doing(verb: &str) -> Option<Doing> {
    use Kind::{
        Bookmark, Browse, Comment, Conversation, Email, Event, Install, Listen, Message, Note, Photo,
        Purchase, Review, Search, Trip, Video, Visit, Watch,
    };
    let doing = |kinds, particles| Some(Doing { kinds, particles });
    match verb {
        "read" | "reading" | "gelesen" | "las" | "lu" | "leido" => doing(&[Browse, Email], &["about"]),
        "saw" | "seen" | "see" | "gesehen" | "sah" | "vu" | "visto" => doing(&[Watch, Browse], &[]),
        "watched" | "watch" | "watching" | "geschaut" | "angeschaut" | "regarde" => {
            doing(&[Watch, Video], &[])
        }
        "listened" | "heard" | "hear" | "gehort" | "ecoute" | "escuche" => doing(&[Listen, Watch], &["to"]),
        "visited" | "visit" | "went" | "go" | "stayed" | "ate" | "eat" | "dined" | "drank" | "been"
        | "besucht" | "gegessen" | "visite" | "mange" | "comimos" => doing(&[Visit], &["to", "at"]),
        "drove" | "walked" | "hiked" | "flew" | "cycled" => doing(&[Trip, Visit], &[]),
        "took" | "photographed" | "fotografiert" => doing(&[Photo], &[]),
        "wrote" | "write" | "jotted" | "noted" | "geschrieben" | "ecrit" => doing(&[Note, Email], &["down"]),
        "got" | "received" | "bekommen" | "erhalten" | "recu" => doing(&[Email, Message], &[]),
        "sent" | "mailed" | "emailed" | "geschickt" => doing(&[Email, Message], &[]),
        "texted" | "chatted" | "messaged" => doing(&[Message], &["with"]),
        "talked" | "discussed" | "asked" => doing(&[Message, Conversation], &["about", "with"]),
        "bought" | "ordered" | "buy" | "order" | "gekauft" | "bestellt" | "achete" => {
            doing(&[Purchase, Email], &[])
        }
        "searched" | "googled" | "looked" | "gesucht" | "cherche" => {
            doing(&[Search, Browse], &["for", "at", "up"])
        }
        "found" | "opened" | "came" | "stumbled" | "gefunden" => doing(&[Browse], &["across", "on", "upon"]),
        "saved" | "bookmarked" | "starred" | "gespeichert" => doing(&[Bookmark, Browse], &[]),
        "installed" | "installiert" => doing(&[Install], &[]),
        "met" | "attended" => doing(&[Event], &[]),
        "reviewed" | "rated" => doing(&[Review], &[]),
        "commented" => doing(&[Comment], &["on"]),
        _ => None,
    }
}

pub(super) fn is_doer(word: &str) -> bool {
    matches!(word, "i" | "we" | "i've" | "we've" | "i'd" | "ich" | "wir" | "je" | "j'ai" | "nous" | "yo")
}

pub(super) fn is_helper(word: &str) -> bool {
    matches!(
        word,
        "have"
            | "had"
            | "has"
            | "was"
            | "were"
            | "did"
            | "once"
            | "just"
            | "recently"
            | "already"
            | "ever"
            | "habe"
            | "haben"
            | "hatte"
            | "ai"
            | "avons"
            | "he"
            | "hemos"
    )
}

pub(super) fn is_relative(word: &str) -> bool {
    matches!(
        word,
        "that"
            | "which"
            | "where"
            | "when"
            | "who"
            | "der"
            | "die"
            | "das"
            | "den"
            | "dem"
            | "wo"
            | "que"
            | "qui"
            | "ou"
            | "donde"
    )
}

pub(super) fn is_article(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "that"
            | "this"
            | "those"
            | "these"
            | "some"
            | "any"
            | "my"
            | "our"
            | "der"
            | "die"
            | "das"
            | "den"
            | "dem"
            | "des"
            | "ein"
            | "eine"
            | "einen"
            | "einem"
            | "dieser"
            | "diese"
            | "diesen"
            | "dieses"
            | "mein"
            | "meine"
            | "le"
            | "la"
            | "les"
            | "l"
            | "un"
            | "une"
            | "mon"
            | "ma"
            | "mes"
            | "el"
            | "los"
            | "las"
            | "una"
            | "ese"
            | "esa"
            | "mi"
    )
}

/// Words that may lead up to a date.
pub(super) fn is_preposition(word: &str) -> bool {
    matches!(
        word,
        "in" | "on"
            | "during"
            | "from"
            | "since"
            | "over"
            | "around"
            | "at"
            | "before"
            | "after"
            | "until"
            | "till"
            | "of"
            | "im"
            | "am"
            | "seit"
            | "vor"
            | "nach"
            | "bis"
            | "vom"
            | "aus"
            | "en"
            | "au"
            | "du"
            | "depuis"
            | "avant"
            | "apres"
            | "del"
            | "desde"
            | "hasta"
    )
}

/// Words between a thing and its subject.
pub(super) fn is_connector(word: &str) -> bool {
    matches!(
        word,
        "on" | "about"
            | "from"
            | "by"
            | "with"
            | "of"
            | "where"
            | "that"
            | "which"
            | "in"
            | "at"
            | "called"
            | "named"
            | "titled"
            | "for"
            | "and"
            | "to"
            | "regarding"
            | "uber"
            | "von"
            | "vom"
            | "mit"
            | "zu"
            | "zum"
            | "zur"
            | "und"
            | "sur"
            | "de"
            | "du"
            | "d"
            | "avec"
            | "et"
            | "sobre"
            | "con"
            | "y"
    )
}

/// Words that are a date even alone.
pub(super) fn is_clear_date(word: &str) -> bool {
    matches!(
        word,
        "yesterday"
            | "gestern"
            | "vorgestern"
            | "ayer"
            | "january"
            | "february"
            | "september"
            | "october"
            | "november"
            | "december"
            | "januar"
            | "februar"
            | "oktober"
            | "dezember"
    )
}

/// How a request or a question begins.
pub(super) const OPENINGS: &[&[&str]] = &[
    &["show", "me"],
    &["show"],
    &["find", "me"],
    &["find"],
    &["give", "me"],
    &["get", "me"],
    &["search", "for"],
    &["look", "for"],
    &["looking", "for"],
    &["i", "am", "looking", "for"],
    &["i'm", "looking", "for"],
    &["can", "you", "find"],
    &["please"],
    &["where", "is"],
    &["where", "are"],
    &["where", "was"],
    &["where", "did"],
    &["when", "did"],
    &["when", "was"],
    &["what", "is"],
    &["what", "was"],
    &["what", "were"],
    &["what", "did"],
    &["who", "was"],
    &["who", "is"],
    &["which"],
    &["do", "you", "remember"],
    &["i", "remember"],
    &["remember"],
    &["all"],
    &["zeig", "mir"],
    &["zeige", "mir"],
    &["suche"],
    &["wo", "ist"],
    &["wo", "war"],
    &["was", "war"],
    &["wann", "war"],
    &["montre", "moi"],
    &["trouve"],
    &["ou", "est"],
    &["busca"],
    &["donde", "esta"],
];
