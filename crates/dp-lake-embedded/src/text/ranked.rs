//! The best documents for some words, whether they hold all of them or not. Scores are BM25 over groups
//! of words with one stem: the frequencies of a group's forms are added up before they are weighed.
//! Postings are read term by term into one score for each document, so the cost is that of reading them.

use super::{
    any_term::for_each_with_prefix,
    compile::Compiler,
    schema::Fields,
    search::{is_unconstrained, matching},
};
use dp_lake::{
    RankedQuery,
    analysis::{Language, TokenKind, forgiven_edits, tokens},
};
use parking_lot::Mutex;
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeSet, BinaryHeap},
};
use tantivy::{
    BitSet, DocId, DocSet as _, Searcher, SegmentReader, TERMINATED, Term,
    fieldnorm::FieldNormReader,
    postings::Postings as _,
    query::{EnableScoring, Weight},
    schema::IndexRecordOption,
};

/// How soon more occurrences of a word stop counting more.
const SATURATION: f32 = 1.2;
/// How much the length of a document counts.
const LENGTH_WEIGHT: f32 = 0.75;
/// Words of a query that are looked for.
const WORDS_MAX: usize = 64;
/// Forms of one word.
const FORMS_MAX: usize = 32;
/// Terms of the dictionary that are looked at for forms of one word, in one segment.
const CANDIDATES_MAX: usize = 4_000;
/// Letters that a form may have more than the word.
const LETTERS_MORE_MAX: usize = 6;
/// Corrections of a word that stands nowhere.
const CORRECTIONS_MAX: usize = 4;
/// What a corrected word counts, per mistake.
const CORRECTION_WEIGHT: f32 = 0.6;
/// Postings that are read: the most frequent words are left out beyond that, for they tell the least.
const POSTINGS_MAX: u64 = 600_000;
/// Rooms for scores that are kept: 10 bytes each for every document of the largest segment.
const ROOMS_KEPT: usize = 2;

/// Words that count as one.
struct Group {
    forms: Vec<String>,
    /// Documents with any of the forms, or a little more.
    documents: u64,
    weight: f32,
}

pub(super) fn run(
    searcher: &Searcher,
    compiler: &Compiler<'_>,
    query: &RankedQuery,
    limit: usize,
    rooms: &Rooms,
) -> tantivy::Result<Vec<Ranked>> {
    let (groups, all_weight) = groups(searcher, compiler, query)?;
    if groups.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let fields = compiler.fields();
    let mean_length = mean_length(searcher, fields)?;
    let compiled = compiler.compile(&query.text, &query.filter)?;
    let allowed = if is_unconstrained(&compiled) {
        None
    } else {
        let scoring = EnableScoring::disabled_from_searcher(searcher);
        Some(matching(&compiled).weight(scoring)?)
    };
    let mut best = Best { limit, all_weight, heap: BinaryHeap::with_capacity(limit + 1) };
    let mut scores = rooms.take();
    for reader in searcher.segment_readers() {
        rank_segment(reader, fields, &groups, mean_length, allowed.as_deref(), &mut scores, &mut best)?;
        scores.clear();
    }
    rooms.put_back(scores);
    Ok(best.sorted())
}

fn groups(
    searcher: &Searcher,
    compiler: &Compiler<'_>,
    query: &RankedQuery,
) -> tantivy::Result<(Vec<Group>, f32)> {
    let mut seen = BTreeSet::new();
    let mut groups = Vec::new();
    for token in tokens(&query.words) {
        // The last character of a run says nothing that the pair before it does not.
        if groups.len() >= WORDS_MAX || (token.kind == TokenKind::Last && token.position > 0) {
            continue;
        }
        let language = query.language.filter(|_| token.kind == TokenKind::Word);
        let key = match language {
            Some(language) => language.stemmer().stem(&token.term).into_owned(),
            None => token.term.clone(),
        };
        if seen.insert(key) {
            groups.push(group(searcher, compiler, &token.term, token.kind, language)?);
        }
    }
    let all_weight = groups.iter().map(|group| group.weight).sum::<f32>();
    groups.retain(|group| group.documents > 0);
    groups.sort_by_key(|group| group.documents);
    let mut postings = 0;
    let mut kept = 0;
    for group in &groups {
        postings += group.documents;
        if kept > 0 && postings > POSTINGS_MAX {
            break;
        }
        kept += 1;
    }
    groups.truncate(kept);
    Ok((groups, all_weight))
}

