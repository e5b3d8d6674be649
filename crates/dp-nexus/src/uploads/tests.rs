//! What is kept, through ends of every kind, and what is refused.

use super::*;
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

const MIA: AccountId = AccountId([1; 16]);
const BO: AccountId = AccountId([2; 16]);

fn roomy() -> StagingOptions {
    StagingOptions { reserve_bytes: 0, ..StagingOptions::default() }
}

struct Area {
    directory: tempfile::TempDir,
    clock: Arc<AtomicI64>,
    staging: Option<Staging>,
}

impl Area {
    fn new() -> Self {
        Self::with(roomy())
    }

    fn with(options: StagingOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut area = Self { directory, clock: Arc::new(AtomicI64::new(1_800_000_000)), staging: None };
        area.staging = Some(area.opened(&area.path(), options));
        area
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("uploads")
    }

    fn opened(&self, path: &Path, options: StagingOptions) -> Staging {
        let hands = Arc::clone(&self.clock);
        let now = move || Timestamp::from_second(hands.load(Ordering::SeqCst)).unwrap();
        Staging::open_with_clock(path, options, now).unwrap()
    }

    fn reopen(&mut self) {
        self.staging = None;
        self.staging = Some(self.opened(&self.path(), roomy()));
    }

    /// What another process would find if this one were killed now.
    fn after_a_kill(&self) -> (tempfile::TempDir, Staging) {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&self.path(), copy.path());
        let staging = self.opened(copy.path(), roomy());
        (copy, staging)
    }

    fn pass(&self, days: i64) {
        self.clock.fetch_add(days * 86_400, Ordering::SeqCst);
    }

    fn begin(&self, name: &str, length_bytes: u64) -> Upload {
        self.create(name, length_bytes).unwrap()
    }

    fn create(&self, name: &str, length_bytes: u64) -> Result<Upload, StagingError> {
        let metadata = "filename eA==".to_owned();
        self.staging().create(MIA, NewUpload { name: FileName::harmless(name), length_bytes, metadata })
    }

    fn staging(&self) -> &Staging {
        self.staging.as_ref().unwrap()
    }

    fn append(&self, id: UploadId, offset_bytes: u64, bytes: &[u8]) -> Result<Upload, StagingError> {
        let mut writer = self.staging().append(MIA, id, offset_bytes, None)?;
        writer.write(bytes)?;
        writer.finish()
    }

    /// A folder that an upload is in.
    fn folder(&self, id: UploadId) -> PathBuf {
        self.path().join(MIA.to_string()).join(id.to_string())
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_file_comes_in_pieces_and_is_taken_whole() {
    let mut area = Area::new();
    let begun = area.begin("takeout.zip", 10);
    assert_eq!(
        (begun.offset_bytes, begun.is_finished(), begun.metadata.as_str()),
        (0, false, "filename eA==")
    );
    assert_eq!(area.append(begun.id, 0, b"01234").unwrap().offset_bytes, 5);
    area.reopen();
    assert_eq!(area.staging().get(MIA, begun.id).unwrap().offset_bytes, 5);
    let into = area.directory.path().join("imports/7");
    let too_early = area.staging().take(MIA, begun.id, &into);
    assert!(matches!(too_early, Err(StagingError::NotFinished(_))), "{too_early:?}");
    assert!(area.append(begun.id, 5, b"56789").unwrap().is_finished());
    area.reopen();
    let path = area.staging().take(MIA, begun.id, &into).unwrap();
    assert_eq!((path.clone(), fs::read(&path).unwrap()), (into.join("takeout.zip"), b"0123456789".to_vec()));
    assert!(area.staging().list(MIA).is_empty() && !area.folder(begun.id).exists());
    area.reopen();
    assert!(area.staging().list(MIA).is_empty());
    // Another one of the same name takes the place of no file.
    let second = area.begin("takeout.zip", 0);
    assert_eq!(area.staging().take(MIA, second.id, &into).unwrap(), into.join("takeout (1).zip"));
    assert_eq!(fs::read(into.join("takeout.zip")).unwrap(), b"0123456789");
}

#[test]
fn what_a_kill_leaves_is_what_was_told_as_kept() {
    let area = Area::new();
    let upload = area.begin("a", 100);
    area.append(upload.id, 0, b"kept").unwrap();
    let mut writer = area.staging().append(MIA, upload.id, 4, None).unwrap();
    writer.write(b" and written, not told").unwrap();
    let (_copy, after) = area.after_a_kill();
    assert_eq!(after.get(MIA, upload.id).unwrap().offset_bytes, 4);
    let mut again = after.append(MIA, upload.id, 4, None).unwrap();
    again.write(b" anew").unwrap();
    assert_eq!(again.finish().unwrap().offset_bytes, 9);
    let data = after.folder_of((MIA, upload.id)).data();
    assert_eq!(fs::read(data).unwrap(), b"kept anew");
    // The one who was not killed goes on.
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 4);
    writer.break_off().unwrap();
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 26);
}

