import {
  asInteger,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';

/** The call of a function. Arguments are a text, or the value itself from servers that do not write JSON into JSON. */
export interface PartialFunctionCall {
  name: string;
  arguments: unknown;
}

interface PartialToolCall {
  readonly index: number;
  id: string | undefined;
  readonly type: string;
  readonly function: PartialFunctionCall;
  custom?: { name: string; input: string };
}

/** Larger than the number of tool calls of any answer. An index beyond it is invalid, and more calls are not kept. */
const MAX_CALLS = 4096;

/**
 * The tool calls of a streamed message, each assembled from its pieces as the client's own helper does it (openai 5.0.1
 * to 7.55): a name is assigned, arguments are appended.
 *
 * OpenAI numbers the calls, so a piece names its call. Compatible servers leave the number out, or number all calls 0
 * and tell them apart by their ids.
 */
export class PartialToolCalls {
  /** In the order of their numbers; calls with the same number in the order in which they began. */
  readonly calls: PartialToolCall[] = [];

  add(piece: UnknownRecord): void {
    const call = this.#callOf(piece);
    if (call === undefined) return;
    call.id ??= asNonEmptyString(piece.id);
    const called = asRecord(piece.function);
    if (called !== undefined) addFunctionCall(call.function, called);
    const custom = asRecord(piece.custom);
    if (custom === undefined) return;
    call.custom ??= { name: '', input: '' };
    call.custom.name = asNonEmptyString(custom.name) ?? call.custom.name;
    call.custom.input += asString(custom.input) ?? '';
  }

  #callOf(piece: UnknownRecord): PartialToolCall | undefined {
    const index = asInteger(piece.index);
    const id = asNonEmptyString(piece.id);
    const name = nameOf(piece);
    if (index === undefined) {
      const known = id === undefined ? undefined : this.calls.find((call) => call.id === id);
      if (known !== undefined) return known;
      const last = this.calls.at(-1);
      return last !== undefined && continues(last, id, name) ? last : this.#begin(last ? last.index + 1 : 0);
    }
    const numbered = this.calls.filter((call) => call.index === index);
    if (numbered.length === 0) return this.#begin(index);
    const last = numbered.at(-1);
    if (id === undefined || name === undefined) return numbered.find((call) => call.id === id) ?? last;
    return numbered.find((call) => call.id === id || call.id === undefined) ?? this.#begin(index);
  }

  #begin(index: number): PartialToolCall | undefined {
    if (index < 0 || index > MAX_CALLS || this.calls.length >= MAX_CALLS) return undefined;
    const call: PartialToolCall = {
      index,
      id: undefined,
      type: 'function',
      function: { name: '', arguments: '' },
    };
    const behind = this.calls.findIndex((other) => other.index > index);
    this.calls.splice(behind < 0 ? this.calls.length : behind, 0, call);
    return call;
  }
}

function nameOf(piece: UnknownRecord): string | undefined {
  return asNonEmptyString(asRecord(piece.function)?.name) ?? asNonEmptyString(asRecord(piece.custom)?.name);
}

/** Whether a piece without a number, and without the id of a known call, belongs to the latest call. */
function continues(last: PartialToolCall, id: string | undefined, name: string | undefined): boolean {
  if (name === undefined) return id === undefined || last.id === undefined;
  // Some servers repeat the name with every piece. Arguments that are whole have no further pieces.
  return id === undefined && name === (last.custom ?? last.function).name && !isWhole(last);
}

function isWhole({ custom, function: { arguments: args } }: PartialToolCall): boolean {
  if (custom !== undefined || typeof args !== 'string') return true;
  try {
    JSON.parse(args);
    return true;
  } catch {
    return false;
  }
}

export function addFunctionCall(call: PartialFunctionCall, piece: UnknownRecord): void {
  call.name = asNonEmptyString(piece.name) ?? call.name;
  const { arguments: args } = piece;
  if (isRecord(args) || Array.isArray(args)) call.arguments = args;
  else if (typeof call.arguments === 'string') call.arguments += asString(args) ?? '';
}
