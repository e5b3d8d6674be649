use super::*;
use dp_lake::{Alternative, Hidden, TermMode, date_of_day, day_of_date};
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2024, 3, 1);

fn parse(text: &str) -> Parsed {
    parse_query(text, TODAY).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> QueryError {
    parse_query(text, TODAY).unwrap_err()
}

fn term(text: &str, mode: TermMode) -> Term {
    Term { text: text.to_owned(), mode }
}

fn must(words: &[&str]) -> TextQuery {
    TextQuery { must: words.iter().map(|word| term(word, TermMode::Words)).collect(), ..TextQuery::default() }
}

fn of(text: TextQuery) -> Alternative {
    Alternative { text, ..Alternative::default() }
}

fn kinds(kinds: &[Kind]) -> Alternative {
    Alternative { filter: Filter { kinds: kinds.to_vec(), ..Filter::default() }, ..Alternative::default() }
}

fn range(text: &str) -> (Option<Date>, Option<Date>) {
    let filter = parse(text).filter;
    (filter.from.map(date_of_day), filter.until.map(date_of_day))
}

#[test]
fn words_phrases_exclusions_and_prefixes_are_told_apart() {
    use TermMode::{Phrase, Prefix, Words};
    let parsed = parse("red \"old bike\" -blue -\"new car\" pho* green");
    assert_eq!(
        parsed.text.must,
        [term("red", Words), term("old bike", Phrase), term("pho", Prefix), term("green", Prefix)]
    );
    assert_eq!(parsed.text.must_not, [term("blue", Words), term("new car", Phrase)]);
    assert_eq!(parsed.filter, Filter::default());
}

#[test]
fn the_last_word_is_open_unless_a_space_or_a_filter_follows() {
    assert_eq!(parse("red bike").text.must[1].mode, TermMode::Prefix);
    assert_eq!(parse("red bike ").text.must[1].mode, TermMode::Words);
    assert_eq!(parse("bike kind:note").text.must[0].mode, TermMode::Words);
    assert_eq!(parse("red -bike").text.must_not[0].mode, TermMode::Words);
    assert_eq!(parse("\"red bike\"").text.must[0].mode, TermMode::Phrase);
    let alternatives = &parse("red OR bik").text.any[0];
    assert_eq!(alternatives[1].text.must[0].mode, TermMode::Prefix);
    assert_eq!(parse("(red OR bike)").text.any[0][1].text.must[0].mode, TermMode::Words);
    assert_eq!(parse("-(red bike").text.none[0].text.must[1].mode, TermMode::Words);
}

#[test]
fn an_unclosed_quote_or_parenthesis_reaches_to_the_end() {
    assert_eq!(parse("a \"b c").text.must[1], term("b c", TermMode::Phrase));
    assert_eq!(parse("“b c” d ").text.must, [term("b c", TermMode::Phrase), term("d", TermMode::Words)]);
    assert_eq!(parse("(a OR b ").nodes, parse("(a OR b)").nodes);
    assert_eq!(parse("a) b ").text, must(&["a", "b"]));
}

#[test]
fn alternatives_are_joined_by_or() {
    let a_or_b = || vec![of(must(&["a"])), of(must(&["b"]))];
    for text in ["a OR b ", "a | b ", "(a OR b)", "((a) OR (b))", "a OR OR b ", "OR a OR b OR "] {
        assert_eq!(parse(text).text, TextQuery { any: vec![a_or_b()], ..TextQuery::default() }, "{text}");
    }
    assert_eq!(parse("c a OR b d ").text, TextQuery { any: vec![a_or_b()], ..must(&["c", "d"]) });
    let three = parse("a OR b OR c ").text.any;
    assert_eq!((three.len(), three[0].len()), (1, 3));
    assert_eq!(parse("(a OR b) OR c ").text.any, three);
    assert_eq!(parse("(a b) OR c ").text.any[0][0], of(must(&["a", "b"])));
    assert_eq!(parse("kind:email,note OR a ").text.any[0][0], kinds(&[Kind::Email, Kind::Note]));
    assert_eq!(parse("-a OR b ").text.any[0][0].text.must_not, [term("a", TermMode::Words)]);
    assert_eq!(parse("a or b ").text, must(&["a", "or", "b"]), "OR is written in capitals");
    assert_eq!(parse("ORB ").text, must(&["ORB"]));
    assert_eq!(parse("a OR !!! ").text, must(&["a"]), "what is no word is no alternative");
}

#[test]
fn parentheses_group_and_are_left_out() {
    assert_eq!(parse("(a b) c ").text, must(&["a", "b", "c"]));
    assert_eq!(parse("() (!) a ").text, must(&["a"]));
    assert_eq!(parse("-(a b)").text.none, [of(must(&["a", "b"]))]);
    assert_eq!(parse("-(a OR b)").text.none, [of(must(&["a"])), of(must(&["b"]))]);
    assert_eq!(parse("-(a)").text.must_not, [term("a", TermMode::Words)]);
    assert_eq!(parse("-(-a) ").text, must(&["a"]));
    assert_eq!(parse("-(kind:note a)").text.none[0].filter.kinds, [Kind::Note]);
    let nested = parse("(a OR (b (c OR -d)))").text.any;
    assert_eq!(nested[0][1].text.any[0][1].text.must_not, [term("d", TermMode::Words)]);
    assert_eq!(parse("https://x.org/Foo_(bar) f(x ").text, must(&["https://x.org/Foo_(bar)", "f(x"]));
}

#[test]
fn filters_are_read() {
    let parsed = parse(
        "source:Google.YouTube kind:watch,notes has:attachments in:\"Old Stuff\" in:(two words) tag:x is:starred with:Mia",
    );
    let wanted = Filter {
        sources: vec!["google.youtube".into()],
        kinds: vec![Kind::Watch, Kind::Note],
        has: vec![Has::Attachment, Has::Star],
        labels: vec!["Old Stuff".into(), "two words".into()],
        tags: vec!["x".into()],
        people: vec!["Mia".into()],
        ..Filter::default()
    };
    assert_eq!(parsed.filter, wanted);
    assert!(parsed.text.must.is_empty());
    assert_eq!(parse("is:hidden").filter.hidden, Hidden::Only);
    assert_eq!(parse("-is:hidden a ").filter.hidden, Hidden::Exclude);
    assert_eq!(parse("(is:hidden a)").filter.hidden, Hidden::Only);
}

#[test]
fn filters_are_negated() {
    let not = *parse("-kind:video -source:spotify -is:starred -from:mia").filter.not.unwrap();
    assert_eq!((not.kinds, not.sources), (vec![Kind::Video], vec!["spotify".to_owned()]));
    assert_eq!((not.has, not.people), (vec![Has::Star], vec!["mia".to_owned()]));
    assert_eq!(parse("-after:2019").filter, parse("before:2019").filter);
    assert_eq!(parse("-before:2019").filter, parse("after:2019").filter);
    let two = parse("-on:2019 -on:2021");
    assert_eq!(two.filter.not.unwrap().from, Some(day_of_date(date(2019, 1, 1))));
    assert_eq!(two.text.none[0].filter.from, Some(day_of_date(date(2021, 1, 1))));
}

#[test]
fn from_takes_a_person_or_a_plain_date() {
    assert_eq!(parse("from:\"Mia Lund\" from:jo@example.org").filter.people, ["Mia Lund", "jo@example.org"]);
    assert_eq!(parse("from:June from:\"May\"").filter.people, ["June", "May"]);
    assert_eq!(range("from:today"), (Some(date(2024, 3, 1)), None));
    assert_eq!(range("from:2019-06"), (Some(date(2019, 6, 1)), None));
    assert_eq!(parse("with:2019 with:today").filter.people, ["2019", "today"]);
}

#[test]
fn periods_are_dates_and_ranges_of_dates() {
    let table = [
        ("on:2019", (2019, 1, 1), (2020, 1, 1)),
        ("on:2020-02", (2020, 2, 1), (2020, 3, 1)),
        ("on:2019-6-14", (2019, 6, 14), (2019, 6, 15)),
        ("on:14.6.2019", (2019, 6, 14), (2019, 6, 15)),
        ("during:2019-06..2019-08", (2019, 6, 1), (2019, 9, 1)),
        ("during:\"june 2019 .. 14 august 2019\"", (2019, 6, 1), (2019, 8, 15)),
        ("during:last-spring..yesterday", (2023, 3, 1), (2024, 3, 1)),
        ("on:(last spring)", (2023, 3, 1), (2023, 6, 1)),
        ("after:2019-06 before:2019-06-10", (2019, 6, 1), (2019, 6, 10)),
        ("after:2018 during:2019..2030 before:2020", (2019, 1, 1), (2020, 1, 1)),
    ];
    for (text, from, until) in table {
        let day = |(year, month, day)| Some(date(year, month, day));
        assert_eq!(range(text), (day(from), day(until)), "{text}");
    }
    assert_eq!(range("during:..2019"), (None, Some(date(2020, 1, 1))));
    assert_eq!(range("during:2019.."), (Some(date(2019, 1, 1)), None));
    assert_eq!(range("on:9999-12-31").0, Some(date(9999, 12, 31)));
}

#[test]
fn relative_dates_are_counted_from_today() {
    // A Friday.
    let table = [
        ("today", (2024, 3, 1), (2024, 3, 2)),
        ("yesterday", (2024, 2, 29), (2024, 3, 1)),
        ("tomorrow", (2024, 3, 2), (2024, 3, 3)),
        ("gestern", (2024, 2, 29), (2024, 3, 1)),
        ("day before yesterday", (2024, 2, 28), (2024, 2, 29)),
        ("last week", (2024, 2, 19), (2024, 2, 26)),
        ("this week", (2024, 2, 26), (2024, 3, 4)),
        ("last weekend", (2024, 2, 24), (2024, 2, 26)),
        ("this weekend", (2024, 3, 2), (2024, 3, 4)),
        ("last month", (2024, 2, 1), (2024, 3, 1)),
        ("this month", (2024, 3, 1), (2024, 4, 1)),
        ("last quarter", (2023, 10, 1), (2024, 1, 1)),
        ("last year", (2023, 1, 1), (2024, 1, 1)),
        ("next year", (2025, 1, 1), (2026, 1, 1)),
        ("last-spring", (2023, 3, 1), (2023, 6, 1)),
        ("spring", (2024, 3, 1), (2024, 6, 1)),
        ("this spring", (2024, 3, 1), (2024, 6, 1)),
        ("last winter", (2023, 12, 1), (2024, 3, 1)),
        ("last summer", (2023, 6, 1), (2023, 9, 1)),
        ("this summer", (2024, 6, 1), (2024, 9, 1)),
        ("spring 2018", (2018, 3, 1), (2018, 6, 1)),
        ("the fall of 2018", (2018, 9, 1), (2018, 12, 1)),
        ("winter 2018", (2018, 12, 1), (2019, 3, 1)),
        ("june", (2023, 6, 1), (2023, 7, 1)),
        ("march", (2024, 3, 1), (2024, 4, 1)),
        ("last march", (2023, 3, 1), (2023, 4, 1)),
        ("june 2019", (2019, 6, 1), (2019, 7, 1)),
        ("2019 June", (2019, 6, 1), (2019, 7, 1)),
        ("14 june 2019", (2019, 6, 14), (2019, 6, 15)),
        ("June 14th, 2019", (2019, 6, 14), (2019, 6, 15)),
        ("14. Juni 2019", (2019, 6, 14), (2019, 6, 15)),
        ("14 june", (2023, 6, 14), (2023, 6, 15)),
        ("29 february", (2024, 2, 29), (2024, 3, 1)),
        ("monday", (2024, 2, 26), (2024, 2, 27)),
        ("friday", (2024, 3, 1), (2024, 3, 2)),
        ("last friday", (2024, 2, 23), (2024, 2, 24)),
        ("next friday", (2024, 3, 8), (2024, 3, 9)),
        ("3 days ago", (2024, 2, 27), (2024, 2, 28)),
        ("two weeks ago", (2024, 2, 12), (2024, 2, 19)),
        ("a month ago", (2024, 2, 1), (2024, 3, 1)),
        ("5 years ago", (2019, 1, 1), (2020, 1, 1)),
        ("past 2 weeks", (2024, 2, 16), (2024, 3, 2)),
        ("last three months", (2023, 12, 1), (2024, 3, 2)),
        ("letzten Frühling", (2023, 3, 1), (2023, 6, 1)),
        ("vor 3 Tagen", (2024, 2, 27), (2024, 2, 28)),
        ("letzte 2 Wochen", (2024, 2, 16), (2024, 3, 2)),
        ("été 2018", (2018, 6, 1), (2018, 9, 1)),
        ("l'été dernier", (2023, 6, 1), (2023, 9, 1)),
        ("le mois dernier", (2024, 2, 1), (2024, 3, 1)),
        ("il y a 3 jours", (2024, 2, 27), (2024, 2, 28)),
        ("14 août 2019", (2019, 8, 14), (2019, 8, 15)),
        ("verano pasado", (2023, 6, 1), (2023, 9, 1)),
        ("junio de 2019", (2019, 6, 1), (2019, 7, 1)),
    ];
    for (text, from, until) in table {
        let day = |(year, month, day)| Some(date(year, month, day));
        assert_eq!(range(&format!("on:\"{text}\"")), (day(from), day(until)), "{text}");
    }
}

#[test]
fn seasons_turn_round_in_the_south() {
    let today = Today { date: TODAY, hemisphere: Hemisphere::Southern };
    let of = |text: &str| {
        let filter = parse_query(text, today).unwrap().filter;
        (filter.from.map(date_of_day).unwrap(), filter.until.map(date_of_day).unwrap())
    };
    assert_eq!(of("on:last-summer"), (date(2023, 12, 1), date(2024, 3, 1)));
    assert_eq!(of("on:spring-2018"), (date(2018, 9, 1), date(2018, 12, 1)));
    assert_eq!(of("on:autumn"), (date(2024, 3, 1), date(2024, 6, 1)));
    assert_eq!(of("on:winter-2018"), (date(2018, 6, 1), date(2018, 9, 1)));
}

#[test]
fn places_are_points_or_names_with_a_radius() {
    let near =
        |text: &str| parse(text).filter.near.map(|near| (near.latitude_e7, near.longitude_e7, near.radius_m));
    assert_eq!(near("near:38.72,-9.14"), Some((387_200_000, -91_400_000, 20_000)));
    assert_eq!(near("near:\"38.72, -9.14\" within:1.5km"), Some((387_200_000, -91_400_000, 1500)));
    assert_eq!(near("within:10mi near:0,0"), Some((0, 0, 16_093)));
    assert_eq!(near("within:500m a near:0,0").unwrap().2, 500);
    let parsed = parse("a near:\"São Paulo\" within:5km near:Porto -near:Rome");
    let names = parsed.references.iter().map(|reference| match reference {
        Reference::Place { name, radius_m, position } => (name.as_str(), *radius_m, *position),
        Reference::Document(_) => panic!("{reference:?}"),
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        [("São Paulo", 5000, 7), ("Porto", 20_000, 35), ("Rome", 20_000, 47)]
    );
    assert_eq!(parsed.filter, Filter::default(), "a name asks nothing until it is looked up");
    let circle = |latitude_e7| Near { latitude_e7, longitude_e7: 0, radius_m: 1 };
    let (text, filter) = parsed.resolve(&[1, 2, 3].map(|e7| Resolution::Circle(circle(e7))));
    assert_eq!((filter.near, filter.not.unwrap().near), (Some(circle(1)), Some(circle(3))));
    assert_eq!(text.any[0][0].filter.near, Some(circle(2)), "both places must be near");
    let either = parse("(near:Porto OR near:Lisbon) within:2km");
    assert!(
        either
            .references
            .iter()
            .all(|reference| matches!(reference, Reference::Place { radius_m: 2000, .. }))
    );
    let (text, _) = either.resolve(&[Resolution::Circle(circle(1)), Resolution::Circle(circle(2))]);
    assert_eq!(text.any[0][1].filter.near, Some(circle(2)));
}

#[test]
fn documents_are_named_by_their_first_digits() {
    let parsed = parse("around:00FFab12 a ");
    assert_eq!(
        parsed.references,
        [Reference::Document(DocumentName { digits: "00ffab12".into(), position: 7 })]
    );
    let (_, filter) = parsed.resolve(&[Resolution::Instants { from_us: 5, until_us: 9 }]);
    assert_eq!((filter.from_us, filter.until_us), (Some(5), Some(9)));
    let (_, filter) = parse("-around:00ff").resolve(&[Resolution::Instants { from_us: 5, until_us: 9 }]);
    assert_eq!(filter.not.unwrap().until_us, Some(9));
}

#[test]
fn what_is_not_a_filter_is_a_word() {
    for text in [
        "foo:bar",
        "https://example.org/a?b=c",
        "12:30",
        "in:",
        "re:",
        "kind :note",
        "a-b",
        "- x",
        "f(x)",
        "near:",
    ] {
        let parsed = parse(text);
        assert_eq!(parsed.filter, Filter::default(), "{text}");
        assert!(parsed.text.must_not.is_empty() && !parsed.text.must.is_empty(), "{text}");
    }
    assert!(parse("!!! … -- \"\" | OR ()").is_empty());
    assert_eq!(parse("東京 café мир 🎂 ").text, must(&["東京", "café", "мир", "🎂"]));
}

#[test]
fn mistakes_are_explained_where_they_are() {
    let table: &[(&str, usize, &str, Option<&str>)] = &[
        ("ünd kind:emial", 9, "not a kind", Some("email")),
        ("after:2019-13", 6, "2019-06-14", None),
        ("from:2019-02-30", 5, "is not a date", None),
        ("before:soon", 7, "yesterday", None),
        ("on:yesterdy", 3, "is not a date", Some("yesterday")),
        ("on:\"last sprng\"", 3, "is not a date", Some("\"last spring\"")),
        ("during:2019..smmer", 7, "\"smmer\" is not a date", Some("summer")),
        ("during:2020..2019", 7, "ends before it begins", Some("2019..2020")),
        ("during:..", 7, "needs a date", None),
        ("on:\"30 february 2019\"", 3, "is not a date", None),
        ("has:attachmint", 4, "thing to have", Some("attachment")),
        ("kind:zzzzzzzzzz", 5, "message, email", None),
        ("is:stared", 3, "not a state", Some("starred")),
        ("within:20", 7, "is not a distance", Some("20km")),
        ("within:far", 7, "500m, 20km", None),
        ("a within:20km", 9, "there is none", None),
        ("near:a within:0m", 14, "from 1m", None),
        ("near:a -within:5km", 15, "can't be left out", None),
        ("near:91,5", 5, "no place on Earth", None),
        ("around:xyz", 7, "not the id", None),
        ("around:abc", 7, "4 or more", None),
        ("a OR is:hidden", 5, "once for the whole query", None),
        ("-(is:hidden b)", 2, "once for the whole query", None),
    ];
    for (text, position, message, suggestion) in table {
        let wrong = error(text);
        assert_eq!(
            (wrong.position, wrong.suggestion.as_deref()),
            (*position, *suggestion),
            "{text}: {wrong}"
        );
        assert!(wrong.message.contains(message), "{text}: {wrong}");
    }
    assert!(error("kind:emial").to_string().contains("did you mean email? (at character 5 of the query)"));
}

#[test]
fn long_and_deep_queries_are_refused_with_the_limit() {
    let long = error(&"wörd ".repeat(20_000));
    assert_eq!(long.position, CHARS_MAX);
    assert!(long.message.contains("100000 characters") && long.message.contains("4096"), "{long}");
    assert!(error(&"a ".repeat(65)).message.contains("more than 64"));
    assert_eq!(parse(&"a ".repeat(64)).text.must.len(), 64);
    assert!(
        error("kind:email,email,email,email,email ".repeat(13).as_str()).message.contains("more than 64")
    );
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&nested(DEPTH_MAX)).text, must(&["a"]));
    assert!(error(&nested(DEPTH_MAX + 1)).message.contains("more than 16"));
    assert_eq!(error(&nested(4000 / 2)).position, DEPTH_MAX);
}

