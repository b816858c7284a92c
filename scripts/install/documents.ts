/** The commands and programs that the README and docs/getting-started.md tell users to take. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { manifest, root } from '../package/repository.mjs';

const README = 'README.md';
const GETTING_STARTED = 'docs/getting-started.md';

/** The code blocks of a language in a document. */
function blocks(document: string, language: string): string[] {
  const text = readFileSync(path.join(root, document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );
}

function block(document: string, language: string, text: string): string {
  const found = blocks(document, language).find((code) => code.includes(text));
  if (found === undefined) throw new Error(`${document} has no ${language} block with "${text}"`);
  return found;
}

/** The words of a command after its beginning. */
function words(document: string, beginning: string): string[] {
  const line = block(document, 'sh', beginning)
    .split('\n')
    .find((text) => text.startsWith(beginning));
  if (line === undefined) throw new Error(`${document} has no line that begins with "${beginning}"`);
  return line.slice(beginning.length).trim().split(/\s+/);
}

/** The packages of the README's install command. */
export const PACKAGES = words(README, 'npm install');
/** The packages for SDK 2, for managers that do not choose them by the version of Node. */
export const PACKAGES_OF_SDK_2 = words(GETTING_STARTED, `pnpm add ${manifest.name}`);

/** The commands after the installation in the README's first block. */
export const THREE_STEPS = block(README, 'sh', `npm install ${manifest.name}`).replace(
  /^npm install .*\n/m,
  '',
);

const telemetry = block(README, 'js', 'startTelemetry(');
const ownSdk = block(GETTING_STARTED, 'js', 'new NodeSDK(');

/** The files that the commands load. */
export function telemetryFiles(sdk: 2 | 3): Readonly<Record<string, string>> {
  return {
    'telemetry.mjs': telemetry,
    'telemetry.cjs': block(GETTING_STARTED, 'cjs', 'startTelemetry('),
    'own-sdk.mjs': sdk === 2 ? ownSdk : withSdk3(ownSdk),
  };
}

/** The change that docs/getting-started.md describes. */
function withSdk3(code: string): string {
  const changed = code
    .replace('@opentelemetry/sdk-trace-node', '@opentelemetry/sdk-trace')
    .replace('new BatchSpanProcessor(new OTLPTraceExporter())', () => SDK_3_PROCESSOR);
  if (!changed.includes(SDK_3_PROCESSOR)) throw new Error(`${GETTING_STARTED} has another span processor`);
  return changed;
}

const SDK_3_PROCESSOR = 'new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })';

/** The arguments of Node in the commands of the documents, up to the application. */
export const NODE_ARGUMENTS = {
  register: nodeArguments(README, `--import ${manifest.name}/register`),
  telemetryModule: nodeArguments(README, '--import ./telemetry.mjs'),
  telemetryCommonJs: nodeArguments(GETTING_STARTED, '--require ./telemetry.cjs'),
};

/** @throws Error - if the document does not have this command. */
function nodeArguments(document: string, options: string): string[] {
  const text = readFileSync(path.join(root, document), 'utf8');
  if (!text.includes(`node ${options} app.`)) throw new Error(`${document} has no "node ${options} app…"`);
  return options.split(' ');
}
