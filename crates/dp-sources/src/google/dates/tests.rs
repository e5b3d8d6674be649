use super::*;
use dp_model::Clock;
use proptest::prelude::*;

fn utc(text: &str) -> Option<String> {
    let time = parse(text, &Hints::default())?;
    let stamp = jiff::Timestamp::from_microsecond(time.moment.utc_us).unwrap().to_string();
    let wall = if time.moment.clock == Clock::Wall { " wall" } else { "" };
    let uncertain = if time.uncertain_zone { " ?" } else { "" };
    Some(format!("{stamp}{wall}{uncertain}"))
}

/// Every form the reference lists, and relatives.
const FORMS: &[(&str, &str)] = &[
    ("Jan 31, 2018, 10:54:50 PM", "2018-01-31T22:54:50Z"),
    ("Jul 2, 2019, 9:05:07 AM UTC", "2019-07-02T09:05:07Z"),
    ("Jul 2, 2019, 12:05:07 AM UTC", "2019-07-02T00:05:07Z"),
    ("Jul 2, 2019, 12:05:07 PM UTC", "2019-07-02T12:05:07Z"),
    ("Jan 15, 2021, 6:54:12 PM GMT+1", "2021-01-15T17:54:12Z"),
    ("Feb 11, 2025, 8:42:10 AM CET", "2025-02-11T07:42:10Z"),
    ("6 Oct 2020, 14:32:28 PDT", "2020-10-06T21:32:28Z"),
    ("15 Jan 2021, 18:54:12 BST", "2021-01-15T17:54:12Z"),
    ("27.08.2026, 20:04:54 MESZ", "2026-08-27T18:04:54Z"),
    ("17. Aug. 2026, 20:04:54 MESZ", "2026-08-17T18:04:54Z"),
    ("3. März 2024, 07:00:00 MEZ", "2024-03-03T06:00:00Z"),
    ("22 sept. 2023, 15:45:25 UTC", "2023-09-22T15:45:25Z"),
    ("1 juil. 2023, 15:45:25 UTC+02:00", "2023-07-01T13:45:25Z"),
    ("1 juin 2023, 15:45:25 CEST", "2023-06-01T13:45:25Z"),
    ("3 ago 2025, 9:05:01 CEST", "2025-08-03T07:05:01Z"),
    ("3 ago. 2025, 9:05:01 p. m. CEST", "2025-08-03T19:05:01Z"),
    ("18 de mar. de 2025, 23:46:47 BRT", "2025-03-19T02:46:47Z"),
    ("4 set 2024, 18:01:22 CEST", "2024-09-04T16:01:22Z"),
    ("15 jun 2026, 20:30:41 CEST", "2026-06-15T18:30:41Z"),
    ("15 mrt 2026, 20:30:41 CET", "2026-03-15T19:30:41Z"),
    ("11 sie 2017, 08:20:26 UTC", "2017-08-11T08:20:26Z"),
    ("1 paź 2017, 08:20:26 CEST", "2017-10-01T06:20:26Z"),
    ("1. 1. 2026 10:00:00 SEČ", "2026-01-01T09:00:00Z"),
    ("1. 7. 2026 10:00:00 SELČ", "2026-07-01T08:00:00Z"),
    ("2015. február 15., vasárnap 21:54:36 UTC", "2015-02-15T21:54:36Z"),
    ("2026. szept. 4. 21:45:27 CEST", "2026-09-04T19:45:27Z"),
    ("5 Ağu 2025 21:10:33 GMT+03:00", "2025-08-05T18:10:33Z"),
    ("2026年7月30日 00:23:06 CEST", "2026-07-29T22:23:06Z"),
    ("2026年9月4日 晚上9:45:27 CST", "2026-09-04T13:45:27Z"),
    ("2026年9月4日 晚上9:45:27 GMT+08:00", "2026-09-04T13:45:27Z"),
    ("2026年9月4日 凌晨12:45:27 GMT+08:00", "2026-09-03T16:45:27Z"),
    ("2026年9月4日 清晨5:45:27 CST", "2026-09-03T21:45:27Z"),
    ("2026年9月4日 中午12:05:00 CST", "2026-09-04T04:05:00Z"),
    ("2026年9月4日 下午1:05:00 CST", "2026-09-04T05:05:00Z"),
    ("2026/09/04 21:45:27 JST", "2026-09-04T12:45:27Z"),
    ("2026年9月4日 08:10:00 JST", "2026-09-03T23:10:00Z"),
    ("2026. 9. 4. 오후 9:45:27 KST", "2026-09-04T12:45:27Z"),
    ("2026. 9. 4. 오전 12:00:01 KST", "2026-09-03T15:00:01Z"),
    ("23/07/2026، 4:20:22 م CEST", "2026-07-23T14:20:22Z"),
    ("٢٣‏/٠٧‏/٢٠٢٦، ٤:٢٠:٢٢ ص CEST", "2026-07-23T02:20:22Z"),
    ("4 sep. 2026 21:45:27 CEST", "2026-09-04T19:45:27Z"),
    ("4. sep. 2026 21.45.27 CEST", "2026-09-04T19:45:27Z"),
    ("4. syysk. 2026 klo 21.45.27 UTC+3", "2026-09-04T18:45:27Z"),
    ("4 окт. 2023 г., 21:45:27 MSK", "2023-10-04T18:45:27Z"),
    ("4 мая 2023 г., 21:45:27 GMT+03:00", "2023-05-04T18:45:27Z"),
    ("4 лип. 2023 р., 21:45:27 EEST", "2023-07-04T18:45:27Z"),
    ("21:45:27 GMT+07:00, 4 thg 9, 2026", "2026-09-04T14:45:27Z"),
    ("4 Mei 2023 21.45.27 WIB", "2023-05-04T14:45:27Z"),
    ("Jul 2, 2019, 9:05:07 AM IST", "2019-07-02T03:35:07Z ?"),
    ("Jul 2, 2019, 9:05:07 AM CST", "2019-07-02T15:05:07Z ?"),
    ("Jan 15, 2021, 6:54:12 PM BST", "2021-01-15T17:54:12Z ?"),
    ("Jul 2, 2019, 9:05:07 AM XYZT", "2019-07-02T09:05:07Z wall ?"),
    ("2 Jul 2019, 09:05:07", "2019-07-02T09:05:07Z ?"),
];

