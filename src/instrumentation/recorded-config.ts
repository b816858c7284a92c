import type { JsonObject } from '../foreign/json.js';
import type { CaptureMode, ContentCapture } from './content-capture.js';

/**
 * A configuration as the audit trail shows it. Of the options those that are one plain value, which all are that this
 * package has: none of them can be a key, or hold one.
 */
export function recordedConfig(config: object, content: ContentCapture): JsonObject {
  const { enabled: _, ...options } = config as Readonly<Record<string, unknown>>;
  const plain = Object.entries(options).filter(([, value]) => isPlain(value));
  return {
    ...(Object.fromEntries(plain) as JsonObject),
    captureMessageContent: captureMode(content),
    contentLengthLimit: content.lengthLimit,
  };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function captureMode({ onSpan, onEvent }: ContentCapture): CaptureMode {
  if (onSpan) return onEvent ? 'SPAN_AND_EVENT' : 'SPAN_ONLY';
  return onEvent ? 'EVENT_ONLY' : 'NO_CONTENT';
}
