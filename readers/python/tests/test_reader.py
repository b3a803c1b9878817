"""The reader as a Python program uses it, and every golden segment."""

import json
import re
import sys
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
CHECKOUT = HERE.parents[2]
VECTORS = CHECKOUT / "test" / "vectors" / "v1"

import chronicle_reader as reader  # noqa: E402
from chronicle_reader.__main__ import meaning_of, meaning_of_envelope, meaning_of_value  # noqa: E402
from chronicle_reader.segment import Record  # noqa: E402
from chronicle_reader.values import Nodes  # noqa: E402


def read(name):
    return reader.read_segment((VECTORS / f"{name}.chronicle").read_bytes(), f"{name}.chronicle")


def inputs(name):
    return [envelope.input.build() for envelope in read(name).envelopes]


def build_last(record):
    """The value that the last node of a record stands for."""
    nodes = Nodes()
    nodes.nodes.extend(record.nodes)
    record.begin.input.node = 1
    return nodes.build(record.begin.input, nodes.next())


class Vectors(unittest.TestCase):
    def test_every_golden_segment_means_what_it_meant(self):
        paths = sorted(VECTORS.glob("*.chronicle"))
        self.assertGreater(len(paths), 50)
        for path in paths:
            with self.subTest(path.name):
                try:
                    segment = read(path.stem)
                    meaning = {**meaning_of(segment), "envelopes": [meaning_of_envelope(each) for each in segment.envelopes]}
                    if segment.damage is not None:
                        meaning = {"error": "CHRONICLE_SEGMENT_DAMAGED"}
                except reader.SegmentError as error:
                    meaning = {"error": error.code}
                # As text: the order of keys counts.
                self.assertEqual(json.dumps(meaning), json.dumps(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))))


    def test_a_trace_in_several_segments_is_joined(self):
        segments = [read("25-goes-on"), read("19-rolled")]
        expected = json.loads((VECTORS / "19-and-25.json").read_text(encoding="utf-8"))
        for _ in range(2):
            envelopes = [meaning_of_envelope(each) for each in reader.envelopes_of_trace(segments)]
            self.assertEqual(json.dumps({"envelopes": envelopes}), json.dumps(expected))
        [alone] = reader.envelopes_of_trace([read("25-goes-on")])[1:]
        self.assertEqual((alone.path, alone.ending), ("agent#0/get_quote#0", "returned"))


class Values(unittest.TestCase):
    def test_numbers_are_whole_or_not(self):
        numbers = inputs("01-scalars")[4:]
        self.assertEqual([type(each).__name__ for each in numbers[:5]], ["int", "float", "int", "int", "float"])
        self.assertEqual(str(numbers[1]), "-0.0")

    def test_what_was_one_object_is_one(self):
        itself, unrolled, parent, _, shared, by_itself = inputs("07-cycles")
        self.assertIs(itself[0], itself)
        self.assertIs(unrolled[0][0], unrolled)
        self.assertIs(parent["children"][0]["parent"], parent)
        self.assertIs(shared[0], shared[1])
        self.assertIsNot(shared[0], shared[2])
        self.assertIs(by_itself.entries[0][0], by_itself.entries[0][1])

    def test_a_map_of_a_class_of_its_own_leads_back_to_the_whole(self):
        registry = inputs("09-extended")[2]
        self.assertEqual(registry.class_name, "Registry")
        self.assertIs(registry.base.entries[1][1], registry)

    def test_each_build_makes_new_objects(self):
        stored = read("03-objects").envelopes[1].input
        first = stored.build()
        first["b"] = "changed"
        self.assertEqual(stored.build(), {"b": 1, "a": 2})

    def test_a_value_as_deep_as_a_writer_writes_can_be_built(self):
        record = Record()
        record.nodes.add().list.SetInParent()
        for _ in range(999):
            record.nodes.add().list.items.add().node = 1
        deep = build_last(record)
        self.assertEqual(len(reader.digest(deep)), 71)
        levels = 1
        while deep:
            deep, levels = deep[0], levels + 1
        self.assertEqual(levels, 1_000)
        record.nodes.add().list.items.add().node = 1
        with self.assertRaisesRegex(reader.SegmentError, "nested deeper than 1000"):
            build_last(record)

    def test_a_date_is_whole_milliseconds(self):
        record = Record()
        record.nodes.add().date = -1.0
        self.assertEqual(build_last(record).millis, -1)
        for millis in (0.5, 8.65e15, float("inf")):
            record.nodes[0].date = millis
            with self.assertRaisesRegex(reader.SegmentError, "milliseconds, which is none"):
                build_last(record)


class Digests(unittest.TestCase):
    def test_the_example_of_the_specification(self):
        digest = reader.digest(["hi", {"b": 1, "a": None}])
        self.assertIn(digest, (CHECKOUT / "docs" / "format.md").read_text(encoding="utf-8"))

    def test_it_depends_on_the_value_alone(self):
        self.assertEqual(reader.digest({"a": 1, "b": 2.0}), reader.digest({"b": 2, "a": 1.0}))
        self.assertNotEqual(reader.digest([0]), reader.digest([-0.0]))
        self.assertNotEqual(reader.digest([True]), reader.digest([1]))
        shared = {"a": []}
        self.assertEqual(reader.digest([shared, shared]), reader.digest([{"a": []}, {"a": []}]))

    def test_a_cycle_written_out_some_turns_is_the_same(self):
        once = []
        once.append(once)
        thrice = [[[]]]
        thrice[0][0].append(thrice)
        leads_there = [thrice]
        self.assertEqual({reader.digest(each) for each in (once, thrice, leads_there)}, {reader.digest(once)})
        self.assertNotEqual(reader.digest([once, 1]), reader.digest(once))

    def test_what_is_no_value_of_a_recording_has_none(self):
        with self.assertRaisesRegex(TypeError, "a object is no value of a recording"):
            reader.digest([object()])