#[test]
fn every_locale_is_read() {
    for (text, expected) in FORMS {
        assert_eq!(utc(text).as_deref(), Some(*expected), "{text}");
    }
}

#[test]
fn narrow_and_unbroken_spaces_and_bidirectional_marks_make_no_difference() {
    for (text, expected) in FORMS {
        for space in ["\u{A0}", "\u{202F}", " \u{200E}"] {
            let spaced = text.replace(' ', space);
            assert_eq!(utc(&spaced).as_deref(), Some(*expected), "{spaced:?}");
        }
        assert_eq!(utc(&format!("  \u{200F}{text} \n")).as_deref(), Some(*expected));
    }
}

#[test]
fn every_month_of_every_language_is_known() {
    let years = [
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "January February March April May June July August September October November December",
        "Jan Feb März Apr Mai Juni Juli Aug Sept Okt Nov Dez",
        "Jän Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "jan feb mars apr maj juni juli aug sep okt nov dec",
        "jan feb mar apr mai jun jul aug sep okt nov des",
        "янв февр мар апр мая июн июл авг сент окт нояб дек",
        "січ лют бер квіт трав черв лип серп вер жовт лист груд",
        "jan febr márc ápr máj jún júl aug szept okt nov dec",
        "tammik helmik maalisk huhtik toukok kesäk heinäk elok syysk lokak marrask jouluk",
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "ian feb mar apr mai iun iul aug sept oct nov dec",
        "Ιαν Φεβ Μαρ Απρ Μαΐ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ",
        "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    ];
    for year in years {
        let months = year.split(' ').map(month_of).collect::<Vec<_>>();
        assert_eq!(months, (1..=12).map(Some).collect::<Vec<_>>(), "{year}");
    }
}

#[test]
fn the_home_zone_decides_what_an_abbreviation_means() {
    let at = |zone: &str, text: &str| {
        let time = parse(text, &Hints::new(Some(zone))).unwrap();
        (time.moment.offset_s.unwrap(), time.uncertain_zone)
    };
    assert_eq!(at("Asia/Shanghai", "Jul 2, 2019, 9:05:07 AM CST"), (28_800, false));
    assert_eq!(at("America/Chicago", "Jul 2, 2019, 9:05:07 AM CST"), (-21_600, false));
    assert_eq!(at("Europe/Dublin", "Jul 2, 2019, 9:05:07 AM IST"), (3_600, false));
    assert_eq!(at("Asia/Dhaka", "2 Jul 2019, 9:05:07 BST"), (21_600, false));
    assert_eq!(at("Asia/Riyadh", "Jul 2, 2019, 9:05:07 AM AST"), (10_800, false));
}

#[test]
fn other_lines_are_no_dates() {
    for text in [
        "",
        "Watched at 11:39 AM",
        "Viewed 3 Aug 2025, 12:00:01 UTC",
        "3 notifications",
        "Meeting 12:30:00",
        "31 Feb 2024, 10:00:00 UTC",
        "Jan 31, 2018",
        "Jan 31, 2018, 25:00:00",
        "Jan 31, 2018, 10:54:50 PM and then 5 more",
        "10.000 Schritte",
        "1. 2. 3. 4:55",
        "192.168.178.1",
    ] {
        assert_eq!(parse(text, &Hints::default()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken(text in "\\PC{0,80}") {
        let _ = parse(&text, &Hints::default());
    }

    #[test]
    fn any_moment_survives_its_english_form(second in 0_i64..4_000_000_000) {
        let time = jiff::Timestamp::from_second(second).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let text = time.strftime("%b %-d, %Y, %-I:%M:%S\u{202F}%p UTC").to_string();
        prop_assert_eq!(parse(&text, &Hints::default()).map(|time| time.moment.utc_us), Some(second * 1_000_000));
    }
}
