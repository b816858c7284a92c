/** Options that a thread can be given: data, and sinks that say how they are made. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { types } from 'node:util';
import { findInstalled } from '../../installed-module.js';
import { asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { describedOption, wrongOption } from '../../options/option-rules.js';
import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';

const ACCEPTED_DATA = 'data that a thread can be given, or option "thread" left out';
const ACCEPTED_SINK = 'a sink that says how a thread makes it ("inThread"), or option "thread" left out';

/** Levels of objects in an option. No option has so many; an object that contains itself has more. */
const MAX_DEPTH = 20;

/** Returns the problems of options that cannot be given to a thread, if they ask for one. */
export function threadProblems(config: UnknownRecord): string[] {
  if (config.thread !== true) return [];
  const { sinks, redaction, checkpoints } = config;
  return [
    ...(Array.isArray(sinks) ? sinks.flatMap((sink, at) => sinkProblems(`sinks[${at}]`, sink)) : []),
    ...dataProblems('redaction', redaction),
    // The rest of these options stays in the application's thread.
    ...dataProblems('checkpoints.key', asRecord(checkpoints)?.key),
  ];
}

function sinkProblems(option: string, sink: unknown): string[] {
  const inThread = asRecord(asRecord(sink)?.inThread);
  if (inThread === undefined) return [wrongOption(option, sink, ACCEPTED_SINK)];
  const { module, exportName, options } = inThread;
  if (typeof module !== 'string' || typeof exportName !== 'string') {
    return [
      describedOption(
        `${option}.inThread`,
        'incomplete',
        'an object with "module" (such as import.meta.url), "exportName" and "options"',
      ),
    ];
  }
  return dataProblems(option, options);
}

/** Returns a problem for each value within an option that is not data. */
function dataProblems(option: string, value: unknown, depth = 0): string[] {
  if (typeof value === 'function' || typeof value === 'symbol' || depth > MAX_DEPTH) {
    return [wrongOption(option, value, ACCEPTED_DATA)];
  }
  if (typeof value !== 'object' || value === null || isCopied(value)) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, at) => dataProblems(`${option}[${at}]`, item, depth + 1));
  }
  if (!isPlain(value)) return [describedOption(option, `an object of ${showValue(value)}`, ACCEPTED_DATA)];
  return Object.entries(value).flatMap(([name, member]) =>
    dataProblems(`${option}.${name}`, member, depth + 1),
  );
}

/** Whether it is an object of a class of the platform that keeps its class in a thread. */
function isCopied(value: object): boolean {
  return (
    types.isRegExp(value) ||
    types.isDate(value) ||
    types.isKeyObject(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  );
}

/** An object of another realm, as in Jest, has another prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Returns the path of the thread's program. It is looked for by the name of the package: a bundle of the application does
 * not contain it.
 *
 * @throws Error - if this version of the package is not installed.
 */
export function threadProgram(): string {
  const manifest = findInstalled(`${PACKAGE_NAME}/package.json`);
  if (manifest === undefined) {
    throw new Error(
      `${PACKAGE_NAME}: option "thread" needs a file of this package, which is not installed beside the program, as in a ` +
        `bundle; run "npm install ${PACKAGE_NAME}@${PACKAGE_VERSION}" there, or leave the option out`,
    );
  }
  const installed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  const version = isRecord(installed) ? installed.version : undefined;
  if (version !== PACKAGE_VERSION) {
    throw new Error(
      `${PACKAGE_NAME}: option "thread" needs version ${PACKAGE_VERSION} of this package, and ${path.dirname(manifest)} ` +
        `has ${String(version)}; install that version, or leave the option out`,
    );
  }
  return path.join(path.dirname(manifest), 'dist', 'events', 'pipeline', 'thread-program.js');
}
