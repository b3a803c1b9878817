// Generated from semconv/ by `npm run semconv:generate`. Do not edit: change the model and generate again.

/**
 * The schema URL of the `chronicle.*` names, for `getTracer(name, version, { schemaUrl })`.
 *
 * It changes with every change of the model that a reader of spans could notice.
 */
export const CHRONICLE_SCHEMA_URL = 'https://chronicle-otel.example/schemas/chronicle/0.1.0' as const;

/**
 * What sort of work lies behind the boundary.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_BOUNDARY_KIND = 'chronicle.boundary.kind' as const;

/** An agent's run. In a replay it runs again, and the calls inside it are answered. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_AGENT = 'agent' as const;

/** A part of an agent's own logic. In a replay it runs again, like an agent. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_STEP = 'step' as const;

/** A call to a model that generates text or asks for tools. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_MODEL = 'model' as const;

/** A tool or function that the agent may call. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_TOOL = 'tool' as const;

/** A search in a store, such as a vector database. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_RETRIEVAL = 'retrieval' as const;

/** A call that turns text into vectors. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_EMBEDDING = 'embedding' as const;

/** A check that may let something pass, change it or stop it. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_GUARDRAIL = 'guardrail' as const;

/** A question to a person, such as an approval. */
export const CHRONICLE_BOUNDARY_KIND_VALUE_HUMAN = 'human' as const;

/** The values of `chronicle.boundary.kind`. What sort of work lies behind the boundary. */
export type ChronicleBoundaryKind =
  | 'agent'
  | 'step'
  | 'model'
  | 'tool'
  | 'retrieval'
  | 'embedding'
  | 'guardrail'
  | 'human';

/**
 * The name that the user gave to the boundary.
 *
 * Replay finds recorded answers by this name, so a renamed boundary is a change that a replay reports.
 *
 * Type: `string`, for example `"trader"` or `"get_quote"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_BOUNDARY_NAME = 'chronicle.boundary.name' as const;

/**
 * What the call does to the world outside the process.
 *
 * The user declares it. Without a declaration it is `none` for agent, step and guardrail, `read` for model, retrieval
 * and embedding, and `irreversible` for tool and human, since nobody said otherwise.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_BOUNDARY_EFFECT = 'chronicle.boundary.effect' as const;

/** It computes and touches nothing outside. */
export const CHRONICLE_BOUNDARY_EFFECT_VALUE_NONE = 'none' as const;

/** It reads from outside and changes nothing there. */
export const CHRONICLE_BOUNDARY_EFFECT_VALUE_READ = 'read' as const;

/** It changes something outside, and doing so twice is harmless or can be undone. */
export const CHRONICLE_BOUNDARY_EFFECT_VALUE_WRITE = 'write' as const;

/** It changes something outside for good, such as an order placed or a mail sent. */
export const CHRONICLE_BOUNDARY_EFFECT_VALUE_IRREVERSIBLE = 'irreversible' as const;

/** The values of `chronicle.boundary.effect`. What the call does to the world outside the process. */
export type ChronicleBoundaryEffect = 'none' | 'read' | 'write' | 'irreversible';

