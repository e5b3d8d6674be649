//! Notes written by hand, and what is to be found in the samples.

use super::*;
use crate::testing::{Found, Paths, collect, collect_in};
use dp_model::{Clock, Precision, Role};
use proptest::prelude::*;

const SHOPPING: &str = r#"{ "color": "GREEN", "isTrashed": false, "isPinned": true, "isArchived": true,
  "title": "Shopping", "textContentHtml": "<p>x</p>",
  "listContent": [{ "text": "flour", "textHtml": "<p>flour</p>", "isChecked": true }, { "text": "yeast", "isChecked": false }],
  "attachments": [{ "filePath": "15b8.a1b2.jpeg", "mimetype": "image/jpeg" }, { "filePath": "gone.3gp", "mimetype": "audio/3gp" }],
  "annotations": [{ "source": "WEBLINK", "title": "Bread", "description": "How to bake", "url": "https://example.org/bread" }],
  "labels": [{ "name": "Home" }], "sharees": [{ "isOwner": true, "type": "WRITER", "email": "Mia@example.org" }, { "isOwner": false, "type": "WRITER", "email": "sam@example.org" }],
  "tasks": [{ "id": "abcDEF123" }],
  "userEditedTimestampUsec": 1630047600000000, "createdTimestampUsec": 1630040000000001 }"#;

fn read(path: &str, text: &str) -> Found {
    collect(&KeepJson, path, text.as_bytes())
}

#[test]
fn a_list_becomes_a_note() {
    let surroundings = Paths(vec!["Keep/15b8.a1b2.jpg".into()]);
    let context = Context {
        path: "Keep/Shopping.json",
        exported_at_us: None,
        home_zone: None,
        record_bytes_max: 1 << 20,
        surroundings: &surroundings,
    };
    let found = collect_in(&KeepJson, &context, SHOPPING.as_bytes());
    assert_eq!(found.warnings.len(), 1);
    assert_eq!(found.warnings[0].kind, WarningKind::MissingAttachment);
    assert!(found.warnings[0].message.contains("gone.3gp"));
    assert_eq!(found.people.len(), 2);
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "Shopping");
    assert_eq!(content.text, "[x] flour\n[ ] yeast\n\nBread\nHow to bake\nhttps://example.org/bread");
    assert_eq!(content.labels.as_slice(), ["Home", "Pinned", "Archived"]);
    assert_eq!(content.time.as_ref().unwrap().utc_us, 1_630_040_000_000_001);
    assert_eq!(content.modified_us, Some(1_630_047_600_000_000));
    assert_eq!(content.url.as_deref(), Some("https://example.org/bread"));
    assert_eq!(content.media.len(), 2);
    assert_eq!(content.people.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::Author, Role::Sharee]);
    let metadata = content.metadata.to_value();
    assert_eq!(metadata["color"], "GREEN");
    assert_eq!(metadata["tasks"][0]["id"], "abcDEF123");
    assert_eq!(metadata["sharees"][1]["type"], "WRITER");
    assert_eq!(metadata.get("textContentHtml"), None);
}

#[test]
fn a_changed_note_is_the_same_note() {
    let changed = SHOPPING.replace("flour", "rye").replace("1630047600000000", "1630047700000000");
    assert_eq!(
        read("Keep/Shopping.json", SHOPPING).drafts[0].key,
        read("Keep/Shopping(1).json", &changed).drafts[0].key
    );
}

#[test]
fn notes_without_instants_are_dated_by_their_name_and_never_1970() {
    let text = r#"{"color":"DEFAULT","isTrashed":false,"isPinned":false,"isArchived":false,"title":"","textContent":"x","userEditedTimestampUsec":0}"#;
    let draft = read("Keep/2021-08-26T12_50_12.122+05_00.json", text).drafts.remove(0);
    let time = draft.content.time.unwrap();
    assert_eq!((time.utc_us, time.offset_s), (1_629_964_212_122_000, Some(18_000)));
    assert_eq!(read("Keep/Title.json", text).drafts[0].content.time, None);
}

