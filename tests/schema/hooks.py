"""What schemathesis is told about the server: who asks, real ids to ask with, and two checks of ours.

In come DATAPUNK_ADDRESS, DATAPUNK_PASSWORD and, unless nobody is to be signed in, DATAPUNK_NAMES: `owner,member,guest`.
Nothing here changes what the server answers.
"""

import hashlib
import itertools
import os
import threading

import requests
import schemathesis
from schemathesis.core.failures import Failure

ADDRESS = os.environ["DATAPUNK_ADDRESS"]
PASSWORD = os.environ["DATAPUNK_PASSWORD"]
NAMES = [name for name in os.environ.get("DATAPUNK_NAMES", "").split(",") if name]

# What is done by the member, whose account may change.
MEMBERS = ("/api/v1/account", "/api/v1/sessions", "/api/v1/keys")
# What is done by the guest, whose sessions end.
GUESTS = ("/api/v1/auth/",)

# Statuses that any server of HTTP may answer with, whatever is asked: `default` in the document speaks of these.
GENERAL = {405, 406, 408, 411, 413, 414, 415, 421, 429, 431, 503}

_addresses = (f"10.{high}.{middle}.{low}" for high, middle, low in itertools.product(range(256), repeat=3))
_lock = threading.Lock()
_tokens = {}
_ids = {}


def _address():
    """Another one each time, which the server is told to believe: nobody is throttled for what another tried."""
    with _lock:
        return next(_addresses)


def _token(name):
    with _lock:
        token = _tokens.get(name)
    if token is None:
        form = {"name": name, "password": PASSWORD, "kind": "token"}
        headers = {"X-Forwarded-For": _address()}
        answer = requests.post(f"{ADDRESS}/api/v1/auth/sign-in", json=form, headers=headers, timeout=30)
        # So many have guessed at a password that the right one must wait too; that is an answer as well.
        token = "throttled" if answer.status_code == 429 else answer.json()["access_token"]
        with _lock:
            _tokens[name] = token
    return token


def _who(path):
    """The name of the account that asks here."""
    owner, member, guest = NAMES
    return member if path.startswith(MEMBERS) else guest if path.startswith(GUESTS) else owner


def _real_ids(path):
    """Ids of what there is, for the part of a path before its first parameter: from the list of the same name."""
    parent = path.split("/{", 1)[0]
    with _lock:
        known = _ids.get(parent)
    if known is not None:
        return known
    headers = {"Authorization": f"Bearer {_token(_who(parent))}"}
    answer = requests.get(f"{ADDRESS}{parent}", headers=headers, timeout=30)
    listed = answer.json() if answer.status_code == 200 else {}
    if isinstance(listed, dict):
        lists = [value for value in listed.values() if isinstance(value, list)]
        listed = lists[0] if lists else []
    found = []
    for item in listed:
        if isinstance(item, dict):
            found += [str(item[key]) for key in ("id", "name", "code") if item.get(key) not in (None, "")][:1]
    with _lock:
        _ids[parent] = found
    return found


def _leave_something_to_find():
    """A job and a key: what the made-up life has not."""
    owner, member = ({"Authorization": f"Bearer {_token(name)}"} for name in NAMES[:2])
    file = {"file": ("Kettle.json", b'{"title": "Kettle", "textContent": "Descale it"}')}
    uploads = requests.post(f"{ADDRESS}/api/v1/uploads/form", files=file, headers=owner, timeout=30)
    ids = {"uploads": [upload["id"] for upload in uploads.json()["items"]]}
    requests.post(f"{ADDRESS}/api/v1/imports", json=ids, headers=owner, timeout=30).raise_for_status()
    key = {"name": "a script", "scope": {"read": True}}
    requests.post(f"{ADDRESS}/api/v1/keys", json=key, headers=member, timeout=30).raise_for_status()


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """What is answered without end can't be waited for; the clients' tests follow it."""
    for path, item in list(raw_schema["paths"].items()):
        for method, operation in list(item.items()):
            answers = operation.get("responses", {}).get("200", {}).get("content", {})
            if "text/event-stream" in answers:
                del item[method]
    if NAMES:
        _leave_something_to_find()