/**
 * Where in the run the call was made, as the chain of boundary names from the root to this call.
 *
 * Each name carries its ordinal among equal siblings. In a name, `%`, `/` and `#` are written as `%25`, `%2F` and
 * `%23`. The chain comes from the boundaries alone, so a span that some other instrumentation puts between two of them
 * does not change it.
 *
 * Type: `string`, for example `"trader#0/decide#1"` or `"trader#0/decide#1/get_quote#0"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_BOUNDARY_PATH = 'chronicle.boundary.path' as const;

/**
 * How many calls of this name came before this one under the same parent.
 *
 * It counts attempts. A call that is tried again has a higher ordinal than the one that failed.
 *
 * Type: `int`, for example `0` or `1`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_BOUNDARY_ORDINAL = 'chronicle.boundary.ordinal' as const;

/**
 * Trace ID and span ID of this call, joined by a colon. This is what people copy to replay from here.
 *
 * It repeats what the span has anyway, since the pages and link templates of some back ends show no span ID.
 *
 * Type: `string`, for example `"4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_SPAN_REF = 'chronicle.span_ref' as const;

/**
 * Where the whole recording of this call is stored.
 *
 * The address of the envelope, which holds the input and the outcome in full. It is set when the call begins and names
 * the place where the envelope will be, so the envelope may come there later than the span to its back end.
 *
 * Type: `string`, for example `"s3://agent-runs/prod/v1/traces/4bf92f3577b34da6a3ce929d0e0e4736#00f067aa0ba902b7"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_ENVELOPE_URI = 'chronicle.envelope.uri' as const;

/**
 * Whether this span belongs to a run that was recorded or to a replay of one.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_MODE = 'chronicle.mode' as const;

/** The call ran, and what it was asked and answered was recorded. */
export const CHRONICLE_MODE_VALUE_RECORD = 'record' as const;

/** The call is part of a replay of an earlier run. */
export const CHRONICLE_MODE_VALUE_REPLAY = 'replay' as const;

/** The values of `chronicle.mode`. Whether this span belongs to a run that was recorded or to a replay of one. */
export type ChronicleMode = 'record' | 'replay';

/**
 * Digest of the whole input, as algorithm and lower-case hex.
 *
 * It is taken over the canonical form of the input after redaction. Equal inputs have equal digests in every process,
 * so it finds repeated calls. Replay uses it as the fingerprint of the call. It is taken while the call waits for its
 * answer. A call that ends in the turn of the event loop in which it began has it only if its input brought no more
 * than 512 bytes of new content.
 *
 * Type: `string`, for example `"sha256:f60be13716f2a60fdfe57cb76af488a11d4b2bc4d7f255b9ac09327b4df786d8"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_INPUT_DIGEST = 'chronicle.input.digest' as const;

/**
 * Size of the stored input, in bytes.
 *
 * Bytes of the stored value: its texts and numbers, before compression and without what JSON would put around them. It
 * counts the whole value, not the preview.
 *
 * Type: `int`, for example `5` or `131072`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_INPUT_SIZE = 'chronicle.input.size' as const;

/**
 * The input in short, for people to read.
 *
 * It looks like JSON. A single argument is shown alone, several as a list; of a long list the first and the last items
 * are shown. It is redacted and has at most 2,048 bytes of UTF-8 by default. A program takes the value from the
 * envelope: a collector or a back end may change or drop what is on a span.
 *
 * Type: `string`, for example `"\"AAPL\""` or
 * `"{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Rebalance the portfolio"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_INPUT_PREVIEW = 'chronicle.input.preview' as const;

/**
 * The preview of the input is not the whole input. Set only when true.
 *
 * Type: `boolean`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_INPUT_PREVIEW_TRUNCATED = 'chronicle.input.preview_truncated' as const;

/**
 * Digest of the whole outcome, as algorithm and lower-case hex.
 *
 * The outcome is the value that was returned or the error that was thrown. The stack of an error is left out, so that
 * equal errors have equal digests. Set if the outcome brought no more than 512 bytes of new content, since the caller
 * waits for it. The envelope gives the digest of any.
 *
 * Type: `string`, for example `"sha256:3682d5d6e5ef4fcdbc3a91b19fec85eb0e4884c2e4f4eaff3dc74a17305349b3"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_OUTPUT_DIGEST = 'chronicle.output.digest' as const;

/**
 * Size of the stored outcome, in bytes.
 *
 * Counted like `chronicle.input.size`.
 *
 * Type: `int`, for example `23`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_OUTPUT_SIZE = 'chronicle.output.size' as const;

/**
 * The value that was returned in short, for people to read.
 *
 * Like `chronicle.input.preview`. An error that was thrown is in the status of the span instead.
 *
 * Type: `string`, for example `"{\"symbol\":\"AAPL\",\"bid\":189.98,\"ask\":190.02}"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_OUTPUT_PREVIEW = 'chronicle.output.preview' as const;

/**
 * The preview of the value that was returned is not the whole value. Set only when true.
 *
 * Type: `boolean`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_OUTPUT_PREVIEW_TRUNCATED = 'chronicle.output.preview_truncated' as const;

/**
 * How the call ended.
 *
 * A call that began and has no recorded end may or may not have had its effect. That is `unknown`, never a guess.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_OUTCOME = 'chronicle.outcome' as const;

/** The call returned a value, or its promise was fulfilled, or its stream ended. */
export const CHRONICLE_OUTCOME_VALUE_RETURNED = 'returned' as const;

