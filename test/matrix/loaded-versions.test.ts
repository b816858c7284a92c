import { expect, test } from 'vitest';
import { describeLoaded, differences, type LoadedVersions } from '../../scripts/matrix/loaded-versions.mjs';

const asked = { openai: '5.0.1', node: 22, sdk: 3 };
const loaded: LoadedVersions = { openai: '5.0.1', node: '22.23.3', sdk: '3.1.1' };

test.each<[what: string, loaded: LoadedVersions | undefined, expected: string[]]>([
  ['what was asked for', loaded, []],
  ['another openai', { ...loaded, openai: '5.0.10' }, ['openai should be 5.0.1 and is 5.0.10']],
  ['another Node', { ...loaded, node: '2.2.0' }, ['Node should be 22 and is 2']],
  ['no SDK at all', { ...loaded, sdk: 'undefined' }, ['OpenTelemetry SDK should be 3 and is undefined']],
  [
    'all of package.json',
    { openai: '7.55.0', node: '20.20.2', sdk: '2.12.0' },
    [
      'openai should be 5.0.1 and is 7.55.0',
      'Node should be 22 and is 20',
      'OpenTelemetry SDK should be 3 and is 2',
    ],
  ],
  [
    'an Agents SDK that was not requested',
    { ...loaded, agents: '0.20.0' },
    ['agents should be undefined and is 0.20.0'],
  ],
  ['unknown versions', undefined, ['the versions that were loaded are not known']],
])('The differences of a run that loaded %s are listed', (_what, found, expected) => {
  expect(differences(asked, found)).toEqual(expected);
});

test('A run that loaded another Agents SDK is reported', () => {
  const withAgents = { ...asked, agents: '0.3.9' };
  expect(differences(withAgents, { ...loaded, agents: '0.3.9' })).toEqual([]);
  expect(differences(withAgents, { ...loaded, agents: '0.20.0' })).toEqual([
    'agents should be 0.3.9 and is 0.20.0',
  ]);
});

test('The loaded versions are described in one line', () => {
  expect(describeLoaded({ ...loaded, agents: '0.3.9' })).toBe(
    'agents 0.3.9 · openai 5.0.1 · Node 22.23.3 · OpenTelemetry SDK 3.1.1',
  );
  expect(describeLoaded(loaded)).toBe('openai 5.0.1 · Node 22.23.3 · OpenTelemetry SDK 3.1.1');
});
