/** The structure of `src/`: directions of imports, sizes of files and names of types. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportedTypes, importCircle, readSources } from './harness/source-files.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const sources = readSources(path.join(root, 'src'));

/**
 * The rooms of `src/` from the ground up, and the rooms that each may import beside itself. A room is a folder or a
 * file; a file belongs to the longest name here that its path begins with.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  // No domain knowledge.
  'version.ts': [],
  'hook.ts': [],
  'bounded-map.ts': [],
  'steps.ts': [],
  'clock.ts': [],
  'installed-module.ts': ['version.ts'],
  'ids.ts': ['clock.ts'],
  json: [],
  text: ['json'],
  options: ['json', 'text'],
  diagnostics: ['text', 'version.ts'],
  // Spans and signals.
  semconv: ['json', 'text'],
  signals: ['clock.ts', 'version.ts', 'json', 'semconv'],
  // The events' types and schema, and what is taken out of content. Spans are redacted by it as well.
  chaukas: ['version.ts', 'bounded-map.ts', 'steps.ts', 'json', 'text'],
  redaction: ['version.ts', 'steps.ts', 'json', 'text', 'options', 'semconv', 'chaukas'],
  'openai-api': ['json', 'text', 'semconv', 'signals'],
  spans: ['clock.ts', 'version.ts', 'json', 'diagnostics', 'semconv', 'signals', 'openai-api'],
  // Hooks and the lives of spans. None of these knows that events exist.
  'instrumentation/patching': ['clock.ts', 'version.ts', 'diagnostics'],
  'instrumentation/package-marks.ts': [],
  'instrumentation/config.ts': ['version.ts', 'options', 'diagnostics', 'redaction', 'spans'],
  'instrumentation/session': ['version.ts', 'json', 'options', 'semconv', 'signals', 'spans'],
  'instrumentation/client': [
    'clock.ts',
    'version.ts',
    'bounded-map.ts',
    'json',
    'text',
    'options',
    'diagnostics',
    'semconv',
    'signals',
    'openai-api',
    'spans',
    'instrumentation/patching',
    'instrumentation/config.ts',
  ],
  'instrumentation/mcp': [
    'clock.ts',
    'version.ts',
    'bounded-map.ts',
    'json',
    'text',
    'semconv',
    'signals',
    'openai-api',
    'spans',
    'instrumentation/patching',
  ],
  'instrumentation/agents': [
    'clock.ts',
    'version.ts',
    'bounded-map.ts',
    'json',
    'text',
    'diagnostics',
    'semconv',
    'signals',
    'openai-api',
    'spans',
    'instrumentation/patching',
    'instrumentation/client',
    'instrumentation/mcp',
  ],
  'instrumentation/realtime': [
    'clock.ts',
    'version.ts',
    'bounded-map.ts',
    'json',
    'semconv',
    'signals',
    'openai-api',
    'spans',
    'instrumentation/patching',
    'instrumentation/client',
    'instrumentation/agents',
  ],
  instrumentation: [
    'clock.ts',
    'version.ts',
    'json',
    'diagnostics',
    'signals',
    'spans',
    'instrumentation/package-marks.ts',
    'instrumentation/patching',
    'instrumentation/config.ts',
    'instrumentation/client',
    'instrumentation/mcp',
    'instrumentation/agents',
    'instrumentation/realtime',
  ],
  record: ['clock.ts', 'version.ts', 'json', 'options', 'diagnostics', 'semconv', 'signals', 'spans', 'text'],
  // Events, and the places where they go. None of these knows an instrumentation.
  cloudevents: ['json', 'text', 'chaukas'],
  cost: ['options', 'chaukas'],
  sinks: [
    'clock.ts',
    'version.ts',
    'installed-module.ts',
    'steps.ts',
    'json',
    'text',
    'options',
    'diagnostics',
    'chaukas',
    'cloudevents',
  ],
  'delivery/spool': ['clock.ts', 'version.ts', 'json', 'options', 'sinks'],
  delivery: ['clock.ts', 'version.ts', 'json', 'text', 'options', 'chaukas', 'sinks', 'delivery/spool'],
  emitter: [
    'clock.ts',
    'ids.ts',
    'version.ts',
    'installed-module.ts',
    'json',
    'text',
    'options',
    'diagnostics',
    'cloudevents',
    'sinks',
    'delivery/spool',
    'delivery',
  ],
  events: [
    'clock.ts',
    'ids.ts',
    'version.ts',
    'installed-module.ts',
    'bounded-map.ts',
    'steps.ts',
    'json',
    'text',
    'options',
    'diagnostics',
    'semconv',
    'signals',
    'chaukas',
    'redaction',
    'cost',
    'sinks',
    'delivery/spool',
    'delivery',
  ],
  environment: [
    'version.ts',
    'json',
    'text',
    'options',
    'spans',
    'instrumentation/config.ts',
    'sinks',
    'events',
  ],
  sampling: ['version.ts', 'text'],
  cli: [
    'clock.ts',
    'version.ts',
    'bounded-map.ts',
    'json',
    'text',
    'diagnostics',
    'signals',
    'spans',
    'instrumentation/package-marks.ts',
    'chaukas',
    'cloudevents',
    'events',
    'environment',
  ],
  node: [
    'clock.ts',
    'version.ts',
    'installed-module.ts',
    'json',
    'options',
    'diagnostics',
    'instrumentation/config.ts',
    'instrumentation',
    'delivery',
    'events',
    'environment',
    'sampling',
  ],
  testing: [
    'clock.ts',
    'version.ts',
    'json',
    'options',
    'diagnostics',
    'semconv',
    'chaukas',
    'instrumentation/config.ts',
    'instrumentation',
    'sinks',
    'events',
    'node',
  ],
  // Entry points.
  'register.ts': ['diagnostics', 'node'],
  'openai-types.ts': [],
  'openai.ts': ['instrumentation/client'],
  'index.ts': [
    'spans',
    'instrumentation/config.ts',
    'instrumentation/session',
    'instrumentation/client',
    'instrumentation',
    'record',
    'chaukas',
    'redaction',
    'cost',
    'sinks',
    'delivery/spool',
    'delivery',
    'events',
    'environment',
    'sampling',
  ],
};

/**
 * Files that may have fewer than 60 lines and one importer, by path below `src/` or by the folder that holds them, and
 * the reason for each. Entry points have no importer and are not listed.
 */
