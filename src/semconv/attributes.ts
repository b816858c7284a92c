/**
 * Names of the span attributes that this package writes and reads.
 *
 * The GenAI names are those of `open-telemetry/semantic-conventions-genai` at commit 6fd0d763 (2026-10-09). They are
 * defined here because `@opentelemetry/semantic-conventions` has only some of them, as deprecated constants.
 */

export const ATTR_GEN_AI_OPERATION_NAME = 'gen_ai.operation.name';
export const ATTR_GEN_AI_PROVIDER_NAME = 'gen_ai.provider.name';
export const ATTR_GEN_AI_CONVERSATION_ID = 'gen_ai.conversation.id';
export const ATTR_GEN_AI_OUTPUT_TYPE = 'gen_ai.output.type';

export const ATTR_GEN_AI_REQUEST_MODEL = 'gen_ai.request.model';
export const ATTR_GEN_AI_REQUEST_STREAM = 'gen_ai.request.stream';
export const ATTR_GEN_AI_REQUEST_CHOICE_COUNT = 'gen_ai.request.choice.count';
export const ATTR_GEN_AI_REQUEST_MAX_TOKENS = 'gen_ai.request.max_tokens';
export const ATTR_GEN_AI_REQUEST_TEMPERATURE = 'gen_ai.request.temperature';
export const ATTR_GEN_AI_REQUEST_TOP_P = 'gen_ai.request.top_p';
export const ATTR_GEN_AI_REQUEST_TOP_K = 'gen_ai.request.top_k';
export const ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY = 'gen_ai.request.frequency_penalty';
export const ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY = 'gen_ai.request.presence_penalty';
export const ATTR_GEN_AI_REQUEST_STOP_SEQUENCES = 'gen_ai.request.stop_sequences';
export const ATTR_GEN_AI_REQUEST_SEED = 'gen_ai.request.seed';
export const ATTR_GEN_AI_REQUEST_REASONING_LEVEL = 'gen_ai.request.reasoning.level';
export const ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID = 'gen_ai.request.previous_response.id';
export const ATTR_GEN_AI_REQUEST_ENCODING_FORMATS = 'gen_ai.request.encoding_formats';
export const ATTR_GEN_AI_REQUEST_STREAM_CURSOR = 'gen_ai.request.stream_cursor';
export const ATTR_GEN_AI_PROMPT_NAME = 'gen_ai.prompt.name';
export const ATTR_GEN_AI_PROMPT_VERSION = 'gen_ai.prompt.version';
/** Prefix that the variable's name follows. */
export const ATTR_GEN_AI_PROMPT_VARIABLE = 'gen_ai.prompt.variable.';

export const ATTR_GEN_AI_RESPONSE_ID = 'gen_ai.response.id';
export const ATTR_GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model';
export const ATTR_GEN_AI_RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons';
export const ATTR_GEN_AI_RESPONSE_STATUS = 'gen_ai.response.status';
export const ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';

export const ATTR_GEN_AI_USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const ATTR_GEN_AI_USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.cache_read.input_tokens';
export const ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS = 'gen_ai.usage.cache_write.input_tokens';
export const ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS = 'gen_ai.usage.reasoning.output_tokens';
export const ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS = 'gen_ai.usage.text.input_tokens';
export const ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS = 'gen_ai.usage.text.output_tokens';
export const ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.text.cache_read.input_tokens';
export const ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS = 'gen_ai.usage.image.input_tokens';
export const ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS = 'gen_ai.usage.image.output_tokens';
export const ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.image.cache_read.input_tokens';
export const ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS = 'gen_ai.usage.audio.input_tokens';
export const ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS = 'gen_ai.usage.audio.output_tokens';
export const ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.audio.cache_read.input_tokens';

export const ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT = 'gen_ai.embeddings.dimension.count';
export const ATTR_GEN_AI_CONVERSATION_COMPACTED = 'gen_ai.conversation.compacted';

