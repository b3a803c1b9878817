"""One segment: its file, its records, and the crossings that they tell of ("File" and "Records" in docs/format.md)."""

import hashlib
import io
import re
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from .values import DEPENDENCY, LIMIT, VERSION, Nodes, SegmentError

MAX_PLAIN_BYTES = 1 << 30
MAX_RECORD_BYTES = 512 << 20
MAX_BODY_BYTES = 4 << 20
MAX_NODES = 20_000_000

_MAGIC = b"\x89CHRN\r\n\x1a"
_VARINT = re.compile(rb"[\x80-\xff]{0,9}[\x00-\x7f]")
_ENDINGS = ("unknown", "returned", "threw", "streamed")
_FORMS = ("async-iterable", "generator", "async-generator", "async-iterable", "readable-stream", "node-readable")
_STREAM_ENDS = ("abandoned", "done", "error", "cancelled", "abandoned")

_POOL = descriptor_pool.DescriptorPool()
for _file in descriptor_pb2.FileDescriptorSet.FromString(Path(__file__).with_name("chronicle.desc").read_bytes()).file:
    _POOL.Add(_file)
_FOUND = (_POOL.FindMessageTypeByName(f"chronicle.v1.{name}") for name in ("Record", "Footer"))
Record, Footer = map(message_factory.GetMessageClass, _FOUND)


class StoredValue:
    """A value as stored. `cut` and `opaque` say, in words, what of it was cut or cannot be stored."""

    def __init__(self, what, nodes, value, cut, opaque):
        self._what, self._nodes, self._value, self._holder = what, nodes, value, nodes.next()
        self.cut, self.opaque = list(cut), list(opaque)

    def build(self):
        """The value: new objects at each call."""
        try:
            return self._nodes.build(self._value, self._holder)
        except SegmentError as error:
            raise error.about(self._what) from error


class Segment(SimpleNamespace):
    """What is known of a segment: `_header` below lists it."""


class Envelope(SimpleNamespace):
    """One crossing: `_begin` and `_nothing_yet` below list what is known of it."""


def read_segment(data: bytes, name: str = "segment") -> Segment:
    """Reads a journal or a sealed segment; `name` is for messages. What cannot be trusted is a SegmentError."""
    try:
        return _Reading(name).read(data)
    except SegmentError as error:
        raise error.about(name) from error


def envelopes_of_trace(segments) -> list:
    """The envelopes of a trace in the order in which they began. Those that are in several of its segments are joined."""
    joined, unfinished = [], {}
    for segment in sorted(segments, key=lambda each: (each.writer, each.index)):
        for part in segment.continued:
            whole = unfinished.get((segment.writer, part.span_id))
            if whole is None:
                continue
            whole.chunks += part.chunks
            whole.head = part.head or whole.head
            if part.duration_nanos is not None:
                del unfinished[segment.writer, part.span_id]
                for name in ("duration_nanos", "ending", "is_async", "value", "stream_form", "stream_end", "attributes"):
                    setattr(whole, name, getattr(part, name))
        for envelope in segment.envelopes:
            joined.append(Envelope(**{**vars(envelope), "chunks": list(envelope.chunks)}))
            if envelope.duration_nanos is None:
                unfinished[segment.writer, envelope.span_id] = joined[-1]
    return sorted(joined, key=lambda each: each.start_unix_nanos)


