"""Digests of values: SHA-256 of the canonical form ("Digests")."""

import hashlib
import struct

from .values import HOLE, UNDEFINED, Bare, BigInt, Boxed, Bytes, Coded, Date, Error, Extended, Instance, Map, Opaque, RegExp, Set, Sparse, Truncated

_SCALARS = {id(None): b"\x01", id(UNDEFINED): b"\x02", id(True): b"\x03", id(False): b"\x04", id(HOLE): b"\x05"}


def _sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


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


def _encode(value, container):
    """The encoding of a container; `container` gives the bytes that stand for one inside it."""

    def child(item):
        scalar = _scalar(item)
        return container(item) if scalar is None else scalar

    def fields(items):
        names = sorted(items, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return _varint(len(names)) + b"".join(_text(name) + child(items[name]) for name in names)

    if isinstance(value, Instance):
        return b"\x31\x00" + _text(value.class_name) + fields(value)
    if isinstance(value, dict):
        return (b"\x30\x01" if isinstance(value, Bare) else b"\x30\x00") + fields(value)
    if isinstance(value, list):
        chain, full = bytes(32), len(value) // 32 * 32
        for start in range(0, full, 32):
            chain = _sha256(b"\x33", chain, *map(child, value[start : start + 32]))
        return b"\x32" + _varint(len(value)) + (chain if full else b"") + b"".join(map(child, value[full:]))
    if isinstance(value, Map):
        return b"\x34" + _varint(2 * len(value.entries)) + b"".join(child(key) + child(item) for key, item in value.entries)
    if isinstance(value, Set):
        return b"\x35" + _varint(len(value.items)) + b"".join(map(child, value.items))
    if isinstance(value, Bytes):
        return b"\x36" + _text(value.type) + _varint(len(value)) + value + b"\x00"
    if isinstance(value, Date):
        return b"\x37" + _number(value.millis) + b"\x00"
    if isinstance(value, RegExp):
        return b"\x38" + _text(value.source) + _text(value.flags) + _number(value.last_index) + b"\x00"
    if isinstance(value, BigInt):
        return b"\x39" + _text(value.digits) + b"\x00"
    if isinstance(value, Error):
        return b"\x3a" + _text(value.class_name) + b"\x03" + child(value.message) + child(value.cause) + child(value.errors) + fields(value.properties)
    if isinstance(value, Opaque):
        return b"\x3b" + _text(value.type) + _text(value.detail) + b"\x00"
    if isinstance(value, Truncated):
        cut = value.digest or b""
        return b"\x3c" + _text(value.reason) + _text(value.type) + _number(value.size) + _varint(len(cut)) + cut + b"\x00"
    if isinstance(value, Boxed):
        return b"\x3d\x01" + child(value.value)
    if isinstance(value, Coded):
        return b"\x3e" + _text(value.codec) + b"\x01" + child(value.value)
    if isinstance(value, Sparse):
        pairs = (_number(position) + child(value.items[position]) for position in sorted(value.items))
        return b"\x3f" + _number(value.length) + _varint(2 * len(value.items)) + b"".join(pairs)
    if isinstance(value, Extended):
        named = _number(0) if value.class_name is None else _number(1) + _text(value.class_name)
        return b"\x40" + named + b"\x01" + child(value.base) + fields(value.properties)
    raise TypeError(f"a {type(value).__name__} is no value of a recording")


def digest(value):
    """The digest of a value, in the form in which it is shown."""
    scalar = _scalar(value)
    return "sha256:" + (_Canon().digest(value) if scalar is None else _sha256(scalar)).hex()


class _Canon:
    """The canonical form of one value."""

    def __init__(self):
        self.children = {}  # of each container, by its identity
        self.stands = {}  # what stands for a container whose form is known
        self.digests = {}

    def digest(self, root):
        waiting = []
        for knot in _knots(root, self.children_of):
            if len(knot) == 1 and all(id(child) in self.stands for child in self.children_of(knot[0])):
                self.settle(knot[0], _encode(knot[0], self.known))
            else:
                waiting += knot
        if not waiting:
            return self.digests[id(root)]
        # What leads to a cycle. Alike containers become one, and then each knot is worked out, the innermost first.
        colors = self.colors(waiting, self.known)
        one_of = {color: value for value, color in zip(waiting, colors)}
        became = {id(value): one_of[color] for value, color in zip(waiting, colors)}

        def known(value):
            return self.stands[id(became.get(id(value), value))]

        def children_of(value):
            return [became[id(child)] for child in self.children_of(value) if id(child) in became]

        root = became[id(root)]
        for knot in _knots(root, children_of):
            if len(knot) == 1 and knot[0] not in _Identities(children_of(knot[0])):
                self.settle(knot[0], _encode(knot[0], known))
                continue
            colors = self.colors(knot, known, became)
            whole = _sha256(b"\x41", _varint(len(knot)), *sorted(colors))
            for value, color in zip(knot, colors):
                self.digests[id(value)] = _sha256(b"\x42", whole, color)
                self.stands[id(value)] = b"\x10" + self.digests[id(value)]
        return self.digests[id(root)]

    def children_of(self, value):
        if id(value) not in self.children:
            found = self.children[id(value)] = []
            _encode(value, lambda child: found.append(child) or b"")
        return self.children[id(value)]

    def known(self, value):
        return self.stands[id(value)]

    def settle(self, value, encoding):
        known = self.digests[id(value)] = _sha256(encoding)
        self.stands[id(value)] = b"\x13" + _varint(len(encoding)) + encoding if len(encoding) <= 256 else b"\x10" + known

    def colors(self, values, known, became={}):
        """Colors after the round that told no more of these containers apart than the one before."""
        colors, distinct = {id(value): bytes(32) for value in values}, 1

        def container(child):
            color = colors.get(id(became.get(id(child), child)))
            return known(child) if color is None else b"\x09" + color

        while True:
            colors = dict([(id(value), _sha256(_encode(value, container))) for value in values])
            before, distinct = distinct, len(set(colors.values()))
            if before == distinct:
                return [colors[id(value)] for value in values]


class _Identities:
    def __init__(self, values):
        self.ids = {id(value) for value in values}

    def __contains__(self, value):
        return id(value) in self.ids


def _knots(root, children_of):
    """Sets of containers each of which leads to every other, what is led to before what leads there (Tarjan's)."""
    entered, low, open_, open_ids = {id(root): 0}, {id(root): 0}, [root], {id(root)}
    work = [(root, iter(children_of(root)))]
    while work:
        value, left = work[-1]
        own = id(value)
        for child in left:
            if id(child) not in entered:
                entered[id(child)] = low[id(child)] = len(entered)
                open_.append(child)
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
                    knot.append(open_.pop())
                    open_ids.discard(id(knot[-1]))
                yield knot
