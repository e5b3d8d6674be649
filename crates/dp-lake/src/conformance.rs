//! The suite that every backend passes: one named case for each thing the contract promises.
//! A backend implements `Factory`, calls `conformance_tests!` in its tests, and is compared with the
//! memory vault by `random_operations_agree` (feature `conformance`).
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the suite is test code: a broken promise ends the test with a panic"
)]

pub mod annotations;
pub mod blobs;
pub mod build;
pub mod conversations;
pub mod documents;
pub mod finding;
pub mod forgetting;
pub mod generation;
pub mod imports;
pub mod listing;
pub mod map;
pub mod own;
pub mod people;
#[cfg(any(test, feature = "conformance"))]
mod random;
pub mod samples;
pub mod search;
pub mod statistics;
mod subject;
pub mod vectors;
pub mod versions;

#[cfg(any(test, feature = "conformance"))]
pub use random::random_operations_agree;
pub use subject::Subject;

use crate::Vault;
use futures::future::BoxFuture;

/// The zone that vaults under test have as their home: one with summer time, east of UTC.
pub const HOME_ZONE: &str = "Europe/Zurich";

/// Makes vaults of the backend under test.
pub trait Factory: Sync {
    /// Opens the vault with this name, which is made, with [`HOME_ZONE`], if it doesn't exist.
    ///
    /// A vault is closed by dropping it; opening the same name again then finds all that was in it.
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Box<dyn Vault>>;
}

/// A case: takes the backend, and panics if it breaks its promise.
pub type Case = fn(&dyn Factory);

/// Lists the cases once, for [`cases`] and for `conformance_tests!`.
macro_rules! list_cases {
    ($dollar:tt $($module:ident { $($name:ident),+ $(,)? })+) => {
        /// Every case with its name.
        #[must_use]
        pub fn cases() -> &'static [(&'static str, Case)] {
            &[$($((stringify!($name), $module::$name)),+),+]
        }

        /// Makes a test of each conformance case. Takes an expression that gives a new
        /// [`Factory`](crate::conformance::Factory); it is evaluated once a test.
        #[macro_export]
        macro_rules! conformance_tests {
            ($dollar factory:expr) => {
                $($(
                    #[test]
                    fn $name() {
                        $dollar crate::conformance::$module::$name(&$dollar factory);
                    }
                )+)+
            };
        }
    };
}

