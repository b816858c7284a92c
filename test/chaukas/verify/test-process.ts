import { createHash } from 'node:crypto';
import type { ChaukasEvent, UnsealedEvent } from '../../../src/chaukas/event.js';
import { sealEvent } from '../../../src/chaukas/sealed-event.js';
import { newEventId, newSpanId, newTraceId } from '../../../src/ids.js';
import { rootOf, signatureOf, signedNote, subtreesOf, type TestKey, textHashOf } from './reference-log.js';

export interface TestProcessOptions {
  readonly key?: TestKey;
  /** Number of events between two checkpoints. */
  readonly maxEvents?: number;
  /** Number of events that are made while a checkpoint is signed. */
  readonly signingTakes?: number;
}

type Place = Pick<ChaukasEvent, 'session_id' | 'span_id'> & { parent_span_id?: string };
type Body = Partial<UnsealedEvent> & Pick<UnsealedEvent, 'type'>;

const START = Date.parse('2026-11-29T12:00:00Z');
let ticks = 0;

interface OpenSession {
  readonly spanId: string;
  readonly traceId: string;
}

/**
 * A process that writes a stream to a file, without the processor: so tests of the verifier can have streams that the
 * processor writes only at certain moments, such as at a crash or with a slow signer.
 */
export class TestProcess {
  readonly streamId: string;
  readonly #file: string[];
  readonly #options: TestProcessOptions;
  readonly #chains = new Map<string, { hash: string; count: number }>();
  readonly #sessions = new Map<string, OpenSession>();
  readonly #hashes: string[] = [];
  readonly notes: string[] = [];
  #sinceCheckpoint = 0;
  #lastId = '';
  #signing: { text: string; lastId: string; subtrees: string[]; left: number } | undefined;

