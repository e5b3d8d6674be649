//! Imports that are killed, stopped or left without an index go on where they were, and end the same.

use crate::{
    assert_same_export,
    meaning::{assert_same_vectors, has_model},
    reference, shared_life, undisturbed,
};
use dp_e2e::{Life, Vault};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

/// Kills a run of the tests makes at least; a longer run names its number in this variable.
const KILLS: u32 = 20;
const KILLS_VARIABLE: &str = "DATAPUNK_SOAK_KILLS";
/// Longest that an import which should end by itself may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Small batches, so that a killed import has many places to go on from.
const CONFIGURATION: &str = "[import]\nbatch_records = 50\n";

fn kills_wanted() -> u32 {
    std::env::var(KILLS_VARIABLE).ok().map_or(KILLS, |number| number.parse().unwrap())
}

/// Waits until the child ends or the time is over.
fn ended_within(child: &mut Child, wait: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + wait;
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return Some(status),
            None if Instant::now() >= until => return None,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Imports again and again, killed at random moments, until one import ends; as many lives as it takes
/// to be killed so often. `between` is done after each kill.
fn kill_and_resume(life: &Life, seed: u64, kills: u32, mut between: impl FnMut(&Vault)) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let has_model = has_model();
    let mut killed = 0;
    let mut resumed_inside = 0;
    let mut lives = 0;
    while killed < kills {
        let vault = Vault::configured(CONFIGURATION);
        let mut longest_ms = 600;
        loop {
            let mut import = vault.start(life.import());
            // Once it was killed often enough, it may end.
            let wait = if killed >= kills {
                PATIENCE
            } else {
                Duration::from_millis(random.random_range(20..longest_ms))
            };
            if let Some(status) = ended_within(&mut import, wait) {
                assert!(status.success(), "after {killed} kills (seed {seed}): {status}");
                break;
            }
            assert!(killed < kills, "the import does not end");
            import.kill().unwrap();
            import.wait().unwrap();
            killed += 1;
            let state = state(&vault);
            resumed_inside += u32::from(state.as_deref() == Some("unfinished"));
            if state.as_deref() == Some("finished") {
                // It was killed when all was done; the same command now would be another import, and nothing
                // else would make anew what `between` takes away.
                break;
            }
            between(&vault);
            // Earlier and earlier, so that a life is killed more than once or twice.
            longest_ms = (longest_ms * 9 / 10).max(250);
        }
        lives += 1;
        assert_same_export(&vault.export(), reference());
        assert_eq!(vault.json(["doctor"])["sound"], true, "after {killed} kills (seed {seed})");
        if has_model {
            assert_same_vectors(&vault, undisturbed());
        }
        assert_eq!(vault.json(["imports"]).as_array().unwrap().len(), 1, "a resumed import is one import");
    }
    println!("{killed} kills, {resumed_inside} of them in the middle, of {lives} imports");
    assert!(resumed_inside > kills / 2, "only {resumed_inside} of {killed} kills came in the middle");
}

/// How far a killed import had come: none if it had not begun.
fn state(vault: &Vault) -> Option<String> {
    let outcome = vault.run(["--json", "imports"]);
    if outcome.code != 0 {
        assert!(outcome.stderr.contains("there is no vault"), "{}", outcome.stderr);
        return None;
    }
    let imports: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    imports[0]["state"].as_str().map(str::to_owned)
}

#[test]
fn killed_imports_resume_and_end_as_if_nothing_had_been() {
    kill_and_resume(shared_life(), 11, kills_wanted(), |_| {});
}

#[test]
fn killed_imports_resume_when_the_text_index_is_lost_too() {
    kill_and_resume(shared_life(), 12, kills_wanted(), |vault| {
        // It may have been killed before there was one.
        let _ = std::fs::remove_dir_all(vault.text_index());
    });
}

#[test]
fn ctrl_c_stops_cleanly_and_the_same_command_goes_on() {
    let life = shared_life();
    let vault = Vault::configured(CONFIGURATION);
    let mut stopped = 0;
    for wait_ms in [150, 100, 200, 120] {
        let mut import = vault.command(life.import()).spawn().unwrap();
        if ended_within(&mut import, Duration::from_millis(wait_ms)).is_some() {
            break;
        }
        kill_process(Pid::from_child(&import), Signal::INT).unwrap();
        let output = import.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            // It came when all was done.
            break;
        }
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("stopped") && said.contains("same command"), "{said}");
        stopped += 1;
        assert_eq!(vault.json(["doctor"])["sound"], true);
    }
    assert!(stopped > 0, "the import was too quick to be stopped");
    if state(&vault).as_deref() != Some("finished") {
        vault.text(life.import());
    }
    assert_same_export(&vault.export(), reference());
    assert_eq!(vault.json(["imports"]).as_array().unwrap().len(), 1);
}
