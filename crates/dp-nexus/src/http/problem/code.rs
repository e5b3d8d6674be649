//! The one table of everything that can go wrong: its word, its HTTP status, what it is called and what to
//! do about it.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Statuses of protocols over HTTP, which HTTP itself has no name for.
trait Statuses {
    /// 460: tus 1.0.0, section Checksum.
    const CHECKSUM_MISMATCH: StatusCode = match StatusCode::from_u16(460) {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_REQUEST,
    };
}

impl Statuses for StatusCode {}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $word:literal $status:ident $title:literal $what_to_do:literal;)+) => {
        /// What went wrong, for programs: a word that stays the same when sentences change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in `code`, and at the end of `type`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// What it is called, the same each time.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What to do about it.
            #[must_use]
            pub const fn what_to_do(self) -> &'static str {
                match self { $(Self::$variant => $what_to_do),+ }
            }
        }
    };
}

codes! {
    /// The request is not one that can be read.
    BadRequest "bad_request" BAD_REQUEST "The request can't be read" "Compare the request with the page at /api/docs.";
    /// The query can't be meant; `position` says where.
    BadQuery "bad_query" BAD_REQUEST "The query can't be meant" "Change the query where `position` says, or take the `suggestion`.";
    /// A query parameter that the route does not know.
    UnknownParameter "unknown_parameter" BAD_REQUEST "A parameter is not known" "Leave the parameter out or take the `suggestion`; /api/docs lists those of each route.";
    /// A query parameter with a value it can't have.
    BadParameter "bad_parameter" BAD_REQUEST "A parameter has a value it can't have" "Give a value as `detail` says.";
    /// A query parameter that is needed and not there.
    MissingParameter "missing_parameter" BAD_REQUEST "A parameter is missing" "Add the parameter that `parameter` names.";
    /// A cursor that no page handed out.
    BadCursor "bad_cursor" BAD_REQUEST "The cursor is not one of this listing" "Use `next` of the page before as it is, with the same other parameters.";
    /// A body that is not well-formed.
    BadBody "bad_body" BAD_REQUEST "The body can't be read" "Send well-formed JSON in UTF-8.";
    /// A GraphQL document that is not one of this schema; `locations` says where.
    BadDocument "bad_document" BAD_REQUEST "The GraphQL document can't be meant" "Change it where `locations` says; the schema tells itself by introspection.";
    /// A GraphQL document that asks for more than is answered at once.
    TooComplex "too_complex" BAD_REQUEST "The GraphQL document asks for too much at once" "Ask for fewer fields, aliases or items, less deep, or in several requests.";
    /// The hash of a document that was not sent before, or too long ago.
    DocumentNotKept "document_not_kept" BAD_REQUEST "There is no document of this hash" "Send the request again with `query` beside the hash.";
    /// Nobody is signed in.
    Unauthenticated "unauthenticated" UNAUTHORIZED "Nobody is signed in" "Sign in, or send an API key as `Authorization: Bearer KEY`.";
    /// The session, token or key is not valid.
    BadCredentials "bad_credentials" UNAUTHORIZED "The session or key is not valid" "Sign in anew, refresh the token, or make a new key.";
    /// Name or password is wrong.
    WrongCredentials "wrong_credentials" UNAUTHORIZED "The name or the password is wrong" "Try again; the owner can give the account another password.";
    /// The password was right, and a code has to come with it.
    SecondFactorNeeded "second_factor_needed" UNAUTHORIZED "A code of the second factor is needed" "Send `totp` with it: six digits, or a recovery code.";
    /// A refresh token came twice.
    RefreshReused "refresh_reused" UNAUTHORIZED "The refresh token was used before" "Sign in anew, and look at GET /api/v1/log: somebody else may have had the token.";
    /// The account, session or key may not do this.
    Forbidden "forbidden" FORBIDDEN "This is not allowed" "Use a session or a key that has the right named in `detail`.";
    /// A key that sees a part of the vault asks for what speaks of all of it.
    ScopeTooNarrow "scope_too_narrow" FORBIDDEN "The key sees only a part of the vault" "Use a key that is not bound to sources or days.";
    /// The request of a browser's session lacks the session's CSRF token.
    WrongCsrf "wrong_csrf" FORBIDDEN "The request lacks the page's CSRF token" "Send `csrf_token` of GET /api/v1/account as `X-CSRF-Token`.";
    /// The code of the second factor is wrong.
    WrongCode "wrong_code" FORBIDDEN "The code is wrong or was used before" "Wait for the next code, or take a recovery code.";
    /// One who is signed in gave a wrong password.
    WrongPassword "wrong_password" FORBIDDEN "The password is wrong" "Try again; the session goes on.";
    /// The account was disabled.
    AccountDisabled "account_disabled" FORBIDDEN "The account is disabled" "Ask the owner to enable it.";
    /// The first account is to be made from another machine, and without the code.
    SetupFromElsewhere "setup_from_elsewhere" FORBIDDEN "Setting up from elsewhere takes the printed code" "Send as `code` what the program printed when it started, or set it up on the machine itself.";
    /// The set-up code is wrong or too old.
    WrongSetupCode "wrong_setup_code" FORBIDDEN "The set-up code is wrong or older than an hour" "Restart the program to get a new one.";
    /// A page of another site sent the request.
    CrossOrigin "cross_origin" FORBIDDEN "The request comes from another site" "Send it from the app itself, or allow the origin in the configuration.";
    /// A passkey is not known, or what it signed is not what was asked.
    WrongPasskey "wrong_passkey" UNAUTHORIZED "The passkey is not taken" "Try again, or sign in with a password; passkeys are listed at /api/v1/account/passkeys.";
    /// A sign-in that was begun elsewhere, before, or not at all.
    SignInBroken "sign_in_broken" BAD_REQUEST "The sign-in can't be gone on with" "Begin it again; /api/v1/auth/oidc/start does, or the page you came from.";
    /// No account is meant for somebody whom an identity provider knows.
    NotMeant "not_meant" FORBIDDEN "No account is meant for this person" "Ask the owner to name your e-mail address under `[oidc.accounts]` of datapunk.toml, or do what `detail` says.";
    /// There is nothing at this path.
    NotFound "not_found" NOT_FOUND "There is nothing here" "Look the path up at /api/docs.";
    /// There is no such upload, it is another account's, or it has expired.
    NoSuchUpload "no_such_upload" NOT_FOUND "There is no such upload" "Begin it anew; GET /api/v1/uploads lists those there are.";
    /// There is no session, key or account of this id, or it is another account's.
    UnknownId "unknown_id" NOT_FOUND "There is nothing of this id" "List what there is; it may have ended.";
    /// There is no such document, or it may not be seen.
    NoSuchDocument "no_such_document" NOT_FOUND "There is no such document" "Check the id; it may have been forgotten since.";
    /// There is no such set of vectors.
    NoSuchVectorSet "no_such_vector_set" NOT_FOUND "There is no such vector set" "GET /api/v1/documents/{id}/vectors lists those there are.";
    /// There is no such import.
    NoSuchImport "no_such_import" NOT_FOUND "There is no such import" "GET /api/v1/imports lists them.";
    /// There is no such blob, or it may not be seen.
    NoSuchBlob "no_such_blob" NOT_FOUND "There is no such blob" "Check the hash; what documents name may lie in an archive only, and be had as the original of its entry.";
    /// The import has no such entry.
    NoSuchEntry "no_such_entry" NOT_FOUND "There is no such entry" "GET /api/v1/imports/{id}/entries lists them with their numbers.";
    /// There is no such series.
    NoSuchSeries "no_such_series" NOT_FOUND "There is no such series" "GET /api/v1/series lists them.";
    /// The answer can't be given as a media type that the client takes.
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE "It is not given as what was asked for" "Send `Accept: application/json`, or `text/csv` where a table is given.";
    /// Events that are asked for are not kept any more.
    EventsGone "events_gone" GONE "Some of what was missed is not kept any more" "Load what you show anew, and follow what happens from now on.";
    /// The path is right and the method is not.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The method is not one of this path" "Use one of those in the `Allow` header.";
    /// There is an account already.
    SetupDone "setup_done" CONFLICT "It is set up already" "Sign in, or ask the owner for an account.";
    /// The archive of an entry is not there any more as it was imported.
    ArchiveMoved "archive_moved" CONFLICT "The archive is not where it was imported from" "Put it back where `detail` says, or import it again from where it is now.";
    /// The original of an entry can't be read.
    UnreadableOriginal "unreadable_original" CONFLICT "The original can't be read" "See in `detail` what is wrong with the entry or its archive.";
    /// Another account has the name.
    NameTaken "name_taken" CONFLICT "The name is taken" "Choose another name.";
    /// It can't be done as things are.
    Conflict "conflict" CONFLICT "It can't be done as things are" "Change what `detail` names first.";
    /// The beginning of an id fits several documents.
    AmbiguousId "ambiguous_id" CONFLICT "Several documents are meant" "Give more digits of the id.";
    /// An own document with this key is there.
    DocumentExists "document_exists" CONFLICT "The document is there already" "Change it by PUT, or give the new one another key.";
    /// A document that was imported is to be changed.
    NotOwn "not_own" CONFLICT "The document is not one's own" "Add a star, tags or a note to it: PUT /api/v1/documents/{id}/annotations.";
    /// Nothing can be compared by meaning.
    NoMeaning "no_meaning" CONFLICT "Meanings can't be compared" "Have a model pulled and vectors made, as `detail` says.";
    /// The vault can't be written to.
    ReadOnly "read_only" CONFLICT "This view of the vault is for reading only" "Use an account and a key that may write to all of the vault.";
    /// An upload goes on at another byte than the one that was named.
    WrongOffset "wrong_offset" CONFLICT "The upload goes on elsewhere" "Ask for `Upload-Offset` with HEAD, and go on there.";
    /// The account has as many uploads as it may have.
    TooManyUploads "too_many_uploads" CONFLICT "The account has too many uploads" "Finish, import or delete some first; GET /api/v1/uploads lists them.";
    /// What was to be changed has been changed by somebody else.
    Changed "changed" PRECONDITION_FAILED "It has been changed meanwhile" "Get it again, and send the change with its new ETag.";
    /// The request is of no version of the upload protocol that is spoken here.
    WrongTusVersion "wrong_tus_version" PRECONDITION_FAILED "The version of the upload protocol is not spoken" "Send `Tus-Resumable: 1.0.0`.";
    /// A header of an upload is missing, or can't be meant.
    BadUploadHeader "bad_upload_header" BAD_REQUEST "A header of the upload is missing or wrong" "Give the header as `detail` says; /api/docs lists those of each route.";
    /// A form that brings files can't be read, or brings something else.
    BadForm "bad_form" BAD_REQUEST "The form can't be read" "Send files as `multipart/form-data`, as `curl -F file=@takeout.zip` does.";
    /// An upload broke off before all came that was to come.
    BrokenUpload "broken_upload" BAD_REQUEST "The upload broke off" "Ask for `Upload-Offset` with HEAD, and go on there.";
    /// For too long nothing came of an upload.
    IdleUpload "idle_upload" REQUEST_TIMEOUT "The upload stood still" "Ask for `Upload-Offset` with HEAD, and go on there.";
    /// A form that brings files does not say how long it is.
    LengthNeeded "length_needed" LENGTH_REQUIRED "The length has to be said before" "Send `Content-Length`, or upload in pieces: POST /api/v1/uploads.";
    /// The file of an upload is larger than is taken, or more came than was declared.
    UploadTooLarge "upload_too_large" PAYLOAD_TOO_LARGE "The upload is too large" "Send what was declared, and no more than `Tus-Max-Size` of OPTIONS /api/v1/uploads.";
    /// The bytes of an upload are sent as something else.
    UnsupportedUploadType "unsupported_upload_type" UNSUPPORTED_MEDIA_TYPE "The body is of a type that is not taken for uploads" "Send `Content-Type: application/offset+octet-stream`.";
    /// Another request is at the upload.
    UploadBusy "upload_busy" LOCKED "Another request is at the upload" "Try again when it has ended.";
    /// What came of an upload is not what was sent.
    WrongChecksum "wrong_checksum" CHECKSUM_MISMATCH "What came does not have its checksum" "Send it again; nothing of it was kept.";
    /// The body is larger than is taken.
    TooLarge "too_large" PAYLOAD_TOO_LARGE "The body is too large" "Send less at once.";
    /// The bytes asked for lie behind the end.
    RangeBeyondEnd "range_beyond_end" RANGE_NOT_SATISFIABLE "The range lies behind the end" "Ask for a range within the length that `Content-Range` tells.";
    /// The body is of another media type.
    UnsupportedType "unsupported_type" UNSUPPORTED_MEDIA_TYPE "The body is of a type that is not taken" "Send `Content-Type: application/json`.";
    /// There is no small picture of what is no picture, or of one that can't be read.
    NoThumbnail "no_thumbnail" UNSUPPORTED_MEDIA_TYPE "There is no small picture of it" "Show a sign of its kind instead; pictures are made of JPEG, PNG, GIF and WebP.";
    /// None of the bytes lies in the range that is asked for.
    RangeNotSatisfiable "range_not_satisfiable" RANGE_NOT_SATISFIABLE "There is nothing in this range" "Ask for bytes within the size that `Content-Range` says.";
    /// The request was meant for another host.
    UnknownHost "unknown_host" MISDIRECTED_REQUEST "The server is not known by this name" "Use a name the server is configured to answer to.";
    /// The body is JSON and not what was asked for.
    UnfitBody "unfit_body" UNPROCESSABLE_ENTITY "The body is not what is asked for" "Compare it with the schema at /api/docs; fields that are not known are refused.";
    /// The key of a request that may be sent again came with another request.
    KeyReused "key_reused" UNPROCESSABLE_ENTITY "The Idempotency-Key was used for another request" "Take a new key for each request, and the same one only to send it again.";
    /// The password is too short, too long or easily guessed.
    WeakPassword "weak_password" UNPROCESSABLE_ENTITY "The password is too weak" "Take four or more words that don't belong together.";
    /// Too many attempts to come in.
    Throttled "throttled" TOO_MANY_REQUESTS "Too many attempts" "Wait as long as `Retry-After` says; sessions that are signed in go on.";
    /// Too many requests in a short time.
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too many requests" "Wait as long as `Retry-After` says.";
    /// A fault of the server.
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong in the server" "Try again; if it stays, look for `request_id` in the server's log.";
    /// An identity provider can't be asked, or does not answer as it should.
    ProviderFailed "provider_failed" BAD_GATEWAY "The identity provider did not do its part" "Try again in a while, or sign in with a password; the server's log says what went wrong.";
    /// The store is damaged.
    StoreDamaged "store_damaged" INTERNAL_SERVER_ERROR "The store is damaged" "Run `datapunk doctor` on the server.";
    /// What answers is missing or damaged and can be built anew.
    IndexUnusable "index_unusable" SERVICE_UNAVAILABLE "An index can't be used" "Run `datapunk reindex` on the server.";
    /// The vault is held by another process, closed, or of a newer format.
    VaultUnavailable "vault_unavailable" SERVICE_UNAVAILABLE "The vault can't be opened" "Try again in a while; the server's log says why.";
    /// It took too long, or too much is going on.
    TooSlow "too_slow" SERVICE_UNAVAILABLE "It took too long" "Ask for less at once, or try again in a while.";
    /// There is no account yet.
    SetupNeeded "setup_needed" SERVICE_UNAVAILABLE "There is no account yet" "Make the first one: POST /api/v1/setup on this machine, or `datapunk user add NAME`.";
    /// The server has not started yet, or is stopping.
    NotReady "not_ready" SERVICE_UNAVAILABLE "The server is not ready" "Try again in a while.";
    /// There is no room for an upload.
    NoRoom "no_room" INSUFFICIENT_STORAGE "There is no room for the upload" "Free some space on the server, or finish or delete other uploads.";
    /// The disk is full.
    DiskFull "disk_full" INSUFFICIENT_STORAGE "The disk is full" "Free some space on the server.";
}

impl Code {
    /// The code of a status that the framework answered with by itself.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::PRECONDITION_FAILED => Self::Changed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedType,
            StatusCode::UNPROCESSABLE_ENTITY => Self::UnfitBody,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => Self::TooSlow,
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_written_as_its_word() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.what_to_do().ends_with('.') && !code.title().ends_with('.'));
        }
    }
}
