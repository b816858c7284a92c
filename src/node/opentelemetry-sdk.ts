/**
 * OpenTelemetry's SDK for Node, as it is installed beside the application. It is an optional peer dependency, so it is
 * looked up and loaded when it is needed. SDK 2 and SDK 3 differ in their packages and types; this file describes what
 * both have.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Context, TracerProvider } from '@opentelemetry/api';
import { findInstalled, resolvedFrom } from '../installed-module.js';
import { asRecord, asString } from '../json/readers.js';
import type { Sampler } from '../sampling/always-record-sampler.js';
import { PACKAGE_NAME } from '../version.js';

const SDK = '@opentelemetry/sdk-node';

/** The first version of `@opentelemetry/sdk-node` that belongs to SDK 2. */
const OLDEST_MINOR = 200;

/** The SDK's `SpanProcessor`, by its shape. */
export interface SdkSpanProcessor {
  onStart(span: object, parentContext: Context): void;
  onEnd(span: object): void;
  /** Called before `onEnd`, from SDK 2.1 on. */
  onEnding?(span: object): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The SDK's `SpanExporter`, by its shape. */
export interface SdkSpanExporter {
  export(spans: object[], done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface ExportResult {
  /** 0 is success. */
  readonly code: number;
  readonly error?: Error;
}

export interface SdkInstance {
  start(): void;
  shutdown(): Promise<void>;
}

/** The members of `@opentelemetry/sdk-node`. */
interface NodeSdkModule {
  readonly NodeSDK: new (options: object) => SdkInstance;
  /** Reads `OTEL_CONFIG_FILE`. From SDK 2.6 on, and named `startNodeSdk` since SDK 3. */
  readonly startNodeSdk?: (options: object) => Pick<SdkInstance, 'shutdown'>;
  readonly startNodeSDK?: (options: object) => Pick<SdkInstance, 'shutdown'>;
}

type Constructor<Instance, Options extends unknown[]> = new (...options: Options) => Instance;

/** The members of `@opentelemetry/sdk-trace`, or of `@opentelemetry/sdk-trace-base` in an older SDK 2. */
export interface TraceModule {
  /** Takes one object with the exporter in `sdk-trace`, and the exporter first in `sdk-trace-base`. */
  readonly BatchSpanProcessor: Constructor<SdkSpanProcessor, [exporter: object, options?: object]>;
  readonly SimpleSpanProcessor: Constructor<SdkSpanProcessor, [exporter: object]>;
  readonly ConsoleSpanExporter: Constructor<SdkSpanExporter, []>;
  readonly AlwaysOnSampler: Constructor<Sampler, []>;
  readonly AlwaysOffSampler: Constructor<Sampler, []>;
  readonly TraceIdRatioBasedSampler: Constructor<Sampler, [ratio: number]>;
  readonly ParentBasedSampler: Constructor<Sampler, [options: { root: Sampler }]>;
  /** The name in `sdk-trace`. */
  readonly TracerProvider?: Constructor<SdkTracerProvider, [options: SdkTracerProviderOptions]>;
  /** The name in `sdk-trace-base`. */
  readonly BasicTracerProvider?: Constructor<SdkTracerProvider, [options: SdkTracerProviderOptions]>;
}

export interface SdkTracerProvider extends TracerProvider {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

interface SdkTracerProviderOptions {
  readonly sampler: Sampler;
  readonly spanProcessors: readonly SdkSpanProcessor[];
}

/** The part of the SDK that was found which makes traces. */
export interface TraceSdk {
  /** Path of the module `@opentelemetry/sdk-node`. */
  readonly file: string;
  /** Version of `@opentelemetry/sdk-node`. */
  readonly version: string;
  readonly traces: TraceModule;
  /** Whether span processors take one object that holds the exporter. */
  readonly takesOneObject: boolean;
  /** Returns the path of a module that the SDK depends on; `undefined` if it is not installed. */
  resolve(name: string): string | undefined;
  load(file: string): unknown;
}

/** The SDK that was found. */
export interface OpenTelemetrySdk extends TraceSdk {
  readonly node: NodeSdkModule;
}

/**
 * Finds the SDK beside this package, beside the program that was started, or in the working folder.
 *
 * @throws Error - if it is missing or too old, naming the command that installs it.
 */
export function loadOpenTelemetrySdk(): OpenTelemetrySdk {
  const sdk = loadTraceSdk();
  return { ...sdk, node: sdk.load(sdk.file) as NodeSdkModule };
}

/**
 * Like {@link loadOpenTelemetrySdk}, without `@opentelemetry/sdk-node` itself: it loads every exporter, which is nine
 * tenths of the time (0.223).
 */
export function loadTraceSdk(): TraceSdk {
  const file = findInstalled(SDK);
  if (file === undefined) {
    throw new Error(
      `${PACKAGE_NAME}: the OpenTelemetry SDK is not installed; run "npm install ${installable()}"`,
    );
  }
  const require = createRequire(file);
  const version = versionOf(file);
  if (!(Number(version.split('.')[1]) >= OLDEST_MINOR || Number(version.split('.')[0]) > 0)) {
    throw new Error(
      `${PACKAGE_NAME}: ${SDK} ${version} is too old; run "npm install ${installable()}" for 0.${OLDEST_MINOR} or newer`,
    );
  }
  // Older SDK 2 has some modules only below `sdk-trace-node`.
  const beside = resolvedFrom(require, '@opentelemetry/sdk-trace-node');
  const resolve = (name: string) =>
    resolvedFrom(require, name) ??
    (beside === undefined ? undefined : resolvedFrom(createRequire(beside), name));
  const together = resolve('@opentelemetry/sdk-trace');
  const traceFile = together ?? resolve('@opentelemetry/sdk-trace-base');
  if (traceFile === undefined)
    throw new Error(`${PACKAGE_NAME}: ${SDK} ${version} has no trace SDK beside it`);
  return {
    file,
    version,
    traces: require(traceFile) as TraceModule,
    takesOneObject: together !== undefined,
    resolve,
    load: (name) => require(name) as unknown,
  };
}

/** SDK 3 needs Node 22.15 (its `engines`); SDK 2 is the last for older versions. */
function installable(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 15) ? SDK : `${SDK}@0.223`;
}

/** The package does not export its package.json in every version, so it is searched above the module. */
function versionOf(file: string): string {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version } = asRecord(JSON.parse(readFileSync(manifest, 'utf8'))) ?? {};
    if (name === SDK) return asString(version) ?? '';
  }
  return '';
}
