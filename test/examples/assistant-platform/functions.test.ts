import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sanitize } from '../../../examples/assistant-platform/functions/arguments.js';
import {
  type FunctionCall,
  FunctionError,
  FunctionRegistry,
} from '../../../examples/assistant-platform/functions/registry.js';
import { functionParameters } from '../../../examples/assistant-platform/functions/request-form.js';
import { registerShippedFunctions } from '../../../examples/assistant-platform/functions/shipped-functions.js';
import { SILENT_OBSERVER } from '../../../examples/assistant-platform/monitoring/observer.js';
import type { Principal } from '../../../examples/assistant-platform/principal.js';
import { demoLedger } from '../../../examples/assistant-platform/purchases/ledger.js';

const ANALYST: Principal = { name: 'ana', role: 'analyst' };
const SHOPPER: Principal = { name: 'sam', role: 'shopper' };

const ADD = {
  name: 'add',
  description: 'Adds two numbers.',
  parameters: z.object({ a: z.number(), b: z.number() }),
  handler: ({ a, b }: { a: number; b: number }) => a + b,
  timeoutMs: 1_000,
  access: 'any',
} as const;

function registryOf(definition: Partial<Parameters<FunctionRegistry['register']>[0]> = {}) {
  const outcomes: string[] = [];
  const observer = {
    ...SILENT_OBSERVER,
    functionCalled: (name: string, outcome: string) => void outcomes.push(`${name} ${outcome}`),
  };
  const registry = new FunctionRegistry(observer).register({
    ...ADD,
    parameters: ADD.parameters as z.ZodType<unknown>,
    handler: () => null,
    ...definition,
  });
  return { registry, outcomes };
}

const CALL: FunctionCall = { name: 'add', arguments: '{"a":1,"b":2}' };

