"""Reads recordings of Chronicle for OpenTelemetry: segments of the format that docs/format.md specifies.

Written from the specification alone. It needs the standard library and `protobuf`, and for segments packed with zstd
Python 3.14 or the module `zstandard`. It writes nothing and runs no code of a recording.
"""

from .digest import digest
from .errors import DamagedSegment, MissingDependency, NewerVersion, SegmentError, SegmentLimit
from .segment import Chunk, Envelope, Segment, StoredValue, read_segment
from .values import (
    HOLE,
    UNDEFINED,
    Bare,
    BigInt,
    Boxed,
    Bytes,
    Coded,
    Date,
    Error,
    Extended,
    Instance,
    Map,
    Opaque,
    RegExp,
    Set,
    Sparse,
    Truncated,
)

__all__ = [
    "HOLE",
    "UNDEFINED",
    "Bare",
    "BigInt",
    "Boxed",
    "Bytes",
    "Chunk",
    "Coded",
    "DamagedSegment",
    "Date",
    "Envelope",
    "Error",
    "Extended",
    "Instance",
    "Map",
    "MissingDependency",
    "NewerVersion",
    "Opaque",
    "RegExp",
    "Segment",
    "SegmentError",
    "SegmentLimit",
    "Set",
    "Sparse",
    "StoredValue",
    "Truncated",
    "digest",
    "read_segment",
]
