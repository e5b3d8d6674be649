//! What a record is and what makes it that record and no other. Told from its URL and structure, not
//! from words of a language, so that HTML and JSON, My Activity and YouTube's own history, and exports
//! in different languages agree on source, kind and key.

use super::{
    File, links,
    products::Product,
    record::{Link, Record},
};
use crate::text::{form_decode, host_and_path, percent_decode, raw_query_parameter};
use dp_model::{Kind, Moment};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What a record is about, as far as its identity goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Object<'u> {
    /// The id of a video.
    Video(&'u str),
    /// The words of a search.
    Query(String),
    /// The page behind the URL.
    Page,
    /// A turn of a conversation: its second is enough, and its prompt is written with a verb that
    /// changes when the conversation is branched.
    Turn,
    /// Nothing but the title.
    Title,
}

/// What a record is.
#[derive(Debug)]
pub(super) struct Class<'u> {
    pub(super) product: Option<Product>,
    pub(super) source: &'static str,
    pub(super) kind: Kind,
    pub(super) object: Object<'u>,
    pub(super) ad: bool,
}

/// Says what a record is. `url` is its target without redirect; `redirected` says there was one.
pub(super) fn classify<'u>(
    record: &Record<'_>,
    url: Option<&'u str>,
    redirected: bool,
    file: &File,
) -> Class<'u> {
    let place = url.and_then(host_and_path);
    let (host, path) = place.as_ref().map_or(("", ""), |(host, path)| (host.as_ref(), *path));
    let product = product_of(record, file).or_else(|| product_of_host(host, path, redirected));
    let url = url.unwrap_or("");
    let (kind, object) = match product {
        Some(Product::YouTube | Product::YouTubeMusic) => youtube(record, product, host, path, url, file),
        Some(Product::Gemini) => gemini(record),
        Some(Product::Chrome) if !host.is_empty() => (Kind::Browse, Object::Page),
        _ => page(product, host, path, url),
    };
    let ad = is_ad(record, product, host, redirected);
    // A film shown as advertisement was not chosen by the person.
    let kind = if ad && kind == Kind::Watch { Kind::Activity } else { kind };
    Class { product, source: product.map_or("google.activity", Product::source), kind, object, ad }
}

fn product_of(record: &Record<'_>, file: &File) -> Option<Product> {
    let named = record.products.first().and_then(|name| file.product(name));
    named.or_else(|| record.header.as_deref().and_then(|name| file.product(name))).or(file.folder)
}

fn product_of_host(host: &str, path: &str, redirected: bool) -> Option<Product> {
    if links::is_youtube_host(host) {
        return Some(if host == "music.youtube.com" { Product::YouTubeMusic } else { Product::YouTube });
    }
    Some(match host {
        "gemini.google.com" | "bard.google.com" => Product::Gemini,
        "play.google.com" => Product::Play,
        "translate.google.com" => Product::Translate,
        "news.google.com" => Product::News,
        "lens.google.com" => Product::Lens,
        "books.google.com" => Product::Books,
        _ if links::is_google_host(host) && (path.starts_with("/maps") || host.starts_with("maps.")) => {
            Product::Maps
        }
        _ if links::is_google_host(host) && path == "/search" => Product::Search,
        // Results of a search are opened through the redirect.
        _ if redirected => Product::Search,
        _ => return None,
    })
}

fn youtube<'u>(
    record: &Record<'_>,
    product: Option<Product>,
    host: &str,
    path: &'u str,
    url: &'u str,
    file: &File,
) -> (Kind, Object<'u>) {
    if host.is_empty() {
        return (Kind::Activity, Object::Title);
    }
    if !links::is_youtube_host(host) {
        return (Kind::Browse, Object::Page);
    }
    if let Some(id) = links::video_id(host, path, url) {
        let music = host == "music.youtube.com"
            || product == Some(Product::YouTubeMusic)
            || record.header.as_deref().and_then(|name| file.product(name)) == Some(Product::YouTubeMusic);
        return (if music { Kind::Listen } else { Kind::Watch }, Object::Video(id));
    }
    let query = match path {
        "/results" => raw_query_parameter(url, "search_query").or_else(|| raw_query_parameter(url, "q")),
        "/search" => raw_query_parameter(url, "q"),
        _ => None,
    };
    if let Some(query) = query {
        return (Kind::Search, Object::Query(words(&form_decode(query))));
    }
    let post = path.starts_with("/post/") || path.contains("/community");
    (if post { Kind::Post } else { Kind::Activity }, Object::Page)
}

fn gemini<'u>(record: &Record<'_>) -> (Kind, Object<'u>) {
    let names_app = record.header.as_deref().is_some_and(|header| {
        !header.is_empty()
            && record.title.contains(header)
            && record.title.chars().count() < header.chars().count() + 24
    });
    let said = !record.answers.is_empty()
        || conversations(&record.details).next().is_some()
        || !record.files.is_empty();
    // "Used Gemini Apps": the app was opened and nothing was said.
    if names_app && !said { (Kind::Activity, Object::Title) } else { (Kind::Conversation, Object::Turn) }
}

