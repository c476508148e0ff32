"""The run directory: names, exclusive use, ``latest``, and joining the parts of a record."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from llmeval.errors import RecordError
from llmeval.records import NotScored, Observation, RunInfo, SampleKey, Score, Summary, sample_key
from llmeval.store.codec import (
    decode_observation,
    decode_summary,
    encode_header,
    encode_observation,
    encode_summary,
)
from llmeval.store.record import read_header, read_lines, read_observations

__all__ = ["Amendment", "RunDirectory"]

Amendment = Sequence[Score | NotScored]
"""What a test's body found on a sample, added to its scores when the record is joined."""

RECORD = "observations.jsonl"


class RunDirectory:
    """Files of one run. Construct with ``create`` for writing or ``open`` for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Make the directory and prove that it can be written; raises ``RecordError``."""
        probe = path / f".writable.{os.getpid()}"  # workers prove it at the same time
        try:
            path.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise RecordError(
                f"cannot write the run directory {path}: {error.strerror or error}; "
                f"choose another with --run-dir=DIR"
            ) from None
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """Find a run: its directory, or any file in it; raises ``RecordError``."""
        if path.is_file():
            path = path.parent
        if not path.is_dir():
            raise RecordError(f"no run at {path}: give a directory such as reports/latest")
        found = cls(path.resolve())
        if not found.parts():
            raise RecordError(f"{path} holds no {RECORD}: it is not a run of llmeval")
        return found

    @property
    def record(self) -> Path:
        """The record's file."""
        return self.path / RECORD

    def part(self, worker: str | None) -> Path:
        """The file that one worker writes; the record itself where there is one process."""
        return self.path / f"observations.{worker}.jsonl" if worker else self.record

    def parts(self) -> list[Path]:
        """Every file of the record that exists, the joined one first."""
        found = sorted(self.path.glob("observations.*.jsonl"))
        return [self.record, *found] if self.record.exists() else found

    def header(self) -> RunInfo:
        """Return the header of the record, from the first part that lived to write one."""
        parts = self.parts()
        for part in parts[:-1]:
            if _has_header(part):
                return read_header(part)
        return read_header(parts[-1])

    def observations(self) -> Iterator[Observation]:
        """Yield the observations of every part, each once, one at a time."""
        parts = self.parts()
        if len(parts) == 1:
            yield from read_observations(parts[0])
        else:
            index = _index(parts)
            for line, _ in _lines(parts, index, list(index)):
                yield decode_observation(line)

    def summary(self) -> Summary | None:
        """Return ``run.json``, or ``None`` where the run never got that far."""
        path = self.path / "run.json"
        try:
            return decode_summary(path.read_bytes(), str(path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(f"cannot read {path}: {error.strerror}") from None

    def write_summary(self, summary: Summary) -> Path:
        """Write ``run.json``."""
        return self.write("run.json", encode_summary(summary))

    def write(self, name: str, data: bytes | str) -> Path:
        """Replace one file of the run at once: readers see the old or the new, never a half."""
        target = self.path / name
        if target.parent != self.path:
            raise RecordError(f"{name!r} would lie outside of the run directory")
        fresh = target.with_name(f".{name}.{os.getpid()}")
        try:
            fresh.write_bytes(data.encode("utf-8", "replace") if isinstance(data, str) else data)
            fresh.replace(target)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise RecordError(f"cannot write {target}: {error.strerror}") from None
        return target

    def join(
        self,
        run: RunInfo,
        order: Iterable[SampleKey],
        amendments: Mapping[SampleKey, Amendment],
    ) -> None:
        """Make one record of all parts, in the order of the plan, with the bodies' findings added.

        Nothing is removed before the whole is on disk; parts that a killed process left behind
        after that are recognised as such. Raises ``RecordError`` where two parts measured the same
        sample. Costs one pass over the record and the index of its lines in memory.
        """
        parts = self.parts()
        index = _index(parts)
        rank = {key: place for place, key in enumerate(order)}
        last = len(rank)
        keys = sorted(index, key=lambda key: rank.get(key, last))
        fresh = self.path / f".{RECORD}.{os.getpid()}"
        try:
            with fresh.open("wb") as out:
                out.write(encode_header(run))
                for line, key in _lines(parts, index, keys):
                    out.write(_amended(line, amendments.get(key)))
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(self.record)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise RecordError(f"cannot write {self.record}: {error.strerror}") from None
        for part in parts:
            if part != self.record:
                part.unlink()

    def point_latest(self) -> None:
        """Make ``latest`` beside this directory point here, where the file system has links."""
        link = self.path.parent / "latest"
        if self.path.name == "latest" or (link.exists() and not link.is_symlink()):
            return
        fresh = link.with_name(f".latest.{os.getpid()}")
        with suppress(OSError):
            fresh.symlink_to(self.path.name, target_is_directory=True)
            fresh.replace(link)


def _index(parts: Sequence[Path]) -> dict[SampleKey, tuple[int, int, int]]:
    """Map each sample to (part, offset, length) of its line, the earliest part's where it stands
    in several. Raises ``RecordError`` where they differ in more than their scores."""
    found: dict[SampleKey, tuple[int, int, int]] = {}
    for which, part in enumerate(parts):
        with part.open("rb") as file:
            offset = len(file.readline())
        for number, line in read_lines(part):
            try:
                observation = decode_observation(line)
            except msgspec.MsgspecError as error:
                raise RecordError(
                    f"{part}: line {number} is damaged ({error}); restore the file, or delete "
                    f"that line and run again with --resume"
                ) from None
            key = sample_key(observation)
            if key not in found:
                found[key] = (which, offset, len(line))
            elif not _left_over(observation, parts, found[key], which):
                raise RecordError(
                    f"{part}: line {number} repeats the sample {'/'.join(map(str, key))}, measured "
                    f"before; delete that line if the first answer counts"
                )
            offset += len(line)
    return found


def _left_over(
    observation: Observation, parts: Sequence[Path], first: tuple[int, int, int], which: int
) -> bool:
    """Whether a part repeats what a joined record already holds: the bodies' findings aside."""
    part, offset, length = first
    if part == which or parts[part].name != RECORD:
        return False
    with parts[part].open("rb") as file:
        file.seek(offset)
        joined = decode_observation(file.read(length))
    return msgspec.structs.replace(joined, scores=observation.scores) == observation


def _has_header(part: Path) -> bool:
    with part.open("rb") as file:
        return file.readline().endswith(b"\n")


def _lines(
    parts: Sequence[Path],
    index: Mapping[SampleKey, tuple[int, int, int]],
    keys: Sequence[SampleKey],
) -> Iterator[tuple[bytes, SampleKey]]:
    files = [part.open("rb") for part in parts]
    try:
        for key in keys:
            which, offset, length = index[key]
            files[which].seek(offset)
            yield files[which].read(length), key
    finally:
        for file in files:
            file.close()


def _amended(line: bytes, found: Amendment | None) -> bytes:
    if not found:
        return line
    observation = decode_observation(line)
    names = {score.scorer for score in found}
    kept = [score for score in observation.scores if score.scorer not in names]
    return encode_observation(msgspec.structs.replace(observation, scores=[*kept, *found]))
