// Generated from chronicle.proto by scripts/generate-proto.mjs. Do not edit.
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const chronicle = $root.chronicle = (() => {

    const chronicle = {};

    chronicle.v1 = (function() {

        const v1 = {};

        v1.Record = (function() {

            const Record = function (properties) {
                this.nodes = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Record.prototype.nodes = $util.emptyArray;
            Record.prototype.header = null;
            Record.prototype.resource = null;
            Record.prototype.begin = null;
            Record.prototype.chunk = null;
            Record.prototype.end = null;
            Record.prototype.environment = null;
            Record.prototype.gap = null;
            Record.prototype.close = null;

            let $oneOfFields;

            $Object.defineProperty(Record.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["header", "resource", "begin", "chunk", "end", "environment", "gap", "close"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Record.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.nodes != null && message.nodes.length)
                    for (let i = 0; i < message.nodes.length; ++i)
                        $root.chronicle.v1.Node.encode(message.nodes[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                    $root.chronicle.v1.Header.encode(message.header, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.resource != null && $Object.hasOwnProperty.call(message, "resource"))
                    $root.chronicle.v1.Resource.encode(message.resource, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.begin != null && $Object.hasOwnProperty.call(message, "begin"))
                    $root.chronicle.v1.Begin.encode(message.begin, writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk"))
                    $root.chronicle.v1.Chunk.encode(message.chunk, writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                    $root.chronicle.v1.End.encode(message.end, writer.uint32(50).fork(), _depth + 1).ldelim();
                if (message.environment != null && $Object.hasOwnProperty.call(message, "environment"))
                    $root.chronicle.v1.Environment.encode(message.environment, writer.uint32(58).fork(), _depth + 1).ldelim();
                if (message.gap != null && $Object.hasOwnProperty.call(message, "gap"))
                    $root.chronicle.v1.Gap.encode(message.gap, writer.uint32(66).fork(), _depth + 1).ldelim();
                if (message.close != null && $Object.hasOwnProperty.call(message, "close"))
                    $root.chronicle.v1.Close.encode(message.close, writer.uint32(74).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Record.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Record();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.nodes && message.nodes.length))
                                message.nodes = [];
                            message.nodes.push($root.chronicle.v1.Node.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.header = $root.chronicle.v1.Header.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                            message.body = "header";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.resource = $root.chronicle.v1.Resource.decode(reader, reader.size(), $undefined, _depth + 1, message.resource);
                            message.body = "resource";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.begin = $root.chronicle.v1.Begin.decode(reader, reader.size(), $undefined, _depth + 1, message.begin);
                            message.body = "begin";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.chunk = $root.chronicle.v1.Chunk.decode(reader, reader.size(), $undefined, _depth + 1, message.chunk);
                            message.body = "chunk";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.end = $root.chronicle.v1.End.decode(reader, reader.size(), $undefined, _depth + 1, message.end);
                            message.body = "end";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.environment = $root.chronicle.v1.Environment.decode(reader, reader.size(), $undefined, _depth + 1, message.environment);
                            message.body = "environment";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.gap = $root.chronicle.v1.Gap.decode(reader, reader.size(), $undefined, _depth + 1, message.gap);
                            message.body = "gap";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.close = $root.chronicle.v1.Close.decode(reader, reader.size(), $undefined, _depth + 1, message.close);
                            message.body = "close";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Record;
        })();

        v1.Header = (function() {

            const Header = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Header.prototype.traceId = $util.newBuffer([]);
            Header.prototype.writer = "";
            Header.prototype.index = 0;
            Header.prototype.startUnixNanos = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Header.prototype.schemaUrl = "";
            Header.prototype.writerVersion = "";

            Header.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.traceId != null && $Object.hasOwnProperty.call(message, "traceId") && message.traceId.length)
                    writer.uint32(10).bytes(message.traceId);
                if (message.writer != null && $Object.hasOwnProperty.call(message, "writer") && message.writer !== "")
                    writer.uint32(18).string(message.writer);
                if (message.index != null && $Object.hasOwnProperty.call(message, "index") && message.index !== 0)
                    writer.uint32(24).uint32(message.index);
                if (message.startUnixNanos != null && $Object.hasOwnProperty.call(message, "startUnixNanos") && (typeof message.startUnixNanos === "object" ? message.startUnixNanos.low || message.startUnixNanos.high : message.startUnixNanos !== 0))
                    writer.uint32(33).fixed64(message.startUnixNanos);
                if (message.schemaUrl != null && $Object.hasOwnProperty.call(message, "schemaUrl") && message.schemaUrl !== "")
                    writer.uint32(42).string(message.schemaUrl);
                if (message.writerVersion != null && $Object.hasOwnProperty.call(message, "writerVersion") && message.writerVersion !== "")
                    writer.uint32(50).string(message.writerVersion);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Header.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Header();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.traceId = value;
                            else
                                delete message.traceId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.writer = value;
                            else
                                delete message.writer;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.index = value;
                            else
                                delete message.index;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                                message.startUnixNanos = value;
                            else
                                delete message.startUnixNanos;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.schemaUrl = value;
                            else
                                delete message.schemaUrl;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.writerVersion = value;
                            else
                                delete message.writerVersion;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Header;
        })();

        v1.Resource = (function() {

            const Resource = function (properties) {
                this.facts = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Resource.prototype.facts = $util.emptyArray;

            Resource.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.facts != null && message.facts.length)
                    for (let i = 0; i < message.facts.length; ++i)
                        $root.chronicle.v1.Fact.encode(message.facts[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Resource.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Resource();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.facts && message.facts.length))
                                message.facts = [];
                            message.facts.push($root.chronicle.v1.Fact.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Resource;
        })();

        v1.Fact = (function() {

            const Fact = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Fact.prototype.key = "";
            Fact.prototype.value = null;

            Fact.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(10).string(message.key);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    $root.chronicle.v1.Value.encode(message.value, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Fact.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Fact();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.value = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Fact;
        })();

        v1.Boundary = (function() {

            const Boundary = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Boundary.prototype.kind = "";
            Boundary.prototype.name = "";
            Boundary.prototype.effect = "";

            Boundary.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                    writer.uint32(10).string(message.kind);
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(18).string(message.name);
                if (message.effect != null && $Object.hasOwnProperty.call(message, "effect") && message.effect !== "")
                    writer.uint32(26).string(message.effect);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Boundary.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Boundary();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.effect = value;
                            else
                                delete message.effect;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Boundary;
        })();

        v1.Begin = (function() {

            const Begin = function (properties) {
                this.cut = [];
                this.opaque = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Begin.prototype.spanId = $util.newBuffer([]);
            Begin.prototype.traceId = $util.newBuffer([]);
            Begin.prototype.parent = 0;
            Begin.prototype.parentSpanId = $util.newBuffer([]);
            Begin.prototype.parentPath = "";
            Begin.prototype.known = null;
            Begin.prototype.defined = null;
            Begin.prototype.ordinal = 0;
            Begin.prototype.startMicros = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
            Begin.prototype.input = null;
            Begin.prototype.cut = $util.emptyArray;
            Begin.prototype.opaque = $util.emptyArray;

            let $oneOfFields;

            $Object.defineProperty(Begin.prototype, "boundary", {
                get: $util.oneOfGetter($oneOfFields = ["known", "defined"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Begin.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.spanId != null && $Object.hasOwnProperty.call(message, "spanId") && message.spanId.length)
                    writer.uint32(10).bytes(message.spanId);
                if (message.traceId != null && $Object.hasOwnProperty.call(message, "traceId") && message.traceId.length)
                    writer.uint32(18).bytes(message.traceId);
                if (message.parent != null && $Object.hasOwnProperty.call(message, "parent") && message.parent !== 0)
                    writer.uint32(24).uint32(message.parent);
                if (message.parentSpanId != null && $Object.hasOwnProperty.call(message, "parentSpanId") && message.parentSpanId.length)
                    writer.uint32(34).bytes(message.parentSpanId);
                if (message.parentPath != null && $Object.hasOwnProperty.call(message, "parentPath") && message.parentPath !== "")
                    writer.uint32(42).string(message.parentPath);
                if (message.known != null && $Object.hasOwnProperty.call(message, "known"))
                    writer.uint32(48).uint32(message.known);
                if (message.defined != null && $Object.hasOwnProperty.call(message, "defined"))
                    $root.chronicle.v1.Boundary.encode(message.defined, writer.uint32(58).fork(), _depth + 1).ldelim();
                if (message.ordinal != null && $Object.hasOwnProperty.call(message, "ordinal") && message.ordinal !== 0)
                    writer.uint32(64).uint32(message.ordinal);
                if (message.startMicros != null && $Object.hasOwnProperty.call(message, "startMicros") && (typeof message.startMicros === "object" ? message.startMicros.low || message.startMicros.high : message.startMicros !== 0))
                    writer.uint32(72).sint64(message.startMicros);
                if (message.input != null && $Object.hasOwnProperty.call(message, "input"))
                    $root.chronicle.v1.Value.encode(message.input, writer.uint32(82).fork(), _depth + 1).ldelim();
                if (message.cut != null && message.cut.length)
                    for (let i = 0; i < message.cut.length; ++i)
                        writer.uint32(90).string(message.cut[i]);
                if (message.opaque != null && message.opaque.length)
                    for (let i = 0; i < message.opaque.length; ++i)
                        writer.uint32(98).string(message.opaque[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Begin.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Begin();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.spanId = value;
                            else
                                delete message.spanId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.traceId = value;
                            else
                                delete message.traceId;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.parent = value;
                            else
                                delete message.parent;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.parentSpanId = value;
                            else
                                delete message.parentSpanId;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.parentPath = value;
                            else
                                delete message.parentPath;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            message.known = reader.uint32();
                            message.boundary = "known";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.defined = $root.chronicle.v1.Boundary.decode(reader, reader.size(), $undefined, _depth + 1, message.defined);
                            message.boundary = "defined";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.ordinal = value;
                            else
                                delete message.ordinal;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.sint64()) === "object" ? value.low || value.high : value !== 0)
                                message.startMicros = value;
                            else
                                delete message.startMicros;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.input = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.input);
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            if (!(message.cut && message.cut.length))
                                message.cut = [];
                            message.cut.push(reader.stringVerify());
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            if (!(message.opaque && message.opaque.length))
                                message.opaque = [];
                            message.opaque.push(reader.stringVerify());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Begin;
        })();

        v1.Chunk = (function() {

            const Chunk = function (properties) {
                this.cut = [];
                this.opaque = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Chunk.prototype.crossingsSince = 0;
            Chunk.prototype.offsetMicros = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Chunk.prototype.value = null;
            Chunk.prototype.cut = $util.emptyArray;
            Chunk.prototype.opaque = $util.emptyArray;
            Chunk.prototype.head = false;
            Chunk.prototype.spanId = $util.newBuffer([]);

            Chunk.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.crossingsSince != null && $Object.hasOwnProperty.call(message, "crossingsSince") && message.crossingsSince !== 0)
                    writer.uint32(8).uint32(message.crossingsSince);
                if (message.offsetMicros != null && $Object.hasOwnProperty.call(message, "offsetMicros") && (typeof message.offsetMicros === "object" ? message.offsetMicros.low || message.offsetMicros.high : message.offsetMicros !== 0))
                    writer.uint32(16).uint64(message.offsetMicros);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    $root.chronicle.v1.Value.encode(message.value, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.cut != null && message.cut.length)
                    for (let i = 0; i < message.cut.length; ++i)
                        writer.uint32(34).string(message.cut[i]);
                if (message.opaque != null && message.opaque.length)
                    for (let i = 0; i < message.opaque.length; ++i)
                        writer.uint32(42).string(message.opaque[i]);
                if (message.head != null && $Object.hasOwnProperty.call(message, "head") && message.head !== false)
                    writer.uint32(48).bool(message.head);
                if (message.spanId != null && $Object.hasOwnProperty.call(message, "spanId") && message.spanId.length)
                    writer.uint32(58).bytes(message.spanId);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Chunk.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Chunk();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.crossingsSince = value;
                            else
                                delete message.crossingsSince;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.offsetMicros = value;
                            else
                                delete message.offsetMicros;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.value = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (!(message.cut && message.cut.length))
                                message.cut = [];
                            message.cut.push(reader.stringVerify());
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.opaque && message.opaque.length))
                                message.opaque = [];
                            message.opaque.push(reader.stringVerify());
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.head = value;
                            else
                                delete message.head;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.spanId = value;
                            else
                                delete message.spanId;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Chunk;
        })();

        v1.Ending = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "ENDING_UNSPECIFIED"] = 0;
            values[valuesById[1] = "ENDING_RETURNED"] = 1;
            values[valuesById[2] = "ENDING_THREW"] = 2;
            values[valuesById[3] = "ENDING_STREAMED"] = 3;
            return values;
        })();

        v1.StreamForm = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "STREAM_FORM_UNSPECIFIED"] = 0;
            values[valuesById[1] = "STREAM_FORM_GENERATOR"] = 1;
            values[valuesById[2] = "STREAM_FORM_ASYNC_GENERATOR"] = 2;
            values[valuesById[3] = "STREAM_FORM_ASYNC_ITERABLE"] = 3;
            values[valuesById[4] = "STREAM_FORM_READABLE_STREAM"] = 4;
            values[valuesById[5] = "STREAM_FORM_NODE_READABLE"] = 5;
            return values;
        })();

        v1.StreamEnd = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "STREAM_END_UNSPECIFIED"] = 0;
            values[valuesById[1] = "STREAM_END_DONE"] = 1;
            values[valuesById[2] = "STREAM_END_ERROR"] = 2;
            values[valuesById[3] = "STREAM_END_CANCELLED"] = 3;
            values[valuesById[4] = "STREAM_END_ABANDONED"] = 4;
            return values;
        })();

        v1.End = (function() {

            const End = function (properties) {
                this.cut = [];
                this.opaque = [];
                this.attributes = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            End.prototype.crossingsSince = 0;
            End.prototype.durationMicros = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            End.prototype.ending = 0;
            End.prototype.async = false;
            End.prototype.value = null;
            End.prototype.cut = $util.emptyArray;
            End.prototype.opaque = $util.emptyArray;
            End.prototype.streamForm = 0;
            End.prototype.streamEnd = 0;
            End.prototype.chunks = 0;
            End.prototype.attributes = $util.emptyArray;
            End.prototype.spanId = $util.newBuffer([]);

            End.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.crossingsSince != null && $Object.hasOwnProperty.call(message, "crossingsSince") && message.crossingsSince !== 0)
                    writer.uint32(8).uint32(message.crossingsSince);
                if (message.durationMicros != null && $Object.hasOwnProperty.call(message, "durationMicros") && (typeof message.durationMicros === "object" ? message.durationMicros.low || message.durationMicros.high : message.durationMicros !== 0))
                    writer.uint32(16).uint64(message.durationMicros);
                if (message.ending != null && $Object.hasOwnProperty.call(message, "ending") && message.ending !== 0)
                    writer.uint32(24).int32(message.ending);
                if (message.async != null && $Object.hasOwnProperty.call(message, "async") && message.async !== false)
                    writer.uint32(32).bool(message.async);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    $root.chronicle.v1.Value.encode(message.value, writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.cut != null && message.cut.length)
                    for (let i = 0; i < message.cut.length; ++i)
                        writer.uint32(50).string(message.cut[i]);
                if (message.opaque != null && message.opaque.length)
                    for (let i = 0; i < message.opaque.length; ++i)
                        writer.uint32(58).string(message.opaque[i]);
                if (message.streamForm != null && $Object.hasOwnProperty.call(message, "streamForm") && message.streamForm !== 0)
                    writer.uint32(64).int32(message.streamForm);
                if (message.streamEnd != null && $Object.hasOwnProperty.call(message, "streamEnd") && message.streamEnd !== 0)
                    writer.uint32(72).int32(message.streamEnd);
                if (message.chunks != null && $Object.hasOwnProperty.call(message, "chunks") && message.chunks !== 0)
                    writer.uint32(80).uint32(message.chunks);
                if (message.attributes != null && message.attributes.length)
                    for (let i = 0; i < message.attributes.length; ++i)
                        $root.chronicle.v1.Fact.encode(message.attributes[i], writer.uint32(90).fork(), _depth + 1).ldelim();
                if (message.spanId != null && $Object.hasOwnProperty.call(message, "spanId") && message.spanId.length)
                    writer.uint32(98).bytes(message.spanId);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            End.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.End();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.crossingsSince = value;
                            else
                                delete message.crossingsSince;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.durationMicros = value;
                            else
                                delete message.durationMicros;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.ending = value;
                            else
                                delete message.ending;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.async = value;
                            else
                                delete message.async;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.value = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.cut && message.cut.length))
                                message.cut = [];
                            message.cut.push(reader.stringVerify());
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.opaque && message.opaque.length))
                                message.opaque = [];
                            message.opaque.push(reader.stringVerify());
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.streamForm = value;
                            else
                                delete message.streamForm;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.streamEnd = value;
                            else
                                delete message.streamEnd;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.chunks = value;
                            else
                                delete message.chunks;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            if (!(message.attributes && message.attributes.length))
                                message.attributes = [];
                            message.attributes.push($root.chronicle.v1.Fact.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.spanId = value;
                            else
                                delete message.spanId;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return End;
        })();

        v1.Environment = (function() {

            const Environment = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Environment.prototype.crossingsSince = 0;
            Environment.prototype.source = "";
            Environment.prototype.value = null;

            Environment.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.crossingsSince != null && $Object.hasOwnProperty.call(message, "crossingsSince") && message.crossingsSince !== 0)
                    writer.uint32(8).uint32(message.crossingsSince);
                if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                    writer.uint32(18).string(message.source);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    $root.chronicle.v1.Value.encode(message.value, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Environment.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Environment();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.crossingsSince = value;
                            else
                                delete message.crossingsSince;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.source = value;
                            else
                                delete message.source;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.value = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Environment;
        })();

        v1.Gap = (function() {

            const Gap = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Gap.prototype.reason = "";
            Gap.prototype.records = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Gap.prototype.bytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            Gap.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(10).string(message.reason);
                if (message.records != null && $Object.hasOwnProperty.call(message, "records") && (typeof message.records === "object" ? message.records.low || message.records.high : message.records !== 0))
                    writer.uint32(16).uint64(message.records);
                if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes") && (typeof message.bytes === "object" ? message.bytes.low || message.bytes.high : message.bytes !== 0))
                    writer.uint32(24).uint64(message.bytes);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Gap.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Gap();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.records = value;
                            else
                                delete message.records;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.bytes = value;
                            else
                                delete message.bytes;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Gap;
        })();

        v1.Close = (function() {

            const Close = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Close.prototype.crossings = 0;
            Close.prototype.open = 0;
            Close.prototype.valuesSha256 = $util.newBuffer([]);

            Close.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.crossings != null && $Object.hasOwnProperty.call(message, "crossings") && message.crossings !== 0)
                    writer.uint32(8).uint32(message.crossings);
                if (message.open != null && $Object.hasOwnProperty.call(message, "open") && message.open !== 0)
                    writer.uint32(16).uint32(message.open);
                if (message.valuesSha256 != null && $Object.hasOwnProperty.call(message, "valuesSha256") && message.valuesSha256.length)
                    writer.uint32(26).bytes(message.valuesSha256);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Close.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Close();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.crossings = value;
                            else
                                delete message.crossings;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.open = value;
                            else
                                delete message.open;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.valuesSha256 = value;
                            else
                                delete message.valuesSha256;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Close;
        })();

        v1.Value = (function() {

            const Value = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Value.prototype.node = null;
            Value.prototype.text = null;
            Value.prototype.integer = null;
            Value.prototype.number = null;
            Value.prototype.constant = null;
            Value.prototype.alias = null;
            Value.prototype.cycle = null;
            Value.prototype.text16 = null;

            let $oneOfFields;

            $Object.defineProperty(Value.prototype, "kind", {
                get: $util.oneOfGetter($oneOfFields = ["node", "text", "integer", "number", "constant", "alias", "cycle", "text16"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Value.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node"))
                    writer.uint32(8).uint32(message.node);
                if (message.text != null && $Object.hasOwnProperty.call(message, "text"))
                    writer.uint32(18).string(message.text);
                if (message.integer != null && $Object.hasOwnProperty.call(message, "integer"))
                    writer.uint32(24).sint64(message.integer);
                if (message.number != null && $Object.hasOwnProperty.call(message, "number"))
                    writer.uint32(33).double(message.number);
                if (message.constant != null && $Object.hasOwnProperty.call(message, "constant"))
                    writer.uint32(40).int32(message.constant);
                if (message.alias != null && $Object.hasOwnProperty.call(message, "alias"))
                    writer.uint32(48).uint32(message.alias);
                if (message.cycle != null && $Object.hasOwnProperty.call(message, "cycle"))
                    writer.uint32(56).uint32(message.cycle);
                if (message.text16 != null && $Object.hasOwnProperty.call(message, "text16"))
                    writer.uint32(66).bytes(message.text16);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Value.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Value();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            message.node = reader.uint32();
                            message.kind = "node";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.text = reader.stringVerify();
                            message.kind = "text";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            message.integer = reader.sint64();
                            message.kind = "integer";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            message.number = reader.double();
                            message.kind = "number";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            message.constant = reader.int32();
                            message.kind = "constant";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            message.alias = reader.uint32();
                            message.kind = "alias";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            message.cycle = reader.uint32();
                            message.kind = "cycle";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.text16 = reader.bytes();
                            message.kind = "text16";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Value;
        })();

        v1.Constant = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "CONSTANT_UNDEFINED"] = 0;
            values[valuesById[1] = "CONSTANT_NULL"] = 1;
            values[valuesById[2] = "CONSTANT_FALSE"] = 2;
            values[valuesById[3] = "CONSTANT_TRUE"] = 3;
            values[valuesById[4] = "CONSTANT_NAN"] = 4;
            values[valuesById[5] = "CONSTANT_HOLE"] = 5;
            return values;
        })();

        v1.Node = (function() {

            const Node = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Node.prototype.text = null;
            Node.prototype.text16 = null;
            Node.prototype.shape = null;
            Node.prototype.object = null;
            Node.prototype.list = null;
            Node.prototype.map = null;
            Node.prototype.set = null;
            Node.prototype.bytes = null;
            Node.prototype.date = null;
            Node.prototype.regexp = null;
            Node.prototype.bigint = null;
            Node.prototype.error = null;
            Node.prototype.opaque = null;
            Node.prototype.truncated = null;
            Node.prototype.boxed = null;
            Node.prototype.coded = null;
            Node.prototype.sparse = null;
            Node.prototype.extended = null;

            let $oneOfFields;

            $Object.defineProperty(Node.prototype, "kind", {
                get: $util.oneOfGetter($oneOfFields = ["text", "text16", "shape", "object", "list", "map", "set", "bytes", "date", "regexp", "bigint", "error", "opaque", "truncated", "boxed", "coded", "sparse", "extended"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Node.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.text != null && $Object.hasOwnProperty.call(message, "text"))
                    writer.uint32(10).string(message.text);
                if (message.text16 != null && $Object.hasOwnProperty.call(message, "text16"))
                    writer.uint32(18).bytes(message.text16);
                if (message.shape != null && $Object.hasOwnProperty.call(message, "shape"))
                    $root.chronicle.v1.Shape.encode(message.shape, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.object != null && $Object.hasOwnProperty.call(message, "object"))
                    $root.chronicle.v1.Object.encode(message.object, writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.list != null && $Object.hasOwnProperty.call(message, "list"))
                    $root.chronicle.v1.List.encode(message.list, writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.map != null && $Object.hasOwnProperty.call(message, "map"))
                    $root.chronicle.v1.Items.encode(message.map, writer.uint32(50).fork(), _depth + 1).ldelim();
                if (message.set != null && $Object.hasOwnProperty.call(message, "set"))
                    $root.chronicle.v1.Items.encode(message.set, writer.uint32(58).fork(), _depth + 1).ldelim();
                if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes"))
                    $root.chronicle.v1.Bytes.encode(message.bytes, writer.uint32(66).fork(), _depth + 1).ldelim();
                if (message.date != null && $Object.hasOwnProperty.call(message, "date"))
                    writer.uint32(73).double(message.date);
                if (message.regexp != null && $Object.hasOwnProperty.call(message, "regexp"))
                    $root.chronicle.v1.RegularExpression.encode(message.regexp, writer.uint32(82).fork(), _depth + 1).ldelim();
                if (message.bigint != null && $Object.hasOwnProperty.call(message, "bigint"))
                    writer.uint32(90).string(message.bigint);
                if (message.error != null && $Object.hasOwnProperty.call(message, "error"))
                    $root.chronicle.v1.Error.encode(message.error, writer.uint32(98).fork(), _depth + 1).ldelim();
                if (message.opaque != null && $Object.hasOwnProperty.call(message, "opaque"))
                    $root.chronicle.v1.Opaque.encode(message.opaque, writer.uint32(106).fork(), _depth + 1).ldelim();
                if (message.truncated != null && $Object.hasOwnProperty.call(message, "truncated"))
                    $root.chronicle.v1.Truncated.encode(message.truncated, writer.uint32(114).fork(), _depth + 1).ldelim();
                if (message.boxed != null && $Object.hasOwnProperty.call(message, "boxed"))
                    $root.chronicle.v1.Value.encode(message.boxed, writer.uint32(122).fork(), _depth + 1).ldelim();
                if (message.coded != null && $Object.hasOwnProperty.call(message, "coded"))
                    $root.chronicle.v1.Coded.encode(message.coded, writer.uint32(130).fork(), _depth + 1).ldelim();
                if (message.sparse != null && $Object.hasOwnProperty.call(message, "sparse"))
                    $root.chronicle.v1.Sparse.encode(message.sparse, writer.uint32(138).fork(), _depth + 1).ldelim();
                if (message.extended != null && $Object.hasOwnProperty.call(message, "extended"))
                    $root.chronicle.v1.Extended.encode(message.extended, writer.uint32(146).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Node.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Node();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.text = reader.stringVerify();
                            message.kind = "text";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.text16 = reader.bytes();
                            message.kind = "text16";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.shape = $root.chronicle.v1.Shape.decode(reader, reader.size(), $undefined, _depth + 1, message.shape);
                            message.kind = "shape";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.object = $root.chronicle.v1.Object.decode(reader, reader.size(), $undefined, _depth + 1, message.object);
                            message.kind = "object";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.list = $root.chronicle.v1.List.decode(reader, reader.size(), $undefined, _depth + 1, message.list);
                            message.kind = "list";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.map = $root.chronicle.v1.Items.decode(reader, reader.size(), $undefined, _depth + 1, message.map);
                            message.kind = "map";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.set = $root.chronicle.v1.Items.decode(reader, reader.size(), $undefined, _depth + 1, message.set);
                            message.kind = "set";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.bytes = $root.chronicle.v1.Bytes.decode(reader, reader.size(), $undefined, _depth + 1, message.bytes);
                            message.kind = "bytes";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 1)
                                break;
                            message.date = reader.double();
                            message.kind = "date";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.regexp = $root.chronicle.v1.RegularExpression.decode(reader, reader.size(), $undefined, _depth + 1, message.regexp);
                            message.kind = "regexp";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.bigint = reader.stringVerify();
                            message.kind = "bigint";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            message.error = $root.chronicle.v1.Error.decode(reader, reader.size(), $undefined, _depth + 1, message.error);
                            message.kind = "error";
                            continue;
                        }
                    case 13: {
                            if (wireType !== 2)
                                break;
                            message.opaque = $root.chronicle.v1.Opaque.decode(reader, reader.size(), $undefined, _depth + 1, message.opaque);
                            message.kind = "opaque";
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            message.truncated = $root.chronicle.v1.Truncated.decode(reader, reader.size(), $undefined, _depth + 1, message.truncated);
                            message.kind = "truncated";
                            continue;
                        }
                    case 15: {
                            if (wireType !== 2)
                                break;
                            message.boxed = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.boxed);
                            message.kind = "boxed";
                            continue;
                        }
                    case 16: {
                            if (wireType !== 2)
                                break;
                            message.coded = $root.chronicle.v1.Coded.decode(reader, reader.size(), $undefined, _depth + 1, message.coded);
                            message.kind = "coded";
                            continue;
                        }
                    case 17: {
                            if (wireType !== 2)
                                break;
                            message.sparse = $root.chronicle.v1.Sparse.decode(reader, reader.size(), $undefined, _depth + 1, message.sparse);
                            message.kind = "sparse";
                            continue;
                        }
                    case 18: {
                            if (wireType !== 2)
                                break;
                            message.extended = $root.chronicle.v1.Extended.decode(reader, reader.size(), $undefined, _depth + 1, message.extended);
                            message.kind = "extended";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Node;
        })();

        v1.Shape = (function() {

            const Shape = function (properties) {
                this.keys = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Shape.prototype.keys = $util.emptyArray;

            Shape.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keys != null && message.keys.length)
                    for (let i = 0; i < message.keys.length; ++i)
                        $root.chronicle.v1.Value.encode(message.keys[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Shape.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Shape();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.keys && message.keys.length))
                                message.keys = [];
                            message.keys.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Shape;
        })();

        v1.Object = (function() {

            const Object = function (properties) {
                this.values = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Object.prototype.shape = 0;
            Object.prototype.values = $util.emptyArray;
            Object.prototype.className = null;
            Object.prototype.nullPrototype = false;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Object.prototype, "_className", {
                get: $util.oneOfGetter($oneOfFields = ["className"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Object.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.shape != null && $Object.hasOwnProperty.call(message, "shape") && message.shape !== 0)
                    writer.uint32(8).uint32(message.shape);
                if (message.values != null && message.values.length)
                    for (let i = 0; i < message.values.length; ++i)
                        $root.chronicle.v1.Value.encode(message.values[i], writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.className != null && $Object.hasOwnProperty.call(message, "className"))
                    writer.uint32(26).string(message.className);
                if (message.nullPrototype != null && $Object.hasOwnProperty.call(message, "nullPrototype") && message.nullPrototype !== false)
                    writer.uint32(32).bool(message.nullPrototype);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Object.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Object();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shape = value;
                            else
                                delete message.shape;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.values && message.values.length))
                                message.values = [];
                            message.values.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.className = reader.stringVerify();
                            message._className = "className";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.nullPrototype = value;
                            else
                                delete message.nullPrototype;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Object;
        })();

        v1.List = (function() {

            const List = function (properties) {
                this.items = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            List.prototype.base = 0;
            List.prototype.take = 0;
            List.prototype.items = $util.emptyArray;

            List.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.base != null && $Object.hasOwnProperty.call(message, "base") && message.base !== 0)
                    writer.uint32(8).uint32(message.base);
                if (message.take != null && $Object.hasOwnProperty.call(message, "take") && message.take !== 0)
                    writer.uint32(16).uint32(message.take);
                if (message.items != null && message.items.length)
                    for (let i = 0; i < message.items.length; ++i)
                        $root.chronicle.v1.Value.encode(message.items[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            List.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.List();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.base = value;
                            else
                                delete message.base;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.take = value;
                            else
                                delete message.take;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.items && message.items.length))
                                message.items = [];
                            message.items.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return List;
        })();

        v1.Items = (function() {

            const Items = function (properties) {
                this.items = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Items.prototype.items = $util.emptyArray;

            Items.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.items != null && message.items.length)
                    for (let i = 0; i < message.items.length; ++i)
                        $root.chronicle.v1.Value.encode(message.items[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Items.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Items();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.items && message.items.length))
                                message.items = [];
                            message.items.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Items;
        })();

        v1.Bytes = (function() {

            const Bytes = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Bytes.prototype.type = "";
            Bytes.prototype.data = $util.newBuffer([]);

            Bytes.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== "")
                    writer.uint32(10).string(message.type);
                if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                    writer.uint32(18).bytes(message.data);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Bytes.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Bytes();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.type = value;
                            else
                                delete message.type;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.data = value;
                            else
                                delete message.data;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Bytes;
        })();

        v1.RegularExpression = (function() {

            const RegularExpression = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            RegularExpression.prototype.source = null;
            RegularExpression.prototype.flags = "";
            RegularExpression.prototype.lastIndex = 0;

            RegularExpression.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.source != null && $Object.hasOwnProperty.call(message, "source"))
                    $root.chronicle.v1.Value.encode(message.source, writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.flags != null && $Object.hasOwnProperty.call(message, "flags") && message.flags !== "")
                    writer.uint32(18).string(message.flags);
                if (message.lastIndex != null && $Object.hasOwnProperty.call(message, "lastIndex") && !$Object.is(message.lastIndex, 0))
                    writer.uint32(25).double(message.lastIndex);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            RegularExpression.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.RegularExpression();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.source = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.source);
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.flags = value;
                            else
                                delete message.flags;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.lastIndex = value;
                            else
                                delete message.lastIndex;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RegularExpression;
        })();

        v1.Error = (function() {

            const Error = function (properties) {
                this.properties = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Error.prototype.className = "";
            Error.prototype.message = null;
            Error.prototype.stack = null;
            Error.prototype.cause = null;
            Error.prototype.errors = null;
            Error.prototype.properties = $util.emptyArray;

            Error.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.className != null && $Object.hasOwnProperty.call(message, "className") && message.className !== "")
                    writer.uint32(10).string(message.className);
                if (message.message != null && $Object.hasOwnProperty.call(message, "message"))
                    $root.chronicle.v1.Value.encode(message.message, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.stack != null && $Object.hasOwnProperty.call(message, "stack"))
                    $root.chronicle.v1.Value.encode(message.stack, writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.cause != null && $Object.hasOwnProperty.call(message, "cause"))
                    $root.chronicle.v1.Value.encode(message.cause, writer.uint32(34).fork(), _depth + 1).ldelim();
                if (message.errors != null && $Object.hasOwnProperty.call(message, "errors"))
                    $root.chronicle.v1.Value.encode(message.errors, writer.uint32(42).fork(), _depth + 1).ldelim();
                if (message.properties != null && message.properties.length)
                    for (let i = 0; i < message.properties.length; ++i)
                        $root.chronicle.v1.Value.encode(message.properties[i], writer.uint32(50).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Error.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Error();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.className = value;
                            else
                                delete message.className;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.message = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.message);
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.stack = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.stack);
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.cause = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.cause);
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.errors = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.errors);
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.properties && message.properties.length))
                                message.properties = [];
                            message.properties.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Error;
        })();

        v1.Opaque = (function() {

            const Opaque = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Opaque.prototype.type = "";
            Opaque.prototype.detail = "";

            Opaque.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== "")
                    writer.uint32(10).string(message.type);
                if (message.detail != null && $Object.hasOwnProperty.call(message, "detail") && message.detail !== "")
                    writer.uint32(18).string(message.detail);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Opaque.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Opaque();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.type = value;
                            else
                                delete message.type;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.detail = value;
                            else
                                delete message.detail;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Opaque;
        })();

        v1.Truncated = (function() {

            const Truncated = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Truncated.prototype.reason = "";
            Truncated.prototype.type = "";
            Truncated.prototype.size = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Truncated.prototype.digest = $util.newBuffer([]);
            Truncated.prototype.head = "";

            Truncated.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(10).string(message.reason);
                if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== "")
                    writer.uint32(18).string(message.type);
                if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                    writer.uint32(24).uint64(message.size);
                if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                    writer.uint32(34).bytes(message.digest);
                if (message.head != null && $Object.hasOwnProperty.call(message, "head") && message.head !== "")
                    writer.uint32(42).string(message.head);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Truncated.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Truncated();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.type = value;
                            else
                                delete message.type;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.size = value;
                            else
                                delete message.size;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.digest = value;
                            else
                                delete message.digest;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.head = value;
                            else
                                delete message.head;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Truncated;
        })();

        v1.Coded = (function() {

            const Coded = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Coded.prototype.codec = "";
            Coded.prototype.value = null;

            Coded.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.codec != null && $Object.hasOwnProperty.call(message, "codec") && message.codec !== "")
                    writer.uint32(10).string(message.codec);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    $root.chronicle.v1.Value.encode(message.value, writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Coded.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Coded();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.codec = value;
                            else
                                delete message.codec;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.value = $root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1, message.value);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Coded;
        })();

        v1.Sparse = (function() {

            const Sparse = function (properties) {
                this.entries = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Sparse.prototype.length = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Sparse.prototype.entries = $util.emptyArray;

            Sparse.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.length != null && $Object.hasOwnProperty.call(message, "length") && (typeof message.length === "object" ? message.length.low || message.length.high : message.length !== 0))
                    writer.uint32(8).uint64(message.length);
                if (message.entries != null && message.entries.length)
                    for (let i = 0; i < message.entries.length; ++i)
                        $root.chronicle.v1.Value.encode(message.entries[i], writer.uint32(18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Sparse.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Sparse();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.length = value;
                            else
                                delete message.length;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.entries && message.entries.length))
                                message.entries = [];
                            message.entries.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Sparse;
        })();

        v1.Extended = (function() {

            const Extended = function (properties) {
                this.properties = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Extended.prototype.base = 0;
            Extended.prototype.className = null;
            Extended.prototype.properties = $util.emptyArray;

            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Extended.prototype, "_className", {
                get: $util.oneOfGetter($oneOfFields = ["className"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            Extended.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.base != null && $Object.hasOwnProperty.call(message, "base") && message.base !== 0)
                    writer.uint32(8).uint32(message.base);
                if (message.className != null && $Object.hasOwnProperty.call(message, "className"))
                    writer.uint32(18).string(message.className);
                if (message.properties != null && message.properties.length)
                    for (let i = 0; i < message.properties.length; ++i)
                        $root.chronicle.v1.Value.encode(message.properties[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Extended.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Extended();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.base = value;
                            else
                                delete message.base;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.className = reader.stringVerify();
                            message._className = "className";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.properties && message.properties.length))
                                message.properties = [];
                            message.properties.push($root.chronicle.v1.Value.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Extended;
        })();

        v1.Footer = (function() {

            const Footer = function (properties) {
                this.blocks = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Footer.prototype.blocks = $util.emptyArray;
            Footer.prototype.crossings = 0;
            Footer.prototype.open = 0;

            Footer.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.blocks != null && message.blocks.length)
                    for (let i = 0; i < message.blocks.length; ++i)
                        $root.chronicle.v1.Block.encode(message.blocks[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                if (message.crossings != null && $Object.hasOwnProperty.call(message, "crossings") && message.crossings !== 0)
                    writer.uint32(16).uint32(message.crossings);
                if (message.open != null && $Object.hasOwnProperty.call(message, "open") && message.open !== 0)
                    writer.uint32(24).uint32(message.open);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Footer.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Footer();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.blocks && message.blocks.length))
                                message.blocks = [];
                            message.blocks.push($root.chronicle.v1.Block.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.crossings = value;
                            else
                                delete message.crossings;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.open = value;
                            else
                                delete message.open;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Footer;
        })();

        v1.Block = (function() {

            const Block = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            Block.prototype.packedBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Block.prototype.plainBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
            Block.prototype.plainSha256 = $util.newBuffer([]);

            Block.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.packedBytes != null && $Object.hasOwnProperty.call(message, "packedBytes") && (typeof message.packedBytes === "object" ? message.packedBytes.low || message.packedBytes.high : message.packedBytes !== 0))
                    writer.uint32(8).uint64(message.packedBytes);
                if (message.plainBytes != null && $Object.hasOwnProperty.call(message, "plainBytes") && (typeof message.plainBytes === "object" ? message.plainBytes.low || message.plainBytes.high : message.plainBytes !== 0))
                    writer.uint32(16).uint64(message.plainBytes);
                if (message.plainSha256 != null && $Object.hasOwnProperty.call(message, "plainSha256") && message.plainSha256.length)
                    writer.uint32(26).bytes(message.plainSha256);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            Block.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.chronicle.v1.Block();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.packedBytes = value;
                            else
                                delete message.packedBytes;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.plainBytes = value;
                            else
                                delete message.plainBytes;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.plainSha256 = value;
                            else
                                delete message.plainSha256;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Block;
        })();

        return v1;
    })();

    return chronicle;
})();

export {
  $root as default
};
