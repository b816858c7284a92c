import * as realtime from '@openai/agents/realtime';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
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

/** The telemetry, a realtime server, and the faults that the instrumentation has logged. */
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

  /** Connects a session of this agent. */
  async connect(agent: realtime.RealtimeAgent, options: SessionOptions = {}): Promise<Session> {
    const session = new realtime.RealtimeSession(agent, {
      transport: 'websocket',
      model: 'gpt-realtime',
      ...options,
    });
    this.#sessions.push(session);
    await session.connect({ apiKey: 'sk-local', url: this.server.url });
    // One update is for the agent, one for the provider's tracing.
    await this.received('session.update', 2);
    return session;
  }

  /** Waits until this number of spans with this name have ended. */
  async ended(name: string, count = 1): Promise<void> {
    const ended = () => this.harness.spans().filter((span) => span.name === name).length;
    await expect.poll(ended, { interval: 2 }).toBe(count);
  }

  /** Waits until the client has sent this number of events of the type over the newest connection. */
  async received(type: string, count = 1): Promise<void> {
    const received = () => this.peer.received.filter((event) => event.type === type).length;
    await expect.poll(received, { interval: 2 }).toBe(count);
  }

  /** Sends a written question, and waits until the replies to it are complete. */
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

  /** Runs after each test: checks that nothing is open or wrong, and restores the initial state. */
  async checkAndReset(options: { open?: boolean } = {}): Promise<void> {
    const events = await this.harness.events();
    const found = {
      openSpans: this.harness.openSpanCount(),
      violations: streamViolations(events, options),
      errors: this.harness.processor.stats().errors,
      faults: [...this.faults],
    };
    // A failed test must not make the next one fail.
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

/** Call it once per test file. */
export async function startRealtimeHarness(options: HarnessOptions = {}): Promise<RealtimeHarness> {
  const harness = await startHarness(options);
  harness.instrumentation.manuallyInstrument({ realtime });
  const started = new RealtimeHarness(harness, await startRealtimeServer());
  const addFault = (...args: unknown[]) => {
    started.faults.push(args);
  };
  const ignore = () => {};
  diag.setLogger(
    { error: addFault, warn: addFault, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return started;
}
