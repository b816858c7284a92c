import { EVENT_MEMBERS, type MemberKinds } from './redactable-fields.js';

/** A member's name, an entry's index, any member, any entry, any number of both. */
type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any name' | 'any index' | 'any depth' };

/** How far a path has been followed. */
interface Position<Rule> {
  readonly rule: Rule;
  readonly segment: Segment;
  /** `undefined` behind the last segment. */
  readonly next: Position<Rule> | undefined;
}

/** The paths that lead further from a place in an event, and how far each has been followed. */
export type PathState<Rule> = ReadonlyArray<Position<Rule>>;

interface PathStep<Rule> {
  /** Where a path ends here. */
  readonly rule: Rule | undefined;
  /** `undefined` where no path leads further. */
  readonly state: PathState<Rule> | undefined;
}

const NOWHERE: PathStep<never> = { rule: undefined, state: undefined };

const NAME = /(?:\*\*|\*|[\w$@-]+)(?=[.[]|$)/y;
const BRACKETS = /\[(?:(\*)|(\d{1,9})|("(?:[^"\\]|\\.)*"))\]/y;

const SYNTAX =
  "a path such as 'tool_response.output.customer.*', 'message.metadata[\"a.b\"]' or '**.password'";

/** What a path must be, where it is none. */
export function fieldPathProblem(path: string): string | undefined {
  const segments = parsePath(path);
  if (segments === undefined) return SYNTAX;
  const [first, second] = segments;
  if (first?.kind !== 'name') {
    return first?.kind === 'any depth' || first?.kind === 'any name' ? undefined : SYNTAX;
  }
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

/** @param paths - accepted by {@link fieldPathProblem}. */
export function fieldPaths<Rule>(
  paths: ReadonlyArray<readonly [path: string, rule: Rule]>,
): PathState<Rule> | undefined {
  const positions = paths.flatMap(([path, rule]) => positionAt(parsePath(path) ?? [], 0, rule) ?? []);
  return positions.length === 0 ? undefined : positions;
}

/** Into the member with this name, or the entry with this index. */
export function follow<Rule>(state: PathState<Rule> | undefined, key: string | number): PathStep<Rule> {
  if (state === undefined) return NOWHERE;
  const reached: Array<Position<Rule>> = [];
  let ended: Rule | undefined;
  const visit = (position: Position<Rule>): void => {
    const { rule, segment, next } = position;
    if (segment.kind === 'any depth') {
      if (!reached.includes(position)) reached.push(position);
      // It may also stand for nothing; at a path's end it is all below.
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

/** `a.b[0]["c d"]`, for a member or entry within `path`. */
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
    // `**.**` is no other path, only slower.
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
