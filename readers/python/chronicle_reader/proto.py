"""The messages of chronicle.proto, made when this module is loaded from the file itself.

So there is no generated code, whose version would have to fit that of the installed `protobuf`. What is understood of the
language is what the file uses: messages, enums, one level of oneof, repeated and optional fields.
"""

import re
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {name: getattr(_Field, "TYPE_" + name.upper()) for name in ("double", "uint32", "uint64", "sint64", "fixed64", "bool", "string", "bytes")}


def _load(text):
    file = descriptor_pb2.FileDescriptorProto(name="chronicle.proto", syntax="proto3", package="chronicle.v1")
    text = re.sub(r"//[^\n]*", "", text)
    enums = set(re.findall(r"\benum\s+(\w+)", text))
    message = enum = None
    in_oneof = False
    pattern = r"(message|enum|oneof)\s+(\w+)\s*\{|(?:(repeated|optional)\s+)?(\w+)\s+(\w+)\s*=\s*(\d+)\s*;|([A-Z_]+)\s*=\s*(\d+)\s*;|(\})"
    for opened, name, label, kind, field_name, number, constant, constant_number, closed in re.findall(pattern, text):
        if opened == "message":
            message, enum = file.message_type.add(name=name), None
        elif opened == "enum":
            message, enum = None, file.enum_type.add(name=name)
        elif opened == "oneof":
            message.oneof_decl.add(name=name)
            in_oneof = True
        elif closed:
            if not in_oneof:
                _declare_optional(message)
                message = enum = None
            in_oneof = False
        elif constant:
            enum.value.add(name=constant, number=int(constant_number))
        else:
            field = message.field.add(name=field_name, number=int(number), label=_Field.LABEL_REPEATED if label == "repeated" else _Field.LABEL_OPTIONAL)
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
            else:
                field.type = _Field.TYPE_ENUM if kind in enums else _Field.TYPE_MESSAGE
                field.type_name = f".chronicle.v1.{kind}"
            if in_oneof:
                field.oneof_index = len(message.oneof_decl) - 1
            field.proto3_optional = label == "optional"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {each.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"chronicle.v1.{each.name}")) for each in file.message_type}


def _declare_optional(message):
    """An `optional` field is a oneof of its own, which has to stand after the others."""
    for field in message.field if message is not None else ():
        if field.proto3_optional:
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")


_MESSAGES = _load(Path(__file__).with_name("chronicle.proto").read_text(encoding="utf-8"))
Record = _MESSAGES["Record"]
Footer = _MESSAGES["Footer"]
