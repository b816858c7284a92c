// Files of more than 16 MB are verified in a thread. Only the built command can start it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Evidence, ViewState } from '../../../src/cli/view/view-api.js';
import { EVERY_TYPE, eventLine, printedView, runCommand, startBin, temporaryFolder } from '../run-command.js';

/** Two files: the second one begins with a changed event and ends with half a line. */
function largeFiles(): string[] {
  const folder = temporaryFolder();
  const everyType = readFileSync(EVERY_TYPE, 'utf8');
  const text = 'x'.repeat(1024 * 1024);
  const filling = Array.from({ length: 17 }, (_, index) =>
    eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', session_id: `filling-${index}`, message: { text } }),
  ).join('');
  const contents = {
    'first.jsonl': `not JSON\n\n${everyType}${filling}`,
    'second.jsonl': `${everyType.replace('"timestamp":"20', '"timestamp":"21')}{"event_id":`,
  };
  return Object.entries(contents).map(([name, content]) => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  });
}

const files = largeFiles();

/** The evidence of the built command, when its verification is over. */
async function evidenceOf(env: Record<string, string> = {}): Promise<Evidence> {
  const child = startBin(['view', '--no-open', '--no-follow', ...files], { isBuilt: true, env });
  onTestFinished(() => {
    child.kill();
  });
  const { origin, headers } = await printedView(child);
  const answer = async <Answer>(address: string) =>
    (await (await fetch(`${origin}${address}`, { headers })).json()) as Answer;
  while (!(await answer<ViewState>('/api/state')).indexed);
  for (;;) {
    const evidence = await answer<Evidence>('/api/evidence');
    if (evidence.state !== 'running') return evidence;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('The verification of large files in a thread', () => {
  it('finds what agent-events verify finds, each with its event', async () => {
    const { stdout } = await runCommand(['verify', '--json', '--jobs', '1', ...files]);
    const { findings } = JSON.parse(stdout) as { findings: { code: string; message: string }[] };
    const evidence = await evidenceOf();
    expect(evidence).toMatchObject({ state: 'done', progress: 1 });
    expect(evidence.findings.map(({ code, message }) => [code, message])).toEqual(
      findings.map(({ code, message }) => [code, message]),
    );
    const events = Object.fromEntries(evidence.findings.map(({ code, event }) => [code, event]));
    expect(events).toMatchObject({ unreadable_line: undefined, torn_line: undefined });
    // 27 events of each type and 17 large ones come before the second file.
    expect(evidence.findings).toContainEqual(expect.objectContaining({ code: 'changed_event', event: 44 }));
  });

  it('is said to have failed if the thread does', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(
      `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('no luck');`,
    )}`;
    const evidence = await evidenceOf({ NODE_OPTIONS: `--import=${preload}` });
    expect(evidence).toMatchObject({ state: 'failed', problem: 'The verification failed: no luck' });
  });
});
