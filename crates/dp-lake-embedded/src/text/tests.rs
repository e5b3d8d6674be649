use super::*;
use dp_cortex::query::parse_query;
use dp_lake::{Annotations, Day, Has, Hidden, analysis::tokens, day_of_date, sought::sought};
use dp_model::{Content, Identity, Kind, Media, Mention, Place, Role};
use jiff::civil::date;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

const WRITE: Mode = Mode::ReadWrite { threads: 1, memory_bytes: 15_000_000 };

struct Lab {
    directory: tempfile::TempDir,
    index: TextIndex,
    rows: u64,
}

struct Draft {
    content: Content,
    day: Option<Day>,
    annotations: Annotations,
}

fn note(title: &str, text: &str) -> Draft {
    let mut content = Content::new("google.keep", Kind::Note);
    content.title = title.into();
    content.text = text.into();
    Draft { content, day: None, annotations: Annotations::default() }
}

impl Draft {
    fn on(mut self, year: i16, month: i8, day: i8) -> Self {
        self.day = Some(day_of_date(date(year, month, day)));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Content, &mut Annotations)) -> Self {
        change(&mut self.content, &mut self.annotations);
        self
    }

    fn indexed(&self) -> IndexedDocument<'_> {
        let sort_us = self.day.map(|day| i64::from(day) * 86_400_000_000);
        IndexedDocument { content: &self.content, day: self.day, sort_us, annotations: &self.annotations }
    }
}

impl Lab {
    /// An index of these documents; their rows count from 1.
    fn of(drafts: impl IntoIterator<Item = Draft>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let index = TextIndex::open(directory.path(), WRITE).unwrap();
        let mut lab = Self { directory, index, rows: 0 };
        for draft in drafts {
            lab.rows += 1;
            lab.index.put(lab.rows, false, &draft.indexed()).unwrap();
        }
        lab.index.commit(1).unwrap();
        lab
    }

    fn texts(texts: &[&str]) -> Self {
        Self::of(texts.iter().map(|text| note("", text)))
    }

    fn hits(&self, query: &str, sort: Sort) -> RowHits {
        let parsed = parse_query(query, date(2024, 1, 1)).unwrap();
        self.index.search(&parsed.text, &parsed.filter, sort, 100).unwrap()
    }

    /// Rows in order of relevance; checks the total on the way.
    fn ranked(&self, query: &str) -> Vec<u64> {
        let found = self.hits(query, Sort::Relevance);
        assert_eq!(found.total, found.rows.len() as u64, "{query}");
        found.rows.into_iter().map(|(row, _)| row).collect()
    }

    /// Rows in order of number.
    fn rows(&self, query: &str) -> Vec<u64> {
        let mut rows = self.ranked(query);
        let mut by_time =
            self.hits(query, Sort::Newest).rows.into_iter().map(|(row, _)| row).collect::<Vec<_>>();
        rows.sort_unstable();
        by_time.sort_unstable();
        assert_eq!(rows, by_time, "{query}");
        rows
    }
}

#[test]
fn all_words_must_be_there_in_any_form_and_order() {
    let lab = Lab::texts(&["Das Café in Zürich", "ein cafe am see", "Zurich ohne"]);
    assert_eq!(lab.rows("CAFE "), [1, 2]);
    assert_eq!(lab.rows("zürich café "), [1]);
    assert_eq!(lab.rows("fehlt cafe "), Vec::<u64>::new());
}

#[test]
fn the_form_that_was_typed_comes_first() {
    let lab = Lab::texts(&["the cafe there", "the Café there", "the café there"]);
    assert_eq!(lab.ranked("café ")[0], 3);
    assert_eq!(lab.ranked("Café ")[0], 2);
    assert_eq!(lab.ranked("cafe ")[0], 1);
    assert_eq!(lab.ranked("cafe there ")[0], 1);
}

#[test]
fn a_title_counts_more_than_the_text() {
    let lab = Lab::of([note("something else", "bread and more"), note("bread and more", "something else")]);
    assert_eq!(lab.ranked("bread "), [2, 1]);
    assert_eq!(lab.ranked("bread more "), [2, 1]);
}

#[test]
fn phrases_are_words_next_to_each_other_within_one_part() {
    let lab = Lab::of([note("", "old red bike"), note("", "red, old bike"), note("a very old", "red house")]);
    assert_eq!(lab.rows("\"old red\""), [1]);
    assert_eq!(lab.rows("old red "), [1, 2, 3]);
    assert_eq!(lab.rows("\"old bi\""), Vec::<u64>::new());
    assert_eq!(lab.rows("-\"old red\" red "), [2, 3]);
}

