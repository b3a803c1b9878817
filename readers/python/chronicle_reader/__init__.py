"""Reads recordings of Chronicle for OpenTelemetry, as docs/format.md specifies them. Start at segment.py."""

from .digest import digest, digest_of, values_match
from .segment import Envelope, Segment, StoredValue, envelopes_of_trace, read_segment
from .values import HOLE, UNDEFINED, SegmentError, Special

__all__ = ["HOLE", "UNDEFINED", "Envelope", "Segment", "SegmentError", "Special", "StoredValue"]
__all__ += ["digest", "digest_of", "envelopes_of_trace", "read_segment", "values_match"]