describe('A function registry', () => {
  it('runs a call and returns its result as JSON', async () => {
    const registry = new FunctionRegistry().register(ADD);
    expect(await registry.execute(CALL, { principal: SHOPPER })).toEqual({
      ok: true,
      outcome: 'success',
      content: '3',
    });
  });

  it('refuses a second function of the same name', () => {
    const registry = new FunctionRegistry().register(ADD);
    expect(() => registry.register(ADD)).toThrow('function "add" is already registered; use another name');
  });

  it.each([
    ['a name with a blank', { name: 'two words' }, 'invalid function name "two words"'],
    ['a timeout of zero', { timeoutMs: 0 }, 'timeoutMs must be positive'],
    ['parameters that are not an object', { parameters: z.string() }, 'parameters must be an object'],
    [
      'a JSON Schema that cannot be validated',
      { parameters: { type: 'object', if: {} } },
      'parameters cannot be validated: Conditional schemas',
    ],
    [
      'a Zod schema without a JSON Schema',
      { parameters: z.map(z.string(), z.string()) },
      'have no JSON Schema',
    ],
  ])('refuses %s', (_, definition, message) => {
    expect(() => registryOf(definition)).toThrow(message);
  });

  it.each([
    ['malformed JSON', '{"a":1,', 'arguments_invalid', 'not valid JSON'],
    ['a missing argument', '{"a":1}', 'arguments_invalid', 'b: Invalid input: expected number'],
    [
      'an argument of the wrong type',
      '{"a":1,"b":"2"}',
      'arguments_invalid',
      'expected number, received string',
    ],
    ['no object', '[1,2]', 'arguments_invalid', 'expected object'],
    ['endless arguments', `"${'x'.repeat(40_000)}"`, 'arguments_invalid', 'longer than 32768 characters'],
    ['endless nesting', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'arguments_invalid', 'deeper than 16'],
  ])('explains %s to the model and does not call the handler', async (_, text, code, message) => {
    const { registry, outcomes } = registryOf({ handler: () => expect.fail('the handler was called') });
    const result = await registry.execute({ name: 'add', arguments: text }, { principal: SHOPPER });
    expect(result).toMatchObject({ ok: false, outcome: 'invalid' });
    expect(JSON.parse(result.content)).toEqual({
      error: { code, message: expect.stringContaining(message) },
    });
    expect(outcomes).toEqual(['add invalid']);
  });

  it('asks the model to repeat a call that was cut off at the token limit', async () => {
    const { registry } = registryOf();
    const cut = { name: 'add', arguments: '{"a":1,"b', truncated: true };
    const result = await registry.execute(cut, { principal: SHOPPER });
    expect(JSON.parse(result.content).error.code).toBe('arguments_incomplete');
  });

  it('runs a call that was complete before the token limit', async () => {
    const registry = new FunctionRegistry().register(ADD);
    expect(await registry.execute({ ...CALL, truncated: true }, { principal: SHOPPER })).toMatchObject({
      content: '3',
    });
  });

  it('names the functions there are if the model calls another one', async () => {
    const { registry, outcomes } = registryOf();
    const result = await registry.execute({ name: 'subtract', arguments: '{}' }, { principal: SHOPPER });
    expect(JSON.parse(result.content).error).toEqual({
      code: 'unknown_function',
      message: 'There is no such function. Use one of: add.',
    });
    expect(outcomes).toEqual(['unknown invalid']);
  });

  it('refuses a principal without the role, and does not offer the function', async () => {
    const { registry, outcomes } = registryOf({ access: ['analyst'] });
    expect(registry.list(SHOPPER)).toEqual([]);
    expect(registry.list(ANALYST).map(({ name }) => name)).toEqual(['add']);
    const result = await registry.execute(CALL, { principal: SHOPPER });
    expect(JSON.parse(result.content).error.code).toBe('access_denied');
    expect(outcomes).toEqual(['add denied']);
  });

  it('ends a handler that takes too long, and aborts its signal', async () => {
    let aborted = false;
    const { registry, outcomes } = registryOf({
      timeoutMs: 20,
      handler: async (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        await sleep(5_000, undefined, { ref: false });
      },
    });
    const result = await registry.execute(CALL, { principal: SHOPPER });
    expect(JSON.parse(result.content).error).toEqual({
      code: 'timeout',
      message: 'The function did not answer within 20 ms.',
    });
    expect([aborted, outcomes]).toEqual([true, ['add timeout']]);
  });

  it('ends a handler whose caller has left', async () => {
    const { registry } = registryOf({ handler: () => sleep(5_000, undefined, { ref: false }) });
    const caller = new AbortController();
    const running = registry.execute(CALL, { principal: SHOPPER, signal: caller.signal });
    caller.abort();
    expect(JSON.parse((await running).content).error.code).toBe('cancelled');
  });

  it('tells the model what a FunctionError says, and nothing of any other error', async () => {
    const explained = registryOf({
      handler: () => {
        throw new FunctionError('out_of_stock', 'The product is sold out.');
      },
    });
    const internal = registryOf({ handler: () => Promise.reject(new Error('password=hunter2')) });
    const [first, second] = await Promise.all(
      [explained, internal].map(({ registry }) => registry.execute(CALL, { principal: SHOPPER })),
    );
    expect(JSON.parse(first?.content ?? '').error).toEqual({
      code: 'out_of_stock',
      message: 'The product is sold out.',
    });
    expect(JSON.parse(second?.content ?? '').error).toEqual({
      code: 'failed',
      message: 'The function failed for an internal reason.',
    });
  });

  it('shortens a result that is too long for the model', async () => {
    const { registry } = registryOf({ handler: () => 'x'.repeat(100_000) });
    const { content } = await registry.execute(CALL, { principal: SHOPPER });
    expect(content.length).toBeLessThan(17_000);
    expect(JSON.parse(content)).toMatchObject({ truncated: true });
  });
});

describe('The arguments of a call', () => {
  it('never make the registry throw, and reach the handler only if they fit', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ a: fc.float(), b: fc.anything() }).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (args, truncated) => {
        const { registry } = registryOf({
          handler: (seen) => {
            expect(ADD.parameters.parse(seen)).toEqual(seen);
          },
        });
        const call = { name: 'add', arguments: args, truncated };
        const { outcome, content } = await registry.execute(call, { principal: SHOPPER });
        expect(['success', 'invalid']).toContain(outcome);
        expect(() => JSON.parse(content)).not.toThrow();
      }),
    );
  });

  it('lose control characters, lone surrogates, blanks and members that reach a prototype', () => {
    const hostile = JSON.parse(
      '{"a":" x\\u0000y\\ud800 ","list":["\\u001b[2J\\n1"],"__proto__":{"admin":true}}',
    );
    const clean = sanitize(hostile);
    expect(clean).toEqual({ a: 'xy', list: ['[2J\n1'] });
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  it('lose members that the schema does not know before the handler sees them', async () => {
    let seen: unknown;
    const { registry } = registryOf({
      handler: (args) => {
        seen = args;
      },
    });
    await registry.execute({ name: 'add', arguments: '{"a":1,"b":2,"admin":true}' }, { principal: SHOPPER });
    expect(seen).toEqual({ a: 1, b: 2 });
  });
});

