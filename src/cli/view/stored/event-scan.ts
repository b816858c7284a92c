/**
 * Reads from the bytes of a line of canonical JSON the few members of an event that the index keeps, without parsing the
 * others: contents are most of a line. Any other line is parsed as a whole.
 */
import {
  asciiBytes,
  CLOSE_BRACE,
  COLON,
  COMMA,
  endOfName,
  endOfValue,
  hasBytesAt,
  isNameAfter,
  NOT_CANONICAL,
  OPEN_BRACE,
  QUOTE,
  viewOf,
} from '../../../chaukas/verify/canonical-text.js';
import { timeOf } from '../../events/measures.js';
import type { ReadEvent } from '../../input/read-events.js';
import { RecentTexts, TimeReader } from './scanned-values.js';

/** The members that are read. Those that are numbers have a `#`, and those that only count if they are there a `?`. */
const PATHS = [
  'agent_id',
  'agent_name',
  'cost',
  'cost.currency',
  'cost.input_tokens#',
  'cost.output_tokens#',
  'cost.total_cost#',
  'data_access',
  'llm_invocation',
  'llm_invocation.completion_tokens#',
  'llm_invocation.duration_ms#',
  'llm_invocation.model',
  'llm_invocation.prompt_tokens#',
  'llm_invocation.response',
  'llm_invocation.response.cache_read_input_tokens#',
  'llm_invocation.total_tokens#',
  'mcp_call',
  'mcp_call.execution_time_ms#',
  'mcp_call.method',
  'mcp_call.operation',
  'mcp_call.server_name',
  'metadata',
  'metadata.checkpoint?',
  'metadata.model',
  'metadata.name',
  'metadata.scope',
  'metadata.service',
  'metadata.stream_id',
  'metadata.user_id',
  'metadata.workflow',
  'performance',
  'performance.duration_ms#',
  'policy',
  'policy.outcome',
  'session_id',
  'span_id',
  'status',
  'timestamp',
  'tool_call',
  'tool_call.function_name',
  'tool_call.name',
  'tool_response',
  'tool_response.execution_time_ms#',
  'type',
] as const;

type MemberPath = (typeof PATHS)[number];

interface ScannedMember {
  readonly bytes: Uint8Array;
  readonly slot: number;
  readonly isNumber: boolean;
  /** `undefined` if the value is not an object. */
  readonly object: ScannedObject | undefined;
}

/** An object of which members are read. */
interface ScannedObject {
  /** The members, by the length of their names. */
  readonly members: readonly (readonly ScannedMember[] | undefined)[];
  /** Stands before the first name. */
  readonly begin: SeenName;
  /** All names that it had so far, up to a limit. */
  readonly names: SeenName[];
}

/**
 * A name of an object. Events of a type have the same names one after the other, so a name is first compared with those
 * that came next before, which takes 8 % off the reading of an event (Node 20).
 */
interface SeenName {
  /** With quotes and colon. */
  readonly bytes: Uint8Array;
  readonly member: ScannedMember | undefined;
  /** Some of the names behind it, which are greater. */
  readonly next: SeenName[];
}

/** A file may have other names in every line. */
const MAX_NAMES = 64;
const MAX_NEXT = 8;
const MAX_NAME_BYTES = 64;

const EVENT = objectOf('');

function objectOf(object: string): ScannedObject {
  const members: ScannedMember[][] = [];
  for (const [slot, path] of PATHS.entries()) {
    const name = path.slice(object.length).replace(/[#?]$/, '');
    if (!path.startsWith(object) || name.includes('.')) continue;
    const bytes = asciiBytes(`"${name}"`);
    const isObject = PATHS.some((other) => other.startsWith(`${path}.`)) || path === 'data_access';
    const member = {
      bytes,
      slot,
      isNumber: path.endsWith('#'),
      object: isObject ? objectOf(`${path}.`) : undefined,
    };
    const sameLength = members[bytes.length];
    if (sameLength === undefined) members[bytes.length] = [member];
    else sameLength.push(member);
  }
  return { members, begin: { bytes: asciiBytes(''), member: undefined, next: [] }, names: [] };
}

function nameAt(bytes: Uint8Array, start: number, names: readonly SeenName[]): SeenName | undefined {
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as SeenName;
    if (hasBytesAt(bytes, start, name.bytes)) return name;
  }
  return undefined;
}

/** Remembers a name behind another one. @returns `undefined` if there are too many. */
function learnName(
  bytes: Uint8Array,
  start: number,
  end: number,
  { members, names }: ScannedObject,
  before: SeenName | undefined,
): SeenName | undefined {
  let name = nameAt(bytes, start, names);
  if (name === undefined) {
    if (names.length === MAX_NAMES || end - start > MAX_NAME_BYTES) return undefined;
    const member = memberAt(bytes, start, members[end - 1 - start]);
    name = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), member, next: [] };
    names.push(name);
  }
  if (before !== undefined && before.next.length < MAX_NEXT) before.next.push(name);
  return name;
}

const ABSENT = 0;

const BACKSLASH = '\\';

/** Integers of so few digits are read digit by digit. */
const MAX_DIGITS = 15;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

