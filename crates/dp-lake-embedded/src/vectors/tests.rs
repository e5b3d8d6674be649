//! Sets as a whole: what is put, dropped, forgotten, committed, merged and opened again, compared with
//! a plain map.

use super::{nearest::RowHit, rows_mask::Allowed, *};
use dp_lake::{Passage, PassageVector};
use hashbrown::HashMap;

const WIDTH: usize = 100;

fn model() -> VectorModel {
    VectorModel { name: "test".to_owned(), hash: "0123".to_owned(), width: WIDTH as u32 }
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn vector(&mut self) -> Vec<f32> {
        let values = (0..WIDTH).map(|_| self.below(2001) as f32 / 1000.0 - 1.0).collect::<Vec<_>>();
        unit(&values)
    }
}

fn unit(values: &[f32]) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

fn passages(vectors: &[Vec<f32>]) -> Vec<PassageVector> {
    let passage = |(number, values): (usize, &Vec<f32>)| PassageVector {
        passage: Passage { start: 10 * number as u32, end: 10 * number as u32 + 9 },
        values: values.clone(),
    };
    vectors.iter().enumerate().map(passage).collect()
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory.join("vectors").join(model().key())).unwrap();
    let mut names =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
    names.sort();
    names
}

fn nearest(set: &StoredSet, vector: &[f32], limit: usize) -> Vec<RowHit> {
    set.snapshot().nearest(vector, &Allowed::All, limit, 0).unwrap().hits
}

type Plain = HashMap<u32, (u8, Vec<Vec<f32>>)>;

fn compare(set: &StoredSet, plain: &Plain, asked: &[f32]) {
    let described = set.described(1000).unwrap();
    assert_eq!(described.documents, plain.len() as u64);
    assert_eq!(described.passages, plain.values().map(|(_, vectors)| vectors.len() as u64).sum::<u64>());
    for row in 0..60 {
        let found =
            set.vectors_of(row, plain.get(&row).map_or([0; 8], |(version, _)| [*version; 8])).unwrap();
        assert_eq!(
            found.map(|found| found.len()),
            plain.get(&row).map(|(_, vectors)| vectors.len()),
            "row {row}"
        );
    }
    let mut expected = plain
        .iter()
        .filter_map(|(&row, (_, vectors))| {
            let similarities = vectors.iter().map(|values| dot(values, asked));
            similarities.max_by(f32::total_cmp).map(|similarity| (row, similarity))
        })
        .collect::<Vec<_>>();
    expected.sort_by_key(|&(row, _)| row);
    let mut found = nearest(set, asked, 1000);
    assert!(found.is_sorted_by(|one, other| one.similarity >= other.similarity));
    found.sort_by_key(|hit| hit.row);
    assert_eq!(found.len(), expected.len());
    for (hit, (row, similarity)) in found.iter().zip(expected) {
        assert_eq!((hit.row, hit.hash), (row, [plain[&row].0; 8]));
        assert!((hit.similarity - similarity).abs() < 0.02, "{} {similarity}", hit.similarity);
    }
}

#[test]
fn a_set_agrees_with_a_plain_map_whatever_is_done_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(3);
    let mut sets = Sets::new(folder.path(), true);
    let mut plain = Plain::new();
    sets.create(&model()).unwrap();
    for step in 0..400_u64 {
        let set = sets.find(&model()).unwrap();
        let row = random.below(60) as u32;
        match random.below(10) {
            0..=4 => {
                let vectors = (0..random.below(4)).map(|_| random.vector()).collect::<Vec<_>>();
                let version = random.below(3) as u8;
                set.put(&[(row, [version; 8], passages(&vectors))]).unwrap();
                plain.insert(row, (version, vectors));
            }
            5 => {
                let version = random.below(3) as u8;
                let lacking = set.note_changed(&[(row, None, [version; 8])], true).unwrap();
                let is_kept = plain.get(&row).is_some_and(|(of, _)| *of == version);
                assert_eq!(lacking, [!is_kept]);
                if !is_kept {
                    plain.remove(&row);
                }
            }
            6 => {
                set.note_forgotten(&[row]).unwrap();
                plain.remove(&row);
            }
            7 => _ = set.compact().unwrap(),
            8 => {
                set.commit(step).unwrap();
                compare(&set, &plain, &random.vector());
            }
            _ => {
                set.commit(step).unwrap();
                assert_eq!(set.sequence().unwrap(), step);
                drop(set);
                sets = Sets::new(folder.path(), true);
                compare(&sets.find(&model()).unwrap(), &plain, &random.vector());
                let beside = Sets::new(folder.path(), false).find(&model()).unwrap();
                assert_eq!(beside.described(60).unwrap().pending, 60 - plain.len() as u64);
            }
        }
    }
    assert!(files(folder.path()).len() < 20, "{:?}", files(folder.path()));
}