fn group(
    searcher: &Searcher,
    compiler: &Compiler<'_>,
    word: &str,
    kind: TokenKind,
    language: Option<Language>,
) -> tantivy::Result<Group> {
    let body = compiler.fields().body;
    let mut forms = match language {
        Some(language) => forms_of(searcher, compiler.fields(), word, language)?,
        None => BTreeSet::from([word.to_owned()]),
    };
    let frequency = |term: &str| searcher.doc_freq(&Term::from_field_text(body, term));
    let mut correction = 1.0;
    let count =
        |forms: &BTreeSet<String>| forms.iter().map(|form| frequency(form)).sum::<tantivy::Result<u64>>();
    let mut documents = count(&forms)?;
    if documents == 0 && kind == TokenKind::Word && forgiven_edits(word) > 0 {
        let corrections = compiler.vocabulary.corrections(word, false)?;
        let fewest = corrections.first().map_or(1, |nearest| nearest.edits.max(1));
        let nearest = corrections.into_iter().take_while(|other| other.edits <= fewest).take(CORRECTIONS_MAX);
        forms = nearest.map(|correction| correction.term).collect();
        documents = count(&forms)?;
        correction = if documents > 0 { CORRECTION_WEIGHT / fewest as f32 } else { 1.0 };
    }
    let all = searcher.num_docs().max(1) as f32;
    let with = (documents as f32).min(all);
    let weight = correction * (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
    Ok(Group { forms: forms.into_iter().collect(), documents, weight })
}

/// Terms of the dictionary with the stem of `word`, and the word itself.
fn forms_of(
    searcher: &Searcher,
    fields: Fields,
    word: &str,
    language: Language,
) -> tantivy::Result<BTreeSet<String>> {
    let stemmer = language.stemmer();
    let stem = stemmer.stem(word);
    let beginning = stemmer.common_beginning(word);
    let longest = word.len() + LETTERS_MORE_MAX;
    let mut forms = BTreeSet::from([word.to_owned()]);
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(fields.body)?;
        let mut looked_at = 0;
        for_each_with_prefix(index.terms(), beginning.as_bytes(), &mut |term, _| {
            looked_at += 1;
            if let Ok(term) = std::str::from_utf8(term)
                && term.len() <= longest
                && !forms.contains(term)
                && stemmer.stem(term) == stem
            {
                forms.insert(term.to_owned());
            }
            looked_at < CANDIDATES_MAX && forms.len() < FORMS_MAX
        })?;
    }
    Ok(forms)
}

fn mean_length(searcher: &Searcher, fields: Fields) -> tantivy::Result<f32> {
    let mut tokens = 0;
    let mut documents = 0;
    for reader in searcher.segment_readers() {
        tokens += reader.inverted_index(fields.body)?.total_num_tokens();
        documents += u64::from(reader.max_doc());
    }
    Ok((tokens as f32 / documents.max(1) as f32).max(1.0))
}

/// What a document has gathered so far.
#[derive(Clone, Copy, Default)]
struct Score {
    score: f32,
    /// Weights of the groups it holds.
    held: f32,
}

/// Where scores are added up. Between two segments all is zero, and nothing is touched or counted.
#[derive(Default)]
struct Scores {
    /// Of each document of the largest segment so far.
    scores: Vec<Score>,
    touched: Vec<DocId>,
    /// Occurrences of the group's forms.
    counts: Vec<u16>,
    counted: Vec<DocId>,
}

impl Scores {
    fn make_room(&mut self, documents: usize) {
        if self.scores.len() < documents {
            self.scores.resize(documents, Score::default());
        }
    }

    fn clear(&mut self) {
        for doc in self.touched.drain(..) {
            self.scores[doc as usize] = Score::default();
        }
    }
}

/// Rooms for scores that are kept from one query to the next. To make one takes longer than most queries do.
#[derive(Default)]
pub(super) struct Rooms(Mutex<Vec<Scores>>);

impl Rooms {
    fn take(&self) -> Scores {
        self.0.lock().pop().unwrap_or_default()
    }

    /// Keeps one that is clear.
    fn put_back(&self, scores: Scores) {
        let mut rooms = self.0.lock();
        if rooms.len() < ROOMS_KEPT {
            rooms.push(scores);
        }
    }
}