export class EventScan {
  /** The time of the newest event, in milliseconds since the epoch. */
  time: number | undefined;
  /** The first byte of each member's value and the one behind it; {@link ABSENT} if the event does not have it. */
  readonly #begins = new Int32Array(PATHS.length);
  readonly #ends = new Int32Array(PATHS.length);
  readonly #texts = new RecentTexts();
  readonly #times = new TimeReader();
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  #hasEscape = false;

  /**
   * Returns the event with the members that the index keeps; `undefined` if the line has to be parsed.
   *
   * @param end - a control character must stand here, such as the end of the line.
   */
  event(bytes: Buffer, start: number, end: number): ReadEvent | undefined {
    if (bytes[start] !== OPEN_BRACE || (bytes[end] as number) >= 0x20) return undefined;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.#begins.fill(ABSENT);
    this.#hasEscape = false;
    // A value never begins at 0, where the brace is.
    if (this.#endOfObject(start, EVENT, 1) !== end) return undefined;
    const event = this.#event();
    return this.#hasEscape || event.type === undefined || event.type === '' ? undefined : event;
  }

  #endOfObject(start: number, object: ScannedObject, depth: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    let name: SeenName | undefined = object.begin;
    for (let before = -1; ; at += 1) {
      const expected: SeenName | undefined = name && nameAt(bytes, at, name.next);
      let value: number;
      let member: ScannedMember | undefined;
      if (expected === undefined) {
        const endName = endOfName(bytes, at);
        if (endName === NOT_CANONICAL || bytes[endName] !== COLON) return NOT_CANONICAL;
        if (before >= 0 && !isNameAfter(bytes, at, before)) return NOT_CANONICAL;
        value = endName + 1;
        member = memberAt(bytes, at, object.members[endName - at]);
        name = learnName(bytes, at, value, object, name);
      } else {
        value = at + expected.bytes.length;
        member = expected.member;
        name = expected;
      }
      before = at;
      const end =
        member === undefined
          ? endOfValue(bytes, this.#view, value, depth)
          : this.#endOfMember(value, member, depth);
      if (end === NOT_CANONICAL) return NOT_CANONICAL;
      at = end;
      const next = bytes[at];
      if (next === CLOSE_BRACE) return at + 1;
      if (next !== COMMA) return NOT_CANONICAL;
    }
  }

  /** A value of another kind than that of this package's events is left to the parser. */
  #endOfMember(at: number, { slot, isNumber, object }: ScannedMember, depth: number): number {
    const first = this.#bytes[at] as number;
    this.#begins[slot] = at;
    if (object !== undefined) {
      return first === OPEN_BRACE ? this.#endOfObject(at, object, depth + 1) : NOT_CANONICAL;
    }
    if (isNumber ? !isDigit(first) && first !== MINUS : first !== QUOTE) return NOT_CANONICAL;
    const end = endOfValue(this.#bytes, this.#view, at, depth);
    this.#ends[slot] = end;
    return end;
  }

  #event(): ReadEvent {
    this.time = this.#time();
    return {
      agent_id: this.#text(AGENT_ID),
      agent_name: this.#text(AGENT_NAME),
      cost: this.#has(COST) ? this.#cost() : undefined,
      data_access: this.#has(DATA_ACCESS) ? {} : undefined,
      llm_invocation: this.#has(LLM_INVOCATION) ? this.#llmInvocation() : undefined,
      mcp_call: this.#has(MCP_CALL) ? this.#mcpCall() : undefined,
      metadata: this.#has(METADATA) ? this.#metadata() : undefined,
      performance: this.#has(PERFORMANCE) ? { duration_ms: this.#number(PERFORMANCE_MS) } : undefined,
      policy: this.#has(POLICY) ? { outcome: this.#text(POLICY_OUTCOME) } : undefined,
      session_id: this.#text(SESSION_ID),
      span_id: this.#text(SPAN_ID),
      status: this.#text(STATUS),
      tool_call: this.#has(TOOL_CALL)
        ? { function_name: this.#text(TOOL_FUNCTION), name: this.#text(TOOL_NAME) }
        : undefined,
      tool_response: this.#has(TOOL_RESPONSE) ? { execution_time_ms: this.#number(TOOL_MS) } : undefined,
      type: this.#text(TYPE),
    };
  }

  #cost(): ReadEvent {
    return {
      currency: this.#text(COST_CURRENCY),
      input_tokens: this.#number(COST_INPUT),
      output_tokens: this.#number(COST_OUTPUT),
      total_cost: this.#number(COST_TOTAL),
    };
  }