describe('The shipped functions', () => {
  const registry = registerShippedFunctions(new FunctionRegistry(), demoLedger());
  const call = async (name: string, args: object, principal = ANALYST) =>
    JSON.parse((await registry.execute({ name, arguments: JSON.stringify(args) }, { principal })).content);

  it.each([
    ['an everyday purchase', 40, 'Green Market', 'groceries', 'approve', []],
    ['a purchase close to its limit', 290, 'Green Market', 'groceries', 'review', ['near_purchase_limit']],
    ['a purchase above its limit', 301, 'Green Market', 'groceries', 'decline', ['purchase_limit']],
    ['a blocked merchant', 10, 'Royal Casino', 'entertainment', 'decline', ['blocked_merchant']],
  ])('validate_transaction judges %s', async (_, amount, merchant, category, decision, rules) => {
    const check = await call('validate_transaction', { customer_id: 'c-100', amount, merchant, category });
    expect(check.decision).toBe(decision);
    expect(check.violations.map(({ rule }: { rule: string }) => rule)).toEqual(rules);
  });

  it('validate_transaction adds up the month', async () => {
    const ledger = demoLedger();
    ledger.book('c-100', {
      id: 'p',
      at: new Date().toISOString(),
      amount: 1_400,
      merchant: 'Volt',
      category: 'electronics',
    });
    expect(ledger.spentThisMonth('c-100', 'electronics')).toBe(1_749);
    const own = registerShippedFunctions(new FunctionRegistry(), ledger);
    const args = { customer_id: 'c-100', amount: 300, merchant: 'Volt', category: 'electronics' };
    const { content } = await own.execute(
      { name: 'validate_transaction', arguments: JSON.stringify(args) },
      { principal: SHOPPER },
    );
    expect(JSON.parse(content)).toEqual({
      decision: 'decline',
      violations: [
        { rule: 'monthly_limit', message: '1749 EUR of 2000 EUR for electronics are spent this month.' },
      ],
    });
  });

  it('get_spending sums by category, for analysts only', async () => {
    expect(await call('get_spending', { customer_id: 'c-100' })).toMatchObject({
      total: 431.7,
      by_category: { groceries: 82.7, electronics: 349 },
      purchases: 3,
    });
    expect(await call('get_spending', { customer_id: 'c-100' }, SHOPPER)).toMatchObject({
      error: { code: 'access_denied' },
    });
    expect(await call('get_spending', { customer_id: 'c-999' })).toMatchObject({
      error: { code: 'unknown_customer' },
    });
  });

  it('search_products finds by words and price, with a JSON Schema', async () => {
    const { products } = await call('search_products', { query: 'kettle', max_price: 50 });
    expect(products.map(({ id }: { id: string }) => id)).toEqual(['k-10']);
    expect(await call('search_products', { query: 'kettle', colour: 'red' })).toMatchObject({
      error: { code: 'arguments_invalid', message: expect.stringContaining('colour') },
    });
  });
});

describe('A request that offers functions', () => {
  const functions = new FunctionRegistry().register(ADD).list(SHOPPER);
  const schema = functions[0]?.parameters;
  const offered = { name: 'add', description: 'Adds two numbers.', parameters: schema };

  it.each([
    ['tools', 'auto', { tools: [{ type: 'function', function: offered }], tool_choice: 'auto' }],
    ['tools', 'none', {}],
    [
      'tools',
      { name: 'add' },
      {
        tools: [{ type: 'function', function: offered }],
        tool_choice: { type: 'function', function: { name: 'add' } },
      },
    ],
    ['functions', 'auto', { functions: [offered], function_call: 'auto' }],
    ['functions', { name: 'add' }, { functions: [offered], function_call: { name: 'add' } }],
  ] as const)('has the form %s with the choice %o', (form, choice, parameters) => {
    expect(functionParameters(functions, choice, form)).toEqual(parameters);
  });

  it('has none of these parameters without a function', () => {
    expect(functionParameters([], 'auto', 'tools')).toEqual({});
  });
});