#[test]
fn formatting_is_kept_where_there_is_some() {
    let text = r#"{"color":"RED","textContent":"x","textContentHtml":"<p><span style=\"font-weight:700\">x</span></p>","isPinned":false,"extra":{"a":1}}"#;
    let metadata = read("Keep/a.json", text).drafts[0].content.metadata.to_value();
    assert!(metadata["textContentHtml"].as_str().unwrap().contains("700"));
    assert_eq!(metadata["extra"]["a"], 1);
}

#[test]
fn a_damaged_note_is_reported() {
    let found = read("Keep/a.json", &SHOPPING.replace("\"title\": \"Shopping\",", "\"title\": \"Shopping\""));
    assert!(found.drafts.is_empty());
    assert!(matches!(found.error, Some(ParseError::Malformed(_))));
}

#[test]
fn the_page_gives_the_same_note() {
    let page = "<?xml version=\"1.0\" ?><html><head><title>List</title></head>
<body><div class=\"note RED\"><div class=\"heading\"><div class=\"meta-icons\"><span class=\"pinned\" title=\"Note pinned\"></span>

</div>
Jun 5, 2026, 2:45:29&#8239;PM</div>
<div class=\"title\">List &amp; more</div>
<div class=\"content\"><ul class=\"list\"><li class=\"listitem\"><span class=\"bullet\">&#9745;</span>
<span class=\"text\">flour</span>
</li> <li class=\"listitem checked\"><span class=\"bullet\">&#9744;</span>
<span class=\"text\">yeast</span>
</li></ul></div>
<div class=\"chips\"><span class=\"chip annotation WEBLINK\"><a title=\"How &amp; why\" href=\"https://example.org/?a=1&amp;b=2\"><span class=\"chip-icon\"></span>
<span class=\"annotation-text\">Bread</span></a>
</span> <span class=\"chip label\"><span class=\"label-name\">Home</span>
</span></div>
<div class=\"attachments\"><ul><li><img alt=\"\" src=\"a.png\" /></li><li><img alt=\"\" src=\"data:image/jpeg;base64,aGVsbG8=\" /></li></ul></div>
</div></body></html>";
    let surroundings = Paths(vec!["Keep/a.png".into()]);
    let mut context = Context {
        path: "Keep/List _ more.html",
        exported_at_us: None,
        home_zone: None,
        record_bytes_max: 1 << 20,
        surroundings: &surroundings,
    };
    let found = collect_in(&KeepHtml, &context, page.as_bytes());
    assert_eq!(found.warnings, []);
    let draft = &found.drafts[0];
    assert_eq!(draft.content.title, "List & more");
    assert_eq!(draft.content.text, "[x] flour\n[ ] yeast\n\nBread\nHow & why\nhttps://example.org/?a=1&b=2");
    assert_eq!(draft.content.labels.as_slice(), ["Home", "Pinned"]);
    let time = draft.content.time.as_ref().unwrap();
    assert_eq!((time.clock, time.utc_us), (Clock::Wall, 1_780_670_729_000_000));
    assert_eq!(draft.content.media[1].size_bytes, Some(5));
    let old = r#"{"color":"RED","isPinned":true,"textContent":"x","title":"List & more"}"#;
    assert_eq!(read("Keep/List _ more.json", old).drafts[0].key, draft.key);
    context.home_zone = Some("Europe/Zurich");
    let time = collect_in(&KeepHtml, &context, page.as_bytes()).drafts[0].content.time.clone().unwrap();
    assert_eq!((time.clock, time.utc_us, time.offset_s), (Clock::Instant, 1_780_663_529_000_000, Some(7200)));
    assert_eq!(time.precision, Precision::Second);
}

#[test]
fn notes_and_nothing_else_are_recognised() {
    let peek = |head| Peek { path: "a", size_bytes: None, head };
    assert!(KeepJson.recognises(&peek(SHOPPING.as_bytes())));
    assert!(KeepJson.recognises(&peek(&SHOPPING.as_bytes()[..150])));
    assert!(!KeepJson.recognises(&peek(b"{\"color\": 1, \"title\": \"album\"}")));
    assert!(!KeepJson.recognises(&peek(b"[1]")));
    assert!(KeepHtml.recognises(&peek(b"<html><body><div class=\"note\"><div class=\"heading\">")));
    assert!(!KeepHtml.recognises(&peek(b"<html><body><div class=\"title\">")));
}