fn rank_segment(
    reader: &SegmentReader,
    fields: Fields,
    groups: &[Group],
    mean_length: f32,
    allowed: Option<&dyn Weight>,
    scores: &mut Scores,
    best: &mut Best,
) -> tantivy::Result<()> {
    scores.make_room(reader.max_doc() as usize);
    let norms = LengthNorms::new(reader.get_fieldnorms_reader(fields.body)?, mean_length);
    for group in groups {
        add_group(reader, fields, group, &norms, scores)?;
    }
    if scores.touched.is_empty() {
        return Ok(());
    }
    let allowed = allowed.map(|weight| gathered(weight, reader)).transpose()?;
    let rows = reader.fast_fields().u64(super::schema::ROW)?;
    for &doc in &scores.touched {
        let score = scores.scores[doc as usize];
        if best.may_take(score.score)
            && !reader.is_deleted(doc)
            && allowed.as_ref().is_none_or(|allowed| allowed.contains(doc))
            && let Some(row) = rows.first(doc)
        {
            best.take(score, row);
        }
    }
    Ok(())
}

fn add_group(
    reader: &SegmentReader,
    fields: Fields,
    group: &Group,
    norms: &LengthNorms,
    into: &mut Scores,
) -> tantivy::Result<()> {
    let index = reader.inverted_index(fields.body)?;
    let mut postings = Vec::new();
    for form in &group.forms {
        let term = Term::from_field_text(fields.body, form);
        postings.extend(index.read_postings(&term, IndexRecordOption::WithFreqs)?);
    }
    let add = |doc: DocId, count: f32, into: &mut (&mut Vec<Score>, &mut Vec<DocId>)| {
        let score = &mut into.0[doc as usize];
        if score.held == 0.0 {
            into.1.push(doc);
        }
        score.held += group.weight;
        score.score += group.weight * count * (SATURATION + 1.0) / (count + norms.of(doc));
    };
    let mut sink = (&mut into.scores, &mut into.touched);
    if let [only] = postings.as_mut_slice() {
        while only.doc() != TERMINATED {
            add(only.doc(), only.term_freq() as f32, &mut sink);
            only.advance();
        }
        return Ok(());
    }
    into.counts.resize(sink.0.len(), 0);
    for form in &mut postings {
        while form.doc() != TERMINATED {
            let count = &mut into.counts[form.doc() as usize];
            if *count == 0 {
                into.counted.push(form.doc());
            }
            *count = count.saturating_add(u16::try_from(form.term_freq()).unwrap_or(u16::MAX));
            form.advance();
        }
    }
    for doc in into.counted.drain(..) {
        let count = std::mem::take(&mut into.counts[doc as usize]);
        add(doc, f32::from(count), &mut sink);
    }
    Ok(())
}

/// What the length of a document adds to the denominator, by the code of its length.
struct LengthNorms {
    reader: FieldNormReader,
    by_code: [f32; 256],
}

impl LengthNorms {
    fn new(reader: FieldNormReader, mean_length: f32) -> Self {
        let norm = |code: usize| {
            let length = FieldNormReader::id_to_fieldnorm(code as u8) as f32;
            SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / mean_length)
        };
        Self { reader, by_code: std::array::from_fn(norm) }
    }

    fn of(&self, doc: DocId) -> f32 {
        self.by_code[usize::from(self.reader.fieldnorm_id(doc))]
    }
}

fn gathered(weight: &dyn Weight, reader: &SegmentReader) -> tantivy::Result<BitSet> {
    let mut scorer = weight.scorer(reader, 1.0)?;
    let mut found = BitSet::with_max_value(reader.max_doc());
    let mut doc = scorer.doc();
    while doc != TERMINATED {
        found.insert(doc);
        doc = scorer.advance();
    }
    Ok(found)
}

/// The best rows so far; of equal ones, those that were known first.
struct Best {
    limit: usize,
    all_weight: f32,
    heap: BinaryHeap<Reverse<Ranked>>,
}

/// A row that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranked {
    /// Number in the store.
    pub(crate) row: u64,
    /// As in [`dp_lake::RankedHit`].
    pub(crate) score: f32,
    /// As in [`dp_lake::RankedHit`].
    pub(crate) coverage: f32,
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.row.cmp(&self.row))
    }
}

impl Best {
    fn may_take(&self, score: f32) -> bool {
        self.heap.len() < self.limit || self.heap.peek().is_some_and(|Reverse(least)| score >= least.score)
    }

    fn take(&mut self, score: Score, row: u64) {
        let coverage = if self.all_weight > 0.0 { (score.held / self.all_weight).min(1.0) } else { 0.0 };
        self.heap.push(Reverse(Ranked { row, score: score.score, coverage }));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn sorted(self) -> Vec<Ranked> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked).collect()
    }
}
