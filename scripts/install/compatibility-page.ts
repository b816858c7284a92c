/** The page `docs/compatibility.md`, which `npm run test:install -- --write` writes. */
import {
  APPLICATIONS,
  chooseRuns,
  MANAGERS,
  type ManagerName,
  PLATFORMS,
  ROWS,
  type Row,
  runKey,
} from './matrix.js';

/** What npm installed beside SDK 2, with Node 20, and beside SDK 3. */
type BySdk = Readonly<Record<2 | 3, string>>;

/** The versions with which the runs were made. */
export interface TestedVersions {
  readonly managers: Readonly<Record<ManagerName, string>>;
  /** In the order of `NODES`. */
  readonly nodes: readonly string[];
  readonly openai: BySdk;
  readonly agents: BySdk;
  /** Of `@opentelemetry/sdk-node`. */
  readonly sdk: BySdk;
  /** Of `@opentelemetry/api`. */
  readonly api: BySdk;
}

/** Every run of the tables has succeeded; there is no page otherwise. */
export function compatibilityPage(versions: TestedVersions): string {
  return `# Compatibility

\`npm run test:install -- --write\` has written this page. It installs the packed package in empty folders, as the
[README](../README.md#add-it-to-your-application) and [Getting started](getting-started.md) say, and runs an application
for each cell: an agent with a tool, and a call of the client. A cell says \`yes\` if the application printed what it prints
without this package and nothing more, and its whole trace arrived over OTLP; after the three steps, its events are in the
file, and the last step shows them. \`.ci/run\` runs every row, on four of the columns.

${table(
  ['tested with', 'version'],
  [
    ['Node', versions.nodes.join(', ')],
    ...([2, 3] as const).map((sdk) => [
      `\`openai\` and \`@openai/agents\` beside SDK ${sdk}`,
      `${versions.openai[sdk]} and ${versions.agents[sdk]}`,
    ]),
    ...([2, 3] as const).map((sdk) => [
      `OpenTelemetry SDK ${sdk}`,
      `\`@opentelemetry/sdk-node\` ${versions.sdk[sdk]}, \`@opentelemetry/api\` ${versions.api[sdk]}`,
    ]),
    ...MANAGERS.map((name) => [name, versions.managers[name]]),
  ],
)}

The column "20 · 2" is Node 20 with SDK 2. SDK 3 needs Node 22.15 or newer. Other versions of \`openai\` and
\`@openai/agents\` are tested in a [matrix](../CONTRIBUTING.md#version-matrix) of their own.

## With npm

npm chooses SDK 2 or SDK 3 by the version of Node that runs it.

${table(
  ['switched on by', 'application', ...PLATFORM_NAMES],
  rowsOf((manager) => manager === 'npm'),
)}

## With pnpm and yarn

The version of SDK 2 is named, as [Getting started](getting-started.md) says. yarn 4 runs with Plug'n'Play, and
\`yarn node\` takes the place of \`node\`. yarn 1 on Node 20 is given \`--ignore-engines\`, because the newest \`openai\` asks
for Node 22. \`npm run test:install -- --all\` also runs the other ways, on the other versions of Node.

${table(
  ['package manager', 'switched on by', 'application', ...PLATFORM_NAMES],
  rowsOf((manager) => manager !== 'npm'),
)}

## Without the OpenTelemetry SDK

The application runs as it does without this package, on each of these versions of Node, and one line says what to
install: \`npm install @opentelemetry/sdk-node@0.223\` on Node 20, and \`npm install @opentelemetry/sdk-node\` on newer ones.
`;
}

const PLATFORM_NAMES = PLATFORMS.map(({ node, sdk }) => `${node} · ${sdk}`);

function rowsOf(wanted: (manager: Row['manager']) => boolean): string[][] {
  const keys = new Set(chooseRuns('page').map(runKey));
  return ROWS.filter(({ manager }) => wanted(manager)).flatMap((row) => {
    const cells = PLATFORMS.map((platform) => (keys.has(runKey({ row, platform })) ? 'yes' : ''));
    if (!cells.includes('yes')) return [];
    return [
      [...(row.manager === 'npm' ? [] : [row.manager]), row.title, APPLICATIONS[row.application], ...cells],
    ];
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const VERSION = /\d+\.\d+\.\d+/g;

/** The page of these or other versions is the same without them. */
export function versionless(page: string): string {
  return page.replaceAll(VERSION, 'x');
}