#[test]
fn what_came_is_kept_at_checkpoints_before_the_end() {
    let area = Area::new();
    let upload = area.begin("a", 1 << 30);
    let mut writer = area.staging().append(MIA, upload.id, 0, None).unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..65 {
        writer.write(&piece).unwrap();
    }
    let (_copy, after) = area.after_a_kill();
    assert_eq!(after.get(MIA, upload.id).unwrap().offset_bytes, 64 << 20);
    drop(writer);
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 64 << 20);
}

#[test]
fn a_folder_that_is_half_made_or_half_removed_is_cleared_away() {
    let mut area = Area::new();
    let [whole, taken, unmade, begun] = ["a", "b", "c", "d"].map(|name| area.begin(name, 3));
    fs::remove_file(area.folder(taken.id).join("data")).unwrap();
    fs::remove_file(area.folder(unmade.id).join("meta.json")).unwrap();
    fs::write(area.folder(begun.id).join("meta.json.new"), b"{\"na").unwrap();
    fs::create_dir(area.path().join("not an account")).unwrap();
    area.reopen();
    let ids: Vec<UploadId> = area.staging().list(MIA).iter().map(|upload| upload.id).collect();
    assert!(ids.len() == 2 && ids.contains(&whole.id) && ids.contains(&begun.id), "{ids:?}");
    assert!(!area.folder(taken.id).exists() && !area.folder(unmade.id).exists());
    area.append(begun.id, 0, b"abc").unwrap();
    assert!(area.path().join("not an account").exists(), "what is not ours is left alone");
}

#[test]
fn less_data_than_was_told_is_never_told_again() {
    let mut area = Area::new();
    let upload = area.begin("a", 10);
    area.append(upload.id, 0, b"01234").unwrap();
    fs::write(area.folder(upload.id).join("data"), b"01").unwrap();
    area.reopen();
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 2);
}

#[test]
fn an_unreadable_upload_is_left_alone_and_hides_no_other() {
    let mut area = Area::new();
    let [broken, whole] = ["a", "b"].map(|name| area.begin(name, 3));
    fs::write(area.folder(broken.id).join("meta.json"), b"not json").unwrap();
    area.reopen();
    assert_eq!(area.staging().list(MIA).len(), 1);
    assert!(area.staging().get(MIA, whole.id).is_ok());
    assert!(area.folder(broken.id).join("data").exists());
}

