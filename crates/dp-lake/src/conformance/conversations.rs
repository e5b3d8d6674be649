//! Cases about conversations.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::{
    Factory, Subject,
    build::{NOON_US, SECOND_US, at, content, document, documents_batch, email, mention},
    subject::wait,
};
use crate::{
    Annotation, Batch, Cursor, DocumentUpsert, ForgetTarget,
    conversations::{Conversation, ConversationPlace},
};
use dp_model::{Content, Kind, Role};

fn mail(key: &str, minute: i64, subject: &str, metadata: &[(&str, &str)]) -> DocumentUpsert {
    let mut mail = at(email(subject, "ada@x.org", "ben@x.org"), NOON_US + 60 * SECOND_US * minute);
    for (name, value) in metadata {
        mail.metadata.push_str(name, value);
    }
    document(key, mail)
}

fn message(key: &str, minute: i64, names: &[&str]) -> DocumentUpsert {
    let message = at(content("chat", Kind::Message, ""), NOON_US + 60 * SECOND_US * minute);
    let people = names.iter().map(|name| mention(Role::From, name, &format!("{name}@x.org"))).collect();
    document(key, Content { people, ..message })
}

fn batch(import: u64) -> Batch {
    let undated = Content { time: None, ..message("undated", 0, &["Ada", "Ben"]).content };
    let documents = vec![
        mail("1", 1, "Dinner", &[("message_id", "1@x")]),
        mail("2", 5, "Re: Dinner", &[("message_id", "2@x"), ("in_reply_to", "<1@x>")]),
        mail("3", 3, "Boat", &[("message_id", "3@x"), ("thread_id", "7")]),
        mail("4", 9, "AW: Boat", &[("message_id", "4@x"), ("thread_id", "7"), ("in_reply_to", "<3@x>")]),
        message("5", 2, &["Ada", "Ben"]),
        message("6", 4, &["Ben", "Ada"]),
        message("7", 4, &["Ada", "Eve"]),
        document("8", undated),
        document("9", at(content("google.keep", Kind::Note, "Note"), NOON_US)),
    ];
    documents_batch(import, documents)
}

fn all(subject: &Subject<'_>) -> Vec<Conversation> {
    wait(subject.vault().documents().conversations(None, 100))
}

fn minutes(conversation: &Conversation) -> (u64, i64, i64) {
    let minute = |time_us: i64| (time_us - NOON_US) / (60 * SECOND_US);
    (conversation.documents, minute(conversation.first_us), minute(conversation.last_us))
}

fn titles(subject: &Subject<'_>, conversation: &Conversation, limit: usize) -> Vec<String> {
    let (mut titles, mut cursor): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = wait(subject.vault().documents().conversation(conversation.id, cursor.as_ref(), limit));
        assert!(page.items.len() <= limit);
        titles.extend(page.items.into_iter().map(|document| document.content.title));
        cursor = page.next;
        if cursor.is_none() {
            return titles;
        }
    }
}

pub fn what_belongs_together_is_one_conversation(factory: &dyn Factory) {
    let (mut subject, import) = Subject::importing(factory, "vault");
    assert_eq!(all(&subject), []);
    subject.apply(batch(import));
    let check = |subject: &Subject<'_>| {
        let found = all(subject);
        let told = found.iter().map(|one| (one.title.as_str(), minutes(one))).collect::<Vec<_>>();
        assert_eq!(told[0], ("Boat", (2, 3, 9)));
        assert_eq!(told[1], ("Dinner", (2, 1, 5)));
        assert_eq!(told.len(), 4);
        let two = found.iter().find(|one| one.people == ["Ada", "Ben"]).expect("the two");
        assert_eq!(
            (two.title.as_str(), minutes(two), &two.sources[..]),
            ("", (2, 2, 4), &["chat".to_owned()][..])
        );
        assert_eq!(found[0].people, ["ada@x.org", "ben@x.org"]);
        for limit in [1, 2, 10] {
            assert_eq!(titles(subject, &found[0], limit), ["AW: Boat", "Boat"]);
        }
    };
    check(&subject);
    subject.apply(batch(import));
    check(&subject);
    subject.reopen();
    check(&subject);
}

pub fn conversations_are_listed_in_pages(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    subject.apply(batch(import));
    let whole = all(&subject);
    for limit in 1..=5 {
        let (mut found, mut after): (Vec<Conversation>, Option<ConversationPlace>) = (Vec::new(), None);
        loop {
            let page = wait(subject.vault().documents().conversations(after, limit));
            let Some(last) = page.last() else { break };
            after = Some(ConversationPlace { last_us: last.last_us, id: last.id.0 });
            found.extend(page);
        }
        assert_eq!(found, whole, "{limit}");
    }
}

pub fn conversations_follow_what_changes(factory: &dyn Factory) {
    let (subject, import) = Subject::importing(factory, "vault");
    subject.apply(batch(import));
    let boat = all(&subject)[0].clone();
    // A fuller record of the first mail names another thread.
    let moved =
        mail("1", 1, "Dinner tonight", &[("message_id", "1@x"), ("thread_id", "7"), ("more", "of it")]);
    subject.apply(documents_batch(import, vec![moved]));
    let rank = subject.get(mail("1", 1, "", &[]).id).map(|found| found.document.content.title);
    if rank.as_deref() == Some("Dinner tonight") {
        assert_eq!(minutes(&all(&subject)[0]), (3, 1, 9));
    }
    let hidden = mail("4", 9, "", &[]).id;
    wait(subject.vault().documents().annotate(hidden, &Annotation::Hide(true)));
    assert!(!titles(&subject, &boat, 5).contains(&"AW: Boat".to_owned()));
    subject.forget(&ForgetTarget::Document(hidden));
    assert_eq!(all(&subject).iter().find(|one| one.id == boat.id).map(|one| minutes(one).2), Some(3));
    subject.forget(&ForgetTarget::Source("google.mail".into()));
    assert!(all(&subject).iter().all(|one| one.sources == ["chat"]));
    assert_eq!(titles(&subject, &boat, 5), Vec::<String>::new());
    subject.forget(&ForgetTarget::Source("chat".into()));
    assert_eq!(all(&subject), []);
}