export const ATTR_GEN_AI_DATA_SOURCE_ID = 'gen_ai.data_source.id';
export const ATTR_GEN_AI_RETRIEVAL_TOP_K = 'gen_ai.retrieval.top_k';
export const ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT = 'gen_ai.retrieval.query.text';
export const ATTR_GEN_AI_RETRIEVAL_DOCUMENTS = 'gen_ai.retrieval.documents';

export const ATTR_GEN_AI_TOKEN_MODALITY = 'gen_ai.token.modality';
/** Removed from the convention on 2026-09-22; still written for backends that read the older metrics. */
export const ATTR_GEN_AI_TOKEN_TYPE = 'gen_ai.token.type';

export const ATTR_GEN_AI_INPUT_MESSAGES = 'gen_ai.input.messages';
export const ATTR_GEN_AI_OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const ATTR_GEN_AI_SYSTEM_INSTRUCTIONS = 'gen_ai.system_instructions';
export const ATTR_GEN_AI_TOOL_DEFINITIONS = 'gen_ai.tool.definitions';

export const ATTR_GEN_AI_AGENT_ID = 'gen_ai.agent.id';
export const ATTR_GEN_AI_AGENT_NAME = 'gen_ai.agent.name';
export const ATTR_GEN_AI_AGENT_DESCRIPTION = 'gen_ai.agent.description';
export const ATTR_GEN_AI_WORKFLOW_NAME = 'gen_ai.workflow.name';

export const ATTR_GEN_AI_TOOL_NAME = 'gen_ai.tool.name';
export const ATTR_GEN_AI_TOOL_TYPE = 'gen_ai.tool.type';
export const ATTR_GEN_AI_TOOL_DESCRIPTION = 'gen_ai.tool.description';
export const ATTR_GEN_AI_TOOL_CALL_ID = 'gen_ai.tool.call.id';
export const ATTR_GEN_AI_TOOL_CALL_ARGUMENTS = 'gen_ai.tool.call.arguments';
export const ATTR_GEN_AI_TOOL_CALL_RESULT = 'gen_ai.tool.call.result';

export const ATTR_OPENAI_API_TYPE = 'openai.api.type';
export const ATTR_OPENAI_REQUEST_SERVICE_TIER = 'openai.request.service_tier';
export const ATTR_OPENAI_RESPONSE_SERVICE_TIER = 'openai.response.service_tier';
export const ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT = 'openai.response.system_fingerprint';

export const ATTR_MCP_METHOD_NAME = 'mcp.method.name';
export const ATTR_MCP_PROTOCOL_VERSION = 'mcp.protocol.version';
export const ATTR_MCP_SESSION_ID = 'mcp.session.id';
export const ATTR_MCP_RESOURCE_URI = 'mcp.resource.uri';
export const ATTR_JSONRPC_REQUEST_ID = 'jsonrpc.request.id';
/**
 * Error code of a JSON-RPC response, as text. The MCP convention takes the name from version 1.44 of the core
 * convention, on which it depends. Version 1.45 of the core renamed it to `rpc.status_code`, which no MCP convention has
 * taken over.
 */
export const ATTR_RPC_RESPONSE_STATUS_CODE = 'rpc.response.status_code';
export const ATTR_NETWORK_TRANSPORT = 'network.transport';
export const ATTR_NETWORK_PROTOCOL_NAME = 'network.protocol.name';

/** Names of the stable conventions. */
export const ATTR_ERROR_TYPE = 'error.type';
export const ATTR_EXCEPTION_TYPE = 'exception.type';
export const ATTR_EXCEPTION_MESSAGE = 'exception.message';
export const ATTR_EXCEPTION_STACKTRACE = 'exception.stacktrace';
export const ATTR_SERVER_ADDRESS = 'server.address';
export const ATTR_SERVER_PORT = 'server.port';
export const ATTR_SESSION_ID = 'session.id';
/** The user that the application named with `withContext()` or a session. It is also read from the application's own spans. */
export const ATTR_USER_ID = 'user.id';
/** An attribute that an application sets on its own spans; it is only read. */
export const ATTR_ENDUSER_ID = 'enduser.id';
export const ATTR_HTTP_REQUEST_METHOD = 'http.request.method';
export const ATTR_HTTP_REQUEST_RESEND_COUNT = 'http.request.resend_count';
export const ATTR_HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
export const ATTR_URL_TEMPLATE = 'url.template';