/// The conversations that a turn belongs to.
pub(super) fn conversations<'l>(details: &'l [Link<'_>]) -> impl Iterator<Item = &'l str> {
    details.iter().filter_map(|link| {
        let url = link.url.as_deref().or(link.name.as_deref())?;
        let (_, rest) = url.split_once("gemini.google.com/")?;
        let (_, id) = rest.split_once("app/")?;
        let id = id.split(['?', '#', '/']).next()?;
        (!id.is_empty()).then_some(id)
    })
}

/// Searches and pages of all other products.
fn page<'u>(product: Option<Product>, host: &str, path: &str, url: &'u str) -> (Kind, Object<'u>) {
    if host.is_empty() {
        return (Kind::Activity, if url.is_empty() { Object::Title } else { Object::Page });
    }
    if let Some(query) = search_words(host, path, url) {
        return (Kind::Search, Object::Query(query));
    }
    let of_google = links::is_google_host(host) || host.ends_with(".google.com");
    let opened = matches!(
        product,
        None | Some(
            Product::Search
                | Product::News
                | Product::Discover
                | Product::Shopping
                | Product::Ads
                | Product::Assistant
                | Product::Lens
        )
    );
    (if opened && !of_google { Kind::Browse } else { Kind::Activity }, Object::Page)
}

/// The words that a URL of Google searches for.
fn search_words(host: &str, path: &str, url: &str) -> Option<String> {
    let raw = if host == "play.google.com" {
        (path == "/store/search").then(|| raw_query_parameter(url, "q"))??
    } else if !links::is_google_host(host) {
        return None;
    } else if let Some(rest) = path.strip_prefix("/maps/search/") {
        let words = words(&percent_decode(&rest.split('/').next().unwrap_or(rest).replace('+', " ")));
        return (!words.is_empty()).then_some(words);
    } else {
        matches!(path, "/search" | "/images" | "/videosearch" | "/imghp" | "/webhp")
            .then(|| raw_query_parameter(url, "q"))??
    };
    let words = words(&form_decode(raw));
    (!words.is_empty()).then_some(words)
}

/// One plain space between words.
fn words(text: &str) -> String {
    let tidy = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    if tidy && !text.contains(|character: char| character.is_whitespace() && character != ' ') {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_ad(record: &Record<'_>, product: Option<Product>, host: &str, redirected: bool) -> bool {
    let of_youtube = product.is_some_and(Product::is_youtube);
    let unlinked_detail = record.details.iter().any(|detail| detail.name.is_some() && detail.url.is_none());
    product == Some(Product::Ads)
        || (of_youtube && ((record.subtitles.is_empty() && unlinked_detail) || redirected))
        || host.ends_with("googleadservices.com")
        || host.ends_with("doubleclick.net")
        || record.details.iter().any(|detail| detail.name.as_deref().is_some_and(is_ad_label))
}

/// What Google calls its advertising in a record's details.
fn is_ad_label(name: &str) -> bool {
    matches!(
        name,
        "From Google Ads"
            | "Dos Anúncios Google"
            | "Annonces Google"
            | "Google 광고"
            | "Von Google Anzeigen"
            | "De Anuncios de Google"
            | "Google 広告から"
    )
}

/// The key of a record: its second in UTC and what it is about.
pub(super) fn key(
    when: Option<&Moment>,
    object: &Object<'_>,
    url: Option<&str>,
    title: impl Iterator<Item = impl AsRef<str>>,
) -> SmallVec<[u8; 64]> {
    let second = when.map_or(i64::MIN, |moment| moment.utc_us.div_euclid(1_000_000));
    let mut key = SmallVec::new();
    key.extend_from_slice(&second.to_be_bytes());
    match object {
        Object::Video(id) => {
            key.push(b'v');
            key.extend_from_slice(id.as_bytes());
        }
        Object::Query(query) => {
            key.push(b'q');
            key.extend_from_slice(query.as_bytes());
        }
        Object::Page => {
            key.push(b'u');
            links::push_normalised(url.unwrap_or_default(), &mut key);
        }
        Object::Turn => {
            key.push(b'g');
            // Without a time there is only the prompt.
            if when.is_none() {
                push_title(title, &mut key);
            }
        }
        Object::Title => {
            key.push(b't');
            push_title(title, &mut key);
        }
    }
    key
}

/// The first line of a title without any space: the forms break and space titles differently.
fn push_title(parts: impl Iterator<Item = impl AsRef<str>>, key: &mut SmallVec<[u8; 64]>) {
    for part in parts {
        for character in part.as_ref().chars() {
            if matches!(character, '\n' | '\r') {
                return;
            }
            if !character.is_whitespace() {
                key.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// The full title's parts, in order.
pub(super) fn title_parts<'r>(record: &'r Record<'_>) -> impl Iterator<Item = &'r Cow<'r, str>> {
    [&record.verb, &record.title, &record.suffix].into_iter()
}