list_cases! { $
    documents {
        a_document_comes_back_as_it_was_applied,
        get_many_keeps_order_and_gaps,
        ids_are_found_by_their_first_digits,
        an_empty_batch_changes_nothing,
        a_huge_batch_is_applied_whole,
        walking_gives_every_document_once_in_order_of_id,
        reopening_keeps_everything,
        the_same_document_twice_in_a_batch_is_one,
        nothing_of_a_batch_for_an_unknown_import_is_applied,
        the_vault_knows_its_home_and_its_health,
    }
    conversations {
        what_belongs_together_is_one_conversation,
        conversations_are_listed_in_pages,
        conversations_follow_what_changes,
    }
    versions {
        equal_content_is_unchanged,
        a_newer_version_replaces_and_the_old_one_becomes_a_revision,
        an_older_version_becomes_a_revision_once,
        versions_in_any_order_end_the_same,
        content_counts_as_old_as_the_earliest_export_that_holds_it,
        an_export_without_date_says_nothing_of_the_age_of_content,
        revisions_come_newest_first,
    }
    listing {
        pages_in_both_directions_hold_everything_once,
        ties_in_time_survive_pages_of_one,
        undated_documents_are_not_listed,
        sub_second_and_pre_1970_times_are_in_order,
        dates_and_wall_clocks_stand_on_their_local_day,
        every_filter_field_narrows_the_list,
        negated_filters_exclude_what_matches_any_field,
        circles_on_the_map_narrow_lists_and_searches,
        instants_narrow_lists_and_searches,
        labels_are_compared_with_case_and_accents_folded,
        a_foreign_cursor_is_refused,
        a_cursor_outlives_the_document_it_stands_on,
    }
    generation {
        the_generation_grows_with_every_change_and_not_with_questions,
    }
    annotations {
        annotations_are_kept_and_given_back,
        annotating_an_unknown_document_gives_none,
        annotations_survive_another_import,
        hidden_documents_are_left_out_unless_asked_for,
        tags_and_notes_can_be_searched,
    }
    people {
        identities_of_one_record_are_one_person,
        people_in_any_order_end_the_same,
        an_address_book_names_best,
        people_count_the_documents_that_mention_them,
        people_are_paged_by_id,
        only_unknown_people_are_counted_as_new,
    }
    samples {
        samples_come_back_in_order_of_time,
        ranges_and_borders_narrow_samples,
        richer_forms_of_a_sample_replace_poorer_ones,
        sample_forms_in_any_order_end_the_same,
        days_and_series_are_counted,
        numbers_and_fixes_of_one_instant_stay_apart,
        odd_numbers_survive,
        the_numbers_of_a_day_come_to_figures,
        a_series_is_told_by_fewer_points,
    }
    map {
        every_zoom_counts_every_fix_once,
        densities_follow_days_and_sources,
        densities_follow_what_changes,
        what_was_forgotten_is_nowhere_on_the_map,
        ways_are_thinned_by_cell_and_device,
        ways_go_on_in_parts,
        ways_keep_to_their_box_and_time,
    }
    statistics {
        the_histogram_equals_a_count_by_listing,
        the_histogram_follows_updates_and_its_query,
        top_lists_rank_channels_sites_and_places,
        people_are_ranked_by_their_best_name,
        top_lists_follow_updates,
        counts_in_time_equal_those_of_the_histogram,
        counts_in_time_follow_words_filters_and_updates,
        hours_are_counted_on_the_local_clock,
    }
    search {
        waiting_for_the_index_makes_documents_findable,
        every_part_of_a_document_is_searched,
        case_accents_and_forms_do_not_matter,
        scripts_without_spaces_are_searched_by_any_piece,
        all_words_must_be_there_and_refused_ones_not,
        phrases_stand_together_in_one_string,
        the_last_word_may_go_on,
        a_typo_is_forgiven_only_where_nothing_matches,
        a_query_without_words_is_the_filter_alone,
        filters_narrow_searches_as_they_narrow_lists,
        one_of_the_alternatives_must_match,
        none_of_the_refused_alternatives_may_match,
        typos_are_forgiven_in_alternatives_and_not_where_they_exclude,
        hits_are_sorted_and_counted_past_the_limit,
        an_updated_document_is_found_by_its_new_words_only,
        rebuilding_the_index_changes_no_answer,
        reopening_keeps_documents_findable,
    }
    finding {
        some_of_the_words_are_enough_and_rare_ones_count_more,
        forms_of_a_word_count_as_it_where_the_language_is_known,
        coverage_says_how_much_of_the_query_a_document_holds,
        what_must_hold_narrows_the_ranking,
        facets_count_what_a_search_finds,
        facets_count_channels_sites_and_labels,
        names_and_titles_are_suggested_by_the_beginning_of_a_word,
    }
    imports {
        imports_are_numbered_and_listed_latest_first,
        an_unfinished_import_is_resumed_and_a_finished_one_begun_anew,
        the_checkpoint_is_that_of_the_last_batch,
        applied_counts_add_up,
        the_ledger_keeps_every_row_in_order_of_the_plan,
        ledgers_are_asked_by_import_and_status,
        entries_are_remembered_by_content_and_parser,
        an_unknown_import_cannot_be_finished,
        where_an_entry_came_from_is_known,
    }
    vectors {
        a_set_is_made_listed_and_removed,
        nearest_documents_come_first_each_by_its_best_passage,
        the_similarity_of_all_vectors_is_told,
        documents_without_passages_are_done_with,
        pending_documents_come_latest_first,
        vectors_of_another_version_are_not_taken,
        vectors_put_again_replace_those_before,
        a_changed_document_loses_its_vectors,
        annotating_keeps_vectors,
        a_forgotten_document_has_no_vectors,
        filters_and_words_narrow_what_is_near,
        equally_near_documents_are_in_order_of_id,
        equally_near_documents_do_not_keep_out_the_rest,
        what_is_no_vector_is_refused,
        a_set_that_is_not_there_has_no_answers,
        vectors_come_back_nearly_as_given,
        sets_of_two_models_do_not_mix,
        among_many_documents_the_nearest_are_found,
    }
    own {
        what_is_written_is_a_document_like_any_other,
        what_it_said_before_becomes_a_revision,
        each_change_of_a_batch_has_its_own_outcome,
        nothing_is_written_outside_of_what_may_be_seen,
        what_comes_again_is_not_done_again,
        imports_leave_own_documents_alone,
        forgetting_their_source_removes_own_documents,
    }
    blobs {
        bytes_come_back_by_their_hash,
        a_part_of_a_blob_is_given_as_far_as_there_is_one,
        equal_bytes_are_one_blob_put_when_they_were_last,
        more_bytes_than_allowed_are_not_stored,
        documents_that_name_bytes_are_told_page_by_page,
        what_nothing_refers_to_is_removed_when_it_is_old,
        a_blob_goes_with_the_last_document_that_names_it,
        thumbnails_are_kept_of_what_is_stored,
    }
    forgetting {
        a_forgotten_source_leaves_nothing_anywhere,
        a_forgotten_document_leaves_nothing_and_others_stay,
        a_preview_counts_and_removes_nothing,
        forgetting_what_is_not_there_removes_nothing,
        if_something_else_would_be_forgotten_than_expected_nothing_is,
        several_documents_are_forgotten_together,
        forgetting_some_days_leaves_the_others_and_what_has_no_date,
        what_was_forgotten_can_be_imported_again,
        a_source_means_the_sources_below_it_and_no_namesake,
        people_of_kept_documents_and_address_books_stay,
        forgotten_things_stay_forgotten_after_reopening,
    }
}

#[cfg(test)]
mod tests;
