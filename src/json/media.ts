/**
 * Images, audio and other binary data within content. A record of a conversation has megabytes of base64 that no reader
 * can use: what counts is which data it was. So base64 becomes its type, its size and its hash, by which the original
 * can be recognised.
 */
import { createHash } from 'node:crypto';
import { defineMember, type JsonObject, type JsonValue } from './json.js';
import { asNonEmptyString } from './readers.js';

/** Binary data in a record. */
export type MediaDigest = {
  /** Absent if neither the data's holder nor its first bytes say it. */
  mime_type?: string;
  bytes: number;
  /** SHA-256 of the bytes, in lower-case hexadecimal. */
  sha256: string;
};

/** Returns what is recorded of data. The time is linear in its size. */
export function mediaDigest(base64: string, mimeType?: string): MediaDigest {
  const data = Buffer.from(base64, 'base64');
  const type = mimeType ?? typeOfStart(base64);
  return {
    ...(type !== undefined && { mime_type: type }),
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
  };
}

/** The first characters of base64 of usual file types, whose files all begin alike. */
const STARTS: readonly (readonly [start: string, mimeType: string | undefined])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['JVBERi0', 'application/pdf'],
  ['SUQz', 'audio/mpeg'],
  ['T2dnUw', 'audio/ogg'],
  ['ZkxhQw', 'audio/flac'],
  // WAV, WebP and AVI; ZIP and all formats that are a ZIP.
  ['UklGR', undefined],
  ['UEsDB', undefined],
];

function typeOfStart(base64: string): string | undefined {
  const known = STARTS.find(([start]) => base64.startsWith(start));
  if (known === undefined || !base64.startsWith('UklGR')) return known?.[1];
  const kind = Buffer.from(base64.slice(0, 16), 'base64').toString('latin1', 8, 12);
  return kind === 'WAVE' ? 'audio/wav' : kind === 'WEBP' ? 'image/webp' : undefined;
}

/** Shorter texts are not looked at, unless their holder says that they are data. */
const SHORTEST_KNOWN = 64;
/** Base64 of an unknown type is recognised by its characters alone, so it has to be longer than any name or key. */
const SHORTEST_UNKNOWN = 1024;
/** The type and the parameters of a data URL. */
const LONGEST_HEADER = 256;
/** Beyond that a value is a graph of objects rather than data. */
const MAX_DEPTH = 64;

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const DATA_URL = /^data:([^,]*),/i;
const EMBEDDED_DATA_URL =
  /data:([\w.+-]{1,80}\/[\w.+-]{1,80})(?:;[\w=.+-]{1,80}){0,4};base64,([A-Za-z0-9+/_=-]{64,})/g;

/**
 * Returns content with a {@link MediaDigest} in the place of each piece of base64: data URLs, the data of MCP's images,
 * audio and resources, of the APIs' parts, and long texts that are nothing but base64. Other content is returned as it
 * is, and so is the value itself if there is nothing to replace.
 */
export function withoutMedia<Value extends JsonValue>(value: Value): Value {
  return replaced(value, undefined, '', 0) as Value;
}

function replaced(value: JsonValue, holder: JsonObject | undefined, key: string, depth: number): JsonValue {
  if (typeof value === 'string') return replacedText(value, holder, key);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  return Array.isArray(value) ? replacedList(value, depth) : replacedMembers(value, depth);
}

function replacedList(list: JsonValue[], depth: number): JsonValue {
  let copy: JsonValue[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const entry = list[index] ?? null;
    const kept = replaced(entry, undefined, '', depth + 1);
    if (kept === entry) continue;
    copy ??= [...list];
    copy[index] = kept;
  }
  return copy ?? list;
}

function replacedMembers(value: JsonObject, depth: number): JsonObject {
  let copy: JsonObject | undefined;
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    const kept = replaced(member, value, name, depth + 1);
    if (kept === member) continue;
    copy ??= { ...value };
    if (value.type === 'blob' && name === 'content') {
      // The part itself says what it is, in the convention's shape.
      delete copy.content;
      Object.assign(copy, kept);
    } else {
      defineMember(copy, name, kept);
    }
  }
  return copy ?? value;
}