def _ask_for_what_is_there(case):
    """Every second time the id of something real. Deletions take made-up ids only: the others need theirs."""
    mode = case.meta.generation.mode if case.meta else None
    if mode != schemathesis.GenerationMode.POSITIVE or case.method.upper() == "DELETE":
        return
    for name, value in (case.path_parameters or {}).items():
        chance = hashlib.sha256(repr((case.path, name, value)).encode()).digest()
        real = _real_ids(case.path)
        if chance[0] % 2 == 0 and real and case.path.index("{" + name + "}") == case.path.index("{"):
            case.path_parameters[name] = real[chance[1] % len(real)]


def _say_something_wrong(case):
    """A flag without a value is set, which no schema can say; what is to be refused says a word."""
    parameters = case.operation.definition.raw.get("parameters", [])
    for parameter in parameters:
        name, schema = parameter.get("name"), parameter.get("schema", {})
        if parameter.get("in") == "query" and schema.get("type") == "boolean" and (case.query or {}).get(name) == "":
            case.query[name] = "perhaps"


def _spare_those_who_ask(case):
    headers = {"Authorization": f"Bearer {_token(NAMES[0])}"}
    users = requests.get(f"{ADDRESS}/api/v1/users", headers=headers, timeout=30).json()["items"]
    if case.path_parameters["id"] in [user["id"] for user in users if user["name"] in NAMES]:
        case.path_parameters["id"] = "0" * 32


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Signs the request as the one who asks there."""
    headers = case.headers if case.headers is not None else {}
    case.headers = headers
    if NAMES and case.method.upper() == "DELETE" and case.path == "/api/v1/users/{id}":
        _spare_those_who_ask(case)
    headers.setdefault("X-Forwarded-For", _address())
    _say_something_wrong(case)
    if NAMES:
        _ask_for_what_is_there(case)
        headers["Authorization"] = f"Bearer {_token(_who(case.path))}"


@schemathesis.hook
def after_call(ctx, case, response):
    """A session that has ended is begun anew."""
    if NAMES and case.path.startswith(("/api/v1/auth/sign-out", "/api/v1/sessions")):
        with _lock:
            _tokens.pop(_who(case.path), None)


@schemathesis.serializer("application/offset+octet-stream")
def piece_of_a_file(ctx, value):
    """Bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.check
def the_status_is_written_down(ctx, response, case):
    """`default` must not stand in for a status that the route has of its own."""
    documented = case.operation.definition.raw["responses"]
    if str(response.status_code) not in documented and response.status_code not in GENERAL:
        raise Failure(
            operation=case.operation.label,
            title="Status is not in the document",
            message=f"{response.status_code} is answered; written down are {', '.join(documented)}",
        )


@schemathesis.check
def nobody_gets_nothing(ctx, response, case):
    """Without credentials every route that needs some refuses."""
    security = case.operation.definition.raw.get("security")
    if not NAMES and security and {} not in security and response.status_code < 400:
        raise Failure(
            operation=case.operation.label,
            title="Nobody was let in",
            message=f"{response.status_code} is answered to one who is not signed in",
        )


@schemathesis.check
def failures_are_problems(ctx, response, case):
    """What is refused says so as a problem with a code; GraphQL says it in its own way."""
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    media_type = (response.headers.get("content-type") or [""])[0].split(";")[0]
    if media_type == "application/graphql-response+json":
        return
    problem = response.json() if media_type == "application/problem+json" else {}
    missing = [key for key in ("code", "title", "detail", "what_to_do", "request_id") if not problem.get(key)]
    if missing:
        raise Failure(
            operation=case.operation.label,
            title="Failure is no problem",
            message=f"{media_type or 'nothing'} without {', '.join(missing)}",
        )
