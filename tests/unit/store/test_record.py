from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from record_samples import ANSWER, RUN, answers

from llmeval.errors import RecordError
from llmeval.store.codec import encode_header, encode_observation
from llmeval.store.record import RecordWriter, read_header, read_lines, read_observations

HERE = Path(__file__).parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "observations.jsonl"


def fill(path: Path, count: int) -> None:
    with RecordWriter(path, RUN) as writer:
        for observation in answers(count):
            writer.append(observation)


def in_a_process(program: str, *arguments: str) -> subprocess.Popen[str]:
    lines = "from record_samples import RUN, answers\n" + textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-c", lines, *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_is_appended_is_read(path: Path) -> None:
    fill(path, 5)
    assert read_header(path) == RUN
    assert list(read_observations(path)) == list(answers(5))
    assert [number for number, _ in read_lines(path)] == [2, 3, 4, 5, 6]


def test_an_observation_is_on_disk_when_append_returns(path: Path) -> None:
    with RecordWriter(path, RUN, commit_every=60) as writer:
        writer.append(ANSWER)
        assert list(read_observations(path)) == [ANSWER]


def test_a_record_is_continued_under_its_first_header(path: Path) -> None:
    fill(path, 2)
    with RecordWriter(path, replace(RUN, run_id="another")) as writer:
        writer.append(replace(ANSWER, case_id="more"))
    assert read_header(path) == RUN
    assert [o.case_id for o in read_observations(path)] == ["q0", "q1", "more"]


@pytest.mark.parametrize("torn", [b"{", b"\xf0\x9f", b"\x00" * 4096, b"x" * 200_000])
def test_a_torn_last_line_is_tolerated_and_cut_off(path: Path, torn: bytes) -> None:
    fill(path, 2)
    intact = path.read_bytes()
    path.write_bytes(intact + torn)
    assert len(list(read_observations(path))) == 2
    RecordWriter(path, RUN).close()
    assert path.read_bytes() == intact


def test_every_way_to_tear_the_end_keeps_what_was_complete(path: Path) -> None:
    fill(path, 2)
    whole = path.read_bytes()
    for length in range(len(encode_header(RUN)), len(whole)):
        path.write_bytes(whole[:length])
        assert len(list(read_observations(path))) == whole[:length].count(b"\n") - 1


@pytest.mark.parametrize("torn", [b"", encode_header(RUN)[:-20]])
def test_a_torn_header_is_written_anew(path: Path, torn: bytes) -> None:
    path.write_bytes(torn)
    with RecordWriter(path, RUN) as writer:
        writer.append(ANSWER)
    assert read_header(path) == RUN
    assert list(read_observations(path)) == [ANSWER]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b"\x00\x00", b"[" * 100_000, b'{"suite": 1}']
)
def test_a_damaged_middle_line_is_named(path: Path, damage: bytes) -> None:
    lines = [encode_observation(o) for o in answers(3)]
    path.write_bytes(encode_header(RUN) + lines[0] + damage + b"\n" + lines[2])
    reader = read_observations(path)
    assert next(reader).case_id == "q0"
    with pytest.raises(RecordError, match=r"observations\.jsonl: line 3 is damaged .*--resume"):
        next(reader)


def test_a_newer_record_is_neither_read_nor_continued(path: Path) -> None:
    newer = encode_header(RUN).replace(b'"format_version":1', b'"format_version":2')
    path.write_bytes(newer + b'{"other": "shape"}\n')
    with pytest.raises(RecordError, match="pip install -U"):
        read_header(path)
    with pytest.raises(RecordError, match="pip install -U"):
        RecordWriter(path, RUN)
    assert path.read_bytes() == newer + b'{"other": "shape"}\n'


def test_a_file_that_is_no_record_is_left_alone(path: Path) -> None:
    path.write_text("my notes\n")
    with pytest.raises(RecordError, match="line 1 is not the header"):
        RecordWriter(path, RUN)
    assert path.read_text() == "my notes\n"


def test_missing_empty_and_impossible_paths_are_named(tmp_path: Path, path: Path) -> None:
    with pytest.raises(RecordError, match=r"cannot read the record .*No such file"):
        read_header(path)
    with pytest.raises(RecordError, match=r"cannot read the record .*No such file"):
        list(read_observations(path))
    path.write_bytes(b"")
    with pytest.raises(RecordError, match="is empty: the run died before its first line"):
        read_header(path)
    assert list(read_observations(path)) == []
    with pytest.raises(RecordError, match=r"cannot write the record .*[Dd]irectory"):
        RecordWriter(tmp_path, RUN)
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match=r"cannot write the record .*Not a directory"):
        RecordWriter(tmp_path / "file" / "x.jsonl", RUN)


