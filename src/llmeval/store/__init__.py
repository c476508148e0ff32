"""Records on disk: codec, record file, run directory, response cache."""

from llmeval.store.cache import ResponseCache, cache_key
from llmeval.store.codec import (
    content_hash,
    decode_observation,
    decode_summary,
    encode_observation,
    encode_summary,
)
from llmeval.store.record import RecordWriter, read_header, read_observations
from llmeval.store.rundir import Amendment, RunDirectory

__all__ = [
    "Amendment",
    "RecordWriter",
    "ResponseCache",
    "RunDirectory",
    "cache_key",
    "content_hash",
    "decode_observation",
    "decode_summary",
    "encode_observation",
    "encode_summary",
    "read_header",
    "read_observations",
]