class Errors(unittest.TestCase):
    def test_a_message_says_which_segment_and_why(self):
        with self.assertRaises(reader.SegmentError) as raised:
            read("52-newer-version")
        said = "Cannot read 52-newer-version.chronicle: format 2, and this reader reads 1 to 1.\nUpgrade the reader to read it."
        self.assertEqual(str(raised.exception), said)
        self.assertEqual(raised.exception.code, "CHRONICLE_SEGMENT_VERSION")

    def test_a_message_says_which_record_or_value_and_what_to_do(self):
        advice = "The bytes are not what a writer wrote: fetch the file again, or use another copy."
        with self.assertRaises(reader.SegmentError) as raised:
            read("71-second-header")
        said = "Cannot read 71-second-header.chronicle: record 3: the first record, and no other, has to be a header."
        self.assertEqual(str(raised.exception), f"{said}\n{advice}")
        with self.assertRaises(reader.SegmentError) as raised:
            inputs("54-unknown-node")
        said = "Cannot read the input of value#0 in 54-unknown-node.chronicle: "
        self.assertEqual(str(raised.exception), f"{said}node 1 is no value, or of a kind that this version does not know.\n{advice}")

    def test_zstd_without_a_module_for_it_is_said(self):
        with mock.patch.dict(sys.modules, {"zstandard": None, "compression.zstd": None}):
            with self.assertRaises(reader.SegmentError) as raised:
                read("21-sealed-zstd")
        self.assertEqual(raised.exception.code, "CHRONICLE_DEPENDENCY_MISSING")
        self.assertIn("needs Python 3.14 or the module zstandard", str(raised.exception))

    def test_what_stands_before_damage_is_read_and_the_damage_said(self):
        segment = read("46-damaged-block")
        self.assertRegex(segment.damage, "^block [0-9]+ ")
        self.assertGreater(len(segment.envelopes), 1)
        self.assertEqual(segment.envelopes[0].input.build(), ["buy 1,000 dollars of ACME"])
        self.assertFalse(segment.closed)

    def test_what_only_a_digest_was_kept_of_has_that_digest(self):
        segment = read("12-digests-only")
        self.assertEqual(reader.digest_of(segment.envelopes[0].input), "sha256:" + "5e" * 32)
        self.assertTrue(reader.values_match(segment))

    def test_a_value_that_cannot_be_built_leaves_the_others_readable(self):
        *broken, whole = read("54-unknown-node").envelopes
        for envelope in broken:
            with self.assertRaises(reader.SegmentError):
                envelope.input.build()
        self.assertEqual(meaning_of_value(whole.input.build()), ["this one can be built"])


class Files(unittest.TestCase):
    def test_the_messages_are_those_of_the_package(self):
        copy = HERE.parent / "chronicle_reader" / "chronicle.proto"
        original = CHECKOUT / "src" / "envelope" / "chronicle.proto"
        self.assertEqual(copy.read_bytes(), original.read_bytes())

    def test_the_compiled_messages_are_those_of_the_file(self):
        """On a difference, compile it again, as the README says."""
        text = (HERE.parent / "chronicle_reader" / "chronicle.proto").read_text(encoding="utf-8")
        # message, oneof, label, type, name, number
        said, scope = [], []
        for line in re.sub("//.*", "", text).splitlines():
            opens = re.match(r"\s*(message|enum|oneof) (\w+) {", line)
            entry = re.match(r"\s*(?:(repeated|optional) )?(?:(\w+) )?(\w+) = (\d+);", line)
            if opens:
                scope.append(opens[2])
            elif line.strip() == "}":
                scope.pop()
            elif entry:
                said.append((scope[0], scope[1:], *entry.groups(default="")))
        self.assertEqual(sorted(said), sorted(_compiled()))


def _compiled():
    """What the descriptor has, in the same form: message, oneof, label, type, name, number."""
    from google.protobuf import descriptor_pb2

    data = (HERE.parent / "chronicle_reader" / "chronicle.desc").read_bytes()
    [file] = descriptor_pb2.FileDescriptorSet.FromString(data).file
    for enum in file.enum_type:
        for value in enum.value:
            yield enum.name, [], "", "", value.name, str(value.number)
    for message in file.message_type:
        for field in message.field:
            oneof = [message.oneof_decl[field.oneof_index].name] if field.HasField("oneof_index") and not field.proto3_optional else []
            label = "optional" if field.proto3_optional else "repeated" if field.label == field.LABEL_REPEATED else ""
            kind = field.type_name.split(".")[-1] or field.Type.Name(field.type)[5:].lower()
            yield message.name, oneof, label, kind, field.name, str(field.number)


if __name__ == "__main__":
    unittest.main()
