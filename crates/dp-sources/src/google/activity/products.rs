//! Google's products, known by the names they have in the languages of accounts.

/// A product whose activity is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Ads,
    Android,
    Assistant,
    Audio,
    Books,
    Chrome,
    Discover,
    Drive,
    Gemini,
    Help,
    Lens,
    Mail,
    Maps,
    News,
    Photos,
    Play,
    Podcasts,
    Search,
    Shopping,
    Takeout,
    Translate,
    YouTube,
    YouTubeMusic,
}

impl Product {
    /// The dotted source of its documents.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Self::Ads => "google.ads",
            Self::Android => "google.android",
            Self::Assistant => "google.assistant",
            Self::Audio => "google.audio",
            Self::Books | Self::Play => "google.play",
            Self::Chrome => "google.chrome",
            Self::Discover => "google.discover",
            Self::Drive => "google.drive",
            Self::Gemini => "google.gemini",
            Self::Help => "google.help",
            Self::Lens => "google.lens",
            Self::Mail => "google.mail",
            Self::Maps => "google.maps",
            Self::News => "google.news",
            Self::Photos => "google.photos",
            Self::Podcasts => "google.podcasts",
            Self::Search => "google.search",
            Self::Shopping => "google.shopping",
            Self::Takeout => "google.takeout",
            Self::Translate => "google.translate",
            Self::YouTube | Self::YouTubeMusic => "google.youtube",
        }
    }

    pub(super) const fn is_youtube(self) -> bool {
        matches!(self, Self::YouTube | Self::YouTubeMusic)
    }

    /// The product with one of the names that nearly all records carry.
    #[inline]
    pub(super) fn of_common_name(name: &str) -> Option<Self> {
        Some(match name {
            "YouTube" => Self::YouTube,
            "Search" => Self::Search,
            "Chrome" => Self::Chrome,
            "YouTube Music" => Self::YouTubeMusic,
            "Maps" => Self::Maps,
            "Android" => Self::Android,
            "Google Play Store" => Self::Play,
            "Image Search" | "Video Search" => Self::Search,
            _ => return None,
        })
    }

    /// The product with this name in any known language.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let folded = fold(name);
        if let Ok(at) = NAMES.binary_search_by(|(known, _)| (*known).cmp(folded.as_str())) {
            return Some(NAMES[at].1);
        }
        // The brand stays in every language, with words of that language around it.
        let has = |word: &str| folded.contains(word);
        if has("gemini") || folded == "bard" {
            Some(Self::Gemini)
        } else if has("youtube music") {
            Some(Self::YouTubeMusic)
        } else if has("youtube") {
            Some(Self::YouTube)
        } else if has("google play") {
            Some(Self::Play)
        } else if has("google maps") {
            Some(Self::Maps)
        } else {
            None
        }
    }

    /// The product that the folders of a path name, the innermost first.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let (folders, _) = path.rsplit_once('/')?;
        folders
            .rsplit('/')
            .find_map(|folder| Self::of_common_name(folder).or_else(|| Self::of_name(folder)))
            .map(
                // The folder holds both; a record says itself which it is.
                |product| if product == Self::YouTubeMusic { Self::YouTube } else { product },
            )
    }
}

