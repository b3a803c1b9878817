"""One segment: its file, its records, and the crossings that they tell of ("File" and "Records")."""

import hashlib
import io
import zlib
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from google.protobuf.message import DecodeError

from .digest import digest
from .errors import DamagedSegment, MissingDependency, NewerVersion, SegmentError, SegmentLimit
from .proto import Footer, Record
from .values import Nodes, Truncated

VERSION = 1
MAX_PLAIN_BYTES = 1 << 30
MAX_RECORD_BYTES = 512 << 20
MAX_BODY_BYTES = 4 << 20
_MAGIC = b"\x89CHRN\r\n\x1a"
_ENDINGS = ("unknown", "returned", "threw", "streamed")
_FORMS = ("async-iterable", "generator", "async-generator", "async-iterable", "readable-stream", "node-readable")
_STREAM_ENDS = ("abandoned", "done", "error", "cancelled", "abandoned")


class _BadBytes(DamagedSegment):
    """What stands before these bytes can be read."""


class StoredValue:
    """A value as stored. `cut` and `opaque` say, in words, what of it was cut or cannot be stored."""

    def __init__(self, nodes, message, cut, opaque):
        self._nodes, self._message, self._holder = nodes, message, len(nodes) + 1
        self.cut, self.opaque = list(cut), list(opaque)

    def build(self) -> Any:
        """The value: new objects at each call."""
        return self._nodes.build(self._message, self._holder)

    @property
    def digest(self) -> str:
        """The digest of the value; where only that was kept, it is the one that was kept."""
        value = self.build()
        if isinstance(value, Truncated) and value.reason == "policy" and value.digest is not None:
            return "sha256:" + value.digest.hex()
        return digest(value)


@dataclass
class Chunk:
    offset_nanos: int
    value: StoredValue


@dataclass
class Envelope:
    """One crossing. `ending` is `unknown` where it has no End; then `value` and `end_unix_nanos` are None."""

    trace_id: str
    span_id: str
    parent_span_id: Optional[str]
    kind: str
    name: str
    effect: str
    path: str
    ordinal: int
    start_unix_nanos: int
    input: StoredValue
    end_unix_nanos: Optional[int] = None
    ending: str = "unknown"
    is_async: bool = False
    value: Optional[StoredValue] = None
    stream_form: Optional[str] = None
    stream_end: Optional[str] = None
    chunks: List[Chunk] = field(default_factory=list)
    # What the stream said of itself; none for most forms.
    head: Optional[StoredValue] = None
    attributes: Dict[str, Any] = field(default_factory=dict)


@dataclass
class Segment:
    trace_id: str
    writer: str
    index: int
    start_unix_nanos: int
    schema_url: str
    writer_version: str
    resource: Dict[str, Any] = field(default_factory=dict)
    envelopes: List[Envelope] = field(default_factory=list)
    # Inputs, chunks and outcomes in the order of their records.
    values: List[StoredValue] = field(default_factory=list)
    # What was not stored.
    gaps: List[str] = field(default_factory=list)
    closed: bool = False
    # A journal that ends within a record; what comes before it is whole.
    torn: bool = False
    # Where the records of a journal or the blocks of a sealed segment are damaged: all that is given stands before it.
    damage: Optional[str] = None
    values_sha256: Optional[str] = None
    # Of a sealed segment: crossings, and those that have not ended.
    footer: Optional[Dict[str, int]] = None

    def values_match(self) -> bool:
        """Whether the values are those that were captured. Only a closed segment says so."""
        taken = hashlib.sha256(b"".join(bytes.fromhex(digest(value.build())[7:]) for value in self.values))
        return taken.hexdigest() == self.values_sha256


def read_segment(data: bytes, name: str = "segment") -> Segment:
    """Reads a journal or a sealed segment; `name` is for messages. What cannot be trusted is a SegmentError."""
    try:
        return _read(data, name)
    except SegmentError as error:
        kind = DamagedSegment if isinstance(error, DamagedSegment) else type(error)
        raise kind(f"Cannot read {name}: {error}") from error


def _read(data, name):
    if len(data) < 16 or data[:8] != _MAGIC:
        raise DamagedSegment("it does not begin as a segment does")
    if zlib.crc32(data[:12]) != _uint32(data, 12):
        raise DamagedSegment("the check of its first bytes is wrong")
    if data[8] > VERSION:
        raise NewerVersion(f"format {data[8]}, and this reader reads 1 to {VERSION}")
    if data[9] > 2:
        raise DamagedSegment(f"its compression {data[9]} is unknown")
    if data[9] == 0:
        if len(data) - 16 > MAX_PLAIN_BYTES:
            raise SegmentLimit(f"its records have {len(data) - 16} bytes")
        return _Reading().read(_journal(data))
    footer, blocks = _blocks(data)
    segment = _Reading().read(_sealed(blocks))
    segment.footer = {"crossings": footer.crossings, "open": footer.open}
    return segment


