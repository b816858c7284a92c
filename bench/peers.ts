import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TracerProvider } from '@opentelemetry/api';

const FOLDER = join(process.cwd(), '.cache', 'bench-peers');
const PACKAGES = {
  '@arizeai/openinference-instrumentation-openai': '4.2.7',
  '@traceloop/instrumentation-openai': '0.27.0',
};

type OpenAIModule = typeof import('openai');

interface PeerInstrumentation {
  setTracerProvider(provider: TracerProvider): void;
  manuallyInstrument(module: unknown): void;
}

/** Another instrumentation that can trace openai 7. The official one cannot: 0.22.0 supports versions below 7. */
export interface Peer {
  readonly name: string;
  instrument(openai: OpenAIModule, provider: TracerProvider): void;
}

/** Loads the peers. They are installed into a folder of their own on first use. Both record message content. */
export function loadPeers(): Peer[] {
  install();
  const require = createRequire(join(FOLDER, 'package.json'));
  const make = (name: keyof typeof PACKAGES): PeerInstrumentation => {
    const { OpenAIInstrumentation } = require(name) as {
      OpenAIInstrumentation: new () => PeerInstrumentation;
    };
    return new OpenAIInstrumentation();
  };
  const peer = (
    name: string,
    packageName: keyof typeof PACKAGES,
    what: (openai: OpenAIModule) => unknown,
  ): Peer => ({
    name,
    instrument(openai, provider) {
      const instrumentation = make(packageName);
      instrumentation.setTracerProvider(provider);
      instrumentation.manuallyInstrument(what(openai));
    },
  });
  return [
    peer('OpenInference', '@arizeai/openinference-instrumentation-openai', ({ OpenAI }) => ({ OpenAI })),
    peer('OpenLLMetry', '@traceloop/instrumentation-openai', ({ OpenAI }) => OpenAI),
  ];
}

function install(): void {
  if (existsSync(join(FOLDER, 'node_modules'))) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
