/** One call of `Runner.run`, as far as its spans need it, carried in OpenTelemetry's context. */
import { type Context, createContextKey } from '@opentelemetry/api';
import { toJsonValue } from '../../foreign/json.js';
import { asArray, asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import type { AgentDetails } from '../../signals/signal.js';
import { PACKAGE_NAME } from '../../version.js';
import { responsesInputMessages } from '../openai/responses/messages.js';

const AGENT_RUN_KEY = createContextKey(`${PACKAGE_NAME} agent run`);

export class AgentRun {
  readonly #agent: ForeignRecord;
  #input: readonly Message[] | undefined;

  /** @param input - what the run was given, unless it resumes an earlier one. */
  constructor(agent: unknown, input: unknown) {
    this.#agent = asRecord(agent) ?? {};
    if (typeof input === 'string' || Array.isArray(input)) this.#input = runInputMessages(input);
  }

  get entryAgentName(): string | undefined {
    return asText(this.#agent.name);
  }

  /** The input, once: it belongs to the first agent of the run. */
  takeInput(): readonly Message[] | undefined {
    const input = this.#input;
    this.#input = undefined;
    return input;
  }

  /** What is configured of the agent by this name, among those that the entry agent can hand off to. */
  describeAgent(name: string): AgentDetails | undefined {
    const agent = findAgent(this.#agent, name, new Set());
    if (agent === undefined) return undefined;
    const instructions = asText(agent.instructions);
    const model = asText(agent.model);
    const handoffDescription = asText(agent.handoffDescription);
    return {
      ...(instructions !== undefined && { instructions }),
      ...(model !== undefined && { model }),
      ...(handoffDescription !== undefined && { handoffDescription }),
      tools: names(agent.tools),
      handoffs: names(asArray(agent.handoffs).map(handoffTarget)),
    };
  }
}

export function withAgentRun(context: Context, run: AgentRun): Context {
  return context.setValue(AGENT_RUN_KEY, run);
}

export function getAgentRun(context: Context): AgentRun | undefined {
  return context.getValue(AGENT_RUN_KEY) as AgentRun | undefined;
}

function findAgent(agent: ForeignRecord, name: string, seen: Set<ForeignRecord>): ForeignRecord | undefined {
  if (agent.name === name) return agent;
  seen.add(agent);
  for (const entry of asArray(agent.handoffs)) {
    const target = handoffTarget(entry);
    const found = target && !seen.has(target) ? findAgent(target, name, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A handoff is declared as the agent itself or as an object that holds it. */
function handoffTarget(entry: unknown): ForeignRecord | undefined {
  const record = asRecord(entry);
  return asRecord(record?.agent) ?? record;
}

function names(entries: unknown): string[] {
  return asArray(entries)
    .map((entry) => asText(asRecord(entry)?.name))
    .filter((name) => name !== undefined);
}

/** The run's input items are the Responses API's with names in camel case. */
function runInputMessages(input: unknown): Message[] {
  if (typeof input === 'string') return responsesInputMessages(input);
  return asArray(input).filter(isRecord).map(runInputMessage);
}

function runInputMessage(item: ForeignRecord): Message {
  const id = asText(item.callId);
  const withId = id !== undefined && { id };
  switch (item.type) {
    case 'function_call':
      return assistant({
        type: 'tool_call',
        ...withId,
        name: asText(item.name) ?? '',
        arguments: toJsonValue(item.arguments),
      });
    case 'function_call_result':
      return {
        role: 'tool',
        parts: [{ type: 'tool_call_response', ...withId, response: toJsonValue(item.output) }],
      };
    default:
      return responsesInputMessages([item])[0] ?? { role: 'user', parts: [] };
  }
}

function assistant(part: MessagePart): Message {
  return { role: 'assistant', parts: [part] };
}
