/** Parts of the package are loaded when they are used. Its classes are ordinary classes all the same. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PROJECT } from '../run-fixture.js';

// Far longer than it takes on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';

async function run(program: string, cwd = PROJECT, flags: readonly string[] = []): Promise<string> {
  const args = [...flags, '--input-type=module', '--eval', program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd });
  return stdout + stderr;
}

test('A class that is loaded later has its name, its methods, and its instances and those of derived classes', async () => {
  const output = await run(`
    import { createRequire } from 'node:module';
    import { FileSink, OpenAIAgentsInstrumentation, StdoutSink } from '${PACKAGE}';
    import { StdoutSink as same } from '${PACKAGE}/cloudevents';
    const required = createRequire(import.meta.url)('${PACKAGE}');
    const replaced = async () => 'replaced';
    StdoutSink.prototype.forceFlush = replaced;
    class Derived extends FileSink {
      own = 1;
      async shutdown() { await super.shutdown(); return 'derived'; }
    }
    const [sink, derived] = [new FileSink({ path: '/dev/null' }), new Derived({ path: '/dev/null' })];
    console.log(JSON.stringify([
      FileSink.name, new StdoutSink().name, sink.constructor === FileSink,
      sink instanceof FileSink, derived instanceof Derived && derived instanceof FileSink, derived.own,
      await derived.shutdown(), await sink.shutdown() === undefined,
      await new StdoutSink().forceFlush(), typeof FileSink.prototype.send,
      required.FileSink === FileSink, same === StdoutSink,
      typeof OpenAIAgentsInstrumentation.prototype.manuallyInstrument,
    ]));
    try { FileSink({ path: '/dev/null' }); } catch (error) { console.log(error.name); }
    try { new FileSink({}); } catch (error) { console.log(error.name); }
  `);
  expect(output.split('\n')).toEqual([
    JSON.stringify([
      'FileSink',
      'stdout',
      true,
      true,
      true,
      1,
      'derived',
      true,
      'replaced',
      'function',
      true,
      true,
      'function',
    ]),
    'TypeError',
    'TypeError',
    '',
  ]);
});

test('A stack trace names the files of a class that is loaded later, if Node follows source maps', async () => {
  const output = await run(
    `import { FileSink } from '${PACKAGE}';
    try { new FileSink({}); } catch (error) { console.log(error.stack); }`,
    PROJECT,
    ['--enable-source-maps'],
  );
  const files = Array.from(output.matchAll(/\(([^()]+):\d+:\d+\)/g), ([, file = '']) =>
    path.relative(PROJECT, file),
  );
  expect(files.slice(0, 2)).toEqual(['src/sinks/file-sink.ts', 'scripts/bundle/lazy-exports.js']);
  for (const file of files.slice(0, 2)) expect(fs.existsSync(path.join(PROJECT, file))).toBe(true);
});

test('Hooks that cannot be loaded are logged, and the module works without them', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazy-parts-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const modules = path.join(folder, 'node_modules');
  const copy = path.join(modules, PACKAGE);
  fs.mkdirSync(copy, { recursive: true });
  fs.copyFileSync(path.join(PROJECT, 'package.json'), path.join(copy, 'package.json'));
  fs.cpSync(path.join(PROJECT, 'dist/bundled'), path.join(copy, 'dist/bundled'), { recursive: true });
  for (const name of fs
    .readdirSync(path.join(PROJECT, 'node_modules'))
    .filter((name) => !name.startsWith('.')))
    fs.symlinkSync(path.join(PROJECT, 'node_modules', name), path.join(modules, name));
  fs.rmSync(path.join(copy, 'dist/bundled/part-client.cjs'));
  const output = await run(
    `
    import { createRequire } from 'node:module';
    import { diag, DiagConsoleLogger } from '@opentelemetry/api';
    import { OpenAIAgentsInstrumentation } from '${PACKAGE}';
    diag.setLogger(new DiagConsoleLogger());
    new OpenAIAgentsInstrumentation();
    const { OpenAI } = createRequire(import.meta.url)('openai');
    console.log(new OpenAI({ apiKey: 'sk-local' }).baseURL);
    process.exit();
  `,
    folder,
  );
  expect(output).toContain('https://api.openai.com/v1');
  expect(output.match(/Hooking openai failed/g)).toHaveLength(1);
  expect(output).toContain('part-client.cjs');
});

test.each([
  [false, ['@platformatic/kafka', '@opentelemetry/exporter-logs-otlp-proto']],
  [true, []],
])(
  'The packages of sinks are loaded after their turn, but not beside a thread: %s',
  async (thread, loaded) => {
    const output = await run(`
    import { createRequire } from 'node:module';
    import { setImmediate } from 'node:timers/promises';
    import { ChaukasSpanProcessor, KafkaSink, OtlpLogSink } from '${PACKAGE}';
    const { cache } = createRequire(import.meta.url);
    const packages = ['@platformatic/kafka', '@opentelemetry/exporter-logs-otlp-proto'];
    const loaded = () => packages.filter((name) => Object.keys(cache).some((file) => file.includes(name)));
    new ChaukasSpanProcessor({
      tenantId: 'a', projectId: 'b', thread: ${thread},
      sinks: [new KafkaSink({ brokers: ['127.0.0.1:1'], topic: 'events' }), new OtlpLogSink()],
    });
    const before = loaded();
    await setImmediate();
    await setImmediate();
    console.log(JSON.stringify([before, loaded()]));
    process.exit();
  `);
    expect(JSON.parse(output)).toEqual([[], loaded]);
  },
);
