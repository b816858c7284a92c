import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import * as clock from '../../clock.js';
import { withTimeout } from '../../delivery/timeout.js';
import {
  SHARED,
  type ThreadAnswers,
  type ThreadOrder,
  type ThreadReport,
  type ThreadStart,
  type ThreadStep,
} from './thread-messages.js';
import { threadProgram } from './thread-options.js';

/** Longest time without progress for which an exiting process waits for the thread. */
const EXIT_TIMEOUT_MS = 10_000;

type StepOptions = Pick<Extract<ThreadOrder, { type: 'step' }>, 'timeoutMillis' | 'closed'>;

interface LinkOwner {
  readonly onReport: (report: ThreadReport) => void;
  /** Called once if the thread ends by itself. Reports that it left come before. */
  readonly onEnded: (reason: unknown) => void;
}

/**
 * A thread with its program: messages to it, its reports, and answers that are waited for, also by a process that exits.
 *
 * Invariant: the port keeps the process alive from a message on until the thread has said, after it, that nothing keeps
 * the thread busy.
 */
export class ThreadLink {
  readonly #owner: LinkOwner;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #memory = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT));
  readonly #answers = new Map<number, (answer: ThreadAnswers[ThreadStep] | undefined) => void>();
  #life: 'running' | 'ending' | 'ended' = 'running';
  #orders = 0;
  #steps = 0;
  #stepsNow = 0;

  /** @throws Error - if the thread's program is not installed. */
  constructor(data: Pick<ThreadStart, 'config' | 'sinks'>, owner: LinkOwner) {
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    const start: ThreadStart = {
      ...data,
      port: port2,
      shared: this.#memory.buffer as SharedArrayBuffer,
      program: process.argv[1],
    };
    // The application's preloads would instrument the thread, and make an event stream of their own there.
    const { NODE_OPTIONS: _options, ...env } = process.env;
    this.#worker = new Worker(threadProgram(), {
      execArgv: [],
      env,
      workerData: start,
      transferList: [port2],
    });
    let failure: unknown;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', (code) => this.#end(failure ?? `it ended with code ${code}`));
    this.#worker.unref();
    this.#port = port1;
    port1.on('message', (report: ThreadReport) => this.#receive(report));
    port1.unref();
  }

  /** The number of events that the thread has sealed or lost, modulo 2^32. */
  get done(): number {
    return Atomics.load(this.#memory, SHARED.done);
  }

  get hasEnded(): boolean {
    return this.#life === 'ended';
  }

  /** @throws Error - if the message has something that is not data. */
  post(order: ThreadOrder): void {
    if (this.#life === 'ended') return;
    this.#port.postMessage(order);
    this.#orders += 1;
    this.#port.ref();
  }

  /** Resolves to the answer; to `undefined` if there is none in time, or the thread has ended. */
  async step<Step extends ThreadStep>(
    step: Step,
    limitMillis: number,
    options: StepOptions = {},
  ): Promise<ThreadAnswers[Step] | undefined> {
    if (this.#life === 'ended') return undefined;
    let answer: ThreadAnswers[ThreadStep] | undefined;
    let id = 0;
    const answered = new Promise<void>((resolve) => {
      id = this.#ask(step, options, (given) => {
        answer = given;
        resolve();
      });
    });
    let isLate = false;
    await withTimeout(answered, limitMillis, () => {
      isLate = true;
    });
    this.#answers.delete(id);
    // A flush may be late; every other step has limits of its own, so the thread hangs.
    if (isLate && step !== 'flush') this.#end('it does not answer');
    return answer as ThreadAnswers[Step] | undefined;
  }

  /** Does the same synchronously, for a process that exits. */
  stepNow<Step extends ThreadStep>(step: Step, options: StepOptions = {}): ThreadAnswers[Step] | undefined {
    if (this.#life === 'ended') return undefined;
    this.#stepsNow += 1;
    let answer: ThreadAnswers[ThreadStep] | undefined;
    const id = this.#ask(step, options, (given) => {
      answer = given;
    });
    const isAnswered = this.#waitForThread();
    this.#receiveAll();
    this.#answers.delete(id);
    if (!isAnswered) this.#end('it does not answer while the process exits');
    return answer as ThreadAnswers[Step] | undefined;
  }

  /** Resolves when there is no thread any more. */
  async terminate(): Promise<void> {
    if (this.#life === 'ended') return;
    this.#life = 'ending';
    // The promise alone does not keep the process alive.
    this.#worker.ref();
    await this.#worker.terminate();
    this.#close();
  }

  #ask(
    step: ThreadStep,
    options: StepOptions,
    onAnswer: (answer: ThreadAnswers[ThreadStep] | undefined) => void,
  ) {
    this.#steps += 1;
    const id = this.#steps;
    this.#answers.set(id, onAnswer);
    this.post({ type: 'step', id, step, ...options });
    return id;
  }

  #receive(report: ThreadReport): void {
    if (report.type === 'answer') this.#answers.get(report.id)?.(report.answer);
    else if (report.type !== 'idle') this.#owner.onReport(report);
    else if (report.orders === this.#orders && this.#answers.size === 0) this.#port.unref();
  }

  #receiveAll(): void {
    for (;;) {
      const report = receiveMessageOnPort(this.#port);
      if (report === undefined) return;
      this.#receive(report.message as ThreadReport);
    }
  }

  #waitForThread(): boolean {
    const memory = this.#memory;
    const isOver = () =>
      Atomics.load(memory, SHARED.answered) >= this.#stepsNow || Atomics.load(memory, SHARED.ended) === 1;
    let done: number;
    do {
      done = this.done;
      if (clock.blockUntil(isOver, EXIT_TIMEOUT_MS)) return Atomics.load(memory, SHARED.ended) === 0;
    } while (this.done !== done);
    return false;
  }

  #end(reason: unknown): void {
    if (this.#life !== 'running') return;
    this.#receiveAll();
    this.#close();
    void this.#worker.terminate();
    this.#owner.onEnded(reason);
  }

  #close(): void {
    this.#life = 'ended';
    this.#port.close();
    for (const settle of this.#answers.values()) settle(undefined);
    this.#answers.clear();
  }
}
