import { describe, expect, it, test } from 'vitest';
import type { Combination } from '../../scripts/matrix/combinations.d.mjs';
import { chooseCombinations } from '../../scripts/matrix/options.mjs';

const lines = (combinations: readonly Combination[]) =>
  combinations.map((combination) => {
    const { node, sdk } = combination;
    const tested = 'agents' in combination ? `agents ${combination.agents}` : combination.openai;
    return `${tested} on ${node} with ${sdk}`;
  });

describe('The combinations', () => {
  test.each<[what: string, args: string[], runningNode: number, expected: string[]]>([
    [
      'of one openai: every Node, and SDK 3 if it runs there',
      ['--openai', '5.0.1'],
      20,
      [
        '5.0.1 on 20 with 2',
        '5.0.1 on 22 with 2',
        '5.0.1 on 22 with 3',
        '5.0.1 on 24 with 2',
        '5.0.1 on 24 with 3',
        '5.0.1 on 26 with 2',
        '5.0.1 on 26 with 3',
      ],
    ],
    [
      'of several, in the order of the matrix',
      ['--openai', 'latest, 6.0.0', '--node=24,20', '--sdk', '2'],
      20,
      ['6.0.0 on 20 with 2', '6.0.0 on 24 with 2', 'latest on 20 with 2', 'latest on 24 with 2'],
    ],
    [
      'of a Node outside the matrix, if it runs this',
      ['--openai', '7.0.0', '--sdk', '3'],
      25,
      ['7.0.0 on 22 with 3', '7.0.0 on 24 with 3', '7.0.0 on 25 with 3', '7.0.0 on 26 with 3'],
    ],
    [
      'that are pinned',
      ['--pinned'],
      20,
      [
        '5.23.2 on 20 with 2',
        '5.0.1 on 22 with 3',
        '6.0.0 on 24 with 3',
        '7.0.0 on 26 with 3',
        'agents 0.8.5 on 20 with 2',
      ],
    ],
    [
      'that are pinned, on a newer Node',
      ['--pinned'],
      24,
      [
        '5.23.2 on 24 with 2',
        '5.0.1 on 20 with 2',
        '6.0.0 on 22 with 3',
        '7.0.0 on 26 with 3',
        'agents 0.8.5 on 24 with 2',
      ],
    ],
    [
      'of agents, and no others',
      ['--agents', '0.3.9,latest'],
      22,
      [
        'agents 0.3.9 on 20 with 2',
        'agents 0.3.9 on 26 with 2',
        'agents latest on 20 with 2',
        'agents latest on 26 with 2',
      ],
    ],
    [
      'of agents and of openai',
      ['--agents', '0.14.3', '--openai', '6.0.0', '--node', '26'],
      20,
      ['6.0.0 on 26 with 2', '6.0.0 on 26 with 3', 'agents 0.14.3 on 26 with 2'],
    ],
    [
      'that remain of the pinned ones',
      ['--pinned', '--sdk', '3', '--node', '26'],
      20,
      ['7.0.0 on 26 with 3'],
    ],
  ])('are those %s', (_what, args, runningNode, expected) => {
    expect(lines(chooseCombinations(args, runningNode))).toEqual(expected);
  });

  it('cover 6 versions of openai on Node 20 with one SDK and on three more with two, and 5 of agents on two', () => {
    const all = lines(chooseCombinations([], 20));
    expect(all).toHaveLength(6 * (1 + 3 * 2) + 5 * 2);
    expect(new Set(all).size).toBe(all.length);
  });
});

test.each<[args: string[], message: string]>([
  [
    ['--openai', '5.0.1,4.0.0,x'],
    '--openai has no "4.0.0", "x": choose from 5.0.1, 5.23.2, 6.0.0, 6.49.0, 7.0.0, latest.',
  ],
  [['--agents', '0.3.8'], '--agents has no "0.3.8": choose from 0.3.9, 0.8.5, 0.13.5, 0.14.3, latest.'],
  [['--node', '18'], '--node has no "18": choose from 20, 22, 24, 26.'],
  [['--sdk', ''], '--sdk has no "": choose from 2, 3.'],
  [
    ['--node', '20', '--sdk', '3'],
    'No combination is left by --node 20 --sdk 3: leave out one of them (SDK 3 runs on Node 22 and newer only; agents are tested with SDK 2, on Node 20 and 26).',
  ],
])('The arguments %j are refused', (args, message) => {
  expect(() => chooseCombinations(args, 20)).toThrow(new Error(message));
});

test.each([[['--everything']], [['5.0.1']], [['--pinned=no']]])(
  'The arguments %j are refused by the parser',
  (args) => {
    expect(() => chooseCombinations(args, 20)).toThrow(args[0]?.split('=')[0]);
  },
);
