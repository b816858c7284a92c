/** Many requests at a lower price, through the Batch API: answered within a day, not at once. */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { NotFoundError, type OpenAI, toFile } from 'openai';
import type { Batch } from 'openai/resources/batches';
import { z } from 'zod';
import { ProblemError } from '../../service/problem.js';
import { UnusableAnswer } from '../errors/upstream-problem.js';
import type { BatchCounts, PlatformObserver } from '../monitoring/observer.js';
import type { Principal } from '../principal.js';
import type { ModelClient } from './model-client.js';
import type { CompletionRequest, OpenAIService } from './openai-service.js';

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled']);

/** A request with an id by which its answer is found. */
export interface BatchRequest extends CompletionRequest {
  readonly id: string;
}

export interface BatchAnswer {
  readonly id: string;
  /** The answer, or `null` if the request failed. */
  readonly reply: string | null;
  /** Code of the error if the request failed. */
  readonly error: string | null;
}

export interface BatchState {
  readonly id: string;
  readonly status: string;
  readonly counts: BatchCounts;
  /** In the order of the output file; empty until the batch has ended. */
  readonly answers: readonly BatchAnswer[];
}

/** A line of the output or error file. Either member may be absent. */
const lineSchema = z.object({
  custom_id: z.string(),
  response: z
    .object({
      status_code: z.number(),
      body: z.object({
        choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).optional(),
        error: z.object({ code: z.string().nullish(), type: z.string().nullish() }).optional(),
      }),
    })
    .nullish(),
  error: z.object({ code: z.string().nullish() }).nullish(),
});

/** A batch belongs to the principal who created it, by its metadata, so also after a restart of the service. */
export class Batches {
  readonly #client: OpenAI;
  readonly #model: ModelClient;
  readonly #service: OpenAIService;
  readonly #observer: PlatformObserver;
  /** Ended batches that the observer knows. */
  readonly #reported = new LRUCache<string, true>({ max: 1_000 });

  constructor(client: OpenAI, model: ModelClient, service: OpenAIService, observer: PlatformObserver) {
    this.#client = client;
    this.#model = model;
    this.#service = service;
    this.#observer = observer;
  }

  /** Uploads the requests and starts a batch. */
  async create(requests: readonly BatchRequest[], { name }: Principal): Promise<BatchState> {
    const lines = requests.map((request) =>
      JSON.stringify({
        custom_id: request.id,
        method: 'POST',
        url: '/v1/chat/completions',
        body: this.#service.modelRequest(request),
      }),
    );
    // An attempt whose answer was lost must not start a second batch.
    const headers = { 'idempotency-key': randomUUID() };
    const { id } = await this.#model.attempt(async (options) =>
      this.#client.files.create(
        { file: await toFile(Buffer.from(`${lines.join('\n')}\n`), 'requests.jsonl'), purpose: 'batch' },
        options,
      ),
    );
    const batch = await this.#model.attempt((options) =>
      this.#client.batches.create(
        {
          input_file_id: id,
          endpoint: '/v1/chat/completions',
          completion_window: '24h',
          metadata: { owner: name },
        },
        { ...options, headers },
      ),
    );
    return stateOf(batch, []);
  }

  /** @throws ProblemError if the principal has no such batch. */
  async retrieve(id: string, { name }: Principal): Promise<BatchState> {
    const batch = await this.#model.attempt((options) =>
      this.#client.batches.retrieve(id, options).catch((error: unknown) => {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }),
    );
    if (batch?.metadata?.owner !== name) throw batchNotFound(id);
    if (!ENDED.has(batch.status)) return stateOf(batch, []);

    const files = [batch.output_file_id, batch.error_file_id].filter((file) => typeof file === 'string');
    const answers = await Promise.all(files.map((file) => this.#answersIn(file)));
    const state = stateOf(batch, answers.flat());
    if (!this.#reported.has(id)) {
      this.#reported.set(id, true);
      this.#observer.batchFinished(state.status, state.counts);
    }
    return state;
  }

  #answersIn(file: string): Promise<BatchAnswer[]> {
    return this.#model.attempt(async (options) =>
      readAnswers(await (await this.#client.files.content(file, options)).text()),
    );
  }
}

function stateOf({ id, status, request_counts }: Batch, answers: readonly BatchAnswer[]): BatchState {
  const { total = 0, completed = 0, failed = 0 } = request_counts ?? {};
  return { id, status, counts: { total, completed, failed }, answers };
}

function readAnswers(jsonl: string): BatchAnswer[] {
  return jsonl
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { custom_id: id, response, error } = readLine(line);
      const reply = response?.body.choices?.[0]?.message.content ?? null;
      const code = error?.code ?? response?.body.error?.code ?? response?.body.error?.type ?? 'failed';
      return { id, reply, error: reply === null ? code : null };
    });
}

function readLine(line: string): z.infer<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new UnusableAnswer('a line of the batch has an unknown form', { cause });
  }
}

function batchNotFound(id: string): ProblemError {
  return new ProblemError({
    status: 404,
    code: 'batch_not_found',
    title: 'Batch not found',
    detail: `There is no batch ${id} of this key.`,
  });
}
