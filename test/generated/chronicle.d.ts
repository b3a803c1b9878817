// Generated from chronicle.proto by scripts/generate-proto.mjs. Do not edit.
import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace chronicle. */
export namespace chronicle {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a Record.
         * @deprecated Use chronicle.v1.Record.$Properties instead.
         */
        interface IRecord extends chronicle.v1.Record.$Properties {
        }

        /** Represents a Record. */
        class Record {

            /**
             * Constructs a new Record.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Record.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Record nodes. */
            nodes: chronicle.v1.Node.$Properties[];

            /** Record header. */
            header?: (chronicle.v1.Header.$Properties|null);

            /** Record resource. */
            resource?: (chronicle.v1.Resource.$Properties|null);

            /** Record begin. */
            begin?: (chronicle.v1.Begin.$Properties|null);

            /** Record chunk. */
            chunk?: (chronicle.v1.Chunk.$Properties|null);

            /** Record end. */
            end?: (chronicle.v1.End.$Properties|null);

            /** Record environment. */
            environment?: (chronicle.v1.Environment.$Properties|null);

            /** Record gap. */
            gap?: (chronicle.v1.Gap.$Properties|null);

            /** Record close. */
            close?: (chronicle.v1.Close.$Properties|null);

            /** Record body. */
            body?: ("header"|"resource"|"begin"|"chunk"|"end"|"environment"|"gap"|"close");

            /**
             * Encodes the specified Record message. Does not implicitly {@link chronicle.v1.Record.verify|verify} messages.
             * @param message Record message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Record.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Record message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Record & chronicle.v1.Record.$Shape} Record
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Record & chronicle.v1.Record.$Shape;
        }

        namespace Record {

            /** Properties of a Record. */
            interface $Properties {

                /** Record nodes */
                nodes?: (chronicle.v1.Node.$Properties[]|null);

                /** Record header */
                header?: (chronicle.v1.Header.$Properties|null);

                /** Record resource */
                resource?: (chronicle.v1.Resource.$Properties|null);

                /** Record begin */
                begin?: (chronicle.v1.Begin.$Properties|null);

                /** Record chunk */
                chunk?: (chronicle.v1.Chunk.$Properties|null);

                /** Record end */
                end?: (chronicle.v1.End.$Properties|null);

                /** Record environment */
                environment?: (chronicle.v1.Environment.$Properties|null);

                /** Record gap */
                gap?: (chronicle.v1.Gap.$Properties|null);

                /** Record close */
                close?: (chronicle.v1.Close.$Properties|null);