def test_threads_do_not_mix_their_lines(path: Path) -> None:
    with RecordWriter(path, RUN, commit_every=0.001) as writer:

        def work(name: str) -> None:
            for observation in answers(50, test=name, group="x" * 3000):
                writer.append(observation)

        threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = list(read_observations(path))
    assert len({(o.test, o.case_id) for o in found}) == len(found) == 200


def test_short_writes_are_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    fill(path, 3)
    assert list(read_observations(path)) == list(answers(3))


def test_a_full_disk_stops_the_record_and_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RecordWriter(path, RUN)
    writer.append(ANSWER)
    write = os.write
    room = [100]

    def almost_full(fd: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[: room.pop()])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", almost_full)
        with pytest.raises(RecordError, match=r"No space left on device; .*intact.*--resume"):
            writer.append(replace(ANSWER, case_id="lost"))
    with pytest.raises(RecordError, match="No space left"):
        writer.append(replace(ANSWER, case_id="later"))
    writer.close()
    assert path.read_bytes() == encode_header(RUN) + encode_observation(ANSWER)


def test_a_disk_too_full_for_the_header_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RecordError, match="No space left"):
        RecordWriter(path, RUN)


def test_a_real_limit_on_the_file_size(path: Path) -> None:
    program = """
        import resource, signal, sys
        from pathlib import Path
        from llmeval.errors import RecordError
        from llmeval.store import RecordWriter

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        writer = RecordWriter(Path(sys.argv[1]), RUN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            for observation in answers(100):
                writer.append(observation)
                print(observation.case_id, flush=True)
        except RecordError as error:
            sys.exit(str(error))
    """
    out, err = in_a_process(program, str(path)).communicate(timeout=60)
    assert "File too large" in err and "Traceback" not in err
    assert path.read_bytes().endswith(b"\n") and path.stat().st_size <= 10_000
    assert [o.case_id for o in read_observations(path)] == out.split()


def test_a_failed_commit_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    writer = RecordWriter(path, RUN, commit_every=60)
    with pytest.raises(RecordError, match=r"cannot commit the record .*Input/output error"):
        writer.close()
    writer.close()

    writer = RecordWriter(path, RUN, commit_every=0.001)
    with pytest.raises(RecordError, match="cannot commit"):
        for _ in range(2000):
            writer.append(ANSWER)
            time.sleep(0.001)
    writer.close()


def test_where_not_even_the_torn_line_can_be_cut_off(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with RecordWriter(path, RUN) as writer, monkeypatch.context() as patched:
        patched.setattr(os, "write", fails)
        patched.setattr(os, "ftruncate", fails)
        with pytest.raises(RecordError, match="Input/output error"):
            writer.append(ANSWER)


def test_a_closed_record_takes_nothing(path: Path) -> None:
    writer = RecordWriter(path, RUN)
    writer.close()
    writer.close()
    with pytest.raises(RecordError, match="is closed"):
        writer.append(ANSWER)


def test_commits_are_grouped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with RecordWriter(path, RUN, commit_every=0.05) as writer:
        until = time.monotonic() + 0.5
        for observation in answers(100):
            writer.append(observation)
        while not calls and time.monotonic() < until:
            time.sleep(0.01)
        assert len(calls) >= 1
    assert len(calls) < 20


def test_a_killed_process_loses_no_acknowledged_line(path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from llmeval.store import RecordWriter

        start = int(sys.argv[2])
        with RecordWriter(Path(sys.argv[1]), RUN, commit_every=0.01) as writer:
            for number, observation in enumerate(answers(100_000, group="x" * 5000)):
                if number >= start:
                    writer.append(observation)
                    print(observation.case_id, flush=True)
    """
    acknowledged: list[str] = []
    chance = random.Random(5)
    for _ in range(5):
        process = in_a_process(program, str(path), str(len(acknowledged)))
        assert process.stdout is not None and process.stderr is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.1))
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read()
        process.wait(timeout=30)
        process.stdout.close()
        process.stderr.close()
        acknowledged += [line for line in (first + rest).splitlines(True) if line.endswith("\n")]
        recorded = [f"{o.case_id}\n" for o in read_observations(path)]
        assert recorded[: len(acknowledged)] == acknowledged
        assert len(recorded) <= len(acknowledged) + 1
        acknowledged = recorded
    assert len(acknowledged) > 20
