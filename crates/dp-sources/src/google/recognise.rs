//! What becomes of each entry of a Takeout: parsed, ignored for a reason a person can read, kept as
//! text, or unknown. Content decides; names help where content is not enough.

use super::{PARSERS, chrome, location};
use crate::{
    Ignored, Peek, Recognition, Surroundings,
    file::{TextFile, looks_like_text},
    json::{Cursor, JsonError, ValueKind},
};

/// Says what is to be done with an entry of a Takeout export.
pub(crate) fn recognise(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> Recognition {
    if let Some(reason) = reason_to_ignore(peek, surroundings) {
        return Recognition::Ignored(Ignored(reason.into()));
    }
    if let Some(parser) = PARSERS.iter().find(|parser| parser.recognises(peek)) {
        return Recognition::Parse(*parser);
    }
    if let Some(reason) = reason_of_a_leftover(peek, surroundings) {
        return Recognition::Ignored(Ignored(reason.into()));
    }
    if looks_like_text(peek) {
        return Recognition::UnknownText(&TextFile);
    }
    Recognition::Unknown
}

/// Why an entry holds nothing, before any parser is asked.
fn reason_to_ignore(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> Option<&'static str> {
    if is_litter(peek) {
        return Some("written by an operating system, not part of the export");
    }
    if peek.head.is_empty() {
        return Some("an empty file: the product holds no data");
    }
    if peek.head_is_whole() && is_empty_product(peek) {
        return Some("an empty product: there is no record in it");
    }
    if location::is_edits_log(peek) {
        return Some(
            "Google's log of changes to the timeline, recognised and not imported as points: the location history itself has them",
        );
    }
    if is_encrypted_placeholder(peek) {
        return Some(
            "encrypted timeline backups can't be read; export the timeline on the phone (Settings > Location > Timeline > Export timeline data) and import that file",
        );
    }
    if chrome::is_sensitive(peek) {
        return Some(
            "sensitive: form entries, addresses or age and gender of a Chrome profile are not imported",
        );
    }
    if is_keep_twin(peek, surroundings) {
        return Some("the same note as its JSON file, which was read");
    }
    None
}

/// Why an entry that no parser took needs none.
fn reason_of_a_leftover(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> Option<&'static str> {
    if is_readme(peek) {
        return Some("a readme of the export: it explains the files beside it");
    }
    if is_archive(peek) {
        return Some("an archive inside the archive; kept as a file, not opened");
    }
    if is_keep_attachment(peek, surroundings) {
        return Some("an attachment of a note, listed with it");
    }
    None
}

fn is_litter(peek: &Peek<'_>) -> bool {
    const NAMES: [&str; 5] = [".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".localized"];
    let name = peek.file_name().to_lowercase();
    NAMES.contains(&name.as_str())
        || name.starts_with("._")
        || peek.path.split('/').any(|segment| segment == "__MACOSX")
}

/// Whether the whole of a file says nothing: `no data`, `{}`, JSON without a single value, a CSV
/// with nothing but a header.
fn is_empty_product(peek: &Peek<'_>) -> bool {
    let head = peek.head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(peek.head).trim_ascii();
    if head.is_empty() || head.eq_ignore_ascii_case(b"no data") || head == b"null" {
        return true;
    }
    match head[0] {
        b'{' | b'[' => {
            let mut cursor = Cursor::new(head);
            holds_no_value(&mut cursor, 0) == Ok(true) && cursor.position() == head.len()
        }
        _ => peek.extension() == "csv" && is_only_a_header(head),
    }
}

/// Whether a JSON value holds nothing but brackets, keys and nulls.
fn holds_no_value(cursor: &mut Cursor<'_>, depth: usize) -> Result<bool, JsonError> {
    const DEPTH_MAX: usize = 8;
    let mut hollow = true;
    match cursor.peek()? {
        ValueKind::Object | ValueKind::Array if depth > DEPTH_MAX => {
            cursor.skip()?;
            hollow = false;
        }
        ValueKind::Object => cursor.object(|cursor, _| {
            hollow &= holds_no_value(cursor, depth + 1)?;
            Ok(())
        })?,
        ValueKind::Array => cursor.array(|cursor| {
            hollow &= holds_no_value(cursor, depth + 1)?;
            Ok(())
        })?,
        ValueKind::Null => cursor.skip()?,
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {
            cursor.skip()?;
            hollow = false;
        }
    }
    Ok(hollow)
}

/// Whether a CSV is one line of several column names: short words, none of them a number, a date or a link.
fn is_only_a_header(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let is_name = |field: &str| {
        let field = field.trim().trim_matches('"');
        !field.is_empty()
            && field.chars().count() <= 60
            && !field.contains("://")
            && !field.contains('@')
            && !field.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation() || c == ' ')
            && !field.starts_with(|c: char| c.is_ascii_digit())
    };
    !text.contains('\n') && text.contains(',') && text.split(',').all(is_name)
}

/// Whether the entry is what Takeout writes instead of a timeline it can't read.
fn is_encrypted_placeholder(peek: &Peek<'_>) -> bool {
    let stem = peek.file_name().rsplit_once('.').map_or(peek.file_name(), |(stem, _)| stem);
    if peek.folder() == "Timeline" && stem.eq_ignore_ascii_case("encrypted backups") {
        return true;
    }
    peek.head_is_whole()
        && peek.head.len() < 4096
        && matches!(peek.extension().as_str(), "txt" | "")
        && std::str::from_utf8(peek.head).is_ok_and(|text| {
            let text = text.to_lowercase();
            text.contains("encrypted") && text.contains("timeline") && text.contains("backup")
        })
}

/// Whether the entry is the HTML form of a note whose JSON form lies beside it.
fn is_keep_twin(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> bool {
    if !matches!(peek.extension().as_str(), "html" | "htm")
        || memchr::memmem::find(peek.head, b"class=\"note").is_none()
    {
        return false;
    }
    let stem = peek.path.rsplit_once('.').map_or(peek.path, |(stem, _)| stem);
    surroundings.has_path(&format!("{stem}.json"))
}

/// Whether the entry is the readme of a product. What lies in a Drive is the person's own.
fn is_readme(peek: &Peek<'_>) -> bool {
    const WORDS: [&str; 6] = ["readme", "liesmich", "lisezmoi", "leggimi", "leiame", "leesmij"];
    let name = peek.file_name().to_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    matches!(peek.extension().as_str(), "" | "txt" | "html" | "md")
        && WORDS.iter().any(|word| stem.ends_with(word) || stem.starts_with(word))
        && !peek.path.split('/').any(|segment| segment.eq_ignore_ascii_case("drive"))
}

/// Whether the entry is an archive. Office documents and apps are zip files too, but not to be unpacked.
fn is_archive(peek: &Peek<'_>) -> bool {
    const EXTENSIONS: [&str; 10] = ["zip", "tgz", "tar", "gz", "7z", "rar", "bz2", "xz", "zst", "lz4"];
    const MAGICS: [&[u8]; 6] =
        [b"PK\x03\x04", b"\x1F\x8B", b"7z\xBC\xAF", b"Rar!", b"\xFD7zXZ", b"\x28\xB5\x2F\xFD"];
    let named = EXTENSIONS.contains(&peek.extension().as_str());
    let marked = MAGICS.iter().any(|magic| peek.head.starts_with(magic))
        || peek.head.get(257..262).is_some_and(|magic| magic == b"ustar");
    marked && (named || peek.extension().is_empty())
}

/// Whether the entry is a picture or recording that lies among the notes of Keep.
fn is_keep_attachment(peek: &Peek<'_>, surroundings: &dyn Surroundings) -> bool {
    const FOLDERS: [&str; 3] = ["Keep", "Google Notizen", "Google Keep"];
    const EXTENSIONS: [&str; 14] = [
        "jpg", "jpeg", "png", "gif", "webp", "heic", "3gp", "3gpp", "amr", "mp3", "mp4", "m4a", "aac", "wav",
    ];
    if !EXTENSIONS.contains(&peek.extension().as_str()) {
        return false;
    }
    let folder = peek.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    FOLDERS.contains(&peek.folder()) || surroundings.has_path(&format!("{folder}/Labels.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Paths, collect};
    use proptest::prelude::*;

    fn recognised(path: &str, head: &[u8]) -> String {
        let paths = Paths(vec!["Keep/Shopping.json".into(), "Notas/Labels.txt".into()]);
        match recognise(&Peek { path, size_bytes: Some(head.len() as u64), head }, &paths) {
            Recognition::Parse(parser) => parser.name().to_owned(),
            Recognition::UnknownText(parser) => format!("text {}", parser.name()),
            Recognition::Ignored(Ignored(reason)) => {
                reason.split([':', ';', ',']).next().unwrap_or_default().to_owned()
            }
            Recognition::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn every_leftover_has_its_reason() {
        let cases: &[(&str, &[u8], &str)] = &[
            ("Fit/.DS_Store", b"\0\0", "written by an operating system"),
            ("__MACOSX/a.json", b"{\"a\":1}", "written by an operating system"),
            ("a/empty.json", b"", "an empty file"),
            ("a/b.json", b"\xEF\xBB\xBF{}\n", "an empty product"),
            ("a/b.json", b"{\"locations\": [], \"b\": {\"c\": null}}", "an empty product"),
            ("a/b.txt", b"no data", "an empty product"),
            ("a/b.csv", b"Title,Note,URL,Comment\r\n", "an empty product"),
            ("a/b.csv", b"Title,Note\r\nx,y\r\n", "text file.text"),
            ("a/Dictionary.csv", b"Zopf\n", "text file.text"),
            ("Timeline/Encrypted Backups.txt", b"\x01\x02", "encrypted timeline backups can't be read"),
            (
                "x.txt",
                b"You have encrypted Timeline backups stored on servers.",
                "encrypted timeline backups can't be read",
            ),
            (
                "Timeline/Timeline Edits.json",
                b"{\"timelineEdits\":[{\"deviceId\":\"1\"}]}",
                "Google's log of changes to the timeline",
            ),
            (
                "Timeline/Settings.json",
                b"{\"deviceSettings\":[{\"deviceTag\":1}]}",
                "google.location.settings",
            ),
            ("Keep/Shopping.html", b"<html><div class=\"note\">", "the same note as its JSON file"),
            ("Keep/1.jpg", b"\xFF\xD8\xFF\0", "an attachment of a note"),
            ("Notas/1.3gp", b"\0\0\0\x18ftyp", "an attachment of a note"),
            ("Photos/1.jpg", b"\xFF\xD8\xFF\0", "unknown"),
            ("Drive/a.zip", b"PK\x03\x04\0", "an archive inside the archive"),
            ("Drive/a.docx", b"PK\x03\x04\0", "unknown"),
            ("Drive/README.md", b"# mine", "text file.text"),
            ("Fit/README.txt", b"These files", "a readme of the export"),
            ("Chrome/Autofill.json", b"{\"Autofill\":[{\"name\":\"q\"}]}", "sensitive"),
            ("Google Photos/a.jpg.json", b"{\"photoTakenTime\":{\"timestamp\":\"1\"}}", "text file.text"),
        ];
        for (path, head, expected) in cases {
            assert_eq!(recognised(path, head), *expected, "{path}");
        }
    }

    #[test]
    fn renamed_files_are_recognised_by_content() {
        let cases: &[(&[u8], &str)] = &[
            (b"{\"locations\":[{\"latitudeE7\":1,", "google.location.records"),
            (
                b"{\"somePointsTruncated\":false,\"locations\":[{\"timestampMs\":\"1\",",
                "google.location.records",
            ),
            (b"\xEF\xBB\xBF{\"timelineObjects\":[{\"placeVisit\":{", "google.location.semantic"),
            (b"{\"semanticSegments\":[{\"startTime\":", "google.location.timeline_android"),
            (b"{\"rawSignals\":[{\"position\":{", "google.location.timeline_android"),
            (b"[{\"endTime\":\"2\",\"startTime\":\"1\",\"visit\":{", "google.location.timeline_ios"),
            (b"{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{", "google.maps.places"),
            (b"{\"Browser History\":[{\"title\":", "google.chrome.history"),
            (b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL>", "google.chrome.bookmarks"),
        ];
        for (head, expected) in cases {
            let peek = Peek { path: "wer/weiß.was", size_bytes: Some(1 << 30), head };
            match recognise(&peek, &Paths::default()) {
                Recognition::Parse(parser) => assert_eq!(parser.name(), *expected),
                _ => panic!("{expected} is not recognised"),
            }
        }
    }

    #[test]
    fn every_sample_is_accounted_for() {
        let root = std::path::PathBuf::from("../../../shared/samples/google-takeout");
        if !root.exists() {
            eprintln!("SKIPPED: the samples are not at hand");
        }
        let mut folders = vec![root];
        let mut paths = Vec::new();
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.map(|entry| entry.unwrap().path()) {
                if entry.is_dir() { folders.push(entry) } else { paths.push(entry) }
            }
        }
        let surroundings = Paths(paths.iter().map(|path| path.to_string_lossy().into_owned()).collect());
        for path in &paths {
            let bytes = std::fs::read(path).unwrap();
            let head = &bytes[..bytes.len().min(64 << 10)];
            let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
            let name = path.to_string_lossy();
            let peek = Peek { path: &name, size_bytes: Some(bytes.len() as u64), head };
            match recognise(&peek, &surroundings) {
                Recognition::Parse(parser) | Recognition::UnknownText(parser) => {
                    let found = collect(parser, &name, &bytes);
                    let something = found.drafts.len() + found.samples.len() + found.warnings.len();
                    assert!(
                        something > 0 || found.error.is_some(),
                        "{name}: {} found nothing",
                        parser.name()
                    );
                }
                Recognition::Unknown => {
                    let known = ["jpg", "png", "mp3", "mbox"];
                    assert!(known.contains(&peek.extension().as_str()), "{name} is unknown");
                }
                Recognition::Ignored(_) => {}
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_given_something(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for path in ["a.csv", "Chrome/a.json", "Keep/a.html", "Timeline/a.txt"] {
                recognised(path, &bytes);
            }
        }
    }
}