/// Lower case, with one plain space between words.
fn fold(name: &str) -> String {
    let words = name.split(|character: char| character.is_whitespace() || matches!(character, '_' | '-'));
    let mut folded = String::with_capacity(name.len());
    for word in words.filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// Folded names, sorted by byte order.
static NAMES: &[(&str, Product)] = &[
    ("ads", Product::Ads),
    ("advertenties", Product::Ads),
    ("android", Product::Android),
    ("anuncios", Product::Ads),
    ("anzeigen", Product::Ads),
    ("anúncios", Product::Ads),
    ("arama", Product::Search),
    ("assistant", Product::Assistant),
    ("assistente", Product::Assistant),
    ("asystent", Product::Assistant),
    ("bildersuche", Product::Search),
    ("books", Product::Books),
    ("búsqueda", Product::Search),
    ("búsqueda de imágenes", Product::Search),
    ("búsqueda de vídeos", Product::Search),
    ("chrome", Product::Chrome),
    ("descubrir", Product::Discover),
    ("discover", Product::Discover),
    ("drive", Product::Drive),
    ("entdecken", Product::Discover),
    ("gmail", Product::Mail),
    ("google apps", Product::Android),
    ("google assistant", Product::Assistant),
    ("google books", Product::Books),
    ("google chrome", Product::Chrome),
    ("google discover", Product::Discover),
    ("google drive", Product::Drive),
    ("google haberler", Product::News),
    ("google lens", Product::Lens),
    ("google news", Product::News),
    ("google nieuws", Product::News),
    ("google photos", Product::Photos),
    ("google search", Product::Search),
    ("google shopping", Product::Shopping),
    ("google suche", Product::Search),
    ("google traduttore", Product::Translate),
    ("google translate", Product::Translate),
    ("google übersetzer", Product::Translate),
    ("guida", Product::Help),
    ("głos i dźwięk", Product::Audio),
    ("help", Product::Help),
    ("hilfe", Product::Help),
    ("image search", Product::Search),
    ("karten", Product::Maps),
    ("lens", Product::Lens),
    ("mapas", Product::Maps),
    ("mappe", Product::Maps),
    ("maps", Product::Maps),
    ("mapy", Product::Maps),
    ("news", Product::News),
    ("noticias", Product::News),
    ("notícias", Product::News),
    ("pesquisa", Product::Search),
    ("pesquisa de imagens", Product::Search),
    ("pesquisa de vídeo", Product::Search),
    ("play books", Product::Books),
    ("podcasts", Product::Podcasts),
    ("programmi pubblicitari", Product::Ads),
    ("publicidad", Product::Ads),
    ("publicidade", Product::Ads),
    ("publicité", Product::Ads),
    ("recherche", Product::Search),
    ("recherche d'images", Product::Search),
    ("recherche de vidéos", Product::Search),
    ("reklama", Product::Ads),
    ("reklamlar", Product::Ads),
    ("reklamy", Product::Ads),
    ("ricerca", Product::Search),
    ("ricerca immagini", Product::Search),
    ("ricerca video", Product::Search),
    ("search", Product::Search),
    ("shopping", Product::Shopping),
    ("suche", Product::Search),
    ("sök", Product::Search),
    ("søgning", Product::Search),
    ("søk", Product::Search),
    ("takeout", Product::Takeout),
    ("translate", Product::Translate),
    ("video arama", Product::Search),
    ("video s zoeken", Product::Search),
    ("video search", Product::Search),
    ("video's zoeken", Product::Search),
    ("videosuche", Product::Search),
    ("voice and audio", Product::Audio),
    ("werbung", Product::Ads),
    ("wyszukiwarka", Product::Search),
    ("yardım", Product::Help),
    ("youtube", Product::YouTube),
    ("youtube kids", Product::YouTube),
    ("youtube music", Product::YouTubeMusic),
    ("youtube tv", Product::YouTube),
    ("zoeken", Product::Search),
    ("карты", Product::Maps),
    ("поиск", Product::Search),
    ("реклама", Product::Ads),
    ("أخبار google", Product::News),
    ("الإعلانات", Product::Ads),
    ("البحث", Product::Search),
    ("マップ", Product::Maps),
    ("地图", Product::Maps),
    ("地圖", Product::Maps),
    ("広告", Product::Ads),
    ("搜尋", Product::Search),
    ("搜索", Product::Search),
    ("新闻", Product::News),
    ("検索", Product::Search),
    ("검색", Product::Search),
    ("광고", Product::Ads),
    ("지도", Product::Maps),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        let wrong = NAMES.windows(2).find(|pair| pair[0].0 >= pair[1].0);
        assert_eq!(wrong.map(|pair| (pair[0].0, pair[1].0)), None);
    }

    #[test]
    fn products_are_known_in_other_languages() {
        for (name, product) in [
            ("Google Suche", Product::Search),
            ("Applications\u{A0}Gemini", Product::Gemini),
            ("Gemini アプリ", Product::Gemini),
            ("Video_s zoeken", Product::Search),
            ("YouTube Kids", Product::YouTube),
            ("Google Play Giochi", Product::Play),
            ("البحث", Product::Search),
        ] {
            assert_eq!(Product::of_name(name), Some(product), "{name}");
        }
        assert_eq!(Product::of_name("com.example.app"), None);
        assert_eq!(
            Product::of_path("YouTube und YouTube Music/Verlauf/Wiedergabeverlauf.html"),
            Some(Product::YouTube)
        );
        assert_eq!(
            Product::of_path("Meine Aktivitäten/Google Suche/MeineAktivitäten.json"),
            Some(Product::Search)
        );
    }
}