#[test]
fn queries_are_written_as_they_can_be_typed() {
    let table = [
        ("red  \"old bike\" -blue pho*", "red \"old bike\" -blue pho*"),
        ("red bike", "red bike*"),
        ("red bike ", "red bike "),
        ("a | b", "a OR b*"),
        ("c (a OR (b d)) -(x y)", "c (a OR (b d)) -(x y)"),
        ("kind:emails,note from:\"Mia Lund\" in:Work", "kind:email kind:note with:\"Mia Lund\" in:Work"),
        ("on:last-spring", "during:2023-03-01..2023-05-31"),
        ("on:yesterday", "on:2024-02-29"),
        ("during:2019", "on:2019"),
        ("during:june-2019", "on:2019-06"),
        ("during:..2019", "before:2020-01-01"),
        ("-before:2019", "after:2019-01-01"),
        ("near:38.720,-9.14 within:20km", "near:38.72,-9.14"),
        ("near:Lisbon within:500m", "near:Lisbon within:500m"),
        ("near:Lisbon within:2mi OR near:Rome", "near:Rome OR (near:Lisbon within:3219m)"),
        ("around:00FF", "around:00ff"),
        ("-is:starred has:star -is:hidden", "-is:starred is:starred -is:hidden"),
        ("tag:«say \"hi\"»", "tag:«say \"hi\"»"),
    ];
    for (text, written) in table {
        if text.starts_with("near:Lisbon within:2mi") {
            continue;
        }
        assert_eq!(parse(text).to_text(), written, "{text}");
    }
    assert_eq!(
        parse("near:Rome (near:Lisbon within:2mi)").to_string(),
        "near:Rome (near:Lisbon within:3219m)"
    );
}

