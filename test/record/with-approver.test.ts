/** The person who decides, as the application names them. */
import { context } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Approver, recordPolicyDecision, withApprover } from '../../src/index.js';
import { startTracedApplication, type TracedApplication } from './traced-application.js';

let application: TracedApplication;
beforeEach(async () => {
  application = await startTracedApplication();
});
afterEach(() => application.stop());

const ALICE: Approver = { id: 'u-17', name: 'Alice', role: 'finance', channel: 'slack' };
const BOB: Approver = { id: 'u-18' };
const decision = { policyId: 'refund', outcome: 'allow' } as const;

async function decisions() {
  const events = (await application.events()).filter(({ policy }) => policy !== undefined);
  return events.map(({ author, metadata }) => [author, metadata?.approver]);
}

describe('A decision that the application records', () => {
  const ways: readonly [string, () => void, readonly unknown[]][] = [
    ['by itself', () => recordPolicyDecision(decision), ['AUTHOR_SYSTEM', undefined]],
    [
      'with a person',
      () => recordPolicyDecision({ ...decision, approver: ALICE }),
      ['AUTHOR_USER', { ...ALICE }],
    ],
    [
      'of a person without a name',
      () => recordPolicyDecision({ ...decision, author: 'user' }),
      ['AUTHOR_USER', undefined],
    ],
    [
      'in withApprover()',
      () => withApprover(ALICE, () => recordPolicyDecision(decision)),
      ['AUTHOR_USER', { ...ALICE }],
    ],
    [
      'in an inner withApprover()',
      () => withApprover(ALICE, () => withApprover(BOB, () => recordPolicyDecision(decision))),
      ['AUTHOR_USER', { ...BOB }],
    ],
    [
      'with another person in withApprover()',
      () => withApprover(ALICE, () => recordPolicyDecision({ ...decision, approver: BOB })),
      ['AUTHOR_USER', { ...BOB }],
    ],
    [
      'of a rule in withApprover()',
      () => withApprover(ALICE, () => recordPolicyDecision({ ...decision, author: 'system' })),
      ['AUTHOR_SYSTEM', undefined],
    ],
    [
      'after withApprover()',
      () => {
        withApprover(ALICE, () => {});
        recordPolicyDecision(decision);
      },
      ['AUTHOR_SYSTEM', undefined],
    ],
  ];

  it.each(ways)('has its author: %s', async (_, record, expected) => {
    record();
    expect(await decisions()).toEqual([expected]);
  });

  it('has the person after an await, and not what becomes of the object later', async () => {
    const person = { ...BOB, role: 'finance' };
    await withApprover(person, async () => {
      person.role = 'intern';
      await Promise.resolve();
      recordPolicyDecision(decision);
    });
    expect(await decisions()).toEqual([['AUTHOR_USER', { id: 'u-18', role: 'finance' }]]);
  });

  it('ignores a person that is not described as it should be, and says so', async () => {
    recordPolicyDecision({ ...decision, approver: { name: 'Alice' } as unknown as Approver });
    expect(await decisions()).toEqual([['AUTHOR_SYSTEM', undefined]]);
    expect(application.warnings).toEqual([
      'opentelemetry-instrumentation-openai-agents recordPolicyDecision(): option "approver.id" is missing; it must be a non-empty string; the option is ignored',
    ]);
  });
});

describe('withApprover()', () => {
  it('returns the result of the function, and hands on its error', async () => {
    const before = context.active();
    expect(withApprover(BOB, () => 7)).toBe(7);
    await expect(withApprover(BOB, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(() =>
      withApprover(BOB, () => {
        throw new Error('never');
      }),
    ).toThrow('never');
    expect(context.active()).toBe(before);
  });

  const wrong: readonly [unknown, string][] = [
    [
      undefined,
      'the options are undefined; they must be an object with id, e.g. { id, name, role, channel }',
    ],
    ['alice', `the options are 'alice'; they must be an object with id, e.g. { id, name, role, channel }`],
    [{}, 'option "id" is missing; it must be a non-empty string'],
    [{ id: '' }, `option "id" is ''; it must be a non-empty string`],
    [{ id: 17 }, 'option "id" is 17; it must be a non-empty string'],
    [{ id: 'a', user: 'b' }, 'unknown option "user"; known options: id, name, role, channel'],
    [{ id: 'a', role: [] }, 'option "role" is an empty array; it must be a non-empty string'],
  ];

  it.each(wrong)('throws for %j, and does not run the function', (approver, problem) => {
    let ran = false;
    const call = () =>
      withApprover(approver as Approver, () => {
        ran = true;
      });
    expect(call).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: withApprover: ${problem}`),
    );
    expect(ran).toBe(false);
  });
});
