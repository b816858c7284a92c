/** What an application says of a run itself: `traceMetadata` of a runner, `metadata` of `withTrace`. */
import type { Attributes } from '@opentelemetry/api';
import { toJsonValue } from '../../foreign/json.js';
import { ownMembers } from '../../foreign/read.js';
import { OPENAI_AGENTS_TRACE_METADATA_PREFIX } from '../../semconv/attributes.js';
import { maskSecrets } from '../../semconv/secrets.js';

/** It may be anything, and any amount of it. */
const MAX_MEMBERS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 256;
/** More than is shown, so that no credential is cut and then missed. */
const READ_LENGTH = 4096;

export type TraceMetadata = Readonly<Record<string, string | number | boolean>>;

/** What is given for a trace is no message content: it is shown where the trace is, within limits, without credentials. */
export function readTraceMetadata(value: unknown): TraceMetadata | undefined {
  const members = Object.entries(ownMembers(value)).slice(0, MAX_MEMBERS);
  const shown = members.flatMap(([name, member]): [string, string | number | boolean][] => {
    const json = toJsonValue(member);
    if (json === null || name === '') return [];
    return [[masked(name, MAX_NAME_LENGTH), typeof json === 'object' ? text(json) : scalar(json)]];
  });
  return shown.length === 0 ? undefined : Object.fromEntries(shown);
}

export function traceMetadataAttributes(metadata: TraceMetadata | undefined): Attributes {
  const entries = Object.entries(metadata ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [`${OPENAI_AGENTS_TRACE_METADATA_PREFIX}${name}`, value]),
  );
}

function scalar(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? masked(value, MAX_VALUE_LENGTH) : value;
}

function text(value: object): string {
  return masked(JSON.stringify(value), MAX_VALUE_LENGTH);
}

function masked(value: string, maxLength: number): string {
  return maskSecrets(value.slice(0, READ_LENGTH)).slice(0, maxLength);
}