/** The call threw, or its promise was rejected, or its stream failed. */
export const CHRONICLE_OUTCOME_VALUE_THREW = 'threw' as const;

/** The call began and its end was never seen, for example because the process was killed. */
export const CHRONICLE_OUTCOME_VALUE_UNKNOWN = 'unknown' as const;

/** The values of `chronicle.outcome`. How the call ended. */
export type ChronicleOutcome = 'returned' | 'threw' | 'unknown';

/**
 * How many chunks of the stream were handed to the caller.
 *
 * Type: `int`, for example `0` or `42`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_STREAM_CHUNKS = 'chronicle.stream.chunks' as const;

/**
 * How the stream ended.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_STREAM_END = 'chronicle.stream.end' as const;

/** The source had nothing more to give. */
export const CHRONICLE_STREAM_END_VALUE_DONE = 'done' as const;

/** The source failed. */
export const CHRONICLE_STREAM_END_VALUE_ERROR = 'error' as const;

/** The caller stopped early and said so, for example by leaving the loop or by an abort signal. */
export const CHRONICLE_STREAM_END_VALUE_CANCELLED = 'cancelled' as const;

/** The caller neither read on nor stopped until the stream was given up. */
export const CHRONICLE_STREAM_END_VALUE_ABANDONED = 'abandoned' as const;

/** The values of `chronicle.stream.end`. How the stream ended. */
export type ChronicleStreamEnd = 'done' | 'error' | 'cancelled' | 'abandoned';

/**
 * Why what is stored of this call is not whole. Absent when it is whole.
 *
 * One short reason each. A replay that needs a missing part is refused and repeats the reason.
 *
 * Type: `string[]`, for example `["a Socket was not stored"]` or `["a function (onProgress) was not stored","Array of
 * 250000 entries was cut (nodes)"]`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_CAPTURE_INCOMPLETE = 'chronicle.capture.incomplete' as const;

/**
 * Trace ID and span ID of the recorded call that this one was held against, joined by a colon.
 *
 * The rung says how well they fit. The span also has a link to that span; the attribute repeats it since some back ends
 * drop links or the attributes of links. Absent when the recording has no call at all to compare with.
 *
 * Type: `string`, for example `"4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7"`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_REPLAY_OF = 'chronicle.replay.of' as const;

/**
 * How well the recorded call fits this one. The first rung that fits is taken.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_REPLAY_RUNG = 'chronicle.replay.rung' as const;

/** Same path, kind, name and fingerprint. */
export const CHRONICLE_REPLAY_RUNG_VALUE_EXACT = 'exact' as const;

/** The same, after the fields that the boundary declares as volatile were set aside. */
export const CHRONICLE_REPLAY_RUNG_VALUE_NORMALIZED = 'normalized' as const;

/** Same kind, name and fingerprint, elsewhere in the tree. */
export const CHRONICLE_REPLAY_RUNG_VALUE_MOVED = 'moved' as const;

/** Same place, another input. */
export const CHRONICLE_REPLAY_RUNG_VALUE_CHANGED_INPUT = 'changed-input' as const;

/** No recorded call fits. */
export const CHRONICLE_REPLAY_RUNG_VALUE_NONE = 'none' as const;

/**
 * The values of `chronicle.replay.rung`. How well the recorded call fits this one. The first rung that fits is taken.
 */
