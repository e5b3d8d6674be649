//! Gmail's labels: decoded first and split after, and the names of system labels brought from the
//! account's language to English, so that a change of language is no change of the mail.

use super::header::{decode_words, split_outside_quotes, unfold};

/// Gmail allows 10,000 labels in an account; a mail that has more than this of them is not a real one.
const LABELS_MAX: usize = 1_000;

/// Names that Gmail gives, English first. Compared case-folded.
const SYSTEM: &[(&str, &[&str])] = &[
    (
        "Inbox",
        &[
            "posteingang",
            "boîte de réception",
            "recibidos",
            "bandeja de entrada",
            "posta in arrivo",
            "caixa de entrada",
            "postvak in",
            "odebrane",
            "inkorgen",
            "innboks",
            "indbakke",
            "входящие",
            "вхідні",
            "受信トレイ",
            "받은편지함",
            "收件箱",
            "收件匣",
            "gelen kutusu",
            "doručená pošta",
            "saapuneet",
            "beérkező levelek",
            "البريد الوارد",
        ],
    ),
    (
        "Sent",
        &[
            "sent mail",
            "gesendet",
            "messages envoyés",
            "envoyé",
            "enviados",
            "enviado",
            "posta inviata",
            "inviati",
            "e-mails enviados",
            "verzonden",
            "wysłane",
            "skickat",
            "skickade",
            "sendt",
            "отправленные",
            "надіслані",
            "送信済み",
            "送信済みメール",
            "보낸편지함",
            "已发邮件",
            "已发送",
            "寄件備份",
            "gönderilmiş postalar",
            "gönderilenler",
            "odeslaná pošta",
            "odeslané",
            "lähetetyt",
            "elküldött levelek",
            "البريد المرسل",
        ],
    ),
    (
        "Drafts",
        &[
            "draft",
            "entwürfe",
            "entwurf",
            "brouillons",
            "brouillon",
            "borradores",
            "borrador",
            "bozze",
            "bozza",
            "rascunhos",
            "rascunho",
            "concepten",
            "wersje robocze",
            "utkast",
            "kladder",
            "черновики",
            "чернетки",
            "下書き",
            "임시보관함",
            "草稿",
            "taslaklar",
            "koncepty",
            "luonnokset",
            "piszkozatok",
            "المسودات",
        ],
    ),
    (
        "Starred",
        &[
            "markiert",
            "suivis",
            "messages suivis",
            "destacados",
            "destacado",
            "speciali",
            "com estrela",
            "met ster",
            "oznaczone gwiazdką",
            "stjärnmärkt",
            "stjernemerket",
            "stjernemarkeret",
            "помеченные",
            "із зірочкою",
            "スター付き",
            "별표편지함",
            "已加星标",
            "已加星號",
            "yıldızlı",
            "s hvězdičkou",
            "tähdellä merkityt",
            "csillagozott",
            "مميّز بنجمة",
        ],
    ),
    (
        "Important",
        &[
            "wichtig",
            "importants",
            "importantes",
            "importante",
            "importanti",
            "belangrijk",
            "ważne",
            "viktigt",
            "viktig",
            "vigtigt",
            "важное",
            "важливі",
            "重要",
            "중요편지함",
            "중요",
            "重要邮件",
            "重要郵件",
            "önemli",
            "důležité",
            "tärkeät",
            "fontos",
            "مهم",
        ],
    ),
    (
        "Opened",
        &[
            "geöffnet",
            "ouvert",
            "ouverts",
            "abierto",
            "abiertos",
            "aperto",
            "aperti",
            "aberto",
            "abertos",
            "geopend",
            "otwarte",
            "öppnat",
            "öppnad",
            "åpnet",
            "åbnet",
            "открытые",
            "открыто",
            "відкриті",
            "開封済み",
            "열어봄",
            "已打开",
            "已開啟",
            "açıldı",
            "otevřeno",
            "avattu",
            "megnyitva",
        ],
    ),
    (
        "Unread",
        &[
            "ungelesen",
            "non lus",
            "non lu",
            "no leídos",
            "no leído",
            "da leggere",
            "non letti",
            "não lidos",
            "não lidas",
            "não lido",
            "ongelezen",
            "nieprzeczytane",
            "oläst",
            "olästa",
            "ulest",
            "ulæst",
            "непрочитанные",
            "непрочитані",
            "未読",
            "읽지않음",
            "未读",
            "未讀",
            "okunmadı",
            "nepřečtené",
            "lukemattomat",
            "olvasatlan",
        ],
    ),
    (
        "Archived",
        &[
            "archiviert",
            "archivés",
            "archivé",
            "archivados",
            "archivado",
            "archiviati",
            "archiviato",
            "arquivados",
            "arquivado",
            "gearchiveerd",
            "zarchiwizowane",
            "arkiverat",
            "arkiverade",
            "arkivert",
            "arkiveret",
            "архивированные",
            "архив",
            "アーカイブ済み",
            "보관됨",
            "已归档",
            "已封存",
            "arşivlendi",
            "archivováno",
            "arkistoitu",
            "archivált",
        ],
    ),
    (
        "Spam",
        &[
            "junk",
            "skräppost",
            "søppelpost",
            "спам",
            "迷惑メール",
            "스팸함",
            "垃圾邮件",
            "垃圾郵件",
            "roskaposti",
            "levélszemét",
            "غير مرغوب فيها",
        ],
    ),
    (
        "Trash",
        &[
            "bin",
            "papierkorb",
            "corbeille",
            "papelera",
            "cestino",
            "lixeira",
            "lixo",
            "prullenbak",
            "kosz",
            "papperskorgen",
            "papirkurv",
            "papirkurven",
            "корзина",
            "кошик",
            "ゴミ箱",
            "휴지통",
            "已删除邮件",
            "垃圾桶",
            "çöp kutusu",
            "çöp",
            "koš",
            "roskakori",
            "kuka",
            "المهملات",
        ],
    ),
    ("Chat", &["chats", "чат", "чаты", "チャット", "채팅", "聊天", "即時通訊", "sohbet", "sohbetler"]),
    ("Muted", &["ignoriert", "ignorés", "silenciados", "ignorati", "silenciado", "genegeerd"]),
];

