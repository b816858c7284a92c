/**
 * Keeps the workflow span of a run that waits for a person with the run's state, so that the run which resumes the
 * state links to it, also in another process, and whether the run allows content.
 *
 * The SDK writes a state as JSON and reads it back. The JSON gets one more member, in the metadata of the state's trace,
 * which is the only place that the schema of the SDK leaves open (0.3.9 to 0.20.0), a second one if the run asked for
 * traces without content, and a third one if its session names the conversation, as the SDK reads that session only after
 * the resumed run has begun. Every trace processor and OpenAI get that metadata, so the members are taken out again
 * before the SDK makes a trace of it. They are never in an object of the application, and never in a live trace.
 */
import { types } from 'node:util';
import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  type SpanContext,
} from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { ownValue } from '../../json/own-data.js';
import { asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import {
  OPENAI_AGENTS_CONTENT_MEMBER,
  OPENAI_AGENTS_CONVERSATION_MEMBER,
  OPENAI_AGENTS_TRACEPARENT_MEMBER,
} from '../../semconv/attributes.js';
import { PACKAGE_NAME } from '../../version.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';

/** A run that waits, as far as it is known when its state is decided on or resumed. */
interface KeptRun {
  /** The workflow in which the run was interrupted or broke off. */
  readonly workflow: SpanContext;
  /** `false` if the run asked for traces without content. */
  readonly contentAllowed: boolean;
  /** The application's identifier of the conversation, if it is not in the state itself. */
  readonly conversationId?: string | undefined;
}

/** Runs that wait, by `RunState`. */
const byState = new WeakMap<object, KeptRun>();
/** The same of runs under way: the application may have read a stream to its end before the run has settled. */
const underWay = new WeakMap<object, () => KeptRun | undefined>();
/** The same by the trace that the SDK made for a state which it read back. The state and all its runs share the trace. */
const byTrace = new WeakMap<object, KeptRun>();

/** @param run - returns what is known of the run, until {@link keepRun} is called. */
export function followRunOf(state: unknown, run: () => KeptRun | undefined): void {
  const key = asRecord(state);
  if (key !== undefined) underWay.set(key, run);
}

/** @param run - the run that was interrupted or broke off; `undefined` if it reached its end. */
export function keepRun(state: unknown, run: KeptRun | undefined): void {
  const key = asRecord(state);
  if (key === undefined) return;
  underWay.delete(key);
  if (run !== undefined) byState.set(key, run);
}

/** The run waits for a person, or it failed or was given up before its end. */
const RESUMABLE: ReadonlySet<unknown> = new Set(['next_step_interruption', 'next_step_run_again']);

function stepOf(state: UnknownRecord): unknown {
  return ownValue(ownValue(state, '_currentStep'), 'type');
}

/**
 * Returns the run that a run continues which begins with this state. The state may be resumed several times while it
 * waits; a state of a run that broke off goes on at once, so it is forgotten.
 */
export function takeKeptRun(state: unknown): KeptRun | undefined {
  const run = keptRun(state);
  const key = asRecord(state);
  if (run !== undefined && key !== undefined && stepOf(key) === 'next_step_run_again') {
    const trace = asRecord(ownValue(key, '_trace'));
    byState.delete(key);
    if (trace !== undefined) byTrace.delete(trace);
  }
  return run;
}

/**
 * Returns the run that a run of this state continues.
 *
 * @param state - a `RunState`, or any other input of a run.
 */
export function keptRun(state: unknown): KeptRun | undefined {
  const key = asRecord(state);
  // A state that has gone on since then continues nothing.
  if (key === undefined || !RESUMABLE.has(stepOf(key))) return undefined;
  const trace = asRecord(ownValue(key, '_trace'));
  const run = underWay.get(key)?.() ?? byState.get(key) ?? (trace && byTrace.get(trace));
  return run && isSpanContextValid(run.workflow) ? run : undefined;
}

/**
 * Hooks the one method by which the SDK writes states and the one by which it makes traces.
 *
 * @param agents - one copy of the SDK. The trace provider is that of all copies.
 */
export function hookKeptStates(agents: UnknownRecord, patches: MethodPatches, guard: Guard): void {
  const state = prototypeOf(agents.RunState);
  const provider = methodOwner(asRecord(asFunction(agents.getGlobalTraceProvider)?.()), 'createTrace');
  // A member that is not taken out again must not be added.
  if (state === undefined || provider === undefined) return;
  patches.apply(provider, 'createTrace', (createTrace) => wrapCreateTrace(createTrace, guard));
  patches.apply(state, 'toJSON', (toJSON) => wrapToJson(toJSON, guard));
  for (const name of ['fromString', 'fromStringWithContext']) {
    patches.apply(agents.RunState as object, name, wrapRestoring);
  }
}

const RESTORING_KEY = createContextKey(`${PACKAGE_NAME} restoring a state`);

/** Whether the SDK is reading a state. */
export function isRestoringState(active: Context): boolean {
  return active.getValue(RESTORING_KEY) === true;
}

function wrapRestoring(read: Method): Method {
  return function (this: unknown, ...args) {
    return context.with(context.active().setValue(RESTORING_KEY, true), () => read.apply(this, args));
  };
}

/** `toString()` of a state calls it as well. */
function wrapToJson(toJSON: Method, guard: Guard): Method {
  return function (this: unknown, ...args) {
    const json = toJSON.apply(this, args);
    return guard.run('Writing a state', () => withKeptRun(json, keptRun(this))) ?? json;
  };
}

/** The members that are added to the metadata of a state's trace. */
export const STATE_MEMBERS: ReadonlySet<string> = new Set([
  OPENAI_AGENTS_TRACEPARENT_MEMBER,
  OPENAI_AGENTS_CONTENT_MEMBER,
  OPENAI_AGENTS_CONVERSATION_MEMBER,
]);

const WITHOUT_MEMBERS = Object.fromEntries([...STATE_MEMBERS].map((name) => [name, undefined]));

/** Value of the member that says that the run asked for traces without content. Other runs have no such member. */
const CONTENT_WITHHELD = 'withheld';

/** Returns `undefined` if there is nothing to add. */
function withKeptRun(json: unknown, run: KeptRun | undefined): object | undefined {
  const trace = asRecord(ownValue(json, 'trace'));
  const metadata = asRecord(ownValue(trace, 'metadata'));
  if (run === undefined || trace === undefined || metadata === undefined) return undefined;
  // Without the span of an agent, as while the SDK's tracing is off, the SDK does not read the trace (0.3.9 to 0.20.0).
  if (asRecord(ownValue(json, 'currentAgentSpan')) === undefined || types.isProxy(metadata)) return undefined;
  const isNamed = [ownValue(json, 'conversationId'), ownValue(trace, 'group_id')].includes(
    run.conversationId,
  );
  return copyWith(json as object, {
    trace: copyWith(trace, {
      metadata: copyWith(metadata, {
        [OPENAI_AGENTS_TRACEPARENT_MEMBER]: formatTraceparent(run.workflow),
        [OPENAI_AGENTS_CONTENT_MEMBER]: run.contentAllowed ? undefined : CONTENT_WITHHELD,
        [OPENAI_AGENTS_CONVERSATION_MEMBER]: isNamed ? undefined : run.conversationId,
      }),
    }),
  });
}

/** Wraps `createTrace(options)`, which the SDK calls with the metadata of a state that it reads (0.3.9 to 0.20.0). */
function wrapCreateTrace(createTrace: Method, guard: Guard): Method {
  return function (this: unknown, ...args) {
    const [options, ...others] = args;
    const taken = guard.run('Reading a state', () => takeMembers(options));
    if (taken === undefined) return createTrace.apply(this, args);
    const trace = createTrace.apply(this, [taken.options, ...others]);
    const key = asRecord(trace);
    if (key !== undefined && taken.run !== undefined) byTrace.set(key, taken.run);
    return trace;
  };
}

/** Returns copies without the members, whatever they hold; `undefined` if there are no such members. */
function takeMembers(
  options: unknown,
): { readonly options: object; readonly run: KeptRun | undefined } | undefined {
  const metadata = asRecord(ownValue(options, 'metadata'));
  const member = ownValue(metadata, OPENAI_AGENTS_TRACEPARENT_MEMBER);
  const content = ownValue(metadata, OPENAI_AGENTS_CONTENT_MEMBER);
  const conversationId = asNonEmptyString(ownValue(metadata, OPENAI_AGENTS_CONVERSATION_MEMBER));
  if (metadata === undefined || ![...STATE_MEMBERS].some((name) => ownValue(metadata, name) !== undefined)) {
    return undefined;
  }
  const workflow = parseTraceparent(member);
  return {
    options: copyWith(options as object, {
      metadata: copyWith(metadata, WITHOUT_MEMBERS),
    }),
    run: workflow && { workflow, contentAllowed: content === undefined, conversationId },
  };
}

/**
 * Returns a copy with these members. A member that is `undefined` is left out. No getter runs: it is copied.
 *
 * @param original - not a Proxy.
 */
function copyWith(original: object, changes: Readonly<Record<string, unknown>>): object {
  const members = Object.getOwnPropertyDescriptors(original) as Record<string, PropertyDescriptor>;
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) Reflect.deleteProperty(members, name);
    else members[name] = { value, enumerable: true, configurable: true, writable: true };
  }
  return Object.create(Object.getPrototypeOf(original) as object | null, members) as object;
}

// The header `traceparent` of W3C Trace Context, version 00. The trace state is not carried.

const TRACEPARENT = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

/** Returns `undefined` unless the value names a span. */
export function parseTraceparent(value: unknown): SpanContext | undefined {
  const {
    traceId = '',
    spanId = '',
    flags = '',
  } = (typeof value === 'string' ? TRACEPARENT.exec(value)?.groups : undefined) ?? {};
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(span) ? span : undefined;
}