/** Value of `error.type` if nothing better is known. */
export const ERROR_TYPE_OTHER = '_OTHER';
/** Value of `error.type` if a tool's own result says that it failed, and does not say why. */
export const ERROR_TYPE_TOOL = 'tool_error';
/** Value of `error.type` if a connection was closed while something was due, and no error says why. */
export const ERROR_TYPE_CONNECTION_CLOSED = 'connection_closed';

/** Value of `error.type` if a request succeeded by its HTTP status and the body is not an answer of the API. */
export const ERROR_TYPE_INVALID_RESPONSE = 'invalid_response';

/**
 * Names of this package, for facts that the conventions do not cover. They have a namespace of their own, so that they
 * can never collide with a later convention.
 */
export const ATTR_OPENAI_AGENTS_TRACE_ID = 'openai_agents.trace.id';
/** Prefix of the metadata that the application gave a run, one attribute per name. */
export const OPENAI_AGENTS_TRACE_METADATA_PREFIX = 'openai_agents.trace.metadata.';
/**
 * Member of a serialised run state's trace metadata that names the workflow span in which the run was interrupted. It is
 * not an attribute, and is on no span.
 */
export const OPENAI_AGENTS_TRACEPARENT_MEMBER = 'openai_agents.traceparent';
/** Beside it, if the run asked for traces without content. */
export const OPENAI_AGENTS_CONTENT_MEMBER = 'openai_agents.content';
/** Beside it, if the run belongs to a conversation that the state does not name: that of its session. */
export const OPENAI_AGENTS_CONVERSATION_MEMBER = 'openai_agents.conversation';
/** Kind of a span that has no `gen_ai.operation.name`: `session`, or the Agents SDK's `handoff`, `guardrail` … */
export const ATTR_OPENAI_AGENTS_SPAN_TYPE = 'openai_agents.span.type';
/** OpenAI's identifier for the HTTP request (`x-request-id`), which its support asks for. */
export const ATTR_OPENAI_AGENTS_REQUEST_ID = 'openai_agents.request_id';
/**
 * Span event on the span of a call: one HTTP attempt was followed by another. Its attributes beside the HTTP ones are
 * `attempt`, counted from 1, `max_attempts` (the total number of HTTP attempts that the client may make) and `backoff`,
 * the measured wait in seconds.
 */
export const EVENT_OPENAI_AGENTS_REQUEST_RETRY = 'openai_agents.request.retry';
export const ATTR_OPENAI_AGENTS_REQUEST_RETRY_ATTEMPT = 'openai_agents.request.retry.attempt';
export const ATTR_OPENAI_AGENTS_REQUEST_RETRY_MAX_ATTEMPTS = 'openai_agents.request.retry.max_attempts';
export const ATTR_OPENAI_AGENTS_REQUEST_RETRY_BACKOFF = 'openai_agents.request.retry.backoff';
export const ATTR_OPENAI_AGENTS_HANDOFF_FROM = 'openai_agents.handoff.from_agent.name';
export const ATTR_OPENAI_AGENTS_HANDOFF_TO = 'openai_agents.handoff.to_agent.name';
export const ATTR_OPENAI_AGENTS_GUARDRAIL_NAME = 'openai_agents.guardrail.name';
export const ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED = 'openai_agents.guardrail.triggered';
/** The name that an MCP server gave itself; the label if the provider connects to the server, which has no other name. */
export const ATTR_OPENAI_AGENTS_MCP_SERVER = 'openai_agents.mcp.server.name';
/** The name that the application gave to an MCP server. */
export const ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL = 'openai_agents.mcp.server.label';
/** The provider's request for an approval, which its call of a hosted MCP tool followed. */
export const ATTR_OPENAI_AGENTS_MCP_APPROVAL_REQUEST_ID = 'openai_agents.mcp.approval_request.id';
/** `true` if the provider ran the tool itself, within a response, so that this process saw only its result. */
export const ATTR_OPENAI_AGENTS_HOSTED = 'openai_agents.hosted';
/**
 * Facts that the application recorded itself, as span events on the active span. They carry only names and
 * identifiers, because texts and values may contain content that must not go to a trace backend by default.
 */