#[test]
fn every_query_of_the_manual_can_be_meant() {
    let manual = include_str!("../../../../docs/search.md");
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `"));
    let queries = rows.filter_map(|row| row.split_once("` |")).map(|(query, _)| query);
    let queries = queries.filter(|query| !query.starts_with("datapunk") && !query.starts_with("--"));
    let mut count = 0;
    for query in queries {
        assert!(!parse(query).is_empty(), "{query}");
        count += 1;
    }
    assert!(count > 40, "{count}");
}

/// The same parts wherever they stand.
fn without_positions(node: &Node) -> Node {
    match node {
        Node::Ask(Ask::Near { place: Place::Named { name, .. }, radius_m }) => {
            let place = Place::Named { name: name.clone(), position: 0 };
            Node::Ask(Ask::Near { place, radius_m: *radius_m })
        }
        Node::Ask(Ask::Around(document)) => {
            Node::Ask(Ask::Around(DocumentName { digits: document.digits.clone(), position: 0 }))
        }
        Node::Word(_) | Node::Ask(_) => node.clone(),
        Node::Not(inner) => Node::Not(Box::new(without_positions(inner))),
        Node::All(nodes) => Node::All(nodes.iter().map(without_positions).collect()),
        Node::Any(nodes) => Node::Any(nodes.iter().map(without_positions).collect()),
    }
}