export type ChronicleReplayRung = 'exact' | 'normalized' | 'moved' | 'changed-input' | 'none';

/**
 * Where the outcome of this call came from during the replay.
 *
 * Absent on an agent, a step or another call without effect that ran again as part of the replay.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_CHRONICLE_REPLAY_SERVED = 'chronicle.replay.served' as const;

/** The recorded outcome was given. The function did not run. */
export const CHRONICLE_REPLAY_SERVED_VALUE_RECORDED = 'recorded' as const;

/** The function ran. */
export const CHRONICLE_REPLAY_SERVED_VALUE_LIVE = 'live' as const;

/** The call was refused. The function did not run. */
export const CHRONICLE_REPLAY_SERVED_VALUE_BLOCKED = 'blocked' as const;

/** The answer came from the policy that the user gave. The function did not run. */
export const CHRONICLE_REPLAY_SERVED_VALUE_ANSWERED = 'answered' as const;

/** The values of `chronicle.replay.served`. Where the outcome of this call came from during the replay. */
export type ChronicleReplayServed = 'recorded' | 'live' | 'blocked' | 'answered';

// Names of other conventions that Chronicle sets. They are repeated here since no stable package exports them all.

/**
 * What operation the call performs.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_OPERATION_NAME = 'gen_ai.operation.name' as const;

/** A chat completion. */
export const GEN_AI_OPERATION_NAME_VALUE_CHAT = 'chat' as const;

/** Generation of content of several modalities. */
export const GEN_AI_OPERATION_NAME_VALUE_GENERATE_CONTENT = 'generate_content' as const;

/** A text completion of the older sort. */
export const GEN_AI_OPERATION_NAME_VALUE_TEXT_COMPLETION = 'text_completion' as const;

/** A request for embeddings. */
export const GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS = 'embeddings' as const;

/** A search in a data source. */
export const GEN_AI_OPERATION_NAME_VALUE_RETRIEVAL = 'retrieval' as const;

/** A run of an agent. */
export const GEN_AI_OPERATION_NAME_VALUE_INVOKE_AGENT = 'invoke_agent' as const;

/** A run of a tool. */
export const GEN_AI_OPERATION_NAME_VALUE_EXECUTE_TOOL = 'execute_tool' as const;

/**
 * The provider whose format the call speaks, as far as the client can tell.
 *
 * Type: `string`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_PROVIDER_NAME = 'gen_ai.provider.name' as const;

/** OpenAI. */
export const GEN_AI_PROVIDER_NAME_VALUE_OPENAI = 'openai' as const;

/** Anthropic. */
export const GEN_AI_PROVIDER_NAME_VALUE_ANTHROPIC = 'anthropic' as const;

/** A generative AI endpoint of Google, not known which. */
export const GEN_AI_PROVIDER_NAME_VALUE_GCP_GEN_AI = 'gcp.gen_ai' as const;

/** Gemini. */
export const GEN_AI_PROVIDER_NAME_VALUE_GCP_GEMINI = 'gcp.gemini' as const;

/** Vertex AI. */
export const GEN_AI_PROVIDER_NAME_VALUE_GCP_VERTEX_AI = 'gcp.vertex_ai' as const;

/** Azure OpenAI. */
export const GEN_AI_PROVIDER_NAME_VALUE_AZURE_AI_OPENAI = 'azure.ai.openai' as const;

/** Azure AI Inference. */
export const GEN_AI_PROVIDER_NAME_VALUE_AZURE_AI_INFERENCE = 'azure.ai.inference' as const;

/** AWS Bedrock. */
export const GEN_AI_PROVIDER_NAME_VALUE_AWS_BEDROCK = 'aws.bedrock' as const;

/** Cohere. */
export const GEN_AI_PROVIDER_NAME_VALUE_COHERE = 'cohere' as const;

/** Mistral AI. */
export const GEN_AI_PROVIDER_NAME_VALUE_MISTRAL_AI = 'mistral_ai' as const;

/** Groq. */
export const GEN_AI_PROVIDER_NAME_VALUE_GROQ = 'groq' as const;

