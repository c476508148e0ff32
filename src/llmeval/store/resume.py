"""What an earlier session recorded, and whether a new one may go on with it."""

from __future__ import annotations

from pathlib import Path

from msgspec import to_builtins

from llmeval.errors import RecordError
from llmeval.records import EndpointIdentity, Observation, RunInfo, SampleKey, sample_key
from llmeval.store.codec import decode_observation
from llmeval.store.record import read_lines
from llmeval.store.rundir import RunDirectory

__all__ = ["RecordedSamples", "differences"]


class RecordedSamples:
    """An index of recorded samples; the observations themselves stay on disk until asked for.

    Raises ``RecordError`` for a record that is damaged before its last line.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.run: RunInfo = directory.header()
        self._places: dict[SampleKey, tuple[Path, int, int]] = {}
        for part in directory.parts():
            with part.open("rb") as file:
                offset = len(file.readline())
            for number, line in read_lines(part):
                try:
                    key = sample_key(decode_observation(line))
                except ValueError as error:
                    raise RecordError(
                        f"{part}: line {number} is damaged ({error}); restore the file, or delete "
                        f"that line and run again with --resume"
                    ) from None
                # The joined record comes first and holds the bodies' findings too.
                self._places.setdefault(key, (part, offset, len(line)))
                offset += len(line)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: SampleKey) -> Observation | None:
        """Return the recorded sample, ``None`` where it still has to be measured."""
        place = self._places.get(key)
        if place is None:
            return None
        path, offset, length = place
        with path.open("rb") as file:
            file.seek(offset)
            return decode_observation(file.read(length))


def differences(old: RunInfo, new: RunInfo) -> list[str]:
    """Name what differs between two runs in a way that forbids to put them into one record."""
    found = []
    if [m.ref for m in old.models] != [m.ref for m in new.models]:
        was, now = (", ".join(m.ref for m in run.models) for run in (old, new))
        found.append(f"model was {was}, now {now}")
    for before, after in zip(old.models, new.models, strict=False):
        if before.ref == after.ref and before != after:
            found.append(f"{before.ref} is not what it was: {_changed_identity(before, after)}")
    if old.judge != new.judge:
        found.append("another judge")
    if old.seed != new.seed:
        found.append(f"seed was {old.seed}, now {new.seed}")
    if old.settings != new.settings:
        found.append("other generation settings")
    return found + _changed_tests(old, new)


def _changed_identity(old: EndpointIdentity, new: EndpointIdentity) -> str:
    """Name what differs between two identities, such as the deployed models."""
    was, now = ({**to_builtins(i), **i.details} for i in (old, new))
    keys = [k for k in (*was, *now) if k != "details" and was.get(k) != now.get(k)]
    told = [f"{k} was {was.get(k)!r}, now {now.get(k)!r}" for k in dict.fromkeys(keys)]
    return "; ".join(told) or "its details changed"


def _changed_tests(old: RunInfo, new: RunInfo) -> list[str]:
    before = {(s.suite, s.test): s for s in old.suites}
    after = {(s.suite, s.test): s for s in new.suites}
    found = []
    for key in before.keys() | after.keys():
        name = "::".join(key)
        if key not in after or key not in before:
            found.append(f"{name} was {'added' if key in after else 'left out'}")
            continue
        a, b = before[key], after[key]
        found += [
            f"{name}: {what} changed"
            for what, same in (
                ("cases", a.cases_hash == b.cases_hash),
                ("prompt or settings", a.prompt_hash == b.prompt_hash),
                ("scorers", a.scorers == b.scorers),
                (f"samples (was {a.samples}, now {b.samples})", a.samples == b.samples),
            )
            if not same
        ]
    return sorted(found)
