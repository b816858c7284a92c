import { ATTRIBUTE_PLACES, EVENT_MEMBERS, type MemberKinds } from './redactable-fields.js';

/** A segment of a path: a member's name, an entry's index, any member, any entry, or any number of both. */
type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any name' | 'any index' | 'any depth' };

/** A position in a path. */
interface Position<Rule> {
  readonly rule: Rule;
  readonly segment: Segment;
  /** `undefined` after the last segment. */
  readonly next: Position<Rule> | undefined;
}

/** The positions in all paths that continue from a place in an event. */
export type PathState<Rule> = ReadonlyArray<Position<Rule>>;

interface PathStep<Rule> {
  /** The rule of a path that ends here. */
  readonly rule: Rule | undefined;
  /** `undefined` if no path continues. */
  readonly state: PathState<Rule> | undefined;
}

const NOWHERE: PathStep<never> = { rule: undefined, state: undefined };

const NAME = /(?:\*\*|\*|[\w$@-]+)(?=[.[]|$)/y;
const BRACKETS = /\[(?:(\*)|(\d{1,9})|("(?:[^"\\]|\\.)*"))\]/y;

const SYNTAX =
  "a path such as 'tool_response.output.customer.*', 'message.metadata[\"a.b\"]' or '**.password'";

/** Returns what the path must be, as it follows "it must be"; `undefined` if the path is valid. */
export function fieldPathProblem(path: string): string | undefined {
  const segments = parsePath(path);
  if (segments === undefined) return SYNTAX;
  const [first, second] = segments;
  if (first?.kind !== 'name') {
    return first?.kind === 'any depth' || first?.kind === 'any name' ? undefined : SYNTAX;
  }
  if (Object.hasOwn(ATTRIBUTE_PLACES, first.name)) return undefined;
  if (!Object.hasOwn(EVENT_MEMBERS, first.name))
    return `a path that begins with one of: ${Object.keys(EVENT_MEMBERS).join(', ')}; other members are never changed`;
  const members: string | MemberKinds = EVENT_MEMBERS[first.name as keyof typeof EVENT_MEMBERS];
  if (typeof members === 'string') return undefined;
  if (second === undefined || (second.kind === 'name' && !Object.hasOwn(members, second.name))) {
    const known = Object.keys(members).map((name) => `${first.name}.${name}`);
    return `a path that begins with one of: ${known.join(', ')}; other members of it are never changed`;
  }
  return undefined;
}

/** @param paths - valid according to {@link fieldPathProblem}. */
export function fieldPaths<Rule>(
  paths: ReadonlyArray<readonly [path: string, rule: Rule]>,
): PathState<Rule> | undefined {
  const positions = paths.flatMap(([path, rule]) => positionAt(parsePath(path) ?? [], 0, rule) ?? []);
  return positions.length === 0 ? undefined : positions;
}

/** Follows the paths into the member with this name, or into the entry with this index. */
export function follow<Rule>(state: PathState<Rule> | undefined, key: string | number): PathStep<Rule> {
  if (state === undefined) return NOWHERE;
  const reached: Array<Position<Rule>> = [];
  let ended: Rule | undefined;
  const visit = (position: Position<Rule>): void => {
    const { rule, segment, next } = position;
    if (segment.kind === 'any depth') {
      if (!reached.includes(position)) reached.push(position);
      // `**` also matches nothing. At the end of a path it matches everything below.
      if (next === undefined) ended ??= rule;
      else visit(next);
    } else if (accepts(segment, key)) {
      if (next === undefined) ended ??= rule;
      else if (!reached.includes(next)) reached.push(next);
    }
  };
  for (const position of state) visit(position);
  return { rule: ended, state: reached.length === 0 ? undefined : reached };
}

/** Follows the paths into an attribute of a span or a log record: by its name, and by the places in events that hold the same. */
export function followAttribute<Rule>(state: PathState<Rule> | undefined, attribute: string): PathStep<Rule> {
  if (state === undefined) return NOWHERE;
  const places = [[attribute], ...(ATTRIBUTE_PLACES[attribute] ?? [])];
  return places.map((place) => followPlace(state, place)).reduce(eitherStep);
}

function followPlace<Rule>(state: PathState<Rule>, place: readonly string[]): PathStep<Rule> {
  let step: PathStep<Rule> = { rule: undefined, state };
  for (const name of place) {
    if (step.rule !== undefined) return step;
    step = follow(step.state, name);
  }
  return step;
}

/** The paths that continue from either of two places. */
export function eitherStep<Rule>(one: PathStep<Rule>, other: PathStep<Rule>): PathStep<Rule> {
  const states = [...(one.state ?? []), ...(other.state ?? [])];
  return { rule: one.rule ?? other.rule, state: states.length === 0 ? undefined : [...new Set(states)] };
}

/** Returns the path of a member or entry within `path`: `a.b[0]["c d"]`. */
export function pathWithin(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (/^[\w$@-]+$/.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}[${JSON.stringify(key)}]`;
}

function accepts(segment: Segment, key: string | number): boolean {
  switch (segment.kind) {
    case 'name':
      return segment.name === key;
    case 'index':
      return segment.index === key;
    case 'any name':
      return typeof key === 'string';
    default:
      return typeof key === 'number';
  }
}

function positionAt<Rule>(segments: readonly Segment[], at: number, rule: Rule): Position<Rule> | undefined {
  const segment = segments[at];
  return segment && { rule, segment, next: positionAt(segments, at + 1, rule) };
}

function parsePath(path: string): Segment[] | undefined {
  const segments: Segment[] = [];
  let at = 0;
  while (at < path.length) {
    const inBrackets = path[at] === '[';
    if (!inBrackets && at > 0) {
      if (path[at] !== '.') return undefined;
      at += 1;
    }
    const pattern = inBrackets ? BRACKETS : NAME;
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    const segment = match && (inBrackets ? segmentInBrackets(match) : segmentNamed(match[0]));
    if (!segment) return undefined;
    // `**.**` is the same path as `**`, but slower.
    if (segment.kind !== 'any depth' || segments.at(-1)?.kind !== 'any depth') segments.push(segment);
    at = pattern.lastIndex;
  }
  return segments.length === 0 ? undefined : segments;
}

function segmentNamed(name: string): Segment {
  if (name === '**') return { kind: 'any depth' };
  return name === '*' ? { kind: 'any name' } : { kind: 'name', name };
}

function segmentInBrackets([, any, index, quoted]: RegExpExecArray): Segment | undefined {
  if (any !== undefined) return { kind: 'any index' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  try {
    return { kind: 'name', name: JSON.parse(quoted ?? '') };
  } catch {
    return undefined;
  }
}

/**
 * Returns the index by which paths know the first entry of a list.
 *
 * @param firstMessage - the place that the first message of the event's request has in the request as it was sent.
 */
export function firstIndex(
  place: ReadonlyArray<string | number>,
  depth: number,
  firstMessage: number,
): number {
  const isRequest = firstMessage > 0 && depth === 3 && place[2] === 'messages' && place[1] === 'request';
  return isRequest && place[0] === 'llm_invocation' ? firstMessage : 0;
}

/** Maximum length of a name in a path. */
const LONGEST_NAME = 128;

/** Returns the path of a place in an event, from its names and indexes. */
export function pathTo(place: ReadonlyArray<string | number>): string {
  let path = '';
  for (const key of place) path = pathWithin(path, shortened(key));
  return path;
}

/** A name may be as long as any text. */
function shortened(key: string | number): string | number {
  return typeof key === 'string' && key.length > LONGEST_NAME ? `${key.slice(0, LONGEST_NAME)}…` : key;
}