#[test]
fn one_at_a_time_is_at_an_upload() {
    let area = Area::new();
    let upload = area.begin("a", 10);
    let mut writer = area.staging().append(MIA, upload.id, 0, None).unwrap();
    let is_busy = |result: Result<(), StagingError>| matches!(result, Err(StagingError::Busy));
    assert!(is_busy(area.staging().append(MIA, upload.id, 0, None).map(drop)));
    assert!(is_busy(area.staging().terminate(MIA, upload.id)));
    assert!(is_busy(area.staging().take(MIA, upload.id, area.directory.path()).map(drop)));
    writer.write(b"abc").unwrap();
    assert_eq!(writer.finish().unwrap().offset_bytes, 3);
    let elsewhere = area.staging().append(MIA, upload.id, 0, None).map(drop);
    assert!(
        matches!(elsewhere, Err(StagingError::WrongOffset { asked_bytes: 0, at_bytes: 3 })),
        "{elsewhere:?}"
    );
    area.staging().terminate(MIA, upload.id).unwrap();
    assert!(matches!(area.staging().get(MIA, upload.id), Err(StagingError::NotFound(_))));
    assert!(!area.folder(upload.id).exists());
}

#[test]
fn bytes_beyond_the_declared_length_are_not_kept() {
    let area = Area::new();
    let upload = area.begin("a", 4);
    let mut writer = area.staging().append(MIA, upload.id, 0, None).unwrap();
    writer.write(b"abc").unwrap();
    assert!(matches!(writer.write(b"de"), Err(StagingError::TooLong { length_bytes: 4 })));
    writer.break_off().unwrap();
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 3);
}

#[test]
fn a_chunk_with_another_checksum_is_not_kept_and_neither_is_half_of_one() {
    let area = Area::new();
    let upload = area.begin("a", 10);
    let abc = || {
        let hex = "a9993e364706816aba3e25717850c26c9cd0d89d";
        let digest = (0..40).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        Checksum::new(Algorithm::Sha1, digest.collect())
    };
    let write = |bytes: &[u8]| {
        let mut writer = area.staging().append(MIA, upload.id, 0, abc()).unwrap();
        writer.write(bytes).unwrap();
        writer
    };
    assert!(matches!(write(b"abd").finish(), Err(StagingError::WrongChecksum)));
    write(b"ab").break_off().unwrap();
    drop(write(b"abc"));
    assert_eq!(area.staging().get(MIA, upload.id).unwrap().offset_bytes, 0);
    assert_eq!(
        fs::metadata(area.folder(upload.id).join("data")).unwrap().len(),
        3,
        "until it is gone on with"
    );
    assert_eq!(write(b"abc").finish().unwrap().offset_bytes, 3);
}

#[test]
fn a_file_of_unknown_length_is_there_when_it_is_whole_and_not_before() {
    let mut area = Area::new();
    let name = || FileName::harmless("form.zip");
    let mut broken = area.staging().receive(MIA, name(), 100).unwrap();
    broken.write(b"half").unwrap();
    assert!(area.staging().list(MIA).is_empty());
    let (_copy, after) = area.after_a_kill();
    assert!(after.list(MIA).is_empty());
    let id = broken.id();
    broken.break_off().unwrap();
    assert!(!area.folder(id).exists());
    let mut whole = area.staging().receive(MIA, name(), 100).unwrap();
    whole.write(b"whole").unwrap();
    let upload = whole.finish().unwrap();
    assert!(upload.is_finished() && upload.length_bytes == 5);
    area.reopen();
    assert_eq!(area.staging().list(MIA), [upload]);
}

#[test]
fn uploads_expire_after_their_last_byte() {
    let area = Area::new();
    let [idle, busy] = ["a", "b"].map(|name| area.begin(name, 10));
    area.pass(6);
    area.append(busy.id, 0, b"x").unwrap();
    area.pass(1);
    assert!(matches!(area.staging().get(MIA, idle.id), Err(StagingError::NotFound(_))), "though not swept");
    assert!(matches!(area.append(idle.id, 0, b"x"), Err(StagingError::NotFound(_))));
    assert_eq!(area.staging().list(MIA).len(), 1);
    assert_eq!(area.staging().sweep().unwrap(), 1);
    assert!(!area.folder(idle.id).exists() && area.folder(busy.id).exists());
    area.pass(6);
    let (_copy, after) = area.after_a_kill();
    assert!(!after.folder_of((MIA, busy.id)).data().exists(), "swept when it is opened");
}