#[test]
fn the_last_word_may_go_on_and_the_word_itself_comes_first() {
    let lab = Lab::texts(&["photographs", "photo", "phone photography", "fotos"]);
    assert_eq!(lab.rows("photo"), [1, 2, 3]);
    assert_eq!(lab.ranked("photo")[0], 2);
    assert_eq!(lab.rows("photo "), [2]);
    assert_eq!(lab.rows("photo* phone "), [3]);
    assert_eq!(lab.rows("phone ph"), [3]);
}

#[test]
fn alternatives_rank_by_all_that_matches() {
    let lab = Lab::of([
        note("", "red bike and a boat").with(|content, _| content.kind = Kind::Email),
        note("", "a boat in the harbour"),
        note("bike", "and nothing else"),
        note("", "neither"),
    ]);
    assert_eq!(lab.ranked("bike OR boat "), [1, 3, 2]);
    assert_eq!(lab.rows("(\"red bike\" OR harbour)"), [1, 2]);
    assert_eq!(lab.rows("boat -(red kind:email)"), [2]);
    assert_eq!(lab.rows("(bike kind:note) OR neither "), [3, 4]);
    assert_eq!(lab.rows("(bote OR bik*) kind:note"), [3], "short words are as they are typed");
    assert_eq!(lab.rows("harbuor OR nothing "), [2, 3], "a typo is forgiven in an alternative");
    assert_eq!(lab.rows("boat -(harbuor)"), [1, 2]);
}