const SMALL_FILES: Readonly<Record<string, string>> = {
  'cli/prove/prove-command.ts': 'a row of the table of commands, like its siblings',
  'cli/view/server/page-files.ts': 'the only files that requests are answered with',
  'cli/stats/stats-command.ts': 'a row of the table of commands, like its siblings',
  'events/content/': 'one file for each kind of content',
  'instrumentation/agents/span-mappings/': 'rows of the table of span types, and the table',
  'instrumentation/openai-sockets.ts':
    'loaded with the first module that it hooks, unlike the table of modules',
  'node/export-at-exit.ts': 'the process that ends, beside the program that exports for it',
  'openai-api/chat-completions/': 'the same files as openai-api/responses, so that the two can be compared',
  'openai-api/responses/': 'the same files as openai-api/chat-completions, so that the two can be compared',
  'openai-api/decisions.ts': 'a row of the table of endpoints',
  'record/': 'one public function in each file, like its larger siblings',
  'redaction/detectors/': 'rows of the table of detectors',
};

/** Programs that this package starts in a process of their own. */
const PROGRAMS = [
  'cli/verify/scan-worker.ts',
  'cli/view/evidence/verification-worker.ts',
  'cli/view/sources/reading-worker.ts',
  'events/pipeline/thread-program.ts',
  'node/export-spans-main.ts',
];

/** Names that equal those of another package on purpose. */
const SHARED_NAMES: Readonly<Record<string, string>> = {
  OpenAI: 'the entry ./openai replaces the class of openai, so it has its name',
  AzureOpenAI: 'the entry ./openai replaces the class of openai, so it has its name',
  Conversation: 'an answer of the viewer to its page, which no application sees',
  ConversationItem: 'a part of that answer',
  MessageContent: 'a public name of ./chaukas: the message of that name in chaukas-spec',
  ToolCall: 'a public name of ./chaukas: the message of that name in chaukas-spec',
  Sampler:
    'a public name: the interface of samplers by its shape, since SDK 2 and SDK 3 have it in different places',
  SamplingResult: 'a public name: the result of such a sampler',
};

