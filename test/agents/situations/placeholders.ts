/**
 * Placeholders for values that differ from run to run: `‹span 3›` is the third span that a listing names.
 */

interface IdKind {
  readonly name: string;
  readonly pattern: string;
}

/** Ordered: the first pattern that matches at a place in the text decides. */
const KINDS: readonly IdKind[] = [
  { name: 'agents trace', pattern: String.raw`\btrace_[0-9a-f]{32}\b` },
  { name: 'tool call', pattern: String.raw`\bcall_[0-9a-f]{16}[\w-]*` },
  { name: 'response', pattern: String.raw`\bresp_[0-9a-f]{42}` },
  { name: 'completion', pattern: String.raw`\bchatcmpl-[0-9a-f]{42}` },
  { name: 'request', pattern: String.raw`\breq_[0-9a-f]{32}` },
  { name: 'conversation', pattern: String.raw`\bconv_[0-9a-f]{32,}` },
  { name: 'item', pattern: String.raw`\b[a-z]{2,}_[0-9a-f]{40,}` },
  { name: 'uuid', pattern: String.raw`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b` },
  { name: 'trace', pattern: String.raw`\b[0-9a-f]{32}\b` },
  { name: 'span', pattern: String.raw`\b[0-9a-f]{16}\b` },
];

const ANY_ID = new RegExp(KINDS.map(({ pattern }) => `(${pattern})`).join('|'), 'g');

/** The port of a server on this machine. */
const LOCAL_PORT = /(127\.0\.0\.1|localhost):\d+/g;

/** The default service name, which contains the path of the program. */
const SERVICE = /\bunknown_service:\S+/g;

/** Members with values that only OpenAI can read. */
const SECRETS: ReadonlySet<string> = new Set(['encrypted_content']);

/** Members with a time or a duration. */
const TIMES: ReadonlySet<string> = new Set([
  'start_time',
  'end_time',
  'duration_ms',
  'execution_time_ms',
  'backoff_ms',
  'throughput',
  'latency_ms',
  'gen_ai.response.time_to_first_chunk',
  'openai_agents.request.retry.backoff',
]);

/** Replaces values that differ from run to run; the same id always gets the same placeholder. */
export class Placeholders {
  readonly #words = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  inText(text: string): string {
    return text
      .replace(ANY_ID, (id, ...groups: (string | undefined)[]) => {
        const kind = KINDS[groups.findIndex((group) => group !== undefined)];
        return this.#wordsFor(id, kind?.name ?? 'id');
      })
      .replace(LOCAL_PORT, '$1:‹port›')
      .replace(SERVICE, 'unknown_service');
  }

  /** Replaces the values inside a JSON value, whose members keep their order. */
  inValue(value: unknown, name = ''): unknown {
    if (SECRETS.has(name)) return '‹encrypted›';
    if (typeof value === 'string') return TIMES.has(name) ? '‹time›' : this.inText(value);
    if (typeof value === 'number') {
      if (TIMES.has(name)) return '‹time›';
      return name === 'server.port' ? '‹port›' : value;
    }
    if (Array.isArray(value)) return value.map((entry) => this.inValue(entry));
    if (typeof value !== 'object' || value === null) return value;
    // Whether a decision is older than the session that goes on with the run is a matter of a millisecond.
    const members = Object.entries(value).filter(([key]) => key !== 'occurred_at');
    return Object.fromEntries(members.map(([key, member]) => [this.inText(key), this.inValue(member, key)]));
  }

  #wordsFor(id: string, kind: string): string {
    const known = this.#words.get(id);
    if (known !== undefined) return known;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const words = `‹${kind} ${number}›`;
    this.#words.set(id, words);
    return words;
  }
}
