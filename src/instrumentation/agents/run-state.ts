import { type JsonValue, parseJson } from '../../json/json.js';
import { ownItems, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { MethodPatches } from '../patching/method-patches.js';
import type { ToolCallStart } from './approvable-calls.js';
import type { ToolGuardrailSource } from './tool-decisions.js';
import { readToolCallStart } from './tool-step.js';

/** The lists in which the SDK collects the results of a run's tool guardrails. */
const RESULT_LISTS: readonly (readonly [name: string, source: ToolGuardrailSource])[] = [
  ['_toolInputGuardrailResults', 'tool_input'],
  ['_toolOutputGuardrailResults', 'tool_output'],
];

/**
 * The SDK's own state of a run (`RunState`), which knows what the SDK gives to callbacks of the application and what it
 * gets from them. The members that are read here are the same in 0.3.9 to 0.20.0.
 *
 * Invariant: while the run is followed, the SDK's lists of results carry a hidden `push` of this package, so that each
 * result is seen in the context in which it was made. {@link release} takes it out.
 */
export class FollowedState {
  readonly sdkState: UnknownRecord;
  readonly #patches = new MethodPatches();
  /** The lists that have our `push`. */
  #watched = new WeakSet<object>();
  readonly #onResult: (result: unknown, source: ToolGuardrailSource) => void;
  readonly #onResponse: (response: unknown) => void;
  /** Ids of calls that a span represents already. */
  readonly #taken = new Set<string>();

  /**
   * @param onResult - gets each result of a tool's guardrail; must not throw.
   * @param onResponse - gets each response of the model; must not throw.
   */
  constructor(
    state: UnknownRecord,
    onResult: (result: unknown, source: ToolGuardrailSource) => void,
    onResponse: (response: unknown) => void,
  ) {
    this.sdkState = state;
    this.#onResult = onResult;
    this.#onResponse = onResponse;
  }

  /** Follows the present lists. The SDK replaces them now and then. */
  watchLists(): void {
    for (const [name, source] of RESULT_LISTS) this.#watch(name, source);
    this.#watch('_modelResponses', undefined);
  }

  /** @param source - `undefined` for the list of the model's responses. */
  #watch(name: string, source: ToolGuardrailSource | undefined): void {
    const list = ownValue(this.sdkState, name);
    if (!Array.isArray(list) || this.#watched.has(list)) return;
    this.#watched.add(list);
    const onResult = this.#onResult;
    const onEntry = source === undefined ? this.#onResponse : (entry: unknown) => onResult(entry, source);
    this.#patches.apply(
      list,
      'push',
      (push) =>
        function (this: unknown, ...entries) {
          const length = push.apply(this, entries);
          for (const entry of entries) onEntry(entry);
          return length;
        },
    );
  }

  /** The SDK's object with the tokens of the model's newest answer. */
  get newestUsage(): unknown {
    return ownValue(ownValue(this.sdkState, '_lastTurnResponse'), 'usage');
  }

  release(): void {
    this.#patches.restore();
    this.#watched = new WeakSet();
  }

  /** Marks a call as represented by a span. */
  take(callId: string | undefined): void {
    if (callId !== undefined) this.#taken.add(callId);
  }

  /**
   * Returns the call that a span of a function tool is about, if only one of the calls that the model asked for can be
   * meant.
   *
   * @param input - the input on the span; empty if the SDK withholds content.
   */
  takeCall(toolName: string, input: unknown): ToolCallStart | undefined {
    const named = this.#calls('functions').filter(
      ({ tool, toolCall }) =>
        !this.#isTaken(toolCall) && [ownValue(tool, 'name'), ownValue(toolCall, 'name')].includes(toolName),
    );
    const meant =
      named.length > 1 ? named.filter(({ toolCall }) => ownValue(toolCall, 'arguments') === input) : named;
    const [call] = meant;
    if (call === undefined || meant.length > 1) return undefined;
    this.take(asNonEmptyString(ownValue(call.toolCall, 'callId')));
    return readToolCallStart(call.tool, { toolCall: call.toolCall });
  }

  /** Returns the call of a tool that has no span yet, if the tool has this guardrail and no other one has it. */
  waitingCall(guardrailName: string): UnknownRecord | undefined {
    const guarded = this.#calls('functions').filter(({ tool, toolCall }) => {
      const guardrails = ownItems(ownValue(tool, 'inputGuardrails'));
      return !this.#isTaken(toolCall) && guardrails.some((each) => ownValue(each, 'name') === guardrailName);
    });
    return guarded.length === 1 ? asRecord(guarded[0]?.toolCall) : undefined;
  }

  /**
   * Returns the arguments of the handoff that the model asked for; `undefined` if there are none. The SDK follows the
   * first one of several.
   */
  get handoffInput(): JsonValue | undefined {
    const [first] = this.#calls('handoffs');
    const json = asNonEmptyString(ownValue(first?.toolCall, 'arguments'));
    // A handoff without an input has an empty object in its place.
    return json === undefined || json === '{}' ? undefined : parseJson(json);
  }

  #isTaken(toolCall: unknown): boolean {
    const callId = ownValue(toolCall, 'callId');
    return typeof callId === 'string' && this.#taken.has(callId);
  }

  /** Returns what the newest response of the model asks for. */
  #calls(kind: 'functions' | 'handoffs'): readonly { readonly tool: unknown; readonly toolCall: unknown }[] {
    const response = ownValue(this.sdkState, '_lastProcessedResponse');
    return ownItems(ownValue(response, kind)).map((entry) => ({
      tool: ownValue(entry, 'tool'),
      toolCall: ownValue(entry, 'toolCall'),
    }));
  }
}