#[test]
fn the_samples_give_a_note_each() {
    let samples = "../../../shared/samples/google-takeout/";
    let folders = [
        "obsidianmd-obsidian-importer/tests/keep/notes",
        "Hofled-google-keep-anytype-migration/test/testdata/googlekeep",
    ];
    let mut seen = Vec::new();
    for folder in folders {
        let Ok(files) = std::fs::read_dir(format!("{samples}{folder}")) else {
            eprintln!("skipped: no samples at {samples}{folder}");
            return;
        };
        for file in files {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(KeepJson.recognises(&Peek { path: &name, size_bytes: None, head: &bytes }), "{name}");
            let found = collect(&KeepJson, &name, &bytes);
            assert_eq!(found.drafts.len(), 1, "{name}");
            let content = &found.drafts[0].content;
            seen.push((name, content.text.matches("[").count(), content.media.len(), content.labels.len()));
        }
    }
    seen.sort();
    let of = |name: &str| {
        seen.iter()
            .find(|(known, ..)| known == name)
            .map(|(_, items, media, labels)| (*items, *media, *labels))
    };
    assert_eq!(seen.len(), 13);
    assert_eq!(of("Checklist note.json"), Some((5, 0, 1)));
    assert_eq!(of("Labelled note.json"), Some((0, 0, 6)));
    assert_eq!(of("Archived note.json"), Some((0, 0, 1)));
    assert_eq!(of("note_attachments.json"), Some((0, 2, 0)));
    assert_eq!(of("note_listcontent.json"), Some((2, 0, 0)));
}

#[test]
fn the_sample_archives_give_their_notes_once() {
    let samples = "../../../shared/samples/google-takeout/";
    let notesnook = "streetwriters-notesnook-importer/packages/core/__tests__/data/keep/";
    for (archive, notes, media) in [
        (format!("{notesnook}takeout-20260605T094613Z-3-001.zip"), 1, 0),
        (format!("{notesnook}takeout.zip"), 5, 2),
        (
            "marph91-jimmy-test-data/test_data/google_keep/test_1_frontmatter/takeout-20250130T150824Z-001.tgz"
                .to_owned(),
            7,
            1,
        ),
    ] {
        let path = std::path::PathBuf::from(format!("{samples}{archive}"));
        if !path.exists() {
            eprintln!("skipped: no sample at {}", path.display());
            return;
        }
        let exports = dp_archive::open(&[path], &dp_archive::Limits::default()).unwrap();
        let entries = exports[0].entries();
        let surroundings = Paths(entries.iter().map(|entry| entry.key.clone()).collect());
        let mut found = Found::default();
        for (at, entry) in entries.iter().enumerate() {
            let mut reader = exports[0].reader();
            let head = reader.head(at).unwrap();
            let peek = Peek { path: &entry.key, size_bytes: entry.size_bytes, head: &head };
            let crate::Recognition::Parse(parser) = crate::recognise(&peek, &surroundings) else { continue };
            if !parser.name().starts_with("google.keep") {
                continue;
            }
            let context = Context {
                path: &entry.key,
                exported_at_us: None,
                home_zone: None,
                record_bytes_max: 16 << 20,
                surroundings: &surroundings,
            };
            parser.parse(&context, &mut reader.open(at).unwrap(), &mut found).unwrap();
        }
        assert_eq!(found.warnings, [], "{archive}");
        assert_eq!(found.drafts.len(), notes, "{archive}");
        assert_eq!(found.drafts.iter().map(|draft| draft.content.media.len()).sum::<usize>(), media, "{archive}");
        let keys: std::collections::HashSet<_> = found.drafts.iter().map(|draft| &draft.key).collect();
        assert_eq!(keys.len(), notes, "{archive}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (collect(&KeepJson, "a", &bytes), collect(&KeepHtml, "a", &bytes));
    }

    #[test]
    fn damaged_notes_end_without_panic(at in 0..SHOPPING.len(), byte in any::<u8>(), text in "(<div class=\"note\">|<div class=\"content\">|<li|</div>|<span class=\"text\">| src=\"data:|;base64,|\"|>|é){0,20}") {
        let mut bytes = SHOPPING.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = (collect(&KeepJson, "a", &bytes), collect(&KeepHtml, "a", format!("<div class=\"note\">{text}").as_bytes()));
    }
}
