"""Digests of values: SHA-256 of the canonical form ("Digests" in docs/format.md). Reading needs none of this; checking does."""

import hashlib
import struct

from .values import HOLE, UNDEFINED, Special

_SCALARS = {id(None): b"\x01", id(UNDEFINED): b"\x02", id(True): b"\x03", id(False): b"\x04", id(HOLE): b"\x05"}


def digest(value):
    """The digest of a value, in the form in which it is shown."""
    scalar = _scalar(value)
    return "sha256:" + (_container_digest(value) if scalar is None else _sha256(scalar)).hex()


def digest_of(stored):
    """The digest by which a stored value is compared: where only a digest was kept, that one."""
    value = stored.build()
    kept = isinstance(value, Special) and value.kind == "truncated" and value.reason == "policy" and value.digest
    return "sha256:" + kept.hex() if kept else digest(value)


def values_match(segment):
    """Whether the values of a segment are those that were captured; None where it does not say, since it was not closed."""
    if segment.values_sha256 is None:
        return None
    return _sha256(*(bytes.fromhex(digest(value.build())[7:]) for value in segment.values)).hex() == segment.values_sha256


def _sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def _number(value):
    return b"\x06" + (struct.pack(">d", value) if value == value else b"\x7f\xf8" + bytes(6))


def _text(value):
    try:
        data, short, long = value.encode("utf-8"), b"\x07", b"\x11"
    except UnicodeEncodeError:
        data, short, long = value.encode("utf-16-le", "surrogatepass"), b"\x08", b"\x12"
    return short + bytes([len(data)]) + data if len(data) <= 40 else long + _sha256(data)


def _scalar(value):
    """The encoding of what is no container; None for a container."""
    if isinstance(value, str):
        return _text(value)
    if id(value) in _SCALARS:
        return _SCALARS[id(value)]
    return _number(value) if isinstance(value, (int, float)) else None


def _list(value, child, _):
    chain, full = bytes(32), len(value) // 32 * 32
    for start in range(0, full, 32):
        chain = _sha256(b"\x33", chain, *map(child, value[start : start + 32]))
    return b"\x32" + _varint(len(value)) + (chain if full else b"") + b"".join(map(child, value[full:]))


def _map(value, child, _):
    return b"\x34" + _varint(2 * len(value.entries)) + b"".join(child(part) for entry in value.entries for part in entry)


def _error(value, child, fields):
    parts = child(value.message) + child(value.cause) + child(value.errors)
    return b"\x3a" + _text(value.class_name) + b"\x03" + parts + fields(value.fields)


def _sparse(value, child, _):
    pairs = (_number(position) + child(item) for position, item in sorted(value.items.items(), key=lambda pair: pair[0]))
    return b"\x3f" + _number(value.length) + _varint(2 * len(value.items)) + b"".join(pairs)


def _truncated(value, child, _):
    cut = value.digest
    return b"\x3c" + _text(value.reason) + _text(value.type) + _number(value.size) + _varint(len(cut)) + cut + b"\x00"


def _extended(value, child, fields):
    named = _number(0) if value.class_name is None else _number(1) + _text(value.class_name)
    return b"\x40" + named + b"\x01" + child(value.base) + fields(value.fields)


# How each kind of container is encoded, given what encodes a child, and fields.
_ENCODINGS = {
    "dict": lambda v, child, fields: b"\x30\x00" + fields(v),
    "object": lambda v, child, fields: b"\x30\x01" + fields(v.fields),
    "instance": lambda v, child, fields: b"\x31\x00" + _text(v.class_name) + fields(v.fields),
    "list": _list,
    "map": _map,
    "set": lambda v, child, fields: b"\x35" + _varint(len(v.items)) + b"".join(map(child, v.items)),
    "bytes": lambda v, child, fields: b"\x36" + _text(v.type) + _varint(len(v.data)) + v.data + b"\x00",
    "date": lambda v, child, fields: b"\x37" + _number(v.millis) + b"\x00",
    "regexp": lambda v, child, fields: b"\x38" + _text(v.source) + _text(v.flags) + _number(v.last_index) + b"\x00",
    "bigint": lambda v, child, fields: b"\x39" + _text(v.digits) + b"\x00",
    "error": _error,
    "opaque": lambda v, child, fields: b"\x3b" + _text(v.type) + _text(v.detail) + b"\x00",
    "truncated": _truncated,
    "boxed": lambda v, child, fields: b"\x3d\x01" + child(v.value),
    "coded": lambda v, child, fields: b"\x3e" + _text(v.codec) + b"\x01" + child(v.value),
    "sparse": _sparse,
    "extended": _extended,
}