function replacedText(text: string, holder: JsonObject | undefined, key: string): JsonValue {
  if (holder !== undefined && isDataMember(holder, key) && text !== '') {
    const url = dataUrlDigest(text);
    if (url !== undefined) return url;
    if (BASE64.test(text)) return mediaDigest(text, mimeTypeOf(holder));
  }
  if (text.length < SHORTEST_KNOWN) return text;
  return bareDigest(text, holder !== undefined && isTextMember(holder, key));
}

/** @param asText - whether the schema wants a text in its place. */
function bareDigest(text: string, asText: boolean): JsonValue {
  const digest = dataUrlDigest(text) ?? (isBareBase64(text) ? mediaDigest(text) : undefined);
  if (digest !== undefined) return asText ? digestText(digest) : digest;
  return text.includes(';base64,') ? withoutEmbedded(text) : text;
}

/** {@link withoutMedia} for a member that has to stay a text. */
export function textWithoutMedia(text: string): string {
  return text.length < SHORTEST_KNOWN ? text : String(bareDigest(text, true));
}

function isTextMember({ type }: JsonObject, key: string): boolean {
  return key === 'text' || (key === 'content' && (type === 'text' || type === 'reasoning'));
}

/** Whether the holder's shape says that the member is base64. */
function isDataMember(holder: JsonObject, key: string): boolean {
  switch (key) {
    case 'content':
      return holder.type === 'blob';
    case 'result':
      return holder.type === 'image_generation_call';
    case 'b64_json':
    case 'file_data':
      return true;
    case 'blob':
      return mimeTypeOf(holder) !== undefined;
    case 'data':
      return (
        holder.type === 'image' ||
        holder.type === 'audio' ||
        mimeTypeOf(holder) !== undefined ||
        isAudioFormat(holder.format)
      );
    default:
      return false;
  }
}

const AUDIO_FORMATS: ReadonlySet<unknown> = new Set([
  'wav',
  'mp3',
  'flac',
  'opus',
  'aac',
  'pcm16',
  'ogg',
  'm4a',
]);

function isAudioFormat(format: JsonValue | undefined): boolean {
  return AUDIO_FORMATS.has(format);
}

/** MCP, the conventions, the Agents SDK and Anthropic have four names for it. */
function mimeTypeOf(holder: JsonObject): string | undefined {
  return (
    asNonEmptyString(holder.mimeType) ??
    asNonEmptyString(holder.mime_type) ??
    asNonEmptyString(holder.mediaType) ??
    asNonEmptyString(holder.media_type)
  );
}

function dataUrlDigest(text: string): MediaDigest | undefined {
  if (!/^data:/i.test(text)) return undefined;
  const header = DATA_URL.exec(text.slice(0, LONGEST_HEADER))?.[1];
  if (header === undefined || !/;base64$/i.test(header)) return undefined;
  const data = text.slice('data:'.length + header.length + 1);
  return mediaDigest(data, asNonEmptyString(header.split(';', 1)[0]));
}

function isBareBase64(text: string): boolean {
  const known = STARTS.some(([start]) => text.startsWith(start));
  if (!known && text.length < SHORTEST_UNKNOWN) return false;
  // The first characters of an ordinary text tell it apart.
  if (!BASE64.test(text.slice(0, SHORTEST_KNOWN)) || !BASE64.test(text)) return false;
  return (
    known || (/[A-Z]/.test(text) && /[a-z]/.test(text) && /[0-9]/.test(text) && !/^[0-9a-f]+$/i.test(text))
  );
}

/** A text with data URLs in it, such as Markdown with images. */
function withoutEmbedded(text: string): string {
  return text.replace(EMBEDDED_DATA_URL, (_url, mimeType: string, data: string) =>
    digestText(mediaDigest(data, mimeType)),
  );
}

function digestText({ mime_type = 'base64', bytes, sha256 }: MediaDigest): string {
  return `[${mime_type}: ${bytes} bytes, sha256 ${sha256}]`;
}