#[test]
fn an_account_finds_only_its_own() {
    let area = Area::new();
    let upload = area.begin("a", 0);
    let is_not_found = |result: Result<(), StagingError>| matches!(result, Err(StagingError::NotFound(_)));
    assert!(is_not_found(area.staging().get(BO, upload.id).map(drop)));
    assert!(is_not_found(area.staging().append(BO, upload.id, 0, None).map(drop)));
    assert!(is_not_found(area.staging().terminate(BO, upload.id)));
    assert!(is_not_found(area.staging().take(BO, upload.id, area.directory.path()).map(drop)));
    assert!(area.staging().list(BO).is_empty());
}

#[test]
fn an_account_has_its_limits() {
    let area = Area::with(StagingOptions {
        upload_bytes_max: 50,
        unfinished_max: 2,
        uploads_max: 4,
        account_bytes_max: 100,
        ..roomy()
    });
    assert!(matches!(area.create("a", 51), Err(StagingError::TooLarge { length_bytes: 51, max_bytes: 50 })));
    let first = area.begin("a", 50);
    area.begin("b", 40);
    assert!(matches!(area.create("c", 1), Err(StagingError::TooManyUnfinished(2))));
    area.append(first.id, 0, &[0; 50]).unwrap();
    let full = area.create("c", 11);
    assert!(matches!(full, Err(StagingError::AccountFull { needed_bytes: 11, left_bytes: 10 })), "{full:?}");
    area.begin("c", 0);
    area.begin("d", 0);
    assert!(matches!(area.create("e", 0), Err(StagingError::TooMany(4))));
    area.staging().terminate(MIA, first.id).unwrap();
    area.begin("e", 50);
    let new = NewUpload { name: FileName::harmless("a"), length_bytes: 50, metadata: String::new() };
    assert!(area.staging().create(BO, new).is_ok(), "others have their own");
}

#[test]
fn what_the_disk_has_no_room_for_is_not_begun() {
    let full = Area::with(StagingOptions { reserve_bytes: u64::MAX, ..StagingOptions::default() });
    assert!(matches!(full.create("a", 1), Err(StagingError::NoRoom { needed_bytes: 1, free_bytes: 0 })));
    assert!(full.staging().list(MIA).is_empty());
    // What others were promised counts.
    let area = Area::new();
    let free_bytes = folder::free_bytes(&area.path()).unwrap();
    let all_but_a_little = free_bytes - free_bytes / 8;
    let options = StagingOptions { upload_bytes_max: u64::MAX, account_bytes_max: u64::MAX, ..roomy() };
    let area = Area::with(options);
    area.begin("a", all_but_a_little);
    assert!(matches!(area.create("b", all_but_a_little), Err(StagingError::NoRoom { .. })));
}

#[test]
fn two_processes_don_t_share_a_staging_area() {
    let area = Area::new();
    let second = Staging::open(&area.path(), roomy());
    assert!(matches!(second, Err(StagingError::InUse(_))), "{second:?}");
}

#[test]
fn an_id_has_one_spelling() {
    let id = UploadId([0xab; 16]);
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["", "ab", "../../../../../../../../../etc/pw", &"AB".repeat(16), &"+5".repeat(16)] {
        assert!(wrong.parse::<UploadId>().is_err(), "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_at_uploads() {
    use std::os::unix::fs::PermissionsExt as _;
    let area = Area::new();
    let folder = area.folder(area.begin("a", 1).id);
    for (path, mode) in
        [(area.path(), 0o700), (folder.join("data"), 0o600), (folder.join("meta.json"), 0o600)]
    {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{path:?}");
    }
}

#[test]
fn options_are_for_days() {
    assert_eq!(StagingOptions::default().expires_after, Duration::from_hours(7 * 24));
}
