"""What values of a recording are in Python, and how they are built from the nodes of a segment ("Values").

Objects that were one in the recording are one here, cycles too; each call builds them anew.
"""

import re
from dataclasses import dataclass, field
from types import GeneratorType
from typing import Any, Dict, List, Optional

from .errors import DamagedSegment, SegmentLimit

MAX_LEVELS = 1_000
MAX_PARTS = 20_000_000
MAX_NODES = 20_000_000


class _Constant:
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return self._name

    def __bool__(self):
        return False


UNDEFINED = _Constant("UNDEFINED")
HOLE = _Constant("HOLE")


class Bare(dict):
    """An object without prototype."""


class Instance(dict):
    """An object of a class, of which only the name is known."""

    def __init__(self, class_name):
        super().__init__()
        self.class_name = class_name


class Bytes(bytes):
    """A buffer, and what it was: `Buffer`, `ArrayBuffer`, `Float64Array`, ..."""

    type: str


# Compared by identity, as objects are where they come from.
_object = dataclass(eq=False)


@_object
class BigInt:
    digits: str

    def __int__(self):
        return int(self.digits)


@_object
class Sparse:
    """A list of `length` places of which few hold something."""

    length: int
    items: Dict[int, Any] = field(default_factory=dict)


@_object
class Map:
    """Pairs of key and value; keys may be anything, equal ones too."""

    entries: List[tuple] = field(default_factory=list)


@_object
class Set:
    items: List[Any] = field(default_factory=list)


@_object
class Date:
    """Milliseconds since 1970; NaN for an invalid date."""

    millis: float


@_object
class RegExp:
    source: str
    flags: str
    last_index: float


@_object
class Error:
    """`cause` and `errors` are HOLE where there is none."""

    class_name: str
    message: Any = UNDEFINED
    stack: Any = UNDEFINED
    cause: Any = HOLE
    errors: Any = HOLE
    properties: Dict[str, Any] = field(default_factory=dict)


@_object
class Opaque:
    """What cannot be stored: a function, a getter, a socket."""

    type: str
    detail: str


@_object
class Truncated:
    """What was cut; `digest` is None where it could not be taken."""

    reason: str
    type: str
    size: int
    digest: Optional[bytes]
    head: str


@_object
class Boxed:
    """A primitive in its object form."""

    value: Any


@_object
class Coded:
    """A value of a named codec, such as `URL`."""

    codec: str
    value: Any


@_object
class Extended:
    """The built-in value `base` of a class of its own, or with properties of its own."""

    base: Any = None
    class_name: Optional[str] = None
    properties: Dict[str, Any] = field(default_factory=dict)