#[test]
fn many_completions_are_all_counted() {
    let texts = (0..500).map(|number| format!("pre{number:03}")).collect::<Vec<_>>();
    let lab = Lab::texts(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let found = lab.hits("pre", Sort::Relevance);
    assert_eq!((found.rows.len(), found.total), (100, 500));
    let mut rows = lab.index.search(
        &parse_query("pre", date(2024, 1, 1)).unwrap().text,
        &Filter::default(),
        Sort::Relevance,
        1000,
    );
    let mut rows = rows.as_mut().unwrap().rows.iter().map(|&(row, _)| row).collect::<Vec<_>>();
    rows.sort_unstable();
    assert_eq!(rows, (1..=500).collect::<Vec<_>>());
}

#[test]
fn typos_are_forgiven_in_long_words_that_stand_nowhere() {
    let lab = Lab::texts(&["mountain view", "fountain pen", "cat", "restaurant"]);
    assert_eq!(lab.ranked("mountian "), [1, 2]);
    assert_eq!(lab.rows("resturant "), [4]);
    assert_eq!(lab.rows("resturnt "), [4]);
    assert_eq!(lab.rows("fountain "), [2]);
    assert_eq!(lab.rows("cut "), Vec::<u64>::new());
    assert_eq!(lab.rows("mountian cat "), Vec::<u64>::new());
    assert_eq!(lab.rows("vieww mountan "), [1]);
    assert_eq!(lab.ranked("mountian"), [1, 2]);
    assert_eq!(lab.rows("restaru"), [4]);
    assert_eq!(lab.rows("\"mountian view\""), Vec::<u64>::new());
}

#[test]
fn excluded_words_exclude() {
    let lab = Lab::texts(&["red bike", "red car", "blue car"]);
    assert_eq!(lab.rows("red -bike"), [2]);
    assert_eq!(lab.rows("-red"), [3]);
    assert_eq!(lab.rows("-bik* "), [2, 3]);
}

#[test]
fn scripts_without_spaces_are_found_by_any_piece() {
    let lab =
        Lab::texts(&["我住在東京都的中心", "東京と京都", "ประเทศไทยสวยงาม", "서울특별시에서", "東 alone"]);
    assert_eq!(lab.rows("東京都"), [1]);
    assert_eq!(lab.rows("東京"), [1, 2]);
    assert_eq!(lab.rows("京都 "), [1, 2]);
    assert_eq!(lab.rows("都"), [1, 2]);
    assert_eq!(lab.rows("東 "), [1, 2, 5]);
    assert_eq!(lab.rows("ไทย"), [3]);
    assert_eq!(lab.rows("ท"), [3]);
    assert_eq!(lab.rows("특별시"), [4]);
    assert_eq!(lab.rows("\"京都的中\""), [1]);
}

#[test]
fn addresses_and_links_are_found_whole_and_by_their_parts() {
    let lab = Lab::of([
        note("", "write to mia.lund@example.org"),
        note("lund mia", "")
            .with(|content, _| content.url = Some("https://www.example.org/some-page?q=1".into())),
    ]);
    assert_eq!(lab.rows("mia.lund@example.org"), [1]);
    assert_eq!(lab.rows("lund "), [1, 2]);
    assert_eq!(lab.rows("https://www.example.org/some-page?q=1 "), [2]);
    assert_eq!(lab.rows("www.example.org "), [1, 2]);
    assert_eq!(lab.rows("example.org/some"), [2]);
}

#[test]
fn every_filter_holds() {
    let mail = note("mail", "x").on(2019, 6, 14).with(|content, annotations| {
        content.source = "google.mail".into();
        content.kind = Kind::Email;
        let identity = Identity::email("mia.lund@example.org");
        content.people.push(Mention { role: Role::From, name: Some("Mia Lund".into()), identity });
        content.labels.push("Reise Pläne".into());
        content.media.push(Media { name: "a.pdf".into(), mime: None, size_bytes: None, hash: None });
        annotations.starred = true;
    });
    let visit = note("visit", "").on(2020, 2, 29).with(|content, annotations| {
        content.source = "google.maps".into();
        content.kind = Kind::Visit;
        content.url = Some("https://example.org".into());
        let point = dp_model::Point::from_degrees(47.0, 8.0);
        content.place = Some(Place { name: Some("Bern".into()), point, ..Place::default() });
        annotations.tags.push("Ärger".into());
        annotations.note = Some("remember this".into());
    });
    let hidden = note("hidden", "x").with(|content, annotations| {
        content.source = "spotify".into();
        annotations.hidden = true;
    });
    let lab = Lab::of([mail, visit, hidden]);
    for (query, rows) in [
        ("source:google", &[1, 2][..]),
        ("source:google.mail", &[1]),
        ("source:goog", &[]),
        ("kind:email,visit", &[1, 2]),
        ("-kind:email", &[2]),
        ("-source:google.maps", &[1]),
        ("on:2019", &[1]),
        ("on:2020-02", &[2]),
        ("on:2020-02-29", &[2]),
        ("after:2019-06-14 before:2020-02-29", &[1]),
        ("after:2019-06-15", &[2]),
        ("before:1990", &[]),
        ("-on:2019-06", &[2]),
        ("from:mia", &[1]),
        ("from:\"lund mia\"", &[1]),
        ("from:mia.lund@example.org", &[1]),
        ("from:bern", &[]),
        ("-from:mia", &[2]),
        ("in:(reise plane)", &[1]),
        ("-in:\"Reise Pläne\"", &[2]),
        ("tag:arger", &[2]),
        ("-tag:arger", &[1]),
        ("is:starred", &[1]),
        ("-is:starred", &[2]),
        ("has:attachment", &[1]),
        ("has:place", &[2]),
        ("has:url", &[2]),
        ("has:people", &[1]),
        ("has:text", &[1]),
        ("has:tag has:note", &[2]),
        ("-has:text", &[2]),
        ("is:hidden", &[3]),
        ("hidden ", &[]),
        ("hidden is:hidden", &[3]),
        ("bern ", &[2]),
        ("remember ", &[2]),
        ("pdf kind:email", &[1]),
        ("x kind:email after:2019 before:2020 source:google -has:place", &[1]),
        ("", &[1, 2]),
    ] {
        assert_eq!(lab.rows(query), rows, "{query}");
    }
    let with_hidden = Filter { hidden: Hidden::Include, has: vec![Has::Text], ..Filter::default() };
    assert_eq!(lab.index.search(&TextQuery::default(), &with_hidden, Sort::Newest, 9).unwrap().total, 2);
}

#[test]
fn time_sorts_and_undated_documents_come_last() {
    let lab = Lab::of([
        note("", "word").on(2020, 1, 1),
        note("", "word"),
        note("", "word").on(1950, 1, 1),
        note("", "word").on(2021, 1, 1),
    ]);
    let rows = |sort| lab.hits("word", sort).rows.iter().map(|&(row, _)| row).collect::<Vec<_>>();
    assert_eq!(rows(Sort::Newest), [4, 1, 3, 2]);
    assert_eq!(rows(Sort::Oldest), [3, 1, 4, 2]);
    let parsed = parse_query("word", date(2024, 1, 1)).unwrap();
    let two = lab.index.search(&parsed.text, &parsed.filter, Sort::Oldest, 2).unwrap();
    assert_eq!((two.rows, two.total), (vec![(3, 0.0), (1, 0.0)], 4));
    assert_eq!(lab.index.search(&parsed.text, &parsed.filter, Sort::Relevance, 0).unwrap().total, 4);
}

#[test]
fn replaced_and_deleted_rows_are_gone() {
    let lab = Lab::texts(&["first version", "second"]);
    lab.index.put(1, true, &note("", "other words").indexed()).unwrap();
    lab.index.put(1, true, &note("", "last words").indexed()).unwrap();
    lab.index.delete(2).unwrap();
    assert_eq!(lab.rows("version "), [1]);
    lab.index.commit(2).unwrap();
    assert_eq!(lab.rows("version "), Vec::<u64>::new());
    assert_eq!(lab.rows("last "), [1]);
    assert_eq!(lab.rows("words"), [1]);
    assert_eq!(lab.rows("second "), Vec::<u64>::new());
    assert_eq!((lab.index.count(), lab.index.sequence()), (1, 2));
    assert_eq!(lab.index.check(true), Vec::<String>::new());
    assert!(lab.index.size_bytes() > 0);
}

#[test]
fn what_was_not_committed_is_not_there_after_reopening() {
    let Lab { directory, index, .. } = Lab::texts(&["kept"]);
    index.commit(7).unwrap();
    index.put(2, false, &note("", "lost").indexed()).unwrap();
    drop(index);
    let index = TextIndex::open(directory.path(), WRITE).unwrap();
    assert_eq!((index.sequence(), index.count()), (7, 1));
}

#[test]
fn what_was_killed_in_a_commit_can_be_done_again() {
    let Lab { directory, index, .. } = Lab::texts(&["one", "two", "three", "goes"]);
    drop(index);
    let list = directory.path().join("meta.json");
    let before = std::fs::read(&list).unwrap();
    for _ in 0..2 {
        // The second time all files of the commit are there, and only its list is not.
        std::fs::write(&list, &before).unwrap();
        let index = TextIndex::open(directory.path(), WRITE).unwrap();
        assert_eq!((index.sequence(), index.count()), (1, 4));
        index.delete(4).unwrap();
        index.commit(2).unwrap();
        assert_eq!((index.sequence(), index.count()), (2, 3));
    }
}

#[test]
fn a_reader_sees_what_a_writer_commits() {
    let lab = Lab::texts(&["one"]);
    let reader = TextIndex::open(lab.directory.path(), Mode::ReadOnly).unwrap();
    assert!(matches!(reader.put(9, false, &note("", "x").indexed()), Err(LakeError::ReadOnly)));
    lab.index.put(2, false, &note("", "two").indexed()).unwrap();
    lab.index.commit(5).unwrap();
    assert_eq!((reader.count(), reader.sequence()), (1, 1));
    reader.refresh();
    assert_eq!((reader.count(), reader.sequence()), (2, 5));
}

#[test]
fn a_damaged_or_missing_index_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let is_projection =
        |opened: Result<TextIndex, LakeError>| matches!(opened, Err(LakeError::Projection { .. }));
    assert!(is_projection(TextIndex::open(empty.path(), Mode::ReadOnly)));
    assert!(is_projection(TextIndex::open(&empty.path().join("none"), Mode::ReadOnly)));

    let Lab { directory, index, .. } = Lab::texts(&["some words to find"]);
    drop(index);
    let files = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file()).collect::<Vec<_>>();
    for file in &files {
        let extension = file.extension().and_then(|extension| extension.to_str());
        if matches!(extension, None | Some("lock" | "store"))
            || file.file_name().is_some_and(|name| name == ".managed.json")
        {
            continue;
        }
        let whole = std::fs::read(file).unwrap();
        std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
        let opened = TextIndex::open(directory.path(), Mode::ReadOnly);
        let noticed = match &opened {
            Ok(index) => {
                let query = parse_query("words find", date(2024, 1, 1)).unwrap();
                let searched = index.search(&query.text, &query.filter, Sort::Relevance, 5);
                matches!(searched, Err(LakeError::Projection { .. } | LakeError::Io { .. }))
                    || !index.check(true).is_empty()
            }
            Err(error) => matches!(error, LakeError::Projection { .. }),
        };
        assert!(noticed, "{} {:?}", file.display(), opened.err());
        std::fs::write(file, &whole).unwrap();
    }
    std::fs::write(directory.path().join("meta.json"), "{}").unwrap();
    assert!(is_projection(TextIndex::open(directory.path(), WRITE)));
}