describe('The imports in src/', () => {
  it('know every room of the table', () => {
    expect(sources.filter((file) => roomOf(file.path) === undefined).map((file) => file.path)).toEqual([]);
  });

  it('lead from each room to rooms further down', () => {
    const names = Object.keys(ROOMS);
    const upward = names.flatMap((room) =>
      (ROOMS[room] ?? [])
        .filter((target) => !(names.indexOf(target) < names.indexOf(room) && names.includes(target)))
        .map((target) => `${room} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('stay within what the table permits', () => {
    const forbidden = roomImports()
      .filter(({ from, to }) => !ROOMS[from]?.includes(to))
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(forbidden).toEqual([]);
  });

  it('use everything that the table permits', () => {
    const used = new Set(roomImports().map(({ from, to }) => `${from} -> ${to}`));
    const permitted = Object.entries(ROOMS).flatMap(([from, rooms]) => rooms.map((to) => `${from} -> ${to}`));
    expect(permitted.filter((edge) => !used.has(edge))).toEqual([]);
  });

  it('take nothing but types of OpenTelemetry into openai-api/', () => {
    const impure = sources
      .filter((file) => file.path.startsWith('openai-api/'))
      .flatMap((file) => file.imports.map((entry) => ({ file: file.path, ...entry })))
      .filter(({ target, typesOnly }) => target.startsWith('@opentelemetry/') && !typesOnly)
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(impure).toEqual([]);
  });

  it('form no circle, types included', () => {
    expect(importCircle(sources)).toBeUndefined();
  });
});

describe('The files in src/', () => {
  it('are at most 560', () => {
    expect(sources.length).toBeLessThanOrEqual(560);
  });

  it('have a median of 75 to 115 lines', () => {
    const sizes = sources.map((file) => file.lines).sort((a, b) => a - b);
    const median = sizes[Math.floor(sizes.length / 2)];
    expect(median).toBeGreaterThanOrEqual(75);
    expect(median).toBeLessThanOrEqual(115);
  });

  it('have at most 450 lines', () => {
    expect(sources.filter((file) => file.lines > 450).map((file) => `${file.path}: ${file.lines}`)).toEqual(
      [],
    );
  });

  it('are all imported, except the entry points of package.json', () => {
    const { exports, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      exports: object;
      bin: object;
    };
    // The CommonJS build and the bundles are made from the same sources.
    const built = JSON.stringify([exports, bin]).matchAll(
      /"\.\/dist\/(?!cjs\/|bundled\/)([^"]+?)(?:\.d\.ts|\.js)"/g,
    );
    const entries = Array.from(built, ([, file]) => `${file}.ts`);
    const alone = sources.map((file) => file.path).filter((file) => importersOf(file).length === 0);
    expect(alone).toEqual([...new Set([...entries, ...PROGRAMS])].sort());
  });

  const small = sources
    .filter((file) => file.lines < 60 && importersOf(file.path).length === 1)
    .map((file) => file.path);
  const permits = (place: string, file: string) =>
    file === place || (place.endsWith('/') && file.startsWith(place));

  it('have 60 lines or two importers, except those with a reason', () => {
    const places = Object.keys(SMALL_FILES);
    expect(small.filter((file) => !places.some((place) => permits(place, file)))).toEqual([]);
  });

  it('need each of these reasons', () => {
    expect(Object.keys(SMALL_FILES).filter((place) => !small.some((file) => permits(place, file)))).toEqual(
      [],
    );
  });
});

describe('The name of a type in src/', () => {
  const declared = sources.flatMap((file) => file.typeNames.map((name) => ({ name, file: file.path })));

  it('stands for one thing', () => {
    const homonyms = declared.filter(
      ({ name }) => declared.filter((other) => other.name === name).length > 1,
    );
    expect(homonyms.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
  });

  it('is not that of a type of OpenTelemetry, openai or the Agents SDK', () => {
    const foreign = new Set(
      [
        exportedTypes(modules('@opentelemetry/api/build/src'), /^$/),
        exportedTypes(modules('openai'), /^(src|internal)\b/),
        // @openai/agents re-exports these.
        exportedTypes(modules('@openai/agents-core/dist'), /^$/),
        exportedTypes(modules('@openai/agents-openai/dist'), /^$/),
        exportedTypes(modules('@openai/agents-realtime/dist'), /^$/),
      ].flatMap((names) => [...names]),
    );
    const shared = [...new Set(declared.map(({ name }) => name).filter((name) => foreign.has(name)))].sort();
    expect(shared).toEqual(Object.keys(SHARED_NAMES).sort());
  });
});

function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Imports from one room into another. */
function roomImports() {
  return sources.flatMap((file) =>
    file.imports
      .filter(({ target }) => target.endsWith('.ts'))
      .map(({ target }) => ({
        file: file.path,
        target,
        from: roomOf(file.path) ?? '',
        to: roomOf(target) ?? '',
      }))
      .filter(({ from, to }) => from !== to),
  );
}

function importersOf(target: string): string[] {
  return sources
    .filter((file) => file.imports.some((entry) => entry.target === target))
    .map((file) => file.path);
}

function modules(name: string): string {
  return path.join(root, 'node_modules', name);
}