/** DeepSeek. */
export const GEN_AI_PROVIDER_NAME_VALUE_DEEPSEEK = 'deepseek' as const;

/** xAI. */
export const GEN_AI_PROVIDER_NAME_VALUE_X_AI = 'x_ai' as const;

/** Perplexity. */
export const GEN_AI_PROVIDER_NAME_VALUE_PERPLEXITY = 'perplexity' as const;

/**
 * The model that was asked for.
 *
 * Type: `string`, for example `"gpt-4o-mini"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_REQUEST_MODEL = 'gen_ai.request.model' as const;

/**
 * The temperature that was asked for.
 *
 * Type: `double`, for example `0.7`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_REQUEST_TEMPERATURE = 'gen_ai.request.temperature' as const;

/**
 * The top_p that was asked for.
 *
 * Type: `double`, for example `1`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_REQUEST_TOP_P = 'gen_ai.request.top_p' as const;

/**
 * The limit of generated tokens that was asked for.
 *
 * Type: `int`, for example `1024`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_REQUEST_MAX_TOKENS = 'gen_ai.request.max_tokens' as const;

/**
 * The seed that was asked for.
 *
 * Type: `int`, for example `42`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_REQUEST_SEED = 'gen_ai.request.seed' as const;

/**
 * The model that answered, which may differ from the one asked for.
 *
 * Type: `string`, for example `"gpt-4o-mini-2024-07-18"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model' as const;

/**
 * The provider's identifier of the answer.
 *
 * Type: `string`, for example `"chatcmpl-123"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_RESPONSE_ID = 'gen_ai.response.id' as const;

/**
 * Why the model stopped, one reason for each generation.
 *
 * Type: `string[]`, for example `["stop"]` or `["stop","length"]`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons' as const;

/**
 * Tokens of the input, cached ones included.
 *
 * Type: `int`, for example `812`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens' as const;

/**
 * Tokens of the answer.
 *
 * Type: `int`, for example `64`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens' as const;

/**
 * The name of the agent.
 *
 * Type: `string`, for example `"trader"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_AGENT_NAME = 'gen_ai.agent.name' as const;

/**
 * The name of the tool.
 *
 * Type: `string`, for example `"get_quote"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_TOOL_NAME = 'gen_ai.tool.name' as const;

/**
 * The sort of tool: function, extension or datastore.
 *
 * Type: `string`, for example `"function"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_TOOL_TYPE = 'gen_ai.tool.type' as const;

/**
 * What the tool was given. On a span it is JSON text.
 *
 * Type: `any`, for example `"{\"symbol\":\"AAPL\"}"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_TOOL_CALL_ARGUMENTS = 'gen_ai.tool.call.arguments' as const;

/**
 * What the tool returned. On a span it is JSON text.
 *
 * Type: `any`, for example `"{\"bid\":189.98,\"ask\":190.02}"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_TOOL_CALL_RESULT = 'gen_ai.tool.call.result' as const;

/**
 * The messages given to the model, in order. On a span it is JSON text.
 *
 * Type: `any`, for example `"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Rebalance the
 * portfolio.\"}]}]"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_INPUT_MESSAGES = 'gen_ai.input.messages' as const;

/**
 * The messages that the model returned. On a span it is JSON text.
 *
 * Type: `any`, for example `"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Sell 10
 * AAPL.\"}],\"finish_reason\":\"stop\"}]"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_OUTPUT_MESSAGES = 'gen_ai.output.messages' as const;

/**
 * The identifier of the data source that was searched.
 *
 * Type: `string`, for example `"filings-2026"`.
 *
 * @experimental
 */
export const ATTR_GEN_AI_DATA_SOURCE_ID = 'gen_ai.data_source.id' as const;

/**
 * The class of error that ended the call: an error code, or the name of the error.
 *
 * Type: `string`, for example `"TimeoutError"` or `"429"`.
 */
export const ATTR_ERROR_TYPE = 'error.type' as const;