class _Reading:
    """One segment, as far as it was read."""

    def __init__(self, name):
        self.name, self.nodes, self.boundaries = name, Nodes(), []
        self.segment = self.footer = self.damage = None
        self.torn, self.elsewhere = False, {}

    def read(self, data):
        if data[:8] != _MAGIC or len(data) < 16:
            raise SegmentError("it does not begin as a segment does")
        if struct.pack("<I", zlib.crc32(data[:12])) != data[12:16]:
            raise SegmentError("the check of its first bytes is wrong")
        if data[8] > 1:
            raise SegmentError(f"format {data[8]}, and this reader reads 1 to 1", VERSION)
        if data[9] > 2:
            raise SegmentError(f"its compression {data[9]} is unknown")
        for number, body in enumerate(self._sealed(data) if data[9] else self._journal(data), 1):
            try:
                self._record(body)
            except SegmentError as error:
                raise SegmentError(f"record {number}: {error}", error.code) from error
        if self.segment is None:
            raise SegmentError(self.damage or "it holds no whole record")
        self.segment.torn, self.segment.damage, self.segment.footer = self.torn, self.damage, self.footer
        return self.segment

    def _journal(self, data):
        """Records, up to where the journal is torn or damaged."""
        if len(data) - 16 > MAX_PLAIN_BYTES:
            raise SegmentError(f"its records have {len(data) - 16} bytes", LIMIT)
        at, check = 16, 0
        while at < len(data):
            self.torn = len(data) - at < 12
            if self.torn:
                return
            length, head_check, body_check = struct.unpack_from("<3I", data, at)
            body = at + 12
            check = zlib.crc32(data[at : at + 4], check)
            whole = check == head_check
            if not whole:
                self.torn = not any(data[at:])
            elif length > MAX_RECORD_BYTES:
                raise SegmentError(f"the record at byte {at} has {length} bytes", LIMIT)
            else:
                check = zlib.crc32(data[body : body + length], check)
                whole = check == body_check and body + length <= len(data)
                self.torn = not whole and body + length >= len(data)
            if not whole:
                self.damage = None if self.torn else f"the record at byte {at} has a wrong check"
                return
            yield data[body : body + length]
            at = body + length

    def _sealed(self, data):
        """Records, up to the first block that is damaged."""
        at, tail = 16, len(data) - 16
        length, check, magic = struct.unpack_from("<2I8s", data, tail)
        end = tail - length
        if tail < 16 or magic != _MAGIC[::-1]:
            raise SegmentError("its end is missing, so it was cut off")
        if end < 16 or zlib.crc32(data[end:tail]) != check:
            raise SegmentError("its footer is damaged")
        footer = _parse(Footer, data[end:tail])
        self.footer = {"crossings": footer.crossings, "open": footer.open}
        if sum(block.plain_bytes for block in footer.blocks) > MAX_PLAIN_BYTES:
            raise SegmentError(f"it unpacks to more than {MAX_PLAIN_BYTES} bytes", LIMIT)
        if at + sum(block.packed_bytes for block in footer.blocks) != end:
            raise SegmentError("its blocks are not what stands between its head and its footer")
        for number, block in enumerate(footer.blocks, 1):
            plain = _unpack(data[9], data[at : at + block.packed_bytes], block.plain_bytes)
            if plain is None or len(plain) != block.plain_bytes or hashlib.sha256(plain).digest() != block.plain_sha256:
                self.damage = f"block {number} unpacks to something else than its footer says"
                return
            yield from _split(plain, number)
            at += block.packed_bytes

    def _record(self, data):
        record = _parse(Record, data)
        self.nodes.nodes.extend(record.nodes)
        body = record.WhichOneof("body")
        if self.nodes.next() > MAX_NODES + 1:
            raise SegmentError(f"there are more than {MAX_NODES} nodes", LIMIT)
        if body and len(data) > MAX_BODY_BYTES and getattr(record, body).ByteSize() > MAX_BODY_BYTES:
            raise SegmentError(f"it has more than {MAX_BODY_BYTES} bytes beside its nodes", LIMIT)
        if (self.segment is None) != (body == "header"):
            raise SegmentError("the first record, and no other, has to be a header")
        said = getattr(self, f"_{body}", None)
        if said is not None:
            said(getattr(record, body))

    def _header(self, header):
        self.segment = Segment(
            trace_id=header.trace_id.hex(),
            writer=header.writer,
            index=header.index,
            start_unix_nanos=header.start_unix_nanos,
            schema_url=header.schema_url,
            writer_version=header.writer_version,
            resource={},
            envelopes=[],
            continued=[],  # Of crossings that began in an earlier segment, what is not known from their begin.
            values=[],  # Inputs, chunks, heads and outcomes in the order of their records.
            gaps=[],  # What was not stored.
            closed=False,
            torn=False,  # A journal that ends within a record; what comes before it is whole.
            damage=None,  # Where records or blocks are damaged: all that is given stands before it.
            values_sha256=None,
            footer=None,  # Of a sealed segment: crossings, and those that have not ended.
        )

    def _resource(self, resource):
        self.segment.resource.update(self._facts(resource.facts))

    def _begin(self, begin):
        if begin.HasField("defined"):
            self.boundaries.append(begin.defined)
        known = len(self.boundaries) if begin.HasField("defined") else begin.known
        if not 1 <= known <= len(self.boundaries):
            raise SegmentError(f"a crossing begins of boundary {known}, which was not defined")
        boundary, envelopes = self.boundaries[known - 1], self.segment.envelopes
        if begin.parent > len(envelopes):
            raise SegmentError(f"crossing {len(envelopes) + 1} is inside crossing {begin.parent}, which did not begin")
        parent = envelopes[begin.parent - 1] if begin.parent else None
        above = parent.path if parent else begin.parent_path
        name = boundary.name.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
        path = f"{above}{'/' if above else ''}{name}#{begin.ordinal}"
        envelope = Envelope(
            trace_id=begin.trace_id.hex() or self.segment.trace_id,
            span_id=begin.span_id.hex(),
            parent_span_id=parent.span_id if parent else begin.parent_span_id.hex() or None,
            kind=boundary.kind,
            name=boundary.name,
            effect=boundary.effect,
            path=path,
            ordinal=begin.ordinal,
            start_unix_nanos=self.segment.start_unix_nanos + 1_000 * begin.start_micros,
            input=self._value(begin, begin.input, f"the input of {path}"),
            **_nothing_yet(),
        )
        envelopes.append(envelope)

    def _chunk(self, chunk):
        envelope = self._crossing(chunk)
        value = self._value(chunk, chunk.value, f"a chunk of {_name_of(envelope)}")
        if chunk.head:
            envelope.head = value
        else:
            envelope.chunks.append((1_000 * chunk.offset_micros, value))

    def _end(self, end):
        envelope = self._crossing(end)
        value = self._value(end, end.value, f"the outcome of {_name_of(envelope)}")
        envelope.duration_nanos = 1_000 * end.duration_micros
        envelope.attributes = self._facts(end.attributes)
        # An ending that this version does not know says nothing of the outcome.
        envelope.ending = _named(_ENDINGS, end.ending)
        envelope.is_async, envelope.value = getattr(end, "async"), value if envelope.ending != "unknown" else None
        if envelope.ending == "streamed":
            envelope.stream_form, envelope.stream_end = _named(_FORMS, end.stream_form), _named(_STREAM_ENDS, end.stream_end)

    def _gap(self, gap):
        self.segment.gaps.append(f"{gap.records} records were not stored: {gap.reason}")

    def _close(self, close):
        self.segment.closed, self.segment.values_sha256 = True, close.values_sha256.hex()

    def _crossing(self, message):
        if message.span_id:
            span_id, continued = message.span_id.hex(), self.segment.continued
            if span_id not in self.elsewhere:
                self.elsewhere[span_id] = Envelope(span_id=span_id, **_nothing_yet())
                continued.append(self.elsewhere[span_id])
            return self.elsewhere[span_id]
        if message.crossings_since >= len(self.segment.envelopes):
            raise SegmentError("it tells of a crossing that did not begin")
        return self.segment.envelopes[-1 - message.crossings_since]

    def _value(self, message, value, what):
        stored = StoredValue(f"{what} in {self.name}", self.nodes, value, message.cut, message.opaque)
        self.segment.values.append(stored)
        return stored

    def _facts(self, facts):
        built = ((fact.key, self.nodes.build(fact.value, self.nodes.next())) for fact in facts)
        return {key: value for key, value in built if isinstance(value, (str, int, float))}


