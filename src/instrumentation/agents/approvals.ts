/**
 * Hooks the answers to the approval of a tool call, and records each when it is given.
 *
 * All answers pass `RunContext.approveTool()` and `rejectTool()` (0.3.9 to 0.20.0). `RunState.approve()` and `reject()`
 * call these; they know the run that waits, and the SDK uses them itself for the `onApproval` of hosted tools. Answers
 * outside of a run come from the application, in the request in which it asked a person, and there may be no other run
 * after that: they are recorded at once, in the session of the run that waits, linked to the request.
 */

import { context, isSpanContextValid, type Span, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonObject } from '../../json/json.js';
import { ownValue } from '../../json/own-data.js';
import { asFunction, asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { trustMembers } from '../../json/sdk-members.js';
import * as semconv from '../../semconv/attributes.js';
import { getApplicationContext } from '../../signals/application-context.js';
import { publishFact, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { getSessionId } from '../../spans/session-id.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { prototypeOf } from '../patching/prototypes.js';
import { callIdOf } from './approvable-calls.js';
import { isRestoringState, keptRun } from './kept-states.js';
import { rememberDecision } from './known-decisions.js';
import { NO_OP_ID } from './sdk-span.js';
import { approvalGiven, type PolicyDecisionFact } from './tool-decisions.js';
import { chosenName, readTraceMetadata } from './workflow.js';

interface ApprovalHooks {
  /** Whether the active run is the one whose `RunContext` this is, so that the answer is that of a callback. */
  readonly isRunning: (runContext: unknown) => boolean;
  /** Called before the answer of a callback is published. */
  readonly onAnswer: (item: unknown, runContext: unknown) => void;
  /** Called when the SDK has looked up the answer about a call of the active run. */
  readonly onResolved: (callId: string, approved: boolean) => void;
  /** Called when the SDK has looked up the message about a refused call of the active run. */
  readonly onRejectionExplained: (callId: string) => void;
}

/** The state whose `approve()` or `reject()` runs now; both are synchronous. */
let answeredState: unknown;

/** Stands for a state if the caller records the answer itself. */
const RECORDED_BY_CALLER = Symbol('recorded by the caller');

/** Runs the method of another class that answers an approval, as far as the answer; the caller records it. */
export function answerRecordedByCaller<T>(answer: () => T): T {
  return whileAnswering(RECORDED_BY_CALLER, answer);
}

function whileAnswering<T>(state: unknown, answer: () => T): T {
  const outer = answeredState;
  answeredState = state;
  try {
    return answer();
  } finally {
    answeredState = outer;
  }
}

/** @returns whether the class that all answers pass exists. */
export function hookApprovals(
  agents: UnknownRecord,
  patches: MethodPatches,
  telemetry: Telemetry,
  hooks: ApprovalHooks,
): boolean {
  const prototype: unknown = asFunction(agents.RunContext)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  trustMembers(prototype);
  const wrap = (approved: boolean) => (answer: Method) =>
    function (this: unknown, ...args: unknown[]) {
      const result = answer.apply(this, args);
      telemetry.guard.run('Reading an approval', () => answered(this, approved, args, hooks));
      return result;
    };
  const outcomes = [
    patches.apply(prototype, 'approveTool', wrap(true)),
    patches.apply(prototype, 'rejectTool', wrap(false)),
  ];
  const wrapLookUp = (idOf: (args: readonly unknown[]) => string | undefined) => (lookUp: Method) =>
    function (this: unknown, ...args: unknown[]) {
      const approved = lookUp.apply(this, args);
      if (typeof approved === 'boolean' && hooks.isRunning(this)) {
        telemetry.guard.run('Reading an approval', () => {
          const callId = idOf(args);
          if (callId !== undefined) hooks.onResolved(callId, approved);
        });
      }
      return approved;
    };
  for (const [name, idOf] of LOOK_UPS) patches.apply(prototype, name, wrapLookUp(idOf));
  patches.apply(
    prototype,
    'getRejectionMessage',
    (getMessage) =>
      function (this: unknown, ...args: unknown[]) {
        const message = getMessage.apply(this, args);
        telemetry.guard.run('Reading a rejection', () => {
          const callId = asNonEmptyString(args[1]);
          if (callId !== undefined && hooks.isRunning(this)) hooks.onRejectionExplained(callId);
        });
        return message;
      },
  );
  const state = prototypeOf(agents.RunState);
  for (const name of ['approve', 'reject']) {
    if (state !== undefined) patches.apply(state, name, wrapStateAnswer);
  }
  return !outcomes.includes('missing');
}

/** The methods by which the SDK looks up an answer, and the call that they are asked about. */
const LOOK_UPS: readonly (readonly [name: string, idOf: (args: readonly unknown[]) => string | undefined])[] =
  [
    // 0.3.9 to 0.16, and later for function tools.
    ['isToolApproved', ([approval]) => asNonEmptyString(ownValue(approval, 'callId'))],
    // `(agent, toolName, call)`, in 0.20.0.
    ['_resolveToolInvocationApproval', ([, , call]) => callIdOf(call)],
  ];

function wrapStateAnswer(answer: Method): Method {
  return function (this: unknown, ...args) {
    return whileAnswering(this, () => answer.apply(this, args));
  };
}

function answered(
  runContext: unknown,
  approved: boolean,
  [item, options]: readonly unknown[],
  { isRunning, onAnswer, onResolved }: ApprovalHooks,
): void {
  // Reading a state of an older version repeats the answers that stand in it.
  if (isRestoringState(context.active()) || answeredState === RECORDED_BY_CALLER) return;
  const state = ownValue(answeredState, '_context') === runContext ? answeredState : undefined;
  const fact = approvalGiven(item, {
    approved,
    always: ownValue(options, approved ? 'alwaysApprove' : 'alwaysReject') === true,
    message: asNonEmptyString(ownValue(options, 'message')),
  });
  if (fact === undefined) return;
  rememberDecision(state, runContext, fact.metadata?.tool_call_id, approved);
  if (!isRunning(runContext)) {
    if (signalsWanted()) publishWhileWaiting(fact, state);
    return;
  }
  if (signalsWanted()) {
    onAnswer(item, runContext);
    publishInRun(fact);
  }
  // The SDK does not look up the answer of a hosted tool's callback.
  const callId = callIdOf(ownValue(item, 'rawItem'));
  if (callId !== undefined && !approved) onResolved(callId, approved);
}

function publishInRun(fact: PolicyDecisionFact): void {
  const active = context.active();
  const span = trace.getSpan(active)?.spanContext();
  if (span !== undefined) publishFact(fact, span, getRunSettings(active)?.contentAllowed !== false);
}

function publishWhileWaiting({ content, ...fact }: PolicyDecisionFact, state: unknown): void {
  const active = context.active();
  const span = trace.getSpan(active);
  const spanContext = span?.spanContext();
  const isKnown = spanContext !== undefined && isSpanContextValid(spanContext);
  const sessionId = getSessionId(active);
  const waiting = keptRun(state);
  const request = isKnown ? requestOf(span, sessionId) : undefined;
  const contentAllowed =
    getRunSettings(active)?.contentAllowed !== false && waiting?.contentAllowed !== false;
  publishSignal({
    type: 'recorded',
    time: clock.now(),
    span: isKnown ? spanContext : undefined,
    spanRecording: span?.isRecording() ?? false,
    about: waiting?.workflow,
    application: getApplicationContext(active),
    ...(sessionId === undefined ? sessionOf(state, waiting?.conversationId) : { sessionId }),
    fact: {
      ...fact,
      metadata: {
        ...fact.metadata,
        ...(request !== undefined && { request }),
        ...(waiting?.workflow !== undefined && {
          waiting_run: { trace_id: waiting.workflow.traceId, span_id: waiting.workflow.spanId },
        }),
      },
      ...(content !== undefined && contentAllowed && { content }),
    },
  });
}

/** Attributes by which the application says who sent the request. */
const USER_ATTRIBUTES = [semconv.ATTR_USER_ID, semconv.ATTR_ENDUSER_ID];

/** Returns the request in which the answer was given: its span, and the user and session that stand on it. */
function requestOf(span: Span | undefined, sessionId: string | undefined): JsonObject | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  const attributes = ownValue(span, 'attributes');
  const [userId] = USER_ATTRIBUTES.flatMap((name) => asNonEmptyString(ownValue(attributes, name)) ?? []);
  const session = sessionId ?? asNonEmptyString(ownValue(attributes, semconv.ATTR_SESSION_ID));
  return {
    trace_id: traceId,
    span_id: spanId,
    ...(userId !== undefined && { user_id: userId }),
    ...(session !== undefined && { session_id: session }),
  };
}

/** Returns the session that the run has when it is resumed; nothing if the SDK's tracing is off. */
function sessionOf(
  state: unknown,
  conversationId: string | undefined,
): { sessionId?: string; sessionMetadata?: JsonObject } {
  const sdkTrace = ownValue(state, '_trace');
  const sessionId =
    conversationId ??
    asNonEmptyString(ownValue(state, '_conversationId')) ??
    asNonEmptyString(ownValue(sdkTrace, 'groupId')) ??
    asNonEmptyString(ownValue(sdkTrace, 'traceId'));
  if (sessionId === undefined || sessionId === NO_OP_ID) return {};
  const metadata = readTraceMetadata(ownValue(sdkTrace, 'metadata'));
  const workflow = chosenName(asNonEmptyString(ownValue(sdkTrace, 'name')));
  return {
    sessionId,
    sessionMetadata: {
      ...(metadata !== undefined && { trace_metadata: metadata }),
      ...(workflow !== undefined && { workflow }),
    },
  };
}