  /** @param file - the lines of a file, to which the process appends. */
  constructor(file: string[], options: TestProcessOptions = {}) {
    this.#file = file;
    this.#options = options;
    this.streamId = `${options.key ? 'checkpoints' : 'stream'}-${newEventId()}`;
    const previous = this.#readFile();
    this.#startSession(this.streamId, {
      process_id: 1,
      scope: 'process',
      ...(previous.length > 0 && { previous_streams: previous }),
    });
    this.system('event stream started');
    if (options.key) this.checkpoint();
  }

  /** The steps of an agent with a model call and a tool. Each makes one event. */
  *run(sessionId: string): Generator<void> {
    this.#startSession(sessionId, {});
    yield;
    yield* this.agent(sessionId);
    this.#endSession(sessionId, {});
  }

  /** The same without the session's own events. */
  *agent(sessionId: string): Generator<void> {
    const session = this.#sessions.get(sessionId);
    const agent = { session_id: sessionId, span_id: newSpanId(), parent_span_id: session?.spanId ?? '' };
    const child = () => ({ session_id: sessionId, span_id: newSpanId(), parent_span_id: agent.span_id });
    this.emit(agent, { type: 'EVENT_TYPE_AGENT_START', agent_name: 'desk' });
    yield;
    const model = child();
    this.emit(model, {
      type: 'EVENT_TYPE_MODEL_INVOCATION_START',
      llm_invocation: {
        model: 'gpt-5',
        request: { messages: [{ content: 'My kettle is broken', role: 'user' }] },
      },
    });
    yield;
    this.emit(model, { type: 'EVENT_TYPE_MODEL_INVOCATION_END', llm_invocation: { model: 'gpt-5' } });
    yield;
    const tool = child();
    this.emit(tool, { type: 'EVENT_TYPE_TOOL_CALL_START', tool_call: { name: 'orders' } });
    yield;
    this.emit(tool, { type: 'EVENT_TYPE_TOOL_CALL_END', tool_response: { output: { found: 1 } } });
    yield;
    this.emit(agent, { type: 'EVENT_TYPE_AGENT_END', agent_name: 'desk' });
    yield;
  }

  /** A session of eight events, at once. */
  whole(sessionId: string): this {
    for (const _step of this.run(sessionId));
    return this;
  }

  /** Several sessions at the same time, one event of each in turn. */
  parallel(...sessionIds: string[]): this {
    inTurns(sessionIds.map((id) => this.run(id)));
    return this;
  }

  /** Begins a session and does not end it: three events. */
  leaveOpen(sessionId: string): this {
    const steps = this.run(sessionId);
    for (let step = 0; step < 3; step += 1) steps.next();
    return this;
  }

  system(message: string, more: object = {}): void {
    const parent = this.#sessions.get(this.streamId)?.spanId ?? '';
    this.emit(
      { session_id: this.streamId, span_id: newSpanId(), parent_span_id: parent },
      { type: 'EVENT_TYPE_SYSTEM', metadata: { message, ...more } },
    );
  }

  /** Signs the tree as it is. The event comes at once, or after `signingTakes` further events. */
  checkpoint(isFinal = false): void {
    const { key, signingTakes = 0 } = this.#options;
    this.#sinceCheckpoint = 0;
    if (key === undefined || this.#signing !== undefined) return;
    const previous = this.notes.at(-1)?.split('\n\n')[0];
    const lines = [
      this.streamId,
      String(this.#hashes.length),
      rootOf(this.#hashes).toString('base64'),
      `checkpoint ${this.notes.length + 1}`,
      `time ${new Date(START + ticks).toISOString()}`,
      ...(previous === undefined ? [] : [`previous ${textHashOf(`${previous}\n`)}`]),
      ...(isFinal ? ['final'] : []),
    ];
    const text = `${lines.join('\n')}\n`;
    const isSlow = signingTakes > 0 && this.notes.length > 0 && !isFinal;
    this.#signing = {
      text,
      lastId: this.#lastId,
      subtrees: subtreesOf(this.#hashes),
      left: isSlow ? signingTakes : 0,
    };
    if (!isSlow) this.#signed();
  }

  cosign(note: string): void {
    this.system('checkpoint cosigned', { checkpoint: note });
  }

  shutdown(): void {
    for (const id of [...this.#sessions.keys()].filter((each) => each !== this.streamId))
      this.#endSession(id, {});
    this.end('shutdown');
  }

  /** Ends the stream as a process that exits does: what is open stays open. */
  exit(): void {
    this.end('process exit');
  }

  end(reason: string, more: object = {}): void {
    this.#signed();
    if (this.#options.key) this.checkpoint(true);
    this.#endSession(this.streamId, {
      closed: true,
      reason,
      sinks: [{ name: 'file', delivered: this.#hashes.length, dropped: 0 }],
      stream_event_count: this.#hashes.length + 1,
      stream_sha256: createHash('sha256').update(this.#hashes.join('')).digest('hex'),
      ...more,
    });
  }

  emit(place: Place, body: Body): void {
    const { session_id: sessionId } = place;
    const chain = this.#chains.get(sessionId);
    const count = (chain?.count ?? 0) + 1;
    const isEnd = body.type === 'EVENT_TYPE_SESSION_END';
    ticks += 1;
    const event = {
      author: 'AUTHOR_SYSTEM',
      event_id: newEventId(),
      severity: 'SEVERITY_INFO',
      status: 'EVENT_STATUS_COMPLETED',
      timestamp: new Date(START + ticks).toISOString(),
      trace_id: this.#sessions.get(sessionId)?.traceId ?? newTraceId(),
      ...place,
      ...body,
      ...(isEnd && { metadata: { event_count: count, ...body.metadata } }),
    } as UnsealedEvent;
    const sealed = sealEvent(event, chain?.hash ?? '');
    const hash = sealed.event.content_hash ?? '';
    this.#chains.set(sessionId, { hash, count });
    this.#hashes.push(hash);
    this.#lastId = sealed.event.event_id;
    const isClosing = isEnd && sessionId === this.streamId && this.#options.key !== undefined;
    this.#file.push(isClosing ? sealEvent(event, chain?.hash ?? '', this.#endProof()).line : sealed.line);
    this.#afterEvent(isEnd && sessionId === this.streamId);
  }

  #afterEvent(isLast: boolean): void {
    this.#sinceCheckpoint += 1;
    const signing = this.#signing;
    if (signing !== undefined) {
      signing.left -= 1;
      if (signing.left <= 0) this.#signed();
    } else if (!isLast && this.#options.key && this.#sinceCheckpoint >= (this.#options.maxEvents ?? 10)) {
      this.checkpoint();
    }
  }

  /** The signature that is under way arrives. */
  #signed(): void {
    const { key } = this.#options;
    if (this.#signing === undefined || key === undefined) return;
    const { text, lastId, subtrees } = this.#signing;
    this.#signing = undefined;
    const note = signedNote(text, key);
    this.notes.push(note);
    this.system('checkpoint', { checkpoint: note, last_event_id: lastId, subtrees });
    this.#sinceCheckpoint = 0;
  }

  #endProof(): string | undefined {
    const { key } = this.#options;
    const root = rootOf(this.#hashes).toString('base64');
    return key && signatureOf(`${this.streamId}\n${this.#hashes.length}\n${root}\n`, key);
  }

  #startSession(sessionId: string, metadata: object): void {
    const session = { spanId: newSpanId(), traceId: newTraceId() };
    this.#sessions.set(sessionId, session);
    this.emit(
      { session_id: sessionId, span_id: session.spanId },
      { type: 'EVENT_TYPE_SESSION_START', metadata: { ...metadata, stream_id: this.streamId } },
    );
  }

  #endSession(sessionId: string, metadata: object): void {
    const spanId = this.#sessions.get(sessionId)?.spanId ?? '';
    this.emit(
      { session_id: sessionId, span_id: spanId },
      { type: 'EVENT_TYPE_SESSION_END', metadata: { ...metadata } },
    );
    this.#sessions.delete(sessionId);
  }

  /** Continues the chains in the file, and returns its streams that nothing closes. */
  #readFile() {
    const streamOf = new Map<string, string>();
    const newest = new Map<
      string,
      { stream_id: string; event_id: string; content_hash: string; closed: boolean }
    >();
    let last = '';
    for (const line of this.#file) {
      if (!line.endsWith('}')) continue;
      const event = JSON.parse(line) as ChaukasEvent;
      const { session_id, event_id, content_hash = '', hash_prev = '', metadata } = event;
      const streamId = (metadata?.stream_id as string | undefined) ?? streamOf.get(hash_prev) ?? '';
      streamOf.set(content_hash, streamId);
      const closed = session_id === streamId && metadata?.closed === true;
      newest.set(streamId, { stream_id: streamId, event_id, content_hash, closed });
      last = streamId;
      const total = event.type === 'EVENT_TYPE_SESSION_END' ? (metadata?.event_count as number) : undefined;
      const count = hash_prev === '' ? 1 : (total ?? (this.#chains.get(session_id)?.count ?? 0) + 1);
      this.#chains.set(session_id, { hash: content_hash, count });
    }
    return [...newest.values()].filter(({ closed, stream_id }) => !closed || stream_id === last);
  }
}

/** Runs generators in turns, one step of each. */
export function inTurns(runs: readonly Generator<void>[]): void {
  let left = [...runs];
  while (left.length > 0) left = left.filter((run) => run.next().done !== true);
}
