"""Values of a recording as Python objects, built from the nodes of a segment ("Values" in docs/format.md).

What was one object in the recording is one here, cycles too. Nothing here runs code of a recording.
"""

import re

MAX_LEVELS = 1_000
MAX_PARTS = 20_000_000

DAMAGED, VERSION = "CHRONICLE_SEGMENT_DAMAGED", "CHRONICLE_SEGMENT_VERSION"
LIMIT, DEPENDENCY = "CHRONICLE_SEGMENT_LIMIT", "CHRONICLE_DEPENDENCY_MISSING"
_ADVICE = {
    DAMAGED: "The bytes are not what a writer wrote: fetch the file again, or use another copy.",
    VERSION: "Upgrade the reader to read it.",
    LIMIT: "No writer writes that much: do not trust the file.",
    DEPENDENCY: "Use Python 3.14 or newer, or install the module: pip install zstandard",
}


class SegmentError(Exception):
    """Why a segment, or a value of it, cannot be read. Programs branch on `code`, people read the message."""

    def __init__(self, what, code=DAMAGED):
        super().__init__(what)
        self.code = code

    def about(self, subject):
        return SegmentError(f"Cannot read {subject}: {self}.\n{_ADVICE[self.code]}", self.code)


class Special:
    """A value that Python has no type for: `kind` says what it is, the README which attributes that kind has."""

    def __init__(self, kind, **attributes):
        self.kind = kind
        self.__dict__.update(attributes)

    def __repr__(self):
        return f"<{self.kind} {' '.join(name for name in vars(self) if name != 'kind')}>"


UNDEFINED, HOLE = Special("undefined"), Special("hole")
_CONSTANTS = (UNDEFINED, None, False, True, float("nan"), HOLE)
_LEVELS = {"object", "list", "sparse", "map", "set", "error"}
_EXTENDABLE = {"list", "sparse", "map", "set", "bytes", "date", "regexp", "boxed", "coded"}


