/** Answers to requests that have the same answer each time. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type {
  ChatCompletion,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { recordDataAccess } from 'opentelemetry-instrumentation-openai-agents';
import type { PlatformObserver } from '../monitoring/observer.js';

/** Characters of all answers together. */
const MAX_SIZE = 32 * 1024 * 1024;

/** Keeps answers for a while. A hit is an event DATA_ACCESS of the current session and counted by the observer. */
export class ResponseCache {
  readonly #answers: LRUCache<string, ChatCompletion> | undefined;
  readonly #observer: PlatformObserver;

  /** @param entries - number of answers; with 0 nothing is kept. */
  constructor(entries: number, seconds: number, observer: PlatformObserver) {
    this.#observer = observer;
    if (entries === 0) return;
    this.#answers = new LRUCache({
      max: entries,
      ttl: seconds * 1000,
      maxSize: MAX_SIZE,
      sizeCalculation: (answer) => JSON.stringify(answer).length,
    });
  }

  /** Returns a kept answer, or fetches and keeps a complete one. A request that is not deterministic is always sent. */
  async get(
    request: ChatCompletionCreateParamsNonStreaming,
    fetchAnswer: () => Promise<ChatCompletion>,
  ): Promise<{ answer: ChatCompletion; cached: boolean }> {
    if (this.#answers === undefined || !isDeterministic(request)) {
      return { answer: await fetchAnswer(), cached: false };
    }
    const key = requestHash(request);
    const kept = this.#answers.get(key);
    if (kept !== undefined) {
      this.#observer.cacheHit(request.model);
      recordDataAccess({ datasource: 'memory://response-cache', documentIds: [key] });
      return { answer: kept, cached: true };
    }
    this.#observer.cacheMiss(request.model);
    const answer = await fetchAnswer();
    // A filter or a token limit may act differently next time.
    const complete = answer.choices.every(({ finish_reason }) => COMPLETE.has(finish_reason));
    if (complete) this.#answers.set(key, answer);
    return { answer, cached: false };
  }
}

const COMPLETE: ReadonlySet<string> = new Set(['stop', 'tool_calls', 'function_call']);

function isDeterministic({ temperature, seed }: ChatCompletionCreateParamsNonStreaming): boolean {
  return temperature === 0 || typeof seed === 'number';
}

/** SHA-256 of the request, whatever the order of its members is. */
export function requestHash(request: object): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
