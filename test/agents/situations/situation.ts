import * as agents from '@openai/agents';
import type { Tracer } from '@opentelemetry/api';
import type { OpenAI } from 'openai';
import type { ModelServer } from '../../../examples/model-server/server.js';

/** A situation in a run of the Agents SDK. */
export interface Situation {
  readonly name: string;
  /** Set if branches run side by side, so that the order between them differs from run to run. */
  readonly parallel?: true;
  /** @returns the application's result, which is recorded too. */
  run(tools: Tools): Promise<unknown>;
}

export interface RunnerOptions extends Partial<agents.RunConfig> {
  /** A fault of the model server, as a value of its header `x-fault`. */
  readonly fault?: string;
  readonly maxRetries?: number;
  readonly chatCompletions?: true;
}

export class Tools {
  constructor(
    readonly server: ModelServer,
    readonly client: OpenAI,
    /** The application's own tracer. */
    readonly tracer: Tracer,
    /** The name that the application gives its workflows. */
    readonly workflowName: string | undefined,
  ) {}

  /** Returns a runner with a named workflow. */
  runner({ fault, maxRetries = 0, chatCompletions, ...config }: RunnerOptions = {}): agents.Runner {
    const openAIClient = this.client.withOptions({
      maxRetries,
      defaultHeaders: fault === undefined ? {} : { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
    });
    return new agents.Runner({
      ...(this.workflowName !== undefined && { workflowName: this.workflowName }),
      traceMetadata: { tenant: 't1' },
      modelProvider: new agents.OpenAIProvider({ openAIClient, useResponses: chatCompletions !== true }),
      ...config,
    });
  }
}

/** A streamed run of any agent. */
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

/** Returns the error that the application catches, as text. */
export async function failureOf(action: () => Promise<unknown>): Promise<string> {
  try {
    return `no failure, but ${JSON.stringify(await action())}`;
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