                /** Record body */
                body?: ("header"|"resource"|"begin"|"chunk"|"end"|"environment"|"gap"|"close");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Record. */
            type $Shape = {
              nodes?: chronicle.v1.Node.$Shape[]|null;
              header?: chronicle.v1.Header.$Shape|null;
              resource?: chronicle.v1.Resource.$Shape|null;
              begin?: chronicle.v1.Begin.$Shape|null;
              chunk?: chronicle.v1.Chunk.$Shape|null;
              end?: chronicle.v1.End.$Shape|null;
              environment?: chronicle.v1.Environment.$Shape|null;
              gap?: chronicle.v1.Gap.$Shape|null;
              close?: chronicle.v1.Close.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; header?: null; resource?: null; begin?: null; chunk?: null; end?: null; environment?: null; gap?: null; close?: null }|{ body?: "header"; header: chronicle.v1.Header.$Shape; resource?: null; begin?: null; chunk?: null; end?: null; environment?: null; gap?: null; close?: null }|{ body?: "resource"; header?: null; resource: chronicle.v1.Resource.$Shape; begin?: null; chunk?: null; end?: null; environment?: null; gap?: null; close?: null }|{ body?: "begin"; header?: null; resource?: null; begin: chronicle.v1.Begin.$Shape; chunk?: null; end?: null; environment?: null; gap?: null; close?: null }|{ body?: "chunk"; header?: null; resource?: null; begin?: null; chunk: chronicle.v1.Chunk.$Shape; end?: null; environment?: null; gap?: null; close?: null }|{ body?: "end"; header?: null; resource?: null; begin?: null; chunk?: null; end: chronicle.v1.End.$Shape; environment?: null; gap?: null; close?: null }|{ body?: "environment"; header?: null; resource?: null; begin?: null; chunk?: null; end?: null; environment: chronicle.v1.Environment.$Shape; gap?: null; close?: null }|{ body?: "gap"; header?: null; resource?: null; begin?: null; chunk?: null; end?: null; environment?: null; gap: chronicle.v1.Gap.$Shape; close?: null }|{ body?: "close"; header?: null; resource?: null; begin?: null; chunk?: null; end?: null; environment?: null; gap?: null; close: chronicle.v1.Close.$Shape })
            );
        }

        /**
         * Properties of a Header.
         * @deprecated Use chronicle.v1.Header.$Properties instead.
         */
        interface IHeader extends chronicle.v1.Header.$Properties {
        }

        /** Represents a Header. */
        class Header {

            /**
             * Constructs a new Header.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Header.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Header traceId. */
            traceId: Uint8Array;

            /** Header writer. */
            writer: string;

            /** Header index. */
            index: number;

            /** Header startUnixNanos. */
            startUnixNanos: (number|Long);

            /** Header schemaUrl. */
            schemaUrl: string;

            /** Header writerVersion. */
            writerVersion: string;

            /**
             * Encodes the specified Header message. Does not implicitly {@link chronicle.v1.Header.verify|verify} messages.
             * @param message Header message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Header message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Header & chronicle.v1.Header.$Shape} Header
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Header & chronicle.v1.Header.$Shape;
        }

        namespace Header {

            /** Properties of a Header. */
            interface $Properties {

                /** Header traceId */
                traceId?: (Uint8Array|null);

                /** Header writer */
                writer?: (string|null);

                /** Header index */
                index?: (number|null);

                /** Header startUnixNanos */
                startUnixNanos?: (number|Long|null);

                /** Header schemaUrl */
                schemaUrl?: (string|null);

                /** Header writerVersion */
                writerVersion?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Header. */
            type $Shape = chronicle.v1.Header.$Properties;
        }

        /**
         * Properties of a Resource.
         * @deprecated Use chronicle.v1.Resource.$Properties instead.
         */
        interface IResource extends chronicle.v1.Resource.$Properties {
        }

        /** Represents a Resource. */
        class Resource {

            /**
             * Constructs a new Resource.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Resource.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Resource facts. */
            facts: chronicle.v1.Fact.$Properties[];

            /**
             * Encodes the specified Resource message. Does not implicitly {@link chronicle.v1.Resource.verify|verify} messages.
             * @param message Resource message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Resource.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Resource message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Resource & chronicle.v1.Resource.$Shape} Resource
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Resource & chronicle.v1.Resource.$Shape;
        }

        namespace Resource {

            /** Properties of a Resource. */
            interface $Properties {

                /** Resource facts */
                facts?: (chronicle.v1.Fact.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Resource. */
            type $Shape = {
              facts?: chronicle.v1.Fact.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Fact.
         * @deprecated Use chronicle.v1.Fact.$Properties instead.
         */
        interface IFact extends chronicle.v1.Fact.$Properties {
        }

        /** Represents a Fact. */
        class Fact {

            /**
             * Constructs a new Fact.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Fact.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Fact key. */
            key: string;

            /** Fact value. */
            value?: (chronicle.v1.Value.$Properties|null);

            /**
             * Encodes the specified Fact message. Does not implicitly {@link chronicle.v1.Fact.verify|verify} messages.
             * @param message Fact message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Fact.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Fact message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Fact & chronicle.v1.Fact.$Shape} Fact
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Fact & chronicle.v1.Fact.$Shape;
        }

        namespace Fact {

            /** Properties of a Fact. */
            interface $Properties {

                /** Fact key */
                key?: (string|null);

                /** Fact value */
                value?: (chronicle.v1.Value.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Fact. */
            type $Shape = {
              key?: string|null;
              value?: chronicle.v1.Value.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Boundary.
         * @deprecated Use chronicle.v1.Boundary.$Properties instead.
         */
        interface IBoundary extends chronicle.v1.Boundary.$Properties {
        }

        /** Represents a Boundary. */
        class Boundary {

            /**
             * Constructs a new Boundary.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Boundary.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Boundary kind. */
            kind: string;

            /** Boundary name. */
            name: string;

            /** Boundary effect. */
            effect: string;

            /**
             * Encodes the specified Boundary message. Does not implicitly {@link chronicle.v1.Boundary.verify|verify} messages.
             * @param message Boundary message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Boundary.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Boundary message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Boundary & chronicle.v1.Boundary.$Shape} Boundary
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Boundary & chronicle.v1.Boundary.$Shape;
        }

        namespace Boundary {

            /** Properties of a Boundary. */
            interface $Properties {

                /** Boundary kind */
                kind?: (string|null);

                /** Boundary name */
                name?: (string|null);

                /** Boundary effect */
                effect?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Boundary. */
            type $Shape = chronicle.v1.Boundary.$Properties;
        }

        /**
         * Properties of a Begin.
         * @deprecated Use chronicle.v1.Begin.$Properties instead.
         */
        interface IBegin extends chronicle.v1.Begin.$Properties {
        }

        /** Represents a Begin. */
        class Begin {

            /**
             * Constructs a new Begin.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Begin.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Begin spanId. */
            spanId: Uint8Array;

            /** Begin traceId. */
            traceId: Uint8Array;

            /** Begin parent. */
            parent: number;

            /** Begin parentSpanId. */
            parentSpanId: Uint8Array;

            /** Begin parentPath. */
            parentPath: string;

            /** Begin known. */
            known?: (number|null);

            /** Begin defined. */
            defined?: (chronicle.v1.Boundary.$Properties|null);

            /** Begin ordinal. */
            ordinal: number;

            /** Begin startMicros. */
            startMicros: (number|Long);

            /** Begin input. */
            input?: (chronicle.v1.Value.$Properties|null);

            /** Begin cut. */
            cut: string[];

            /** Begin opaque. */
            opaque: string[];

            /** Begin boundary. */
            boundary?: ("known"|"defined");

            /**
             * Encodes the specified Begin message. Does not implicitly {@link chronicle.v1.Begin.verify|verify} messages.
             * @param message Begin message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Begin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Begin message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Begin & chronicle.v1.Begin.$Shape} Begin
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Begin & chronicle.v1.Begin.$Shape;
        }

        namespace Begin {

            /** Properties of a Begin. */
            interface $Properties {

                /** Begin spanId */
                spanId?: (Uint8Array|null);

                /** Begin traceId */
                traceId?: (Uint8Array|null);

                /** Begin parent */
                parent?: (number|null);

                /** Begin parentSpanId */
                parentSpanId?: (Uint8Array|null);

                /** Begin parentPath */
                parentPath?: (string|null);

                /** Begin known */
                known?: (number|null);

                /** Begin defined */
                defined?: (chronicle.v1.Boundary.$Properties|null);

                /** Begin ordinal */
                ordinal?: (number|null);

                /** Begin startMicros */
                startMicros?: (number|Long|null);

                /** Begin input */
                input?: (chronicle.v1.Value.$Properties|null);

                /** Begin cut */
                cut?: (string[]|null);

                /** Begin opaque */
                opaque?: (string[]|null);

                /** Begin boundary */
                boundary?: ("known"|"defined");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Begin. */
            type $Shape = {
              spanId?: Uint8Array|null;
              traceId?: Uint8Array|null;
              parent?: number|null;
              parentSpanId?: Uint8Array|null;
              parentPath?: string|null;
              known?: number|null;
              defined?: chronicle.v1.Boundary.$Shape|null;
              ordinal?: number|null;
              startMicros?: number|Long|null;
              input?: chronicle.v1.Value.$Shape|null;
              cut?: string[]|null;
              opaque?: string[]|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ boundary?: undefined; known?: null; defined?: null }|{ boundary?: "known"; known: number; defined?: null }|{ boundary?: "defined"; known?: null; defined: chronicle.v1.Boundary.$Shape })
            );
        }

        /**
         * Properties of a Chunk.
         * @deprecated Use chronicle.v1.Chunk.$Properties instead.
         */
        interface IChunk extends chronicle.v1.Chunk.$Properties {
        }

        /** Represents a Chunk. */
        class Chunk {

            /**
             * Constructs a new Chunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Chunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Chunk crossingsSince. */
            crossingsSince: number;

            /** Chunk offsetMicros. */
            offsetMicros: (number|Long);

            /** Chunk value. */
            value?: (chronicle.v1.Value.$Properties|null);

            /** Chunk cut. */
            cut: string[];

            /** Chunk opaque. */
            opaque: string[];

            /** Chunk head. */
            head: boolean;

            /** Chunk spanId. */
            spanId: Uint8Array;

            /**
             * Encodes the specified Chunk message. Does not implicitly {@link chronicle.v1.Chunk.verify|verify} messages.
             * @param message Chunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Chunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Chunk & chronicle.v1.Chunk.$Shape} Chunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Chunk & chronicle.v1.Chunk.$Shape;
        }

        namespace Chunk {

            /** Properties of a Chunk. */
            interface $Properties {

                /** Chunk crossingsSince */
                crossingsSince?: (number|null);

                /** Chunk offsetMicros */
                offsetMicros?: (number|Long|null);

                /** Chunk value */
                value?: (chronicle.v1.Value.$Properties|null);

                /** Chunk cut */
                cut?: (string[]|null);

                /** Chunk opaque */
                opaque?: (string[]|null);

                /** Chunk head */
                head?: (boolean|null);

                /** Chunk spanId */
                spanId?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Chunk. */
            type $Shape = {
              crossingsSince?: number|null;
              offsetMicros?: number|Long|null;
              value?: chronicle.v1.Value.$Shape|null;
              cut?: string[]|null;
              opaque?: string[]|null;
              head?: boolean|null;
              spanId?: Uint8Array|null;
              $unknowns?: Uint8Array[];
            };
        }

        /** Ending enum. */
        enum Ending {

            /** ENDING_UNSPECIFIED value */
            ENDING_UNSPECIFIED = 0,

            /** ENDING_RETURNED value */
            ENDING_RETURNED = 1,

            /** ENDING_THREW value */
            ENDING_THREW = 2,

            /** ENDING_STREAMED value */
            ENDING_STREAMED = 3
        }

        /** StreamForm enum. */
        enum StreamForm {

            /** STREAM_FORM_UNSPECIFIED value */
            STREAM_FORM_UNSPECIFIED = 0,

            /** STREAM_FORM_GENERATOR value */
            STREAM_FORM_GENERATOR = 1,

            /** STREAM_FORM_ASYNC_GENERATOR value */
            STREAM_FORM_ASYNC_GENERATOR = 2,

            /** STREAM_FORM_ASYNC_ITERABLE value */
            STREAM_FORM_ASYNC_ITERABLE = 3,

            /** STREAM_FORM_READABLE_STREAM value */
            STREAM_FORM_READABLE_STREAM = 4,

            /** STREAM_FORM_NODE_READABLE value */
            STREAM_FORM_NODE_READABLE = 5
        }

        /** StreamEnd enum. */
        enum StreamEnd {

            /** STREAM_END_UNSPECIFIED value */
            STREAM_END_UNSPECIFIED = 0,

            /** STREAM_END_DONE value */
            STREAM_END_DONE = 1,

            /** STREAM_END_ERROR value */
            STREAM_END_ERROR = 2,

            /** STREAM_END_CANCELLED value */
            STREAM_END_CANCELLED = 3,

            /** STREAM_END_ABANDONED value */
            STREAM_END_ABANDONED = 4
        }

        /**
         * Properties of an End.
         * @deprecated Use chronicle.v1.End.$Properties instead.
         */
        interface IEnd extends chronicle.v1.End.$Properties {
        }

        /** Represents an End. */
        class End {

            /**
             * Constructs a new End.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.End.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** End crossingsSince. */
            crossingsSince: number;

            /** End durationMicros. */
            durationMicros: (number|Long);

            /** End ending. */
            ending: chronicle.v1.Ending;

            /** End async. */
            async: boolean;

            /** End value. */
            value?: (chronicle.v1.Value.$Properties|null);

            /** End cut. */
            cut: string[];

            /** End opaque. */
            opaque: string[];

            /** End streamForm. */
            streamForm: chronicle.v1.StreamForm;

            /** End streamEnd. */
            streamEnd: chronicle.v1.StreamEnd;

            /** End chunks. */
            chunks: number;

            /** End attributes. */
            attributes: chronicle.v1.Fact.$Properties[];

            /** End spanId. */
            spanId: Uint8Array;

            /**
             * Encodes the specified End message. Does not implicitly {@link chronicle.v1.End.verify|verify} messages.
             * @param message End message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.End.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an End message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.End & chronicle.v1.End.$Shape} End
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.End & chronicle.v1.End.$Shape;
        }

        namespace End {

            /** Properties of an End. */
            interface $Properties {

                /** End crossingsSince */
                crossingsSince?: (number|null);

                /** End durationMicros */
                durationMicros?: (number|Long|null);

                /** End ending */
                ending?: (chronicle.v1.Ending|null);

                /** End async */
                async?: (boolean|null);

                /** End value */
                value?: (chronicle.v1.Value.$Properties|null);

                /** End cut */
                cut?: (string[]|null);

                /** End opaque */
                opaque?: (string[]|null);

                /** End streamForm */
                streamForm?: (chronicle.v1.StreamForm|null);

                /** End streamEnd */
                streamEnd?: (chronicle.v1.StreamEnd|null);

                /** End chunks */
                chunks?: (number|null);

                /** End attributes */
                attributes?: (chronicle.v1.Fact.$Properties[]|null);

                /** End spanId */
                spanId?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an End. */
            type $Shape = {
              crossingsSince?: number|null;
              durationMicros?: number|Long|null;
              ending?: chronicle.v1.Ending|null;
              async?: boolean|null;
              value?: chronicle.v1.Value.$Shape|null;
              cut?: string[]|null;
              opaque?: string[]|null;
              streamForm?: chronicle.v1.StreamForm|null;
              streamEnd?: chronicle.v1.StreamEnd|null;
              chunks?: number|null;
              attributes?: chronicle.v1.Fact.$Shape[]|null;
              spanId?: Uint8Array|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Environment.
         * @deprecated Use chronicle.v1.Environment.$Properties instead.
         */
        interface IEnvironment extends chronicle.v1.Environment.$Properties {
        }

        /** Represents an Environment. */
        class Environment {

            /**
             * Constructs a new Environment.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Environment.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Environment crossingsSince. */
            crossingsSince: number;

            /** Environment source. */
            source: string;

            /** Environment value. */
            value?: (chronicle.v1.Value.$Properties|null);

            /**
             * Encodes the specified Environment message. Does not implicitly {@link chronicle.v1.Environment.verify|verify} messages.
             * @param message Environment message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Environment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Environment message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Environment & chronicle.v1.Environment.$Shape} Environment
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Environment & chronicle.v1.Environment.$Shape;
        }

        namespace Environment {

            /** Properties of an Environment. */
            interface $Properties {

                /** Environment crossingsSince */
                crossingsSince?: (number|null);

                /** Environment source */
                source?: (string|null);

                /** Environment value */
                value?: (chronicle.v1.Value.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Environment. */
            type $Shape = {
              crossingsSince?: number|null;
              source?: string|null;
              value?: chronicle.v1.Value.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Gap.
         * @deprecated Use chronicle.v1.Gap.$Properties instead.
         */
        interface IGap extends chronicle.v1.Gap.$Properties {
        }

        /** Represents a Gap. */
        class Gap {

            /**
             * Constructs a new Gap.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Gap.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Gap reason. */
            reason: string;

            /** Gap records. */
            records: (number|Long);

            /** Gap bytes. */
            bytes: (number|Long);

            /**
             * Encodes the specified Gap message. Does not implicitly {@link chronicle.v1.Gap.verify|verify} messages.
             * @param message Gap message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Gap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Gap message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Gap & chronicle.v1.Gap.$Shape} Gap
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Gap & chronicle.v1.Gap.$Shape;
        }

        namespace Gap {

            /** Properties of a Gap. */
            interface $Properties {

                /** Gap reason */
                reason?: (string|null);

                /** Gap records */
                records?: (number|Long|null);

                /** Gap bytes */
                bytes?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Gap. */
            type $Shape = chronicle.v1.Gap.$Properties;
        }

        /**
         * Properties of a Close.
         * @deprecated Use chronicle.v1.Close.$Properties instead.
         */
        interface IClose extends chronicle.v1.Close.$Properties {
        }

        /** Represents a Close. */
        class Close {

            /**
             * Constructs a new Close.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Close.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Close crossings. */
            crossings: number;

            /** Close open. */
            open: number;

            /** Close valuesSha256. */
            valuesSha256: Uint8Array;

            /**
             * Encodes the specified Close message. Does not implicitly {@link chronicle.v1.Close.verify|verify} messages.
             * @param message Close message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Close.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Close message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Close & chronicle.v1.Close.$Shape} Close
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Close & chronicle.v1.Close.$Shape;
        }

        namespace Close {

            /** Properties of a Close. */
            interface $Properties {

                /** Close crossings */
                crossings?: (number|null);

                /** Close open */
                open?: (number|null);

                /** Close valuesSha256 */
                valuesSha256?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Close. */
            type $Shape = chronicle.v1.Close.$Properties;
        }

        /**
         * Properties of a Value.
         * @deprecated Use chronicle.v1.Value.$Properties instead.
         */
        interface IValue extends chronicle.v1.Value.$Properties {
        }

        /** Represents a Value. */
        class Value {

            /**
             * Constructs a new Value.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Value.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Value node. */
            node?: (number|null);

            /** Value text. */
            text?: (string|null);

            /** Value integer. */
            integer?: (number|Long|null);

            /** Value number. */
            number?: (number|null);

            /** Value constant. */
            constant?: (chronicle.v1.Constant|null);

            /** Value alias. */
            alias?: (number|null);

            /** Value cycle. */
            cycle?: (number|null);

            /** Value text16. */
            text16?: (Uint8Array|null);

            /** Value kind. */
            kind?: ("node"|"text"|"integer"|"number"|"constant"|"alias"|"cycle"|"text16");

            /**
             * Encodes the specified Value message. Does not implicitly {@link chronicle.v1.Value.verify|verify} messages.
             * @param message Value message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Value message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Value & chronicle.v1.Value.$Shape} Value
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Value & chronicle.v1.Value.$Shape;
        }

        namespace Value {

            /** Properties of a Value. */
            interface $Properties {

                /** Value node */
                node?: (number|null);

                /** Value text */
                text?: (string|null);

                /** Value integer */
                integer?: (number|Long|null);

                /** Value number */
                number?: (number|null);

                /** Value constant */
                constant?: (chronicle.v1.Constant|null);

                /** Value alias */
                alias?: (number|null);

                /** Value cycle */
                cycle?: (number|null);

                /** Value text16 */
                text16?: (Uint8Array|null);

                /** Value kind */
                kind?: ("node"|"text"|"integer"|"number"|"constant"|"alias"|"cycle"|"text16");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Value. */
            type $Shape = {
              node?: number|null;
              text?: string|null;
              integer?: number|Long|null;
              number?: number|null;
              constant?: chronicle.v1.Constant|null;
              alias?: number|null;
              cycle?: number|null;
              text16?: Uint8Array|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ kind?: undefined; node?: null; text?: null; integer?: null; number?: null; constant?: null; alias?: null; cycle?: null; text16?: null }|{ kind?: "node"; node: number; text?: null; integer?: null; number?: null; constant?: null; alias?: null; cycle?: null; text16?: null }|{ kind?: "text"; node?: null; text: string; integer?: null; number?: null; constant?: null; alias?: null; cycle?: null; text16?: null }|{ kind?: "integer"; node?: null; text?: null; integer: number|Long; number?: null; constant?: null; alias?: null; cycle?: null; text16?: null }|{ kind?: "number"; node?: null; text?: null; integer?: null; number: number; constant?: null; alias?: null; cycle?: null; text16?: null }|{ kind?: "constant"; node?: null; text?: null; integer?: null; number?: null; constant: chronicle.v1.Constant; alias?: null; cycle?: null; text16?: null }|{ kind?: "alias"; node?: null; text?: null; integer?: null; number?: null; constant?: null; alias: number; cycle?: null; text16?: null }|{ kind?: "cycle"; node?: null; text?: null; integer?: null; number?: null; constant?: null; alias?: null; cycle: number; text16?: null }|{ kind?: "text16"; node?: null; text?: null; integer?: null; number?: null; constant?: null; alias?: null; cycle?: null; text16: Uint8Array })
            );
        }

        /** Constant enum. */
        enum Constant {

            /** CONSTANT_UNDEFINED value */
            CONSTANT_UNDEFINED = 0,

            /** CONSTANT_NULL value */
            CONSTANT_NULL = 1,

            /** CONSTANT_FALSE value */
            CONSTANT_FALSE = 2,

            /** CONSTANT_TRUE value */
            CONSTANT_TRUE = 3,

            /** CONSTANT_NAN value */
            CONSTANT_NAN = 4,

            /** CONSTANT_HOLE value */
            CONSTANT_HOLE = 5
        }

        /**
         * Properties of a Node.
         * @deprecated Use chronicle.v1.Node.$Properties instead.
         */
        interface INode extends chronicle.v1.Node.$Properties {
        }

        /** Represents a Node. */
        class Node {

            /**
             * Constructs a new Node.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Node.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Node text. */
            text?: (string|null);

            /** Node text16. */
            text16?: (Uint8Array|null);

            /** Node shape. */
            shape?: (chronicle.v1.Shape.$Properties|null);

            /** Node object. */
            object?: (chronicle.v1.Object.$Properties|null);

            /** Node list. */
            list?: (chronicle.v1.List.$Properties|null);

            /** Node map. */
            map?: (chronicle.v1.Items.$Properties|null);

            /** Node set. */
            set?: (chronicle.v1.Items.$Properties|null);

            /** Node bytes. */
            bytes?: (chronicle.v1.Bytes.$Properties|null);

            /** Node date. */
            date?: (number|null);

            /** Node regexp. */
            regexp?: (chronicle.v1.RegularExpression.$Properties|null);

            /** Node bigint. */
            bigint?: (string|null);

            /** Node error. */
            error?: (chronicle.v1.Error.$Properties|null);

            /** Node opaque. */
            opaque?: (chronicle.v1.Opaque.$Properties|null);

            /** Node truncated. */
            truncated?: (chronicle.v1.Truncated.$Properties|null);

            /** Node boxed. */
            boxed?: (chronicle.v1.Value.$Properties|null);

            /** Node coded. */
            coded?: (chronicle.v1.Coded.$Properties|null);

            /** Node sparse. */
            sparse?: (chronicle.v1.Sparse.$Properties|null);

            /** Node extended. */
            extended?: (chronicle.v1.Extended.$Properties|null);

            /** Node kind. */
            kind?: ("text"|"text16"|"shape"|"object"|"list"|"map"|"set"|"bytes"|"date"|"regexp"|"bigint"|"error"|"opaque"|"truncated"|"boxed"|"coded"|"sparse"|"extended");

            /**
             * Encodes the specified Node message. Does not implicitly {@link chronicle.v1.Node.verify|verify} messages.
             * @param message Node message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Node.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Node message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Node & chronicle.v1.Node.$Shape} Node
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Node & chronicle.v1.Node.$Shape;
        }

        namespace Node {

            /** Properties of a Node. */
            interface $Properties {

                /** Node text */
                text?: (string|null);

                /** Node text16 */
                text16?: (Uint8Array|null);

                /** Node shape */
                shape?: (chronicle.v1.Shape.$Properties|null);

                /** Node object */
                object?: (chronicle.v1.Object.$Properties|null);

                /** Node list */
                list?: (chronicle.v1.List.$Properties|null);

                /** Node map */
                map?: (chronicle.v1.Items.$Properties|null);

                /** Node set */
                set?: (chronicle.v1.Items.$Properties|null);

                /** Node bytes */
                bytes?: (chronicle.v1.Bytes.$Properties|null);

                /** Node date */
                date?: (number|null);

                /** Node regexp */
                regexp?: (chronicle.v1.RegularExpression.$Properties|null);

                /** Node bigint */
                bigint?: (string|null);

                /** Node error */
                error?: (chronicle.v1.Error.$Properties|null);

                /** Node opaque */
                opaque?: (chronicle.v1.Opaque.$Properties|null);

                /** Node truncated */
                truncated?: (chronicle.v1.Truncated.$Properties|null);

                /** Node boxed */
                boxed?: (chronicle.v1.Value.$Properties|null);

                /** Node coded */
                coded?: (chronicle.v1.Coded.$Properties|null);

                /** Node sparse */
                sparse?: (chronicle.v1.Sparse.$Properties|null);

                /** Node extended */
                extended?: (chronicle.v1.Extended.$Properties|null);

                /** Node kind */
                kind?: ("text"|"text16"|"shape"|"object"|"list"|"map"|"set"|"bytes"|"date"|"regexp"|"bigint"|"error"|"opaque"|"truncated"|"boxed"|"coded"|"sparse"|"extended");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Node. */
            type $Shape = {
              text?: string|null;
              text16?: Uint8Array|null;
              shape?: chronicle.v1.Shape.$Shape|null;
              object?: chronicle.v1.Object.$Shape|null;
              list?: chronicle.v1.List.$Shape|null;
              map?: chronicle.v1.Items.$Shape|null;
              set?: chronicle.v1.Items.$Shape|null;
              bytes?: chronicle.v1.Bytes.$Shape|null;
              date?: number|null;
              regexp?: chronicle.v1.RegularExpression.$Shape|null;
              bigint?: string|null;
              error?: chronicle.v1.Error.$Shape|null;
              opaque?: chronicle.v1.Opaque.$Shape|null;
              truncated?: chronicle.v1.Truncated.$Shape|null;
              boxed?: chronicle.v1.Value.$Shape|null;
              coded?: chronicle.v1.Coded.$Shape|null;
              sparse?: chronicle.v1.Sparse.$Shape|null;
              extended?: chronicle.v1.Extended.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ kind?: undefined; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "text"; text: string; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "text16"; text?: null; text16: Uint8Array; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "shape"; text?: null; text16?: null; shape: chronicle.v1.Shape.$Shape; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "object"; text?: null; text16?: null; shape?: null; object: chronicle.v1.Object.$Shape; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "list"; text?: null; text16?: null; shape?: null; object?: null; list: chronicle.v1.List.$Shape; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "map"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map: chronicle.v1.Items.$Shape; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "set"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set: chronicle.v1.Items.$Shape; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "bytes"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes: chronicle.v1.Bytes.$Shape; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "date"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date: number; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "regexp"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp: chronicle.v1.RegularExpression.$Shape; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "bigint"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint: string; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "error"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error: chronicle.v1.Error.$Shape; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "opaque"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque: chronicle.v1.Opaque.$Shape; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "truncated"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated: chronicle.v1.Truncated.$Shape; boxed?: null; coded?: null; sparse?: null; extended?: null }|{ kind?: "boxed"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed: chronicle.v1.Value.$Shape; coded?: null; sparse?: null; extended?: null }|{ kind?: "coded"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded: chronicle.v1.Coded.$Shape; sparse?: null; extended?: null }|{ kind?: "sparse"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse: chronicle.v1.Sparse.$Shape; extended?: null }|{ kind?: "extended"; text?: null; text16?: null; shape?: null; object?: null; list?: null; map?: null; set?: null; bytes?: null; date?: null; regexp?: null; bigint?: null; error?: null; opaque?: null; truncated?: null; boxed?: null; coded?: null; sparse?: null; extended: chronicle.v1.Extended.$Shape })
            );
        }

        /**
         * Properties of a Shape.
         * @deprecated Use chronicle.v1.Shape.$Properties instead.
         */
        interface IShape extends chronicle.v1.Shape.$Properties {
        }

        /** Represents a Shape. */
        class Shape {

            /**
             * Constructs a new Shape.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Shape.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Shape keys. */
            keys: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified Shape message. Does not implicitly {@link chronicle.v1.Shape.verify|verify} messages.
             * @param message Shape message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Shape.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Shape message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Shape & chronicle.v1.Shape.$Shape} Shape
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Shape & chronicle.v1.Shape.$Shape;
        }

        namespace Shape {

            /** Properties of a Shape. */
            interface $Properties {

                /** Shape keys */
                keys?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Shape. */
            type $Shape = {
              keys?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Object.
         * @deprecated Use chronicle.v1.Object.$Properties instead.
         */
        interface IObject extends chronicle.v1.Object.$Properties {
        }

        /** Represents an Object. */
        class Object {

            /**
             * Constructs a new Object.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Object.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Object shape. */
            shape: number;

            /** Object values. */
            values: chronicle.v1.Value.$Properties[];

            /** Object className. */
            className?: (string|null);

            /** Object nullPrototype. */
            nullPrototype: boolean;

            /**
             * Encodes the specified Object message. Does not implicitly {@link chronicle.v1.Object.verify|verify} messages.
             * @param message Object message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Object.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Object message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Object & chronicle.v1.Object.$Shape} Object
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Object & chronicle.v1.Object.$Shape;
        }

        namespace Object {

            /** Properties of an Object. */
            interface $Properties {

                /** Object shape */
                shape?: (number|null);

                /** Object values */
                values?: (chronicle.v1.Value.$Properties[]|null);

                /** Object className */
                className?: (string|null);

                /** Object nullPrototype */
                nullPrototype?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Object. */
            type $Shape = {
              shape?: number|null;
              values?: chronicle.v1.Value.$Shape[]|null;
              className?: string|null;
              nullPrototype?: boolean|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a List.
         * @deprecated Use chronicle.v1.List.$Properties instead.
         */
        interface IList extends chronicle.v1.List.$Properties {
        }

        /** Represents a List. */
        class List {

            /**
             * Constructs a new List.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.List.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** List base. */
            base: number;

            /** List take. */
            take: number;

            /** List items. */
            items: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified List message. Does not implicitly {@link chronicle.v1.List.verify|verify} messages.
             * @param message List message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.List.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a List message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.List & chronicle.v1.List.$Shape} List
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.List & chronicle.v1.List.$Shape;
        }

        namespace List {

            /** Properties of a List. */
            interface $Properties {

                /** List base */
                base?: (number|null);

                /** List take */
                take?: (number|null);

                /** List items */
                items?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a List. */
            type $Shape = {
              base?: number|null;
              take?: number|null;
              items?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Items.
         * @deprecated Use chronicle.v1.Items.$Properties instead.
         */
        interface IItems extends chronicle.v1.Items.$Properties {
        }

        /** Represents an Items. */
        class Items {

            /**
             * Constructs a new Items.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Items.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Items items. */
            items: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified Items message. Does not implicitly {@link chronicle.v1.Items.verify|verify} messages.
             * @param message Items message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Items.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Items message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Items & chronicle.v1.Items.$Shape} Items
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Items & chronicle.v1.Items.$Shape;
        }

        namespace Items {

            /** Properties of an Items. */
            interface $Properties {

                /** Items items */
                items?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Items. */
            type $Shape = {
              items?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Bytes.
         * @deprecated Use chronicle.v1.Bytes.$Properties instead.
         */
        interface IBytes extends chronicle.v1.Bytes.$Properties {
        }

        /** Represents a Bytes. */
        class Bytes {

            /**
             * Constructs a new Bytes.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Bytes.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Bytes type. */
            type: string;

            /** Bytes data. */
            data: Uint8Array;

            /**
             * Encodes the specified Bytes message. Does not implicitly {@link chronicle.v1.Bytes.verify|verify} messages.
             * @param message Bytes message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Bytes.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Bytes message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Bytes & chronicle.v1.Bytes.$Shape} Bytes
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Bytes & chronicle.v1.Bytes.$Shape;
        }

        namespace Bytes {

            /** Properties of a Bytes. */
            interface $Properties {

                /** Bytes type */
                type?: (string|null);

                /** Bytes data */
                data?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Bytes. */
            type $Shape = chronicle.v1.Bytes.$Properties;
        }

        /**
         * Properties of a RegularExpression.
         * @deprecated Use chronicle.v1.RegularExpression.$Properties instead.
         */
        interface IRegularExpression extends chronicle.v1.RegularExpression.$Properties {
        }

        /** Represents a RegularExpression. */
        class RegularExpression {

            /**
             * Constructs a new RegularExpression.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.RegularExpression.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RegularExpression source. */
            source?: (chronicle.v1.Value.$Properties|null);

            /** RegularExpression flags. */
            flags: string;

            /** RegularExpression lastIndex. */
            lastIndex: number;

            /**
             * Encodes the specified RegularExpression message. Does not implicitly {@link chronicle.v1.RegularExpression.verify|verify} messages.
             * @param message RegularExpression message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.RegularExpression.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RegularExpression message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.RegularExpression & chronicle.v1.RegularExpression.$Shape} RegularExpression
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.RegularExpression & chronicle.v1.RegularExpression.$Shape;
        }

        namespace RegularExpression {

            /** Properties of a RegularExpression. */
            interface $Properties {

                /** RegularExpression source */
                source?: (chronicle.v1.Value.$Properties|null);

                /** RegularExpression flags */
                flags?: (string|null);

                /** RegularExpression lastIndex */
                lastIndex?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RegularExpression. */
            type $Shape = {
              source?: chronicle.v1.Value.$Shape|null;
              flags?: string|null;
              lastIndex?: number|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Error.
         * @deprecated Use chronicle.v1.Error.$Properties instead.
         */
        interface IError extends chronicle.v1.Error.$Properties {
        }

        /** Represents an Error. */
        class Error {

            /**
             * Constructs a new Error.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Error.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Error className. */
            className: string;

            /** Error message. */
            message?: (chronicle.v1.Value.$Properties|null);

            /** Error stack. */
            stack?: (chronicle.v1.Value.$Properties|null);

            /** Error cause. */
            cause?: (chronicle.v1.Value.$Properties|null);

            /** Error errors. */
            errors?: (chronicle.v1.Value.$Properties|null);

            /** Error properties. */
            properties: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified Error message. Does not implicitly {@link chronicle.v1.Error.verify|verify} messages.
             * @param message Error message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Error.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Error message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Error & chronicle.v1.Error.$Shape} Error
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Error & chronicle.v1.Error.$Shape;
        }

        namespace Error {

            /** Properties of an Error. */
            interface $Properties {

                /** Error className */
                className?: (string|null);

                /** Error message */
                message?: (chronicle.v1.Value.$Properties|null);

                /** Error stack */
                stack?: (chronicle.v1.Value.$Properties|null);

                /** Error cause */
                cause?: (chronicle.v1.Value.$Properties|null);

                /** Error errors */
                errors?: (chronicle.v1.Value.$Properties|null);

                /** Error properties */
                properties?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Error. */
            type $Shape = {
              className?: string|null;
              message?: chronicle.v1.Value.$Shape|null;
              stack?: chronicle.v1.Value.$Shape|null;
              cause?: chronicle.v1.Value.$Shape|null;
              errors?: chronicle.v1.Value.$Shape|null;
              properties?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Opaque.
         * @deprecated Use chronicle.v1.Opaque.$Properties instead.
         */
        interface IOpaque extends chronicle.v1.Opaque.$Properties {
        }

        /** Represents an Opaque. */
        class Opaque {

            /**
             * Constructs a new Opaque.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Opaque.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Opaque type. */
            type: string;

            /** Opaque detail. */
            detail: string;

            /**
             * Encodes the specified Opaque message. Does not implicitly {@link chronicle.v1.Opaque.verify|verify} messages.
             * @param message Opaque message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Opaque.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Opaque message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Opaque & chronicle.v1.Opaque.$Shape} Opaque
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Opaque & chronicle.v1.Opaque.$Shape;
        }

        namespace Opaque {

            /** Properties of an Opaque. */
            interface $Properties {

                /** Opaque type */
                type?: (string|null);

                /** Opaque detail */
                detail?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Opaque. */
            type $Shape = chronicle.v1.Opaque.$Properties;
        }

        /**
         * Properties of a Truncated.
         * @deprecated Use chronicle.v1.Truncated.$Properties instead.
         */
        interface ITruncated extends chronicle.v1.Truncated.$Properties {
        }

        /** Represents a Truncated. */
        class Truncated {

            /**
             * Constructs a new Truncated.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Truncated.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Truncated reason. */
            reason: string;

            /** Truncated type. */
            type: string;

            /** Truncated size. */
            size: (number|Long);

            /** Truncated digest. */
            digest: Uint8Array;

            /** Truncated head. */
            head: string;

            /**
             * Encodes the specified Truncated message. Does not implicitly {@link chronicle.v1.Truncated.verify|verify} messages.
             * @param message Truncated message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Truncated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Truncated message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Truncated & chronicle.v1.Truncated.$Shape} Truncated
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Truncated & chronicle.v1.Truncated.$Shape;
        }

        namespace Truncated {

            /** Properties of a Truncated. */
            interface $Properties {

                /** Truncated reason */
                reason?: (string|null);

                /** Truncated type */
                type?: (string|null);

                /** Truncated size */
                size?: (number|Long|null);

                /** Truncated digest */
                digest?: (Uint8Array|null);

                /** Truncated head */
                head?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Truncated. */
            type $Shape = chronicle.v1.Truncated.$Properties;
        }

        /**
         * Properties of a Coded.
         * @deprecated Use chronicle.v1.Coded.$Properties instead.
         */
        interface ICoded extends chronicle.v1.Coded.$Properties {
        }

        /** Represents a Coded. */
        class Coded {

            /**
             * Constructs a new Coded.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Coded.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Coded codec. */
            codec: string;

            /** Coded value. */
            value?: (chronicle.v1.Value.$Properties|null);

            /**
             * Encodes the specified Coded message. Does not implicitly {@link chronicle.v1.Coded.verify|verify} messages.
             * @param message Coded message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Coded.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Coded message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Coded & chronicle.v1.Coded.$Shape} Coded
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Coded & chronicle.v1.Coded.$Shape;
        }

        namespace Coded {

            /** Properties of a Coded. */
            interface $Properties {

                /** Coded codec */
                codec?: (string|null);

                /** Coded value */
                value?: (chronicle.v1.Value.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Coded. */
            type $Shape = {
              codec?: string|null;
              value?: chronicle.v1.Value.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Sparse.
         * @deprecated Use chronicle.v1.Sparse.$Properties instead.
         */
        interface ISparse extends chronicle.v1.Sparse.$Properties {
        }

        /** Represents a Sparse. */
        class Sparse {

            /**
             * Constructs a new Sparse.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Sparse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Sparse length. */
            length: (number|Long);

            /** Sparse entries. */
            entries: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified Sparse message. Does not implicitly {@link chronicle.v1.Sparse.verify|verify} messages.
             * @param message Sparse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Sparse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Sparse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Sparse & chronicle.v1.Sparse.$Shape} Sparse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Sparse & chronicle.v1.Sparse.$Shape;
        }

        namespace Sparse {

            /** Properties of a Sparse. */
            interface $Properties {

                /** Sparse length */
                length?: (number|Long|null);

                /** Sparse entries */
                entries?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Sparse. */
            type $Shape = {
              length?: number|Long|null;
              entries?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an Extended.
         * @deprecated Use chronicle.v1.Extended.$Properties instead.
         */
        interface IExtended extends chronicle.v1.Extended.$Properties {
        }

        /** Represents an Extended. */
        class Extended {

            /**
             * Constructs a new Extended.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Extended.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Extended base. */
            base: number;

            /** Extended className. */
            className?: (string|null);

            /** Extended properties. */
            properties: chronicle.v1.Value.$Properties[];

            /**
             * Encodes the specified Extended message. Does not implicitly {@link chronicle.v1.Extended.verify|verify} messages.
             * @param message Extended message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Extended.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Extended message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Extended & chronicle.v1.Extended.$Shape} Extended
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Extended & chronicle.v1.Extended.$Shape;
        }

        namespace Extended {

            /** Properties of an Extended. */
            interface $Properties {

                /** Extended base */
                base?: (number|null);

                /** Extended className */
                className?: (string|null);

                /** Extended properties */
                properties?: (chronicle.v1.Value.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Extended. */
            type $Shape = {
              base?: number|null;
              className?: string|null;
              properties?: chronicle.v1.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Footer.
         * @deprecated Use chronicle.v1.Footer.$Properties instead.
         */
        interface IFooter extends chronicle.v1.Footer.$Properties {
        }

        /** Represents a Footer. */
        class Footer {

            /**
             * Constructs a new Footer.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Footer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Footer blocks. */
            blocks: chronicle.v1.Block.$Properties[];

            /** Footer crossings. */
            crossings: number;

            /** Footer open. */
            open: number;

            /**
             * Encodes the specified Footer message. Does not implicitly {@link chronicle.v1.Footer.verify|verify} messages.
             * @param message Footer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Footer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Footer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Footer & chronicle.v1.Footer.$Shape} Footer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Footer & chronicle.v1.Footer.$Shape;
        }

        namespace Footer {

            /** Properties of a Footer. */
            interface $Properties {

                /** Footer blocks */
                blocks?: (chronicle.v1.Block.$Properties[]|null);

                /** Footer crossings */
                crossings?: (number|null);

                /** Footer open */
                open?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Footer. */
            type $Shape = chronicle.v1.Footer.$Properties;
        }

        /**
         * Properties of a Block.
         * @deprecated Use chronicle.v1.Block.$Properties instead.
         */
        interface IBlock extends chronicle.v1.Block.$Properties {
        }

        /** Represents a Block. */
        class Block {

            /**
             * Constructs a new Block.
             * @param [properties] Properties to set
             */
            constructor(properties?: chronicle.v1.Block.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Block packedBytes. */
            packedBytes: (number|Long);

            /** Block plainBytes. */
            plainBytes: (number|Long);

            /** Block plainSha256. */
            plainSha256: Uint8Array;

            /**
             * Encodes the specified Block message. Does not implicitly {@link chronicle.v1.Block.verify|verify} messages.
             * @param message Block message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: chronicle.v1.Block.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Block message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {chronicle.v1.Block & chronicle.v1.Block.$Shape} Block
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): chronicle.v1.Block & chronicle.v1.Block.$Shape;
        }

        namespace Block {

            /** Properties of a Block. */
            interface $Properties {

                /** Block packedBytes */
                packedBytes?: (number|Long|null);

                /** Block plainBytes */
                plainBytes?: (number|Long|null);

                /** Block plainSha256 */
                plainSha256?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Block. */
            type $Shape = chronicle.v1.Block.$Properties;
        }
    }
}