_EXTENDABLE = ("list", "sparse", "map", "set", "bytes", "date", "regexp", "boxed", "coded")
_CONSTANTS = (UNDEFINED, None, False, True, float("nan"), HOLE)
_ITEM_BYTES = {"Int16Array": 2, "Uint16Array": 2, "Float16Array": 2, "Int32Array": 4, "Uint32Array": 4, "Float32Array": 4}
_ITEM_BYTES.update({"Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8})


def utf16(data):
    """Text that is stored as UTF-16, since it holds a lone surrogate; Python's texts can hold one too."""
    if len(data) % 2:
        raise DamagedSegment("a text of two bytes a unit has an odd number of bytes")
    return data.decode("utf-16-le", "surrogatepass")


class Nodes:
    """The nodes of a segment so far."""

    def __init__(self):
        self._nodes = []
        self._texts = {}

    def __len__(self):
        return len(self._nodes)

    def extend(self, nodes):
        self._nodes.extend(nodes)
        if len(self._nodes) > MAX_NODES:
            raise SegmentLimit(f"it has more than {MAX_NODES} nodes")

    def at(self, back, holder):
        """The node that node `holder` refers to by counting back."""
        number = holder - back
        if back < 1 or number < 1:
            raise DamagedSegment(f"node {holder} refers to node {number}")
        return number, self._nodes[number - 1]

    def text(self, number, node):
        if number not in self._texts:
            self._texts[number] = node.text if node.WhichOneof("kind") == "text" else utf16(node.text16)
        return self._texts[number]

    def build(self, value, holder):
        """Builds a value that stands in the body of a record, of which `holder` would be the next node."""
        return _run(_Building(self).part(value, holder))


def _run(first):
    """Runs generators that yield others and wait for what these return: values are deeper than Python's stack."""
    stack, result = [first], None
    while stack:
        try:
            step = stack[-1].send(result)
            if isinstance(step, GeneratorType):
                stack.append(step)
                step = None
            result = step
        except StopIteration as done:
            stack.pop()
            result = done.value
    return result


class _Building:
    """One value in the making."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.built = {}
        self.open = []
        self.depth = 0
        self.parts = 0

    def count(self, parts):
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise DamagedSegment(f"a value has more than {MAX_PARTS} parts")

    def item(self, value, holder):
        """A value that may be a hole, or what builds it."""
        kind = value.WhichOneof("kind")
        if kind == "node":
            return self.node(value.node, holder)
        if kind == "constant":
            if value.constant >= len(_CONSTANTS):
                raise DamagedSegment(f"constant {value.constant} is unknown")
            return _CONSTANTS[value.constant]
        if kind == "text16":
            return utf16(value.text16)
        if kind == "alias":
            number, _ = self.nodes.at(value.alias, holder)
            if number not in self.built:
                raise DamagedSegment(f"alias of node {number}, which was not built before")
            return self.built[number]
        if kind == "cycle":
            if not 1 <= value.cycle <= len(self.open):
                raise DamagedSegment(f"a cycle goes {value.cycle} levels up, beyond the value")
            return self.open[-value.cycle]
        if kind is None:
            raise DamagedSegment("a value is empty or of a kind that this version does not know")
        return getattr(value, kind)

    def part(self, value, holder):
        built = yield self.item(value, holder)
        if built is HOLE:
            raise DamagedSegment(f"node {holder} has a hole where there is a value")
        return built

    def key(self, value, holder):
        """A text that stands in place."""
        kind = value.WhichOneof("kind")
        if kind not in ("text", "text16"):
            raise DamagedSegment(f"node {holder} has a key that is no text")
        return value.text if kind == "text" else utf16(value.text16)

    def node(self, back, holder, inside=None):
        """The object that a node stands for. `inside`: the extended value of which the node is the built-in value."""
        number, node = self.nodes.at(back, holder)
        kind = node.WhichOneof("kind")
        if kind in ("text", "text16"):
            return self.nodes.text(number, node)
        if kind == "bigint":
            if not re.fullmatch("0|-?[1-9][0-9]*", node.bigint, re.ASCII):
                raise DamagedSegment(f"node {number} is no whole number")
            return BigInt(node.bigint)
        if kind == "opaque":
            return Opaque(node.opaque.type, node.opaque.detail)
        if kind == "truncated":
            cut = node.truncated
            return Truncated(cut.reason, cut.type, cut.size, cut.digest or None, cut.head)
        if not hasattr(self, f"_{kind}"):
            raise DamagedSegment(f"node {number} is no value, or of a kind that this version does not know")
        if number in self.built:
            raise DamagedSegment(f"node {number} stands for two objects of one value")
        if self.depth >= MAX_LEVELS:
            raise DamagedSegment(f"a value is nested deeper than {MAX_LEVELS}")
        self.count(1)
        self.depth += 1
        built = yield getattr(self, f"_{kind}")(number, getattr(node, kind), inside)
        self.depth -= 1
        self.built[number] = built
        return built

    def enter(self, number, target, inside):
        """A level: what stands in it may lead back to it."""
        self.built[number] = target
        # An extended value and its inside are one level, and what leads back there is the extended value.
        self.open.append(target if inside is None else inside)
        return target

    def properties(self, pairs, holder, into):
        if len(pairs) % 2:
            raise DamagedSegment(f"node {holder} has a key without a value")
        self.count(len(pairs))
        for index in range(0, len(pairs), 2):
            self.set(into, self.key(pairs[index], holder), (yield self.part(pairs[index + 1], holder)), holder)

    def set(self, target, key, value, holder):
        if key in target:
            raise DamagedSegment(f"node {holder} has the key {key!r} twice")
        target[key] = value

    def _object(self, number, message, inside):
        _, node = self.nodes.at(message.shape, number)
        if node.WhichOneof("kind") != "shape":
            raise DamagedSegment(f"node {number} has no list of keys")
        keys, values = node.shape.keys, message.values
        if len(keys) != len(values):
            raise DamagedSegment(f"node {number} has {len(values)} values for {len(keys)} keys")
        self.count(len(keys))
        target = Instance(message.class_name) if message.HasField("class_name") else Bare() if message.null_prototype else {}
        self.enter(number, target, inside)
        for key, value in zip(keys, values):
            self.set(target, self.key(key, number), (yield self.part(value, number)), number)
        self.open.pop()
        return target

    def _list(self, number, message, inside):
        # Which items of which lists: a base may have a base in turn, and items count back from the list they stand in.
        pieces, at, wanted = [], number, None
        while True:
            own = len(message.items) if wanted is None else max(0, min(len(message.items), wanted - message.take))
            if wanted is not None and own < wanted - message.take:
                raise DamagedSegment(f"list {at} has fewer items than another takes of it")
            pieces.append((at, message.items, own))
            self.count(1 + len(message.items))
            wanted = message.take if wanted is None else min(wanted, message.take)
            if message.base == 0:
                if message.take > 0:
                    raise DamagedSegment(f"list {at} takes items of no list")
                break
            at, node = self.nodes.at(message.base, at)
            if node.WhichOneof("kind") != "list":
                raise DamagedSegment(f"node {at} is continued as a list and is none")
            message = node.list
        target = self.enter(number, [], inside)
        for holder, items, own in reversed(pieces):
            for index in range(own):
                target.append((yield self.item(items[index], holder)))
        self.open.pop()
        return target

    def _sparse(self, number, message, inside):
        if message.length >= 2**32 or len(message.entries) % 2:
            raise DamagedSegment(f"node {number} is no list of few items")
        self.count(len(message.entries))
        target = self.enter(number, Sparse(message.length), inside)
        for index in range(0, len(message.entries), 2):
            position = message.entries[index]
            if position.WhichOneof("kind") != "integer" or not 0 <= position.integer < message.length:
                raise DamagedSegment(f"node {number} has an item outside of its list")
            self.set(target.items, position.integer, (yield self.part(message.entries[index + 1], number)), number)
        self.open.pop()
        return target

    def _map(self, number, message, inside):
        if len(message.items) % 2:
            raise DamagedSegment(f"node {number} has a key without a value")
        self.count(len(message.items))
        target = self.enter(number, Map(), inside)
        for index in range(0, len(message.items), 2):
            key = yield self.part(message.items[index], number)
            target.entries.append((key, (yield self.part(message.items[index + 1], number))))
        self.open.pop()
        return target

    def _set(self, number, message, inside):
        self.count(len(message.items))
        target = self.enter(number, Set(), inside)
        for item in message.items:
            target.items.append((yield self.part(item, number)))
        self.open.pop()
        return target

    def _error(self, number, message, inside):
        if not (message.HasField("message") and message.HasField("stack")):
            raise DamagedSegment(f"node {number} is an error without message or stack")
        target = self.enter(number, Error(message.class_name), inside)
        for name in ("message", "stack", "cause", "errors"):
            if message.HasField(name):
                setattr(target, name, (yield self.part(getattr(message, name), number)))
        yield self.properties(message.properties, number, target.properties)
        self.open.pop()
        return target

    def _extended(self, number, message, inside):
        target = Extended(class_name=message.class_name if message.HasField("class_name") else None)
        base, node = self.nodes.at(message.base, number)
        if node.WhichOneof("kind") not in _EXTENDABLE:
            raise DamagedSegment(f"node {number} extends node {base}, which is no built-in value")
        target.base = yield self.node(message.base, number, target)
        self.enter(number, target, None)
        yield self.properties(message.properties, number, target.properties)
        self.open.pop()
        return target

    def _bytes(self, number, message, inside):
        if len(message.data) % _ITEM_BYTES.get(message.type, 1):
            raise DamagedSegment(f"node {number} has {len(message.data)} bytes, which no {message.type} has")
        target = Bytes(message.data)
        target.type = message.type
        return target

    def _date(self, number, millis, inside):
        return Date(millis)

    def _regexp(self, number, message, inside):
        source = yield self.part(message.source, number)
        if not isinstance(source, str):
            raise DamagedSegment(f"node {number} is a regular expression without a text")
        return RegExp(source, message.flags, message.last_index)

    def _boxed(self, number, value, inside):
        return Boxed((yield self.part(value, number)))

    def _coded(self, number, message, inside):
        return Coded(message.codec, (yield self.part(message.value, number)))