const CATEGORY: &[&str] = &[
    "category",
    "kategorie",
    "catégorie",
    "categoría",
    "categoria",
    "categorie",
    "kategoria",
    "kategori",
    "категория",
    "категорія",
    "カテゴリ",
    "카테고리",
    "类别",
    "類別",
    "luokka",
];

const CATEGORIES: &[(&str, &[&str])] = &[
    (
        "Category Personal",
        &[
            "personal",
            "primary",
            "privat",
            "persönlich",
            "allgemein",
            "personnel",
            "personnelle",
            "principale",
            "personale",
            "pessoal",
            "principal",
            "persoonlijk",
            "osobiste",
            "личное",
            "個人",
            "개인",
            "个人",
        ],
    ),
    (
        "Category Social",
        &[
            "social",
            "soziale netzwerke",
            "soziales",
            "réseaux sociaux",
            "sociale",
            "sociaal",
            "społeczności",
            "соцсети",
            "ソーシャル",
            "소셜",
            "社交",
        ],
    ),
    (
        "Category Promotions",
        &[
            "promotions",
            "werbung",
            "promociones",
            "promozioni",
            "promoções",
            "reclame",
            "oferty",
            "промоакции",
            "プロモーション",
            "프로모션",
            "推广",
            "促銷內容",
        ],
    ),
    (
        "Category Updates",
        &[
            "updates",
            "benachrichtigungen",
            "notifications",
            "notificaciones",
            "aggiornamenti",
            "atualizações",
            "meldingen",
            "powiadomienia",
            "оповещения",
            "新着",
            "업데이트",
            "动态",
            "最新快訊",
        ],
    ),
    (
        "Category Forums",
        &[
            "forums",
            "foren",
            "foros",
            "forum",
            "fóruns",
            "fora",
            "форумы",
            "フォーラム",
            "포럼",
            "论坛",
            "論壇",
        ],
    ),
    (
        "Category Purchases",
        &["purchases", "käufe", "achats", "compras", "acquisti", "aankopen", "zakupy", "покупки"],
    ),
    (
        "Category Reservations",
        &["reservations", "travel", "reisen", "voyages", "viajes", "viaggi", "viagens", "reizen"],
    ),
];

/// The labels of an `X-Gmail-Labels` field, in order and each once.
pub(super) fn parse(value: &[u8]) -> Vec<String> {
    let decoded = decode_words(&unfold(value));
    let mut labels: Vec<String> = Vec::new();
    for piece in split_outside_quotes(decoded.as_bytes(), b',') {
        // Split at ASCII, so it is text still.
        let piece = String::from_utf8_lossy(piece);
        let label = canonical(&unquoted(piece.trim()));
        if labels.len() < LABELS_MAX && !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

fn unquoted(piece: &str) -> String {
    match piece.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => piece.to_owned(),
    }
}

/// The English name of a system label; every other label stays as it is.
fn canonical(label: &str) -> String {
    let folded = label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    find(SYSTEM, &folded).or_else(|| category(&folded)).map_or_else(|| label.to_owned(), str::to_owned)
}

fn category(folded: &str) -> Option<&'static str> {
    let rest = CATEGORY.iter().find_map(|word| folded.strip_prefix(word))?;
    let name = rest.trim_matches(|c: char| !c.is_alphanumeric());
    find(CATEGORIES, name)
}

fn find(table: &[(&'static str, &[&str])], folded: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(english, names)| english.to_lowercase() == folded || names.contains(&folded))
        .map(|(english, _)| *english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_decoded_before_they_are_split() {
        let value = "=?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Ouvert,Cat=C3=A9gorie_=C2=AB_Personn?=\r\n =?UTF-8?Q?elle_=C2=BB,\"Caf=C3=A9, th=C3=A9\",Voyages/2024?=";
        assert_eq!(
            parse(value.as_bytes()),
            ["Inbox", "Opened", "Category Personal", "Café, thé", "Voyages/2024"]
        );
        assert_eq!(
            parse(b"Important,\r\n Category Updates,Sent,\"My, label\",Sent"),
            ["Important", "Category Updates", "Sent", "My, label"]
        );
        assert_eq!(parse("Posteingang,Geöffnet,Projekte".as_bytes()), ["Inbox", "Opened", "Projekte"]);
        assert!(parse(b" , ").is_empty());
    }
}