def _nothing_yet():
    """What an envelope has beside its Begin, until records say more."""
    return {
        "duration_nanos": None,
        "ending": "unknown",  # Or returned, threw, streamed.
        "is_async": False,
        "value": None,  # The outcome.
        "stream_form": None,
        "stream_end": None,
        "chunks": [],  # Pairs: nanoseconds since the crossing began, and the value.
        "head": None,  # What the stream said of itself; none for most forms.
        "attributes": {},
    }


def _name_of(envelope):
    return getattr(envelope, "path", f"span {envelope.span_id}")


def _named(names, number):
    return names[number if 0 <= number < len(names) else 0]


def _parse(message, data):
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise SegmentError(f"it cannot be decoded ({error})") from error


def _split(plain, number):
    """The records of a block: each a varint, the length of the body, and the body."""
    at = 0
    while at < len(plain):
        varint = _VARINT.match(plain, at)
        length = sum((byte & 127) << 7 * place for place, byte in enumerate(varint[0])) if varint else len(plain)
        if length > MAX_RECORD_BYTES:
            raise SegmentError(f"a record of block {number} has {length} bytes", LIMIT)
        at = (varint.end() if varint else at) + length
        if at > len(plain) or not varint:
            raise SegmentError(f"block {number} ends within a record")
        yield plain[at - length : at]


def _unpack(codec, packed, plain_bytes):
    """A block, or nothing where it cannot be unpacked; a byte more than it should have at most, and never what it claims."""
    try:
        if codec == 1:
            return zlib.decompressobj(31).decompress(packed, plain_bytes + 1)
        try:
            from compression.zstd import ZstdDecompressor
        except ImportError:
            from zstandard import ZstdDecompressor

            return ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(packed)).read(plain_bytes + 1)
        return ZstdDecompressor().decompress(packed, plain_bytes + 1)
    except ImportError:
        raise SegmentError("it is packed with zstd, which needs Python 3.14 or the module zstandard", DEPENDENCY) from None
    except Exception:  # Each module has errors of its own.
        return None