#[test]
fn huge_documents_and_empty_ones_are_taken() {
    let huge = "many words in here ".repeat(200_000);
    let lab = Lab::of([note("", &huge), note("", ""), note("", "here")]);
    assert_eq!(lab.rows("here "), [1, 3]);
    assert_eq!(lab.index.count(), 3);
}

fn any_script() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-cA-C]{1,5}",
        "[à-äÀ-Ä]{1,3}",
        "[а-гА-Г]{1,4}",
        "[α-δΑ-Δά]{1,4}",
        "[א-ד\u{5b0}]{1,3}",
        "[ا-ث\u{64e}]{1,3}",
        "[क-घ\u{93f}]{1,3}",
        "[ก-งัิ]{1,5}",
        "[一-三東京]{1,4}",
        "[か-ご\u{3099}ｶ]{1,4}",
        "[가-갅]{1,4}",
        "[0-9]{1,3}",
        "[👍❤\u{fe0f}🏽]{1,2}",
    ];
    proptest::collection::vec((word, "[ ,.\\-\n]{0,2}"), 1..7)
        .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

/// A part of the text from one word to another.
fn words_of(text: &str, skip: usize, take: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>();
    let start = skip % words.len().max(1);
    words.iter().skip(start).take(take).copied().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn text_typed_as_a_query_finds_its_document(
        texts in proptest::collection::vec(any_script(), 1..12), skip in 0usize..7, take in 1usize..4,
    ) {
        let lab = Lab::texts(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for (text, row) in texts.iter().zip(1u64..) {
            let typed = words_of(text, skip, take).replace('-', " ");
            for query in [typed.clone(), format!("{typed} "), format!("\"{typed}\"")] {
                if !tokens(&query).is_empty() {
                    prop_assert!(lab.rows(&query).contains(&row), "{:?} in {:?}", query, text);
                }
            }
            let run = text.split_whitespace().next().unwrap_or_default();
            let graphemes = run.graphemes(true).collect::<Vec<_>>();
            let is_unspaced = tokens(run).iter().all(|token| {
                matches!(token.kind, dp_lake::analysis::TokenKind::Pair | dp_lake::analysis::TokenKind::Last)
            });
            if is_unspaced && !graphemes.is_empty() {
                let start = skip % graphemes.len();
                let piece = graphemes[start..graphemes.len().min(start + take)].concat();
                if !tokens(&piece).is_empty() && !piece.contains(['-', ',', '.']) {
                    prop_assert!(lab.rows(&piece).contains(&row), "{:?} in {:?}", piece, text);
                }
            }
        }
    }

    #[test]
    fn the_index_finds_what_a_plain_reading_finds(
        texts in proptest::collection::vec("([ab]{1,3}|[東京都]{1,4}| |-){1,12}", 1..20),
        // Words too short to be misspelt.
        query in "-?\"?[ab]{0,3}[東京都]{0,3}( [ab]{1,3}| [東京都]{1,3}){0,3} ?",
    ) {
        let lab = Lab::texts(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let parsed = parse_query(&query, date(2024, 1, 1)).unwrap();
        let stands = |term: &dp_lake::Term, text: &str| {
            let tokens = tokens(text);
            sought(&term.text, term.mode).iter().all(|sought| sought.occurrences(&tokens) > 0)
        };
        let expected = texts.iter().zip(1u64..).filter(|(text, _)| {
            parsed.text.must.iter().all(|term| stands(term, text)) && !parsed.text.must_not.iter().any(|term| stands(term, text))
        });
        prop_assert_eq!(lab.rows(&query), expected.map(|(_, row)| row).collect::<Vec<_>>());
    }
}

#[test]
fn of_what_was_purged_nothing_is_left_in_any_segment() {
    let lab = Lab::of((0..50).map(|number| note(&format!("note {number}"), "bread")));
    lab.index.delete(7).unwrap();
    lab.index.commit(2).unwrap();
    let deleted = || {
        let searcher = lab.index.reader.searcher();
        searcher.segment_readers().iter().map(|segment| segment.num_deleted_docs()).sum::<u32>()
    };
    assert_eq!(deleted(), 1);
    lab.index.purge().unwrap();
    assert_eq!((deleted(), lab.index.count(), lab.index.sequence()), (0, 49, 2));
    let again = TextIndex::open(lab.directory.path(), Mode::ReadOnly).unwrap();
    assert_eq!((again.count(), again.sequence()), (49, 2));
}