def _uint32(data, at):
    return int.from_bytes(data[at : at + 4], "little")


def _journal(data):
    """The records of a journal; None for a torn one."""
    at, chain = 16, 0
    while at < len(data):
        if len(data) - at < 12:
            yield None
            return
        head = zlib.crc32(data[at : at + 4], chain)
        if head != _uint32(data, at + 4):
            if any(data[at:]):
                raise _BadBytes(f"the record at byte {at} has a wrong check")
            yield None
            return
        start = at + 12
        end = start + _uint32(data, at)
        if end - start > MAX_RECORD_BYTES:
            raise SegmentLimit(f"the record at byte {at} has {end - start} bytes")
        if end > len(data):
            yield None
            return
        chain = zlib.crc32(data[start:end], head)
        if chain != _uint32(data, at + 8):
            if end < len(data):
                raise _BadBytes(f"the record at byte {at} has a wrong check")
            yield None
            return
        yield data[start:end]
        at = end


def _sealed(blocks):
    for plain in blocks:
        at = 0
        while at < len(plain):
            length = shift = 0
            while True:
                if at >= len(plain):
                    raise DamagedSegment("a block ends within a record")
                byte = plain[at]
                length |= (byte & 127) << shift
                at, shift = at + 1, shift + 7
                if length > MAX_RECORD_BYTES or shift > 63:
                    raise SegmentLimit(f"a record has {length} bytes")
                if byte < 128:
                    break
            if at + length > len(plain):
                raise DamagedSegment("a block ends within a record")
            yield plain[at : at + length]
            at += length


def _blocks(data):
    tail = len(data) - 16
    if tail < 16 or data[tail + 8 :] != _MAGIC[::-1]:
        raise DamagedSegment("its end is missing, so it was cut off")
    body_end = tail - _uint32(data, tail)
    if body_end < 16 or zlib.crc32(data[body_end:tail]) != _uint32(data, tail + 4):
        raise DamagedSegment("its footer is damaged")
    footer = _parse(Footer, data[body_end:tail], "its footer")
    if sum(block.plain_bytes for block in footer.blocks) > MAX_PLAIN_BYTES:
        raise SegmentLimit(f"it unpacks to more than {MAX_PLAIN_BYTES} bytes")
    if 16 + sum(block.packed_bytes for block in footer.blocks) != body_end:
        raise DamagedSegment("its blocks are not what stands between its head and its footer")
    return footer, _unpacked(data, footer.blocks)


def _unpacked(data, blocks):
    unpack = _gunzip if data[9] == 1 else _unzstd
    at = 16
    for number, block in enumerate(blocks, 1):
        # One byte more than told is allowed, so that a longer block is told apart from a right one.
        try:
            plain = unpack(data[at : at + block.packed_bytes], block.plain_bytes + 1)
        except SegmentError:
            raise
        except Exception as error:  # Each module has errors of its own.
            raise _BadBytes(f"block {number} cannot be unpacked ({error})") from error
        if len(plain) != block.plain_bytes or hashlib.sha256(plain).digest() != block.plain_sha256:
            raise _BadBytes(f"block {number} unpacks to something else than its footer says")
        yield plain
        at += block.packed_bytes


def _gunzip(packed, most):
    return zlib.decompressobj(31).decompress(packed, most)


def _unzstd(packed, most):
    try:
        from compression.zstd import ZstdDecompressor
    except ImportError:
        try:
            from zstandard import ZstdDecompressor
        except ImportError:
            raise MissingDependency("it is packed with zstd, which needs Python 3.14 or the module zstandard") from None
        # Not `decompress`, which makes room for whatever the frame claims.
        return ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(packed)).read(most)
    return ZstdDecompressor().decompress(packed, most)


def _parse(message, data, what):
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise DamagedSegment(f"{what} cannot be decoded ({error})") from error


def _or_none(data):
    return data.hex() if data else None


