import * as realtime from '@openai/agents/realtime';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { eventLines } from '../harness/event-tree.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, type HarnessOptions, startHarness } from '../harness/telemetry.js';
import {
  type RealtimePeer,
  type RealtimeServer,
  type Reply,
  startRealtimeServer,
} from './realtime-server.js';

export type Session = realtime.RealtimeSession;
export type SessionOptions = ConstructorParameters<typeof realtime.RealtimeSession>[1];

/** The telemetry, a realtime server, and the faults that the instrumentation has told. */
export class RealtimeHarness {
  readonly faults: unknown[][] = [];
  #sessions: Session[] = [];

  constructor(
    readonly harness: Harness,
    readonly server: RealtimeServer,
  ) {}

  get peer(): RealtimePeer {
    return this.server.peer;
  }

  /** A session of this agent that is connected. */
  async connect(agent: realtime.RealtimeAgent, options: SessionOptions = {}): Promise<Session> {
    const session = new realtime.RealtimeSession(agent, {
      transport: 'websocket',
      model: 'gpt-realtime',
      ...options,
    });
    this.#sessions.push(session);
    await session.connect({ apiKey: 'sk-local', url: this.server.url });
    // One for the agent, one for the tracing by the provider.
    await this.received('session.update', 2);
    return session;
  }

  /** Waits until so many spans by this name have ended. */
  async ended(name: string, count = 1): Promise<void> {
    const ended = () => this.harness.spans().filter((span) => span.name === name).length;
    await expect.poll(ended, { interval: 2 }).toBe(count);
  }

  /** Waits until the client has sent so many events of this type over the newest connection. */
  async received(type: string, count = 1): Promise<void> {
    const received = () => this.peer.received.filter((event) => event.type === type).length;
    await expect.poll(received, { interval: 2 }).toBe(count);
  }

  /** What the user asks in writing, and what the session says and does on it until it is done. */
  async ask(session: Session, question: string, ...replies: Reply[]): Promise<void> {
    this.server.replies.push(...replies);
    const turns = this.#turns() + replies.length;
    session.sendMessage(question);
    await expect.poll(() => this.#turns(), { interval: 2 }).toBe(turns);
  }

  tree(): string[] {
    return spanTree(this.harness.spans());
  }

  attributesOf(name: string): object[] {
    return this.harness
      .spans()
      .filter((span) => span.name === name)
      .map((span) => span.attributes);
  }

  async eventLines(): Promise<string[]> {
    return eventLines(await this.harness.events());
  }

  /** After each test: nothing is open, nothing is wrong, and all is as at the beginning. */
  async checkAndReset(options: { open?: boolean } = {}): Promise<void> {
    const events = await this.harness.events();
    const found = {
      openSpans: this.harness.openSpanCount(),
      violations: streamViolations(events, options),
      errors: this.harness.processor.stats().errors,
      faults: [...this.faults],
    };
    // A test that failed must not make the next one fail.
    for (const session of this.#sessions) session.close();
    this.#sessions = [];
    this.faults.length = 0;
    this.server.replies = [];
    await this.harness.reset();
    expect(found).toEqual({ openSpans: 0, violations: [], errors: 0, faults: [] });
  }

  async stop(): Promise<void> {
    diag.disable();
    await this.harness.stop();
    await this.server.close();
  }

  #turns(): number {
    return this.harness.spans().filter((span) => span.name.startsWith('chat ')).length;
  }
}

/** Once a test file. */
export async function startRealtimeHarness(options: HarnessOptions = {}): Promise<RealtimeHarness> {
  const harness = await startHarness(options);
  harness.instrumentation.manuallyInstrument({ realtime });
  const started = new RealtimeHarness(harness, await startRealtimeServer());
  const note = (...args: unknown[]) => {
    started.faults.push(args);
  };
  const ignore = () => {};
  diag.setLogger(
    { error: note, warn: note, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return started;
}
