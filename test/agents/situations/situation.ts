import * as agents from '@openai/agents';
import type { Tracer } from '@opentelemetry/api';
import type { OpenAI } from 'openai';
import type { ModelServer } from '../../../examples/model-server/server.js';

/** Something that a run of the Agents SDK can get into. */
export interface Situation {
  readonly name: string;
  /** Branches run side by side, so the order between them is not the same each time. */
  readonly parallel?: true;
  /** @returns what the application got; it is recorded, too. */
  run(tools: Tools): Promise<unknown>;
}

export interface RunnerOptions extends Partial<agents.RunConfig> {
  /** What the model server shall do wrong, as its header `x-fault` says it. */
  readonly fault?: string;
  readonly maxRetries?: number;
  readonly chatCompletions?: true;
}

export class Tools {
  constructor(
    readonly server: ModelServer,
    readonly client: OpenAI,
    /** The application's own. */
    readonly tracer: Tracer,
  ) {}

  /** A runner with a workflow of its own name. */
  runner({ fault, maxRetries = 0, chatCompletions, ...config }: RunnerOptions = {}): agents.Runner {
    const openAIClient = this.client.withOptions({
      maxRetries,
      defaultHeaders: fault === undefined ? {} : { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
    });
    return new agents.Runner({
      workflowName: 'wf',
      traceMetadata: { tenant: 't1' },
      modelProvider: new agents.OpenAIProvider({ openAIClient, useResponses: chatCompletions !== true }),
      ...config,
    });
  }
}

/** A streamed run, whatever its agent. */
interface StreamedRun extends AsyncIterable<unknown> {
  readonly completed: Promise<void>;
  readonly finalOutput?: unknown;
}

/** Reads a stream to its end. */
export async function readAll(stream: StreamedRun): Promise<unknown> {
  for await (const _event of stream) {
    // The run goes on as it is read.
  }
  await stream.completed;
  return stream.finalOutput;
}

/** What the application catches. */
export async function failureOf(action: () => Promise<unknown>): Promise<string> {
  try {
    return `no failure, but ${JSON.stringify(await action())}`;
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
