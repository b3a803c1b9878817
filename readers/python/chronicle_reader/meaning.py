"""Segments and values as JSON, in the form that test/vectors/README.md describes."""

import math

from .digest import digest
from .errors import SegmentError
from .values import HOLE, UNDEFINED, Bare, BigInt, Boxed, Bytes, Coded, Date, Error, Extended, Instance, Map, Opaque, RegExp, Set, Sparse, Truncated


def meaning_of(segment):
    """The facts of a segment, without its envelopes."""
    return {
        "traceId": segment.trace_id,
        "writer": segment.writer,
        "index": segment.index,
        "resource": segment.resource,
        "closed": segment.closed,
        "torn": segment.torn,
        **({} if segment.damage is None else {"damage": segment.damage}),
        "gaps": segment.gaps,
        "digests": [_or_error(lambda: digest(value.build())) for value in segment.values],
        "valuesSha256": segment.values_sha256,
        "valuesMatch": None if segment.values_sha256 is None else _or_error(segment.values_match),
        "footer": segment.footer,
    }


def meaning_of_envelope(envelope):
    """One crossing."""
    outcome = {"kind": envelope.ending}
    if envelope.value is not None:
        outcome.update({"async": envelope.is_async, "value": _stored(envelope.value)})
    if envelope.ending == "streamed":
        chunks = [{"offsetNanos": str(chunk.offset_nanos), **_stored(chunk.value)} for chunk in envelope.chunks]
        head = {} if envelope.head is None else {"head": _stored(envelope.head)}
        outcome.update({"form": envelope.stream_form, "end": envelope.stream_end, **head, "chunks": chunks})
    return {
        "traceId": envelope.trace_id,
        "spanId": envelope.span_id,
        "parentSpanId": envelope.parent_span_id,
        "kind": envelope.kind,
        "name": envelope.name,
        "effect": envelope.effect,
        "path": envelope.path,
        "ordinal": envelope.ordinal,
        "startUnixNanos": str(envelope.start_unix_nanos),
        "endUnixNanos": None if envelope.end_unix_nanos is None else str(envelope.end_unix_nanos),
        "attributes": envelope.attributes,
        "input": _stored(envelope.input),
        "outcome": outcome,
    }


def _or_error(take):
    try:
        return take()
    except SegmentError as error:
        return {"error": error.code}


def _stored(stored):
    return _or_error(
        lambda: {"digest": digest(stored.build()), "cut": stored.cut, "opaque": stored.opaque, "value": meaning_of_value(stored.build())}
    )


def meaning_of_value(root):
    """A value. Objects that stand in several places are numbered in the order in which they are met."""
    met, numbers = {}, {}

    def meet(value):
        if not _has_identity(value):
            return _form(value, meet)
        met[id(value)] = met.get(id(value), 0) + 1
        return _form(value, meet) if met[id(value)] == 1 else None

    def show(value):
        if met.get(id(value), 1) == 1 or not _has_identity(value):
            return _form(value, show)
        if id(value) in numbers:
            return {"$": "same", "as": numbers[id(value)]}
        number = numbers[id(value)] = len(numbers) + 1
        return {"$": "shared", "number": number, "value": _form(value, show)}

    meet(root)
    return show(root)


def _has_identity(value):
    plain = (str, int, float, type(None), BigInt, Opaque, Truncated)
    return not isinstance(value, plain) and value is not UNDEFINED and value is not HOLE


def _form(value, show):
    def fields(items):
        return {("$" if name.startswith("$") else "") + name: show(item) for name, item in items.items()}

    if value is UNDEFINED or value is HOLE:
        return {"$": "undefined" if value is UNDEFINED else "hole"}
    if isinstance(value, float):
        if math.isfinite(value) and not (value == 0 and math.copysign(1, value) < 0):
            return int(value) if value.is_integer() else value
        return {"$": "number", "is": "-0" if value == 0 else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, list):
        return [show(item) for item in value]
    if isinstance(value, Instance):
        return {"$": "instance", "class": value.class_name, "fields": fields(value)}
    if isinstance(value, Bare):
        return {"$": "object", "bare": True, "fields": fields(value)}
    if isinstance(value, dict):
        return fields(value)
    if isinstance(value, BigInt):
        return {"$": "bigint", "digits": value.digits}
    if isinstance(value, Sparse):
        return {"$": "sparse", "length": value.length, "items": [[position, show(item)] for position, item in value.items.items()]}
    if isinstance(value, Map):
        return {"$": "map", "entries": [[show(key), show(item)] for key, item in value.entries]}
    if isinstance(value, Set):
        return {"$": "set", "items": [show(item) for item in value.items]}
    if isinstance(value, Bytes):
        return {"$": "bytes", "type": value.type, "hex": value.hex()}
    if isinstance(value, Date):
        return {"$": "date", "millis": show(value.millis)}
    if isinstance(value, RegExp):
        return {"$": "regexp", "source": value.source, "flags": value.flags, "lastIndex": show(value.last_index)}
    if isinstance(value, Boxed):
        return {"$": "boxed", "value": show(value.value)}
    if isinstance(value, Coded):
        return {"$": "coded", "codec": value.codec, "value": show(value.value)}
    if isinstance(value, Error):
        parts = {name: show(getattr(value, name)) for name in ("message", "stack", "cause", "errors")}
        return {"$": "error", "class": value.class_name, **parts, "fields": fields(value.properties)}
    if isinstance(value, Opaque):
        return {"$": "opaque", "type": value.type, "detail": value.detail}
    if isinstance(value, Truncated):
        cut = {"reason": value.reason, "type": value.type, "size": value.size}
        return {"$": "truncated", **cut, "digest": None if value.digest is None else value.digest.hex(), "head": value.head}
    if isinstance(value, Extended):
        return {"$": "extended", "class": value.class_name, "base": _form(value.base, show), "fields": fields(value.properties)}
    raise TypeError(f"a {type(value).__name__} is no value of a recording")