#[test]
fn small_segments_become_few_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let sets = Sets::new(folder.path(), true);
    let set = sets.create(&model()).unwrap();
    let mut random = Random(5);
    let mut plain = Plain::new();
    for round in 0..58_u64 {
        for row in [round as u32, random.below(60) as u32] {
            let vectors = vec![random.vector(), random.vector()];
            set.put(&[(row, [1; 8], passages(&vectors))]).unwrap();
            plain.insert(row, (1, vectors));
        }
        set.commit(round).unwrap();
    }
    let before = set.snapshot().segments.len();
    while set.compact().unwrap() {}
    let after = set.snapshot().segments.len();
    assert!(before >= 8 && after <= 3, "{before} segments before, {after} after");
    compare(&set, &plain, &random.vector());
    let kept = set.snapshot();
    set.note_forgotten(&plain.keys().copied().collect::<Vec<_>>()).unwrap();
    set.commit(99).unwrap();
    assert_eq!(files(folder.path()), ["model.json", "set.json"]);
    // A search that began before goes on with the files it has open.
    assert!(kept.nearest(&random.vector(), &Allowed::All, 5, 0).is_ok() || cfg!(windows));
    compare(&set, &Plain::new(), &random.vector());
}

#[test]
fn passages_of_one_document_do_not_hide_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let set = Sets::new(folder.path(), true).create(&model()).unwrap();
    let mut random = Random(7);
    let asked = random.vector();
    let near = |random: &mut Random, share: f32| {
        let noise = random.vector();
        unit(&asked.iter().zip(&noise).map(|(value, noise)| value + share * noise).collect::<Vec<_>>())
    };
    let many = (0..9000).map(|_| near(&mut random, 0.2)).collect::<Vec<_>>();
    set.put(&[(1, [1; 8], passages(&many))]).unwrap();
    for row in 2..30 {
        set.put(&[(row, [1; 8], passages(&[near(&mut random, 1.5)]))]).unwrap();
    }
    set.commit(1).unwrap();
    let found = nearest(&set, &asked, 10);
    assert!(found.len() >= 10 && found[0].row == 1);
    let best = many.iter().map(|values| dot(values, &asked)).max_by(f32::total_cmp).unwrap();
    assert!((found[0].similarity - best).abs() < 0.02);
}

#[test]
fn what_a_crash_left_is_removed_and_what_was_committed_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("vectors").join(model().key());
    let set = Sets::new(folder.path(), true).create(&model()).unwrap();
    set.put(&[(1, [1; 8], passages(&[Random(1).vector()]))]).unwrap();
    set.commit(4).unwrap();
    let listed = files(folder.path());
    set.put(&[(2, [1; 8], passages(&[Random(2).vector()]))]).unwrap();
    drop(set);
    std::fs::write(directory.join("00000009.vectors"), b"half a segment").unwrap();
    std::fs::write(directory.join("set.new"), b"half a list").unwrap();
    let set = Sets::new(folder.path(), true).find(&model()).unwrap();
    assert_eq!(files(folder.path()), listed);
    assert_eq!((set.sequence().unwrap(), set.described(2).unwrap().documents), (4, 1));
}

