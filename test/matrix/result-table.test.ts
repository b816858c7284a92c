import { expect, test } from 'vitest';
import { resultTable } from '../../scripts/matrix/result-table.mjs';

test('The result table has one line per result, with whole versions if they are known', () => {
  expect(
    resultTable([
      {
        asked: { openai: '5.0.1', node: 20, sdk: 2 },
        loaded: { openai: '5.0.1', node: '20.20.2', sdk: '2.12.0' },
        passed: 135,
        failed: 0,
        skipped: 4,
        seconds: 7.6,
        problems: [],
        output: '',
      },
      {
        asked: { agents: '0.13.5', openai: '6.49.0', node: 20, sdk: 2 },
        loaded: { agents: '0.13.5', openai: '6.49.0', node: '20.20.2', sdk: '2.12.0' },
        passed: 33,
        failed: 0,
        skipped: 0,
        seconds: 6.6,
        problems: [],
        output: '',
      },
      {
        asked: { openai: '7.57.0', node: 26, sdk: 3 },
        loaded: undefined,
        passed: 0,
        failed: 0,
        skipped: 0,
        seconds: 12.2,
        problems: ['vitest ended with exit code 1'],
        output: 'no such file',
      },
    ]),
  ).toEqual([
    'agents  openai  node     sdk     passed  failed  skipped  seconds',
    '        5.0.1   20.20.2  2.12.0  135     0       4        8        ok',
    '0.13.5  6.49.0  20.20.2  2.12.0  33      0       0        7        ok',
    '        7.57.0  26       3       0       0       0        12       FAILED',
  ]);
});