class _Reading:
    """What the records of one segment said so far."""

    def __init__(self):
        self.nodes = Nodes()
        self.boundaries = []
        self.segment = None

    def read(self, records):
        try:
            for number, data in enumerate(records, 1):
                if data is None:
                    if self.segment is not None:
                        self.segment.torn = True
                    break
                self.record(number, data)
        except _BadBytes as error:
            if self.segment is None:
                raise
            self.segment.damage = str(error)
        if self.segment is None:
            raise DamagedSegment("it holds no whole record")
        return self.segment

    def record(self, number, data):
        record = _parse(Record, data, f"record {number}")
        self.nodes.extend(record.nodes)
        body = record.WhichOneof("body")
        if body is not None and len(data) > MAX_BODY_BYTES and getattr(record, body).ByteSize() > MAX_BODY_BYTES:
            raise SegmentLimit(f"record {number} has more than {MAX_BODY_BYTES} bytes beside its nodes")
        if (self.segment is None) != (body == "header"):
            raise DamagedSegment("its first record is no header" if self.segment is None else f"record {number} is a second header")
        said = getattr(self, f"_{body}", None)
        if said is not None:
            said(getattr(record, body))

    def value(self, message):
        # A chunk and the outcome of a crossing have the field `value`, its begin has `input`.
        value = message.input if message.DESCRIPTOR.name == "Begin" else message.value
        stored = StoredValue(self.nodes, value, message.cut, message.opaque)
        self.segment.values.append(stored)
        return stored

    def facts(self, facts):
        built = ((fact.key, self.nodes.build(fact.value, len(self.nodes) + 1)) for fact in facts)
        return {key: value for key, value in built if isinstance(value, (str, int, float))}

    def crossing(self, message):
        if message.crossings_since >= len(self.segment.envelopes):
            raise DamagedSegment("a record tells of a crossing that did not begin")
        return self.segment.envelopes[-1 - message.crossings_since]

    def _header(self, header):
        self.segment = Segment(
            header.trace_id.hex(), header.writer, header.index, header.start_unix_nanos, header.schema_url, header.writer_version
        )

    def _resource(self, resource):
        self.segment.resource.update(self.facts(resource.facts))

    def _begin(self, begin):
        if begin.HasField("defined"):
            self.boundaries.append(begin.defined)
            boundary = begin.defined
        elif 1 <= begin.known <= len(self.boundaries):
            boundary = self.boundaries[begin.known - 1]
        else:
            raise DamagedSegment(f"a crossing begins of boundary {begin.known}, which was not defined")
        envelopes = self.segment.envelopes
        if begin.parent > len(envelopes):
            raise DamagedSegment(f"crossing {len(envelopes) + 1} is inside crossing {begin.parent}, which did not begin")
        parent = envelopes[begin.parent - 1] if begin.parent else None
        above = parent.path if parent else begin.parent_path
        name = boundary.name.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
        envelopes.append(
            Envelope(
                trace_id=_or_none(begin.trace_id) or self.segment.trace_id,
                span_id=begin.span_id.hex(),
                parent_span_id=parent.span_id if parent else _or_none(begin.parent_span_id),
                kind=boundary.kind,
                name=boundary.name,
                effect=boundary.effect,
                path=(above + "/" if above else "") + f"{name}#{begin.ordinal}",
                ordinal=begin.ordinal,
                start_unix_nanos=self.segment.start_unix_nanos + 1_000 * begin.start_micros,
                input=self.value(begin),
            )
        )

    def _chunk(self, chunk):
        envelope = self.crossing(chunk)
        value = self.value(chunk)
        if chunk.head:
            envelope.head = value
        else:
            envelope.chunks.append(Chunk(1_000 * chunk.offset_micros, value))

    def _end(self, end):
        envelope = self.crossing(end)
        value = self.value(end)
        envelope.end_unix_nanos = envelope.start_unix_nanos + 1_000 * end.duration_micros
        envelope.attributes = self.facts(end.attributes)
        # An ending that this version does not know says nothing of the outcome.
        envelope.ending = _ENDINGS[end.ending if end.ending < len(_ENDINGS) else 0]
        envelope.is_async, envelope.value = getattr(end, "async"), value if envelope.ending != "unknown" else None
        if envelope.ending == "streamed":
            envelope.stream_form = _FORMS[end.stream_form if end.stream_form < len(_FORMS) else 0]
            envelope.stream_end = _STREAM_ENDS[end.stream_end if end.stream_end < len(_STREAM_ENDS) else 0]

    def _gap(self, gap):
        self.segment.gaps.append(f"{gap.records} records were not stored: {gap.reason}")

    def _close(self, close):
        self.segment.closed = True
        self.segment.values_sha256 = close.values_sha256.hex()
