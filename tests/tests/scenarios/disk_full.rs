//! An import on a disk that becomes full says what it needs, loses nothing, and goes on when there is space.

use crate::{assert_same_export, reference, shared_life};
use dp_e2e::{Vault, skipped};
use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

/// Space left to the vault beside the ballast: from too little to begin to too little to end.
const FREE_KILOBYTES: [u32; 6] = [16, 150, 600, 1_500, 3_500, 6_000];
/// Size of the disk.
const DISK_KILOBYTES: u32 = 96 << 10;
/// What the script exits with if it may not mount anything.
const MAY_NOT_MOUNT: i32 = 77;

/// In a mount name space of its own, so that nothing of it is left behind or seen by others: fills a
/// small disk, imports, frees space, imports again. `$1` is the mount point, `$2` where outcomes go,
/// `$3` the kilobytes of ballast; the rest is the command line of the import.
const SCRIPT: &str = r#"
disk=$1; out=$2; ballast=$3; shift 3
mount -t tmpfs -o size=DISKk tmpfs "$disk" 2> "$out/mount" || exit 77
printf '[import]\nbatch_records = 500\n' > "$disk/datapunk.toml"
dd if=/dev/zero of="$disk/ballast" bs=1024 count="$ballast" 2> /dev/null
"$@" > "$out/first.out" 2> "$out/first.err"; echo $? > "$out/first.code"
"$1" --data-dir "$disk" --json imports > "$out/between.out" 2> "$out/between.err"
rm "$disk/ballast"
"$@" > "$out/second.out" 2> "$out/second.err"; echo $? > "$out/second.code"
"$1" --data-dir "$disk" export > "$out/export.jsonl" 2> "$out/export.err"
"$1" --data-dir "$disk" --json doctor > "$out/doctor.json" 2>> "$out/export.err"
"#;

#[test]
fn an_import_on_a_full_disk_says_so_and_goes_on_when_there_is_space() {
    let life = shared_life();
    let mut full = 0;
    for free in FREE_KILOBYTES {
        let vault = Vault::new();
        let disk = vault.folder().join("disk");
        std::fs::create_dir(&disk).unwrap();
        // The tests may not be allowed to mount; as root of a user name space they mostly are.
        let ended = ["-m", "-rm"].into_iter().find_map(|mode| {
            let status = Command::new("unshare")
                .args([mode, "sh", "-c", &SCRIPT.replace("DISK", &DISK_KILOBYTES.to_string()), "sh"])
                .arg(&disk)
                .arg(vault.folder())
                .arg((DISK_KILOBYTES - free).to_string())
                .arg(dp_e2e::program())
                .arg("--data-dir")
                .arg(&disk)
                .args(life.import())
                .env("TZ", "UTC")
                .stderr(Stdio::null())
                .status();
            status.ok().filter(|status| status.success() && status.code() != Some(MAY_NOT_MOUNT))
        });
        if ended.is_none() {
            skipped("the full disk: neither mount nor unshare is allowed here");
            return;
        }
        let read = |name: &str| std::fs::read_to_string(vault.folder().join(name)).unwrap();
        let said = read("first.err");
        let mut case = format!("{free} kB free");
        if read("first.code").trim() != "0" {
            full += 1;
            assert_eq!(read("first.code").trim(), "1", "{case}: {said}");
            assert!(said.contains("is full") && said.contains("bytes are free"), "{case}: {said}");
            assert!(said.contains("more are needed") && said.contains("same command"), "{case}: {said}");
            assert!(said.contains(&*disk.to_string_lossy()), "{case}: {said}");
        }
        write!(case, ", then: {}{}", read("second.err"), read("export.err")).unwrap();
        assert_eq!(read("second.code").trim(), "0", "{case}");
        assert_same_export(&read("export.jsonl"), reference());
        assert!(read("doctor.json").contains("\"sound\":true"), "{case}");
    }
    assert!(full >= 4, "only {full} of the disks became full");
}
