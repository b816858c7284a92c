/** The user of a session and the feedback on it, as `tree`, `tail` and `report` show them. */
import { describe, expect, it } from 'vitest';
import { eventLine, runCommand } from './run-command.js';

const event = (type: string, second: number, members: Record<string, unknown>) =>
  eventLine({ type: `EVENT_TYPE_${type}`, timestamp: `2026-03-14T09:00:0${second}Z`, ...members });

const LINES = [
  event('SESSION_START', 0, { span_id: '1', metadata: { name: 'desk', user_id: 'u-17' } }),
  event('AGENT_START', 1, {
    span_id: '2',
    parent_span_id: '1',
    agent_name: 'a',
    metadata: { user_id: 'u-17' },
  }),
  event('AGENT_END', 2, {
    span_id: '2',
    parent_span_id: '1',
    agent_name: 'a',
    metadata: { user_id: 'u-18' },
  }),
  event('SYSTEM', 3, {
    span_id: '3',
    parent_span_id: '1',
    metadata: {
      message: 'feedback',
      user_id: 'u-17',
      feedback: { name: 'helpful', value: false, label: 'thumbs_down', comment: 'It was not.' },
    },
  }),
  event('SYSTEM', 4, {
    span_id: '4',
    parent_span_id: '1',
    metadata: { message: 'feedback', feedback: { name: 'accuracy', value: 0.5 } },
  }),
  event('SESSION_END', 5, { span_id: '1', metadata: { user_id: 'u-17' } }),
];

async function output(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(args, { stdin: LINES.join('') });
  // The report finds that these events have no hashes.
  expect({ exitCode, stderr }).toEqual({ exitCode: args[0] === 'report' ? 1 : 0, stderr: '' });
  return stdout;
}

describe('The user and the feedback of a session', () => {
  it('are in its tree', async () => {
    expect(await output('tree')).toBe(
      `
09:00:00.000  session s1  desk  user u-17  2026-03-14  5.00 s
09:00:01.000  ├─ agent a  1.00 s
09:00:03.000  ├─ system feedback  helpful  false  thumbs_down  "It was not."
09:00:04.000  └─ system feedback  accuracy  0.5
`.trimStart(),
    );
    expect(JSON.parse(await output('tree', '--json')).children[0]).toMatchObject({ user: 'u-17' });
  });

  it('are in the report', async () => {
    const page = await output('report', '--format', 'markdown');
    expect(page).toMatch(/\| Users \|/);
    expect(page).toContain('u-17, u-18');
    expect(page).toMatch(/\| helpful \| no \| thumbs\\?_down \| It was not\. \| u-17 \| s1 \|/);
    expect(page).toMatch(/\| accuracy \| 0\.5 \|/);
  });
});