def _encode(value, container):
    """The encoding of a container; `container` gives the bytes that stand for one inside it."""

    def child(item):
        scalar = _scalar(item)
        return container(item) if scalar is None else scalar

    def fields(items):
        names = sorted(items, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return _varint(len(names)) + b"".join(_text(name) + child(items[name]) for name in names)

    if not isinstance(value, (dict, list, Special)):
        raise TypeError(f"a {type(value).__name__} is no value of a recording")
    return _ENCODINGS[value.kind if isinstance(value, Special) else type(value).__name__](value, child, fields)


def _container_digest(root):
    """All by the identity of containers: their children, their digests, and what stands for one whose digest is known."""
    children, digests, stands, became = {}, {}, {}, {}

    def children_of(value):
        if id(value) not in children:
            found = children[id(value)] = []
            _encode(value, lambda child: found.append(child) or b"")
        return children[id(value)]

    def one(value):
        return became.get(id(value), value)

    def known(value):
        return stands[id(one(value))]

    def settle(value):
        encoding = _encode(value, known)
        taken = digests[id(value)] = _sha256(encoding)
        stands[id(value)] = b"\x13" + _varint(len(encoding)) + encoding if len(encoding) <= 256 else b"\x10" + taken

    def colors_of(values):
        """Colors after the round that told no more of these containers apart than the one before."""
        colors, distinct = {id(value): bytes(32) for value in values}, 1

        def container(child):
            color = colors.get(id(one(child)))
            return known(child) if color is None else b"\x09" + color

        while True:
            colors = dict([(id(value), _sha256(_encode(value, container))) for value in values])
            before, distinct = distinct, len(set(colors.values()))
            if before == distinct:
                return [colors[id(value)] for value in values]

    waiting = []
    for knot in _knots(root, children_of):
        if len(knot) == 1 and all(id(child) in stands for child in children_of(knot[0])):
            settle(knot[0])
        else:
            waiting += knot
    if waiting:
        # What leads to a cycle. Alike containers become one, and then each knot is worked out, the innermost first.
        colors = colors_of(waiting)
        one_of = dict(zip(colors, waiting))
        became.update((id(value), one_of[color]) for value, color in zip(waiting, colors))
        for knot in _knots(one(root), lambda value: [one(child) for child in children_of(value) if id(child) in became]):
            if all(id(one(child)) in stands for child in children_of(knot[0])):
                settle(knot[0])
                continue
            colors = colors_of(knot)
            whole = _sha256(b"\x41", _varint(len(knot)), *sorted(colors))
            for value, color in zip(knot, colors):
                digests[id(value)] = _sha256(b"\x42", whole, color)
                stands[id(value)] = b"\x10" + digests[id(value)]
    return digests[id(one(root))]


def _knots(root, children_of):
    """Sets of containers each of which leads to every other, what is led to before what leads there (Tarjan's)."""
    entered, low, left, open_ids = {id(root): 0}, {id(root): 0}, [root], {id(root)}
    work = [(root, iter(children_of(root)))]
    while work:
        value, children = work[-1]
        own = id(value)
        for child in children:
            if id(child) not in entered:
                entered[id(child)] = low[id(child)] = len(entered)
                left.append(child)
                open_ids.add(id(child))
                work.append((child, iter(children_of(child))))
                break
            if id(child) in open_ids:
                low[own] = min(low[own], entered[id(child)])
        else:
            work.pop()
            if work:
                above = id(work[-1][0])
                low[above] = min(low[above], low[own])
            if low[own] == entered[own]:
                knot = []
                while not knot or knot[-1] is not value:
                    knot.append(left.pop())
                    open_ids.discard(id(knot[-1]))
                yield knot
