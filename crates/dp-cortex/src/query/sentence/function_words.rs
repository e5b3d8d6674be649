//! Words that hold a sentence together and say nothing of its subject, folded, in the languages that people
//! ask in most. Models that know nothing of word order take them for part of the subject, so `how to stop a
//! tap from dripping` would be like everything that begins with `how to`.

/// By language; some stand in several.
const FUNCTION_WORDS: &[&str] = &[
    // English
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "being", "but", "by", "can", "could", "did", "do", "does", "doing", "for", "from",
    "get", "gets", "getting", "got", "had", "has", "have", "having", "he", "her", "him", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "just", "let", "may", "me", "might", "must", "my", "no", "not",
    "of", "off", "on", "or", "our", "out", "over", "she", "should", "so", "some", "such", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
    "under", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "without", "would", "you", "your", // German
    "aber", "als", "auch", "auf", "aus", "bei", "beim", "bin", "bis", "das", "dass", "dem", "den", "der",
    "des", "die", "dies", "diese", "doch", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er",
    "es", "fur", "hat", "hatte", "ich", "ihr", "im", "ist", "kann", "mein", "meine", "mich", "mir", "mit",
    "nach", "nicht", "noch", "nur", "ob", "oder", "sein", "sich", "sie", "sind", "uber", "um", "und", "uns",
    "vom", "von", "vor", "wann", "warum", "wenn", "wer", "wie", "wird", "wir", "wo", "zu", "zum", "zur",
    // French
    "au", "aux", "avec", "ce", "ces", "cette", "comment", "d", "dans", "de", "du", "elle", "en", "est", "et",
    "il", "je", "l", "la", "le", "les", "leur", "ma", "mais", "mes", "mon", "ne", "nous", "on", "ont", "ou",
    "par", "pas", "pour", "pourquoi", "qu", "quand", "que", "quel", "quelle", "qui", "sa", "sans", "ses",
    "son", "sont", "sous", "sur", "un", "une", "vous", // Spanish, Italian, Portuguese
    "al", "che", "chi", "como", "con", "da", "dal", "dalla", "das", "de", "dei", "del", "della", "di", "do",
    "dos", "e", "el", "em", "eu", "gli", "ho", "i", "il", "la", "las", "lo", "los", "mi", "mio", "na", "nel",
    "nella", "no", "non", "o", "os", "para", "per", "perche", "pero", "por", "que", "se", "si", "su", "sul",
    "sulla", "um", "uma", "una", "uno", "y", // Dutch
    "aan", "dat", "deze", "dit", "een", "en", "had", "heb", "heeft", "het", "hoe", "ik", "in", "is", "je",
    "maar", "met", "mijn", "naar", "niet", "of", "om", "ook", "op", "te", "tot", "uit", "van", "voor",
    "waar", "waarom", "wat", "wij", "ze", "zijn",
];

/// Whether a folded word holds sentences together.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}