  #llmInvocation(): ReadEvent {
    return {
      completion_tokens: this.#number(LLM_COMPLETION),
      duration_ms: this.#number(LLM_MS),
      model: this.#text(LLM_MODEL),
      prompt_tokens: this.#number(LLM_PROMPT),
      response: this.#has(LLM_RESPONSE) ? { cache_read_input_tokens: this.#number(LLM_CACHED) } : undefined,
      total_tokens: this.#number(LLM_TOTAL),
    };
  }

  #mcpCall(): ReadEvent {
    return {
      execution_time_ms: this.#number(MCP_MS),
      method: this.#text(MCP_METHOD),
      operation: this.#text(MCP_OPERATION),
      server_name: this.#text(MCP_SERVER),
    };
  }

  #metadata(): ReadEvent {
    return {
      // A note of several lines, of which only its presence counts.
      checkpoint: this.#has(CHECKPOINT) ? '' : undefined,
      model: this.#text(METADATA_MODEL),
      name: this.#text(METADATA_NAME),
      scope: this.#text(SCOPE),
      service: this.#text(SERVICE),
      stream_id: this.#text(STREAM_ID),
      user_id: this.#text(USER_ID),
      workflow: this.#text(WORKFLOW),
    };
  }

  #has(slot: number): boolean {
    return this.#begins[slot] !== ABSENT;
  }

  #text(slot: number): string | undefined {
    const begin = this.#begins[slot] as number;
    if (begin === ABSENT) return undefined;
    const text = this.#texts.text(this.#bytes, begin + 1, (this.#ends[slot] as number) - 1);
    if (text.includes(BACKSLASH)) this.#hasEscape = true;
    return text;
  }

  #number(slot: number): number | undefined {
    const begin = this.#begins[slot] as number;
    if (begin === ABSENT) return undefined;
    const bytes = this.#bytes;
    const end = this.#ends[slot] as number;
    if (end - begin > MAX_DIGITS) return Number(bytes.toString('latin1', begin, end));
    let number = 0;
    for (let at = begin; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (!isDigit(byte)) return Number(bytes.toString('latin1', begin, end));
      number = number * 10 + (byte - ZERO);
    }
    return number;
  }

  #time(): number | undefined {
    const begin = this.#begins[TIMESTAMP] as number;
    if (begin === ABSENT) return undefined;
    const end = (this.#ends[TIMESTAMP] as number) - 1;
    const time = this.#times.time(this.#bytes, begin + 1, end);
    if (time !== undefined) return time;
    const timestamp = this.#bytes.toString('utf8', begin + 1, end);
    if (timestamp.includes(BACKSLASH)) this.#hasEscape = true;
    return timeOf({ timestamp });
  }
}

function memberAt(
  bytes: Uint8Array,
  start: number,
  members: readonly ScannedMember[] | undefined,
): ScannedMember | undefined {
  if (members === undefined) return undefined;
  for (const member of members) if (hasBytesAt(bytes, start, member.bytes)) return member;
  return undefined;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function slotOf(path: MemberPath): number {
  return PATHS.indexOf(path);
}

const AGENT_ID = slotOf('agent_id');
const AGENT_NAME = slotOf('agent_name');
const COST = slotOf('cost');
const COST_CURRENCY = slotOf('cost.currency');
const COST_INPUT = slotOf('cost.input_tokens#');
const COST_OUTPUT = slotOf('cost.output_tokens#');
const COST_TOTAL = slotOf('cost.total_cost#');
const DATA_ACCESS = slotOf('data_access');
const LLM_INVOCATION = slotOf('llm_invocation');
const LLM_COMPLETION = slotOf('llm_invocation.completion_tokens#');
const LLM_MS = slotOf('llm_invocation.duration_ms#');
const LLM_MODEL = slotOf('llm_invocation.model');
const LLM_PROMPT = slotOf('llm_invocation.prompt_tokens#');
const LLM_RESPONSE = slotOf('llm_invocation.response');
const LLM_CACHED = slotOf('llm_invocation.response.cache_read_input_tokens#');
const LLM_TOTAL = slotOf('llm_invocation.total_tokens#');
const MCP_CALL = slotOf('mcp_call');
const MCP_MS = slotOf('mcp_call.execution_time_ms#');
const MCP_METHOD = slotOf('mcp_call.method');
const MCP_OPERATION = slotOf('mcp_call.operation');
const MCP_SERVER = slotOf('mcp_call.server_name');
const METADATA = slotOf('metadata');
const CHECKPOINT = slotOf('metadata.checkpoint?');
const METADATA_MODEL = slotOf('metadata.model');
const METADATA_NAME = slotOf('metadata.name');
const SCOPE = slotOf('metadata.scope');
const SERVICE = slotOf('metadata.service');
const STREAM_ID = slotOf('metadata.stream_id');
const USER_ID = slotOf('metadata.user_id');
const WORKFLOW = slotOf('metadata.workflow');
const PERFORMANCE = slotOf('performance');
const PERFORMANCE_MS = slotOf('performance.duration_ms#');
const POLICY = slotOf('policy');
const POLICY_OUTCOME = slotOf('policy.outcome');
const SESSION_ID = slotOf('session_id');
const SPAN_ID = slotOf('span_id');
const STATUS = slotOf('status');
const TIMESTAMP = slotOf('timestamp');
const TOOL_CALL = slotOf('tool_call');
const TOOL_FUNCTION = slotOf('tool_call.function_name');
const TOOL_NAME = slotOf('tool_call.name');
const TOOL_RESPONSE = slotOf('tool_response');
const TOOL_MS = slotOf('tool_response.execution_time_ms#');
const TYPE = slotOf('type');
