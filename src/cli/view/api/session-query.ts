import { RequestProblem } from '../server/route.js';
import { SESSION_ORDERS, type SessionQuery, type ViewOutcome } from '../view-api.js';

const OUTCOMES: readonly ViewOutcome[] = ['completed', 'failed', 'cancelled', 'open'];
const ORDERS = ['asc', 'desc'] as const;
const TROUBLES = ['errors', 'retries', 'refusals'] as const;

const MAX_ROWS = 1000;
/** Longer texts and lists are not typed by a person. */
const MAX_CHARACTERS = 1000;
const MAX_VALUES = 200;

/**
 * Reads the parameters of a list of sessions.
 *
 * @throws RequestProblem - naming the parameter, its value and what it may be.
 */
export function sessionQuery(params: URLSearchParams): SessionQuery {
  const query: { -readonly [Name in keyof SessionQuery]: SessionQuery[Name] } = {};
  const sort = params.get('sort');
  if (sort !== null) query.sort = oneOf('sort', sort, SESSION_ORDERS);
  const order = params.get('order');
  if (order !== null) query.order = oneOf('order', order, ORDERS);
  for (const name of ['offset', 'limit'] as const) {
    const value = params.get(name);
    if (value !== null) query[name] = wholeNumber(name, value);
  }
  if (query.limit !== undefined && query.limit > MAX_ROWS) {
    throw new RequestProblem(400, `limit ${query.limit} is too large; use at most ${MAX_ROWS}.`);
  }
  const q = params.get('q');
  if (q !== null && q !== '') query.q = short('q', q);
  for (const name of ['agent', 'model', 'tool', 'user', 'session'] as const) {
    const values = listOf(params, name);
    if (values.length > 0) query[name] = values;
  }
  const outcome = listOf(params, 'outcome').map((value) => oneOf('outcome', value, OUTCOMES));
  if (outcome.length > 0) query.outcome = outcome;
  const has = listOf(params, 'has').map((value) => oneOf('has', value, TROUBLES));
  if (has.length > 0) query.has = has;
  for (const name of ['since', 'until'] as const) {
    const value = params.get(name);
    if (value !== null) query[name] = milliseconds(name, value);
  }
  return query;
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  throw new RequestProblem(400, `${name} "${shown(value)}" is unknown; use one of ${values.join(', ')}.`);
}

/** @throws RequestProblem - naming the parameter. */
export function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new RequestProblem(400, `${name} "${shown(value)}" must be a whole number, 0 or more.`);
}

function milliseconds(name: string, value: string): number {
  const number = Number(value);
  if (value !== '' && Number.isFinite(number)) return number;
  throw new RequestProblem(400, `${name} "${shown(value)}" must be a time in milliseconds since the epoch.`);
}

function listOf(params: URLSearchParams, name: string): string[] {
  const values = params.getAll(name).filter((value) => value !== '');
  if (values.length > MAX_VALUES)
    throw new RequestProblem(400, `${name} has more than ${MAX_VALUES} values; use fewer.`);
  return values.map((value) => short(name, value));
}

function short(name: string, value: string): string {
  if (value.length <= MAX_CHARACTERS) return value;
  throw new RequestProblem(400, `${name} is longer than ${MAX_CHARACTERS} characters; use a shorter text.`);
}

function shown(value: string): string {
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}
