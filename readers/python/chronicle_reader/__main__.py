"""python3 -m chronicle_reader FILE...

Prints, as JSON in the form of test/vectors/README.md, one line for each segment and one for each of its crossings.
Exits with 1 where a segment cannot be read.
"""

import json
import math
import os
import sys
import threading

from .digest import digest, values_match
from .segment import read_segment
from .values import SegmentError, Special


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
        "valuesMatch": _or_error(lambda: values_match(segment)),
        "footer": segment.footer,
        # Most segments say nothing of crossings that began in an earlier one.
        **({"continued": [_continued(each) for each in segment.continued]} if segment.continued else {}),
    }


def _continued(envelope):
    return {"spanId": envelope.span_id, **_head(envelope), "chunks": _chunks(envelope), "end": _end(envelope)}


def _head(envelope):
    return {} if envelope.head is None else {"head": _stored(envelope.head)}


def _chunks(envelope):
    return [{"offsetNanos": str(nanos), **_stored(value)} for nanos, value in envelope.chunks]


def _end(envelope):
    if envelope.duration_nanos is None:
        return None
    return {"durationNanos": str(envelope.duration_nanos), "attributes": envelope.attributes, "outcome": _outcome(envelope)}


def _outcome(envelope):
    outcome = {"kind": envelope.ending}
    if envelope.value is not None:
        outcome.update({"async": envelope.is_async, "value": _stored(envelope.value)})
    if envelope.ending == "streamed":
        outcome.update({"form": envelope.stream_form, "end": envelope.stream_end})
    return outcome


def meaning_of_envelope(envelope):
    """One crossing."""
    streamed = {**_head(envelope), "chunks": _chunks(envelope)} if envelope.ending == "streamed" else {}
    ended = envelope.duration_nanos is not None
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
        "endUnixNanos": str(envelope.start_unix_nanos + envelope.duration_nanos) if ended else None,
        "attributes": envelope.attributes,
        "input": _stored(envelope.input),
        "outcome": {**_outcome(envelope), **streamed},
    }


def _or_error(take):
    try:
        return take()
    except SegmentError as error:
        return {"error": error.code}


def _stored(stored):
    def meaning():
        value = stored.build()
        return {"digest": digest(value), "cut": stored.cut, "opaque": stored.opaque, "value": meaning_of_value(value)}

    return _or_error(meaning)


def meaning_of_value(root):
    """A value. Objects that stand in several places are numbered in the order in which they are met."""
    met, numbers = {}, {}

    def meet(value):
        if not _has_identity(value):
            return None
        met[id(value)] = met.get(id(value), 0) + 1
        return _form(value, meet) if met[id(value)] == 1 else None

    def show(value):
        if not _has_identity(value) or met[id(value)] == 1:
            return _form(value, show)
        if id(value) in numbers:
            return {"$": "same", "as": numbers[id(value)]}
        number = numbers[id(value)] = len(numbers) + 1
        return {"$": "shared", "number": number, "value": _form(value, show)}

    meet(root)
    return show(root)


def _has_identity(value):
    without = ("undefined", "hole", "bigint", "opaque", "truncated")
    return value.kind not in without if isinstance(value, Special) else isinstance(value, (dict, list))


_NAMES = {"kind": "$", "class_name": "class", "last_index": "lastIndex", "data": "hex"}


def _form(value, show):
    if isinstance(value, float):
        if math.isfinite(value) and not (value == 0 and math.copysign(1, value) < 0):
            return int(value) if value.is_integer() else value
        named = "-0" if value == 0 else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return {"$": "number", "is": named}
    if isinstance(value, list):
        return [show(item) for item in value]
    if isinstance(value, dict):
        return {("$" if name.startswith("$") else "") + name: show(item) for name, item in value.items()}
    if isinstance(value, Special):
        return {_NAMES.get(name, name): _attribute(name, attribute, show) for name, attribute in vars(value).items()}
    return value


def _attribute(name, value, show):
    if isinstance(value, bytes):
        return None if name == "digest" and not value else value.hex()
    if name == "entries":
        return [[show(key), show(item)] for key, item in value]
    if name == "items":
        return [[at, show(item)] for at, item in value.items()] if isinstance(value, dict) else [show(item) for item in value]
    # The fields of an object, and what is inside of an extended value, are no objects by themselves.
    return _form(value, show) if name in ("fields", "base") else show(value)


def main(paths):
    failed = False
    for path in paths:
        name = os.path.basename(path)
        try:
            with open(path, "rb") as file:
                segment = read_segment(file.read(), name)
        except (SegmentError, OSError) as error:
            failed = True
            print(json.dumps({"segment": name, "error": getattr(error, "code", "CANNOT_OPEN")}))
            print(error, file=sys.stderr)
            continue
        for meaning in [meaning_of(segment), *map(meaning_of_envelope, segment.envelopes)]:
            print(json.dumps({"segment": name, **meaning}))
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    # A value may have a thousand levels, and JSON is written by functions that call themselves.
    sys.setrecursionlimit(20_000)
    threading.stack_size(256 << 20)
    status = []
    thread = threading.Thread(target=lambda: status.append(main(sys.argv[1:])))
    thread.start()
    thread.join()
    sys.exit(status[0] if status else 1)
