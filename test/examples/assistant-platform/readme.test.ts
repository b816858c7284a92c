import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformEnvironment } from '../../../examples/assistant-platform/openai-service/configuration.js';
import { PROJECT } from '../../run-fixture.js';
import { type PlatformProcess, startPlatformProcess } from './platform-process.js';

const run = promisify(execFile);
const readme = readFileSync(path.join(PROJECT, 'examples/assistant-platform/README.md'), 'utf8');

let platform: PlatformProcess;
beforeAll(async () => {
  platform = await startPlatformProcess({ API_KEYS: '' });
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

describe('The README of the assistant platform', () => {
  it('shows commands that work', async () => {
    const [block = ''] = Array.from(readme.matchAll(/```sh\n(.*?)```/gs), ([, code = '']) => code);
    const { stdout } = await run('bash', ['-c', block.replaceAll('http://127.0.0.1:8090', platform.url)]);
    expect(stdout).toContain('"reply":"The rules say:');
    expect(stdout).toContain('event: complete\n');
    expect(stdout).toContain('"status":"approved"');
    expect(stdout).toContain('"kind":"high_risk_merchant","severity":"high"');
  });

  it('names every variable and no other', () => {
    const table = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Traces and events'));
    const named = Array.from(table.matchAll(/^\| (.*?) \|/gm), ([, cell = '']) => cell)
      .flatMap((cell) => cell.match(/[A-Z][A-Z_]+/g) ?? [])
      .filter((name) => name !== 'OTEL_EXPORTER_OTLP_ENDPOINT');
    // The first two are explained where the start is, and the last one has only one value.
    const expected = Object.keys(platformEnvironment.shape).filter(
      (name) => !['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'WORKERS'].includes(name),
    );
    expect(named.toSorted()).toEqual(expected.toSorted());
  });
});