export const EVENT_OPENAI_AGENTS_POLICY_DECISION = 'openai_agents.policy_decision';
export const EVENT_OPENAI_AGENTS_DATA_ACCESS = 'openai_agents.data_access';
export const EVENT_OPENAI_AGENTS_STATE_UPDATE = 'openai_agents.state_update';
export const EVENT_OPENAI_AGENTS_SYSTEM_EVENT = 'openai_agents.system_event';
export const ATTR_OPENAI_AGENTS_POLICY_ID = 'openai_agents.policy.id';
export const ATTR_OPENAI_AGENTS_POLICY_OUTCOME = 'openai_agents.policy.outcome';
export const ATTR_OPENAI_AGENTS_POLICY_RULE_IDS = 'openai_agents.policy.rule_ids';
export const ATTR_OPENAI_AGENTS_DATA_ACCESS_DATASOURCE = 'openai_agents.data_access.datasource';
export const ATTR_OPENAI_AGENTS_DATA_ACCESS_DOCUMENT_IDS = 'openai_agents.data_access.document_ids';
export const ATTR_OPENAI_AGENTS_DATA_ACCESS_CHUNK_IDS = 'openai_agents.data_access.chunk_ids';
export const ATTR_OPENAI_AGENTS_DATA_ACCESS_PII_CATEGORIES = 'openai_agents.data_access.pii_categories';
/** Names of the members that were changed, without their values. */
export const ATTR_OPENAI_AGENTS_STATE_KEYS = 'openai_agents.state.keys';
export const ATTR_OPENAI_AGENTS_SYSTEM_MESSAGE = 'openai_agents.system.message';
export const ATTR_OPENAI_AGENTS_SYSTEM_SEVERITY = 'openai_agents.system.severity';
/**
 * Name of the log record, or of the span, that carries a signed checkpoint of the event stream out of the process. The
 * note itself is the body of the record, or an attribute of the span.
 */
export const EVENT_OPENAI_AGENTS_CHECKPOINT = 'openai_agents.checkpoint';
export const ATTR_OPENAI_AGENTS_CHECKPOINT_STREAM_ID = 'openai_agents.checkpoint.stream_id';
/** Number of events that the checkpoint covers. */
export const ATTR_OPENAI_AGENTS_CHECKPOINT_SIZE = 'openai_agents.checkpoint.size';
/** Root of the Merkle tree over them, in base64. */
export const ATTR_OPENAI_AGENTS_CHECKPOINT_ROOT = 'openai_agents.checkpoint.root';
/** Number of the checkpoint in the stream, from 1. */
export const ATTR_OPENAI_AGENTS_CHECKPOINT_NUMBER = 'openai_agents.checkpoint.number';
export const ATTR_OPENAI_AGENTS_CHECKPOINT_FINAL = 'openai_agents.checkpoint.final';
export const ATTR_OPENAI_AGENTS_CHECKPOINT_NOTE = 'openai_agents.checkpoint.note';
/** The public key of a stream whose key was generated, as a C2SP `vkey`. Only on the first checkpoint. */
export const ATTR_OPENAI_AGENTS_CHECKPOINT_VERIFIER_KEY = 'openai_agents.checkpoint.verifier_key';
/**
 * `cancelled` if the application aborted the call, which is neither a success nor an error. `paused` if the tool waits
 * for a person, so that another span goes on with the call.
 */