#[test]
fn any_damage_is_noticed_and_made_anew_when_writing() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("vectors").join(model().key());
    let segment = |directory: &Path| {
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.into_iter().find(|path| path.extension().is_some_and(|e| e == "vectors")).unwrap()
    };
    for damage in 0..8 {
        let sets = Sets::new(folder.path(), true);
        let set = sets.create(&model()).unwrap();
        for row in 0..50 {
            set.put(&[(row, [1; 8], passages(&[Random(u64::from(row)).vector()]))]).unwrap();
        }
        set.commit(damage + 1).unwrap();
        set.note_changed(&[(3, None, [2; 8])], true).unwrap();
        set.commit(damage + 2).unwrap();
        drop((set, sets));
        let path = segment(&directory);
        let bytes = std::fs::read(&path).unwrap();
        match damage {
            0 => std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap(),
            1 => std::fs::write(&path, b"").unwrap(),
            2 => std::fs::remove_file(&path).unwrap(),
            3 => std::fs::write(directory.join("set.json"), b"{}").unwrap(),
            4 => {
                let mut flipped = bytes.clone();
                let place = bytes.len() - 700;
                flipped[place] ^= 4;
                std::fs::write(&path, flipped).unwrap();
            }
            5 => std::fs::remove_file(directory.join("model.json")).unwrap(),
            6 => std::fs::remove_file(directory.join("set.json")).unwrap(),
            _ => {
                let gone = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
                let gone =
                    gone.into_iter().find(|path| path.extension().is_some_and(|e| e == "gone")).unwrap();
                std::fs::write(gone, [0; 8]).unwrap();
            }
        }
        let reading = Sets::new(folder.path(), false).find(&model());
        assert!(matches!(reading, Err(LakeError::Projection { .. })), "damage {damage}: {reading:?}");
        let set = Sets::new(folder.path(), true).create(&model()).unwrap();
        assert_eq!(set.described(50).unwrap().pending, 50, "damage {damage}");
    }
}

#[test]
fn a_set_that_was_being_made_in_a_crash_is_no_set_and_can_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join("vectors").join(format!(".{}", model().key()));
    std::fs::create_dir_all(&unfinished).unwrap();
    std::fs::write(unfinished.join("model.new"), b"half a mod").unwrap();
    for is_written in [false, true] {
        assert!(Sets::new(folder.path(), is_written).all().unwrap().is_empty());
    }
    let sets = Sets::new(folder.path(), true);
    sets.create(&model()).unwrap();
    assert_eq!(sets.all().unwrap().len(), 1);
    assert!(!unfinished.exists());
}

#[test]
fn damaged_values_are_found_by_reading_everything() {
    let folder = tempfile::tempdir().unwrap();
    let set = Sets::new(folder.path(), true).create(&model()).unwrap();
    set.put(&[(1, [1; 8], passages(&[Random(1).vector()]))]).unwrap();
    set.commit(1).unwrap();
    assert!(set.check().is_empty());
    let name = files(folder.path()).into_iter().find(|name| name.ends_with("vectors")).unwrap();
    let path = folder.path().join("vectors").join(model().key()).join(&name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let problems = set.check();
    assert!(problems.len() == 1 && problems[0].contains(&name), "{problems:?}");
}

#[test]
fn another_process_sees_commits_and_merges() {
    let folder = tempfile::tempdir().unwrap();
    let set = Sets::new(folder.path(), true).create(&model()).unwrap();
    let beside = Sets::new(folder.path(), false);
    let mut random = Random(11);
    let mut plain = Plain::new();
    for round in 0..12 {
        let vectors = vec![random.vector()];
        set.put(&[(round, [1; 8], passages(&vectors))]).unwrap();
        plain.insert(round, (1, vectors));
        set.commit(u64::from(round)).unwrap();
        if round % 3 == 0 {
            while set.compact().unwrap() {}
        }
        compare(&beside.find(&model()).unwrap(), &plain, &random.vector());
    }
    assert!(matches!(beside.find(&model()).unwrap().commit(1), Err(LakeError::ReadOnly)));
}
