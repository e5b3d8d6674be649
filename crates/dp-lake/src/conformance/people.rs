//! Cases about people: joining identities, naming, counting.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{
        NOON_US, contact, document, documents_batch, email, mail, note, people_batch, permutations, person,
    },
    subject::wait,
};
use dp_model::{Identity, IdentityKind, Kind, Mention, PersonDraft, PersonId, Role};

fn addresses(person: &dp_model::Person) -> Vec<&str> {
    person.identities.iter().map(|identity| identity.value.as_str()).collect()
}

pub fn identities_of_one_record_are_one_person(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let phone = Identity::phone("+41 44 123 45 67").expect("a number");
    let mut card = contact("Mia Lund", &["mia@work.example", "mia@home.example"]);
    card.identities.push(phone.clone());
    subject.apply(people_batch(import, vec![card, person("Bo", &["bo@example.org"])]));
    let people = subject.people();
    assert_eq!(people.len(), 2);
    let mia = people.iter().find(|person| person.name.as_deref() == Some("Mia Lund")).expect("Mia is known");
    let mut identities = vec![mail("mia@work.example"), mail("mia@home.example"), phone];
    identities.sort();
    assert_eq!(mia.identities, identities);
    assert_eq!(Some(mia.id), identities.iter().map(PersonId::of_identity).min());
    assert_eq!(mia.documents, 0);
}

pub fn people_in_any_order_end_the_same(factory: &dyn Factory) {
    // Two chains that the last draft joins, and somebody else whose handle looks like an address.
    let handle = Identity { kind: IdentityKind::Handle, value: "a@x.example".into() };
    let drafts = [
        person("A", &["a@x.example", "b@x.example"]),
        contact("", &["b@x.example", "c@x.example"]),
        person("Anna Lang", &["d@x.example", "e@x.example"]),
        contact("Ann", &["c@x.example", "e@x.example"]),
        PersonDraft { name: Some("Other".into()), identities: vec![handle], from_contacts: false },
    ];
    let outcome = |name: &str, drafts: &[PersonDraft]| {
        let (subject, import) = Subject::importing(factory, name);
        for draft in drafts {
            subject.apply(people_batch(import, vec![draft.clone()]));
        }
        subject.people()
    };
    let expected = outcome("expected", &drafts);
    assert_eq!(expected.len(), 2);
    assert!(
        expected.iter().any(|person| person.name.as_deref() == Some("Ann") && person.identities.len() == 5)
    );
    for (number, order) in permutations(&drafts).into_iter().enumerate().step_by(7) {
        assert_eq!(outcome(&format!("order {number}"), &order), expected, "order {number}");
    }
    let (subject, import) = Subject::importing(factory, "in one batch");
    subject.apply(people_batch(import, drafts.to_vec()));
    assert_eq!(subject.people(), expected);
}

pub fn an_address_book_names_best(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let name_after = |draft: PersonDraft| {
        subject.apply(people_batch(import, vec![draft]));
        let people = subject.people();
        assert_eq!(people.len(), 1);
        people[0].name.clone()
    };
    let address = &["mia@example.org"][..];
    assert_eq!(name_after(person("", address)), None);
    assert_eq!(name_after(person("  ", address)), None);
    assert_eq!(name_after(person("mia.lund@example.org", address)).as_deref(), Some("mia.lund@example.org"));
    assert_eq!(name_after(contact("", address)).as_deref(), Some("mia.lund@example.org"));
    assert_eq!(name_after(person(" Mia ", address)).as_deref(), Some("Mia"));
    assert_eq!(name_after(person("Mia Lund-Berger", address)).as_deref(), Some("Mia Lund-Berger"));
    assert_eq!(name_after(contact("Mimi", address)).as_deref(), Some("Mimi"));
    assert_eq!(name_after(contact("Mimo", address)).as_deref(), Some("Mimi"));
    assert_eq!(name_after(person("Frau Mia Lund-Berger", address)).as_deref(), Some("Mimi"));
    assert_eq!(name_after(contact("Mia L.", address)).as_deref(), Some("Mia L."));
}

pub fn people_count_the_documents_that_mention_them(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let mut about_bo = note("About Bo", NOON_US);
    about_bo.people.push(Mention { role: Role::Subject, name: None, identity: Some(mail("bo@example.org")) });
    let documents = vec![
        document("both addresses", email("One", "mia@work.example", "mia@home.example")),
        document("one address", email("Two", "bo@example.org", "mia@home.example")),
        document("note", about_bo.clone()),
        document("stranger", email("Three", "who@example.org", "who@example.org")),
    ];
    subject.apply(documents_batch(import, documents));
    assert_eq!(subject.people(), []);
    let people =
        vec![contact("Mia", &["mia@work.example", "mia@home.example"]), person("Bo", &["bo@example.org"])];
    subject.apply(people_batch(import, people));
    let counts = || {
        let mut counts = subject
            .people()
            .into_iter()
            .map(|person| (person.name.unwrap_or_default(), person.documents))
            .collect::<Vec<_>>();
        counts.sort();
        counts
    };
    assert_eq!(counts(), [("Bo".to_owned(), 2), ("Mia".to_owned(), 2)]);
    about_bo.people.clear();
    about_bo.modified_us = Some(NOON_US);
    subject.apply(documents_batch(import, vec![document("note", about_bo)]));
    assert_eq!(counts(), [("Bo".to_owned(), 1), ("Mia".to_owned(), 2)]);
}

pub fn people_are_paged_by_id(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let drafts =
        (0..7).map(|number| person("Somebody", &[&format!("p{number}@example.org")])).collect::<Vec<_>>();
    subject.apply(people_batch(import, drafts));
    let all = subject.people();
    assert!(all.is_sorted_by_key(|person| person.id) && all.len() == 7);
    let mut paged = Vec::new();
    loop {
        let after = paged.last().map(|person: &dp_model::Person| person.id);
        let page = wait(subject.vault().documents().people(after, 3));
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

pub fn only_unknown_people_are_counted_as_new(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    let count = |people: Vec<PersonDraft>| subject.apply(people_batch(import, people)).people;
    assert_eq!(count(vec![person("Mia", &["a@example.org"]), person("Bo", &["b@example.org"])]), 2);
    assert_eq!(count(vec![person("Mia", &["a@example.org"])]), 0);
    assert_eq!(count(vec![person("Mia", &["a@example.org", "c@example.org"])]), 0);
    assert_eq!(count(vec![contact("Both", &["c@example.org", "b@example.org"])]), 0);
    assert_eq!(
        count(vec![
            person("Nobody to reach", &[]),
            person("New", &["d@example.org"]),
            person("", &["d@example.org"])
        ]),
        1
    );
    let people = subject.people();
    assert_eq!(people.len(), 2);
    assert!(
        people.iter().any(|person| addresses(person) == ["a@example.org", "b@example.org", "c@example.org"])
    );
    // Being mentioned makes nobody known.
    subject.apply(documents_batch(
        import,
        vec![document("mail", email("Hi", "e@example.org", "a@example.org"))],
    ));
    assert_eq!(count(vec![person("Eve", &["e@example.org"])]), 1);
    assert_eq!(wait(subject.vault().imports().list())[0].applied.people, 4);
    assert_eq!(subject.walk()[0].document.content.kind, Kind::Email);
}