export const ATTR_OPENAI_AGENTS_OUTCOME = 'openai_agents.outcome';
/** The provider's reason for cancelling a realtime response: `turn_detected`, `client_cancelled`. */
export const ATTR_OPENAI_AGENTS_CANCELLATION_REASON = 'openai_agents.cancellation.reason';
/** The provider's identifier for a realtime session, which its support asks for. */
export const ATTR_OPENAI_AGENTS_REALTIME_SESSION_ID = 'openai_agents.realtime.session.id';
/** The code of RFC 6455 with which a connection was closed that the application did not close; 1006 if it was lost. */
export const ATTR_OPENAI_AGENTS_REALTIME_CLOSE_CODE = 'openai_agents.realtime.close.code';
/**
 * The unfinished business of a realtime session when its connection ended: `answer`, `tool`, `approval`, `question`,
 * `speech` or `reply`.
 */
export const ATTR_OPENAI_AGENTS_REALTIME_DUE = 'openai_agents.realtime.due';
/** The `event_id` of a client's event that the provider refused. */
export const ATTR_OPENAI_AGENTS_REALTIME_REQUEST_ID = 'openai_agents.realtime.request.id';
/**
 * Span events of a realtime session: an error after which the session continues, and a user who interrupted an
 * answer.
 */
export const EVENT_OPENAI_AGENTS_REALTIME_ERROR = 'openai_agents.realtime.error';
export const EVENT_OPENAI_AGENTS_REALTIME_INTERRUPTED = 'openai_agents.realtime.interrupted';
/** Span event of an agent: an error that the application's own handler dealt with, so that the run continued. */
export const EVENT_OPENAI_AGENTS_HANDLED_ERROR = 'openai_agents.handled_error';
/** Tags that the application named with `withContext()` or a session. No convention has an attribute for them. */
export const ATTR_OPENAI_AGENTS_TAGS = 'openai_agents.tags';
/** The convention's log record of an evaluation, which is also that of a user's feedback. */
export const EVENT_GEN_AI_EVALUATION_RESULT = 'gen_ai.evaluation.result';
export const ATTR_GEN_AI_EVALUATION_NAME = 'gen_ai.evaluation.name';
export const ATTR_GEN_AI_EVALUATION_SCORE_VALUE = 'gen_ai.evaluation.score.value';
export const ATTR_GEN_AI_EVALUATION_SCORE_LABEL = 'gen_ai.evaluation.score.label';
export const ATTR_GEN_AI_EVALUATION_EXPLANATION = 'gen_ai.evaluation.explanation';
/** Number of chunks of the stream that the application received. */
export const ATTR_OPENAI_AGENTS_RESPONSE_CHUNK_COUNT = 'openai_agents.response.chunk_count';
/** Whether a moderation flagged any of its inputs. */
export const ATTR_OPENAI_AGENTS_MODERATION_FLAGGED = 'openai_agents.moderation.flagged';
/** Action on a conversation's items: `create`, `list`, `retrieve`, `delete` or `truncate`. */
export const ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION = 'openai_agents.conversation_items.action';
/** The price of the call as the server states it, in the server's currency. */
export const ATTR_OPENAI_AGENTS_USAGE_COST = 'openai_agents.usage.cost';
/** The audio that a transcription is billed for, in seconds. */
export const ATTR_OPENAI_AGENTS_USAGE_AUDIO_SECONDS = 'openai_agents.usage.audio_seconds';
/** `true` if the usage on this span is the sum over child spans and must not be added to theirs. */
export const ATTR_OPENAI_AGENTS_USAGE_AGGREGATED = 'openai_agents.usage.aggregated';

export const SPAN_TYPE_SESSION = 'session';
export const OUTCOME_CANCELLED = 'cancelled';
export const OUTCOME_PAUSED = 'paused';