class Nodes:
    """The nodes of a segment so far, and the values that they are parts of."""

    def __init__(self):
        self.nodes, self.texts = [], {}

    def next(self):
        """The number that the next node would have: what stands in the body of a record counts back from it."""
        return len(self.nodes) + 1

    def at(self, back, holder):
        number = holder - back
        if back < 1 or number < 1:
            raise SegmentError(f"node {holder} refers to node {number}")
        return number, self.nodes[number - 1], self.nodes[number - 1].WhichOneof("kind")

    def build(self, value, holder):
        """Builds a value anew. Without recursion, since values are deeper than Python's stack."""
        root, built, above, parts = [None], {}, [], 0
        # For each node that is open: its kind, what is still to be put into it, and the level that it is, or is in.
        work = [("", iter([(root, 0, value, holder)]), None, 0)]
        while work:
            inside, waiting, owner, level = work[-1]
            into, key, value, holder = next(waiting, (None,) * 4)
            if value is None:
                work.pop()
                continue
            above[level:] = [owner]
            if value.WhichOneof("kind") != "node":
                into[key] = self._in_place(value, holder, built, above)
                if into[key] is HOLE and inside != "list":
                    raise SegmentError(f"node {holder} has a hole where there is a value")
                continue
            number, node, kind = self.at(value.node, holder)
            if kind in ("text", "text16"):
                # Kept, so that a long text in many places takes its memory once.
                if number not in self.texts:
                    self.texts[number] = _text(node, kind)
                into[key] = self.texts[number]
                continue
            if number in built:
                raise SegmentError(f"node {number} stands for two objects of one value")
            if len(work) > MAX_LEVELS:
                raise SegmentError(f"a value is nested deeper than {MAX_LEVELS}")
            outer = None
            if kind == "extended":
                # It and its inside are one level, which stands for the whole; the inside comes before the properties.
                class_name = node.extended.class_name if node.extended.HasField("class_name") else None
                outer = into[key] = built[number] = Special(kind, class_name=class_name, base=None)
                outer.fields, properties = _properties(node.extended.properties, number)
                work.append((kind, iter(properties), outer, level + 1))
                parts += 1 + len(properties)
                into, key = vars(outer), "base"
                number, node, kind = self.at(node.extended.base, number)
                if kind not in _EXTENDABLE or number in built:
                    raise SegmentError(f"node {number} is extended, and is no built-in value or stands elsewhere too")
            message = getattr(node, kind or "", None)
            made, children, links = self._list(number, message) if kind == "list" else (*self._open(number, kind, message), 1)
            into[key] = made
            if kind not in ("bigint", "opaque", "truncated"):  # These may stand in any number of places.
                built[number] = made
            parts += links + len(children)
            if parts > MAX_PARTS:
                raise SegmentError(f"a value has more than {MAX_PARTS} parts")
            at_level = (made if outer is None else outer, level + 1) if kind in _LEVELS else (owner, level)
            work.append((kind, iter(children), *at_level))
        return root[0]

    def _in_place(self, value, holder, built, above):
        kind = value.WhichOneof("kind")
        if kind == "alias":
            number = self.at(value.alias, holder)[0]
            if number not in built:
                raise SegmentError(f"alias of node {number}, which was not built before")
            return built[number]
        if kind == "cycle":
            if not 1 <= value.cycle < len(above):
                raise SegmentError(f"a cycle goes {value.cycle} levels up, beyond the value")
            return above[-value.cycle]
        if kind is None or (kind == "constant" and not 0 <= value.constant < len(_CONSTANTS)):
            raise SegmentError("a value is empty or of a kind that this version does not know")
        return _CONSTANTS[value.constant] if kind == "constant" else _text(value, kind) if kind == "text16" else getattr(value, kind)

    def _open(self, number, kind, message):
        """What a node stands for, yet without its parts; and these: where each goes, under which key, the value, its holder."""
        made, parts = Special(kind), []
        if kind == "object":
            _, shape, shape_kind = self.at(message.shape, number)
            if shape_kind != "shape":
                raise SegmentError(f"node {number} has no list of keys")
            fields, parts = _fields(shape.shape.keys, message.values, number)
            if message.HasField("class_name"):
                made = Special("instance", class_name=message.class_name, fields=fields)
            else:
                made = Special(kind, bare=True, fields=fields) if message.null_prototype else fields
        elif kind == "sparse":
            places = [place.integer if place.WhichOneof("kind") == "integer" else -1 for place in message.entries[::2]]
            ascending = all(one < next for one, next in zip([-1] + places, places + [message.length]))
            if message.length >= 2**32 or len(message.entries) % 2 or not ascending:
                raise SegmentError(f"node {number} is no list of few items, whose positions ascend below its length")
            made.length, made.items = message.length, dict.fromkeys(places)
            parts = [(made.items, at, value, number) for at, value in zip(places, message.entries[1::2])]
        elif kind == "map":
            if len(message.items) % 2:
                raise SegmentError(f"node {number} has a key without a value")
            made.entries = [[None, None] for _ in message.items[::2]]
            parts = [(made.entries[at // 2], at % 2, item, number) for at, item in enumerate(message.items)]
        elif kind == "set":
            made.items = [None] * len(message.items)
            parts = [(made.items, at, item, number) for at, item in enumerate(message.items)]
        elif kind == "bigint":
            made.digits = message
            if not re.fullmatch("0|-?[1-9][0-9]*", message, re.ASCII):
                raise SegmentError(f"node {number} is no whole number")
        elif kind == "date":
            made.millis = message
            if message == message and not (abs(message) <= 8.64e15 and message.is_integer()):
                raise SegmentError(f"node {number} is a date of {message} milliseconds, which is none")
        elif kind == "boxed":
            parts = [(vars(made), "value", message, number)]
        elif kind in ("bytes", "regexp", "error", "opaque", "truncated", "coded"):
            for field in message.DESCRIPTOR.fields:
                name, value = field.name, getattr(message, field.name)
                if name == "properties":
                    made.fields, properties = _properties(value, number)
                    parts += properties
                elif field.message_type is None:
                    setattr(made, name, value)
                elif name in ("cause", "errors") and not message.HasField(name):
                    setattr(made, name, HOLE)
                else:
                    setattr(made, name, None)
                    parts.append((vars(made), name, value, number))
            self._check(number, made, message)
        else:
            raise SegmentError(f"node {number} is no value, or of a kind that this version does not know")
        return made, parts

    def _check(self, number, made, message):
        if made.kind == "bytes":
            bits = re.search("[0-9]+", made.type)
            if len(made.data) % (int(bits[0]) // 8 if bits else 1):
                raise SegmentError(f"node {number} has {len(made.data)} bytes, which no {made.type} has")
        if made.kind == "regexp":
            kind = message.source.WhichOneof("kind")
            if (self.at(message.source.node, number)[2] if kind == "node" else kind) not in ("text", "text16"):
                raise SegmentError(f"node {number} is a regular expression without a text")

    def _list(self, number, message):
        """A list may go on where another ends, and that one where a third does; items count back from the list they stand in."""
        pieces, wanted = [], None
        while True:
            own = len(message.items) if wanted is None else wanted - message.take
            if own > len(message.items):
                raise SegmentError(f"list {number} has fewer items than another takes of it")
            pieces.append((number, message.items[: max(own, 0)]))
            wanted = message.take if wanted is None else min(wanted, message.take)
            if message.base == 0:
                break
            number, node, kind = self.at(message.base, number)
            if kind != "list":
                raise SegmentError(f"node {number} is continued as a list and is none")
            message = node.list
        if wanted > 0:
            raise SegmentError(f"list {number} takes items of no list")
        values = [(item, holder) for holder, items in reversed(pieces) for item in items]
        made = [None] * len(values)
        return made, [(made, at, item, holder) for at, (item, holder) in enumerate(values)], len(pieces)


def _text(message, kind):
    if kind == "text":
        return message.text
    if len(message.text16) % 2:
        raise SegmentError("a text of two bytes a unit has an odd number of bytes")
    return message.text16.decode("utf-16-le", "surrogatepass")


def _fields(keys, values, holder):
    """Fields yet empty, and what goes into them. Keys are texts that stand in place, each once."""
    kinds = [key.WhichOneof("kind") for key in keys]
    if len(keys) != len(values) or not set(kinds) <= {"text", "text16"}:
        raise SegmentError(f"node {holder} has a key that is no text, or has no value")
    keys = [_text(key, kind) for key, kind in zip(keys, kinds)]
    fields = dict.fromkeys(keys)
    if len(fields) != len(keys):
        raise SegmentError(f"node {holder} has a key twice")
    return fields, [(fields, key, value, holder) for key, value in zip(keys, values)]


def _properties(pairs, holder):
    return _fields(pairs[::2], pairs[1::2], holder)
