import { asNonEmptyString } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import type { ReadEvent } from '../input/read-events.js';
import { counted, formatCount } from '../output/quantities.js';
import {
  type ChatMessage,
  chatAnswers,
  chatMessages,
  chatTools,
  checkCalls,
  NotRepresentable,
  otherTools,
} from './chat-messages.js';
import { type EndedCall, ModelCalls } from './model-calls.js';

/** The parts of a line of a dataset. */
interface Example {
  readonly call: EndedCall;
  readonly input: readonly ChatMessage[];
  readonly answers: ReturnType<typeof chatAnswers>;
  readonly tools: ReturnType<typeof chatTools>;
}

/** Returns the members of a line. */
type ExampleWriter = (example: Example) => object;

/** Writes a line for each model call that can be an example, and counts the others by reason. */
export class Dataset {
  readonly #calls = new ModelCalls();
  readonly #leftOut = new Map<string, number>();
  readonly #write: ExampleWriter;
  readonly #keepRedacted: boolean;
  readonly #wanted: (end: ReadEvent, calledTools: readonly string[]) => boolean;

  /** @param wanted - whether the user asked for a call that ended with this event and called these tools. */
  constructor(
    write: ExampleWriter,
    keepRedacted: boolean,
    wanted: (end: ReadEvent, calledTools: readonly string[]) => boolean,
  ) {
    this.#write = write;
    this.#keepRedacted = keepRedacted;
    this.#wanted = wanted;
  }

  /** Returns the line of the call that ends with this event; the empty string if there is none. */
  add(event: ReadEvent): string {
    const call = this.#calls.add(event);
    if (call === undefined) return '';
    try {
      if ('leftOut' in call) {
        if (this.#wanted(event, [])) this.#count(call.leftOut);
        return '';
      }
      if (!this.#wanted(event, toolsCalled(call))) return '';
      if (call.redacted && !this.#keepRedacted) throw new NotRepresentable('with redacted content');
      return `${JSON.stringify(this.#write(exampleOf(call)))}\n`;
    } catch (error) {
      if (!(error instanceof NotRepresentable)) throw error;
      this.#count(error.message);
      return '';
    }
  }

  /** Messages about the calls that are not in the dataset, most frequent reason first. */
  notes(): string[] {
    const unfinished = this.#calls.unfinished().filter((start) => this.#wanted(start, []));
    if (unfinished.length > 0) this.#leftOut.set('not ended', unfinished.length);
    const total = [...this.#leftOut.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return [];
    const reasons = [...this.#leftOut]
      .sort(([, a], [, b]) => b - a)
      .map(([why, n]) => `${formatCount(n)} ${why}`);
    return [`${counted(total, 'model call')} left out: ${reasons.join(', ')}`];
  }

  #count(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }
}

function toolsCalled(call: EndedCall): string[] {
  return chatAnswers(call.response).flatMap(({ message: { tool_calls = [] } }) =>
    tool_calls.map((toolCall) => toolCall.function.name),
  );
}

function exampleOf(call: EndedCall): Example {
  const { request, response, messages } = call;
  const input = chatMessages(request.system_instructions, messages);
  const answers = chatAnswers(response);
  if (answers.length === 0 || input.length === 0) throw new NotRepresentable('without content');
  checkCalls([...input, ...answers.map(({ message }) => message)], otherTools(request.tools));
  return { call, input, answers, tools: chatTools(request.tools) };
}

/**
 * A line for the Evals API: `item` is the example, and `sample` the recorded answer in the form of one that the API made,
 * so that graders work on either. https://platform.openai.com/docs/api-reference/evals/createRun
 */
export function evalsLine({ call, input, answers, tools }: Example): object {
  const { start, end, response, request } = call;
  const [first] = answers;
  const text = typeof first?.message.content === 'string' ? first.message.content : '';
  const calls = first?.message.tool_calls;
  const model = asNonEmptyString(response.model) ?? asNonEmptyString(request.model) ?? '';
  return {
    item: withoutAbsent({
      input,
      ideal: text,
      ideal_tools: calls,
      tools: tools.length > 0 ? tools : undefined,
      model,
      agent: asNonEmptyString(start.agent_name),
      event_id: asNonEmptyString(end.event_id),
      session_id: asNonEmptyString(end.session_id),
      trace_id: asNonEmptyString(end.trace_id),
      timestamp: asNonEmptyString(end.timestamp),
    }),
    sample: {
      model,
      choices: answers.map(({ message, finishReason }, index) => ({
        index,
        message: { ...message, content: message.content ?? null },
        finish_reason: finishReason ?? (message.tool_calls === undefined ? 'stop' : 'tool_calls'),
      })),
      output_text: text,
      ...(calls !== undefined && { output_tools: calls }),
    },
  };
}

/** A line for supervised fine-tuning. https://platform.openai.com/docs/api-reference/fine-tuning/chat-input */
export function chatLine({ input, answers, tools }: Example): object {
  const [first] = answers;
  const reason = first?.finishReason ?? '';
  if (first === undefined || ['length', 'content_filter'].includes(reason)) {
    throw new NotRepresentable('whose answer was cut');
  }
  // The format does not know the role that newer models have for instructions.
  const roles = input.map((message) =>
    message.role === 'developer' ? { ...message, role: 'system' } : message,
  );
  return { messages: [...roles, first.message], ...(tools.length > 0 && { tools }) };
}