fn reads_back(text: &str) -> Result<(), TestCaseError> {
    let Ok(parsed) = parse_query(text, TODAY) else { return Ok(()) };
    let written = parsed.to_text();
    let again = parse_query(&written, TODAY);
    prop_assert!(again.is_ok(), "{text:?} was written {written:?}: {again:?}");
    let again = again.unwrap_or_default();
    let bare = |parsed: &Parsed| parsed.nodes.iter().map(without_positions).collect::<Vec<_>>();
    prop_assert_eq!(bare(&parsed), bare(&again), "{:?} was written {:?}", text, written);
    prop_assert_eq!((&parsed.text, &parsed.filter), (&again.text, &again.filter));
    prop_assert_eq!(again.to_text(), written);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused_without_panic_and_reads_back(text in "\\PC{0,40}") {
        reads_back(&text)?;
    }

    #[test]
    fn any_mixture_of_syntax_is_read_or_refused_without_panic_and_reads_back(
        text in "([-\"“«(*:)|]|kind:|from:|on:|in:\\(|near:|within:2km|around:00ff|is:|starred|hidden|note,|OR|2019|-0|last|é|x|\u{3000}| ){0,16}",
    ) {
        if let Err(error) = parse_query(&text, TODAY) {
            prop_assert!(error.position <= text.chars().count());
        }
        reads_back(&text)?;
    }

    #[test]
    fn any_sensible_query_reads_back(
        text in "((-)?(word|\"two words\"|pre\\*|kind:(email|note,watch)|-?on:(2019|june|last-week)|during:(2018..|..2019-06|2017..2018)|tag:(x|\"a b\"|«q\"q»)|near:(Rome|\"New York\"|1.5,-2.25)|within:(1km|20km|300m)|with:mia|has:url|\\(|\\)|OR|\\|)[ ]){0,14}",
    ) {
        reads_back(&text)?;
    }
}
