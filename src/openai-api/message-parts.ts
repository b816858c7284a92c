/** Parts that the messages of several APIs have in common. */
import { mediaDigest } from '../json/media.js';
import { asNonEmptyString, asNumber, asRecord, asString, type UnknownRecord } from '../json/readers.js';
import type { GenericPart, MessagePart } from '../semconv/messages.js';

/** One text part, or none if the value is not a text or is empty. */
export function textParts(text: unknown): MessagePart[] {
  const content = asNonEmptyString(text);
  return content === undefined ? [] : [{ type: 'text', content }];
}

/** An image, audio or document given by its URL. A data URL becomes a blob, any other URL a reference. */
export function mediaPart(modality: string, url: string): MessagePart {
  // A data URL without a comma has no content, so it counts as an ordinary URL.
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
  if (comma < 0) return { type: 'uri', modality, uri: url };
  const header = url.slice('data:'.length, comma);
  const data = url.slice(comma + 1);
  const isBase64 = /;base64$/i.test(header.slice(-';base64'.length));
  const mimeType = asNonEmptyString(header.split(';', 1)[0]);
  const base64 = isBase64
    ? unescapedBase64(data)
    : Buffer.from(percentDecoded(data), 'latin1').toString('base64');
  return blobPart(modality, base64, mimeType);
}

/** Data in the message itself. */
export function blobPart(modality: string, base64: string, mimeType?: string): MessagePart {
  return { type: 'blob', modality, ...mediaDigest(base64, mimeType) };
}

/** A file in either API: given by id, by URL, or in `file_data` as a data URL or base64. */
export function filePart(file: UnknownRecord): MessagePart {
  const fileId = asNonEmptyString(file.file_id);
  if (fileId !== undefined) return { type: 'file', modality: 'document', file_id: fileId };
  const data = asNonEmptyString(file.file_data);
  if (data === undefined) return mediaPart('document', asString(file.file_url) ?? '');
  return /^data:/i.test(data) ? mediaPart('document', data) : blobPart('document', data);
}

/** The `input_audio` of a part in either API. */
export function audioPart(inputAudio: unknown): MessagePart {
  const audio = asRecord(inputAudio);
  const format = asNonEmptyString(audio?.format) ?? 'wav';
  const mimeType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
  return blobPart('audio', asString(audio?.data) ?? '', mimeType);
}

/** A URL may escape `+`, `/` and `=`. Base64 itself has no `%`. */
function unescapedBase64(data: string): string {
  return data.includes('%') ? percentDecoded(data) : data;
}

/** Returns the bytes, one per character. `decodeURIComponent` would throw if they are not UTF-8. */
function percentDecoded(data: string): string {
  return Buffer.from(data)
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * Describes a file that is uploaded, without reading it: it may be a stream, which only the client may read, or a
 * promise. Accepts views of what the client accepts (openai 7.55): `File`, `Blob`, `fs.ReadStream`, `Response`,
 * `toStreamingFile()`.
 */
export function uploadPart(modality: string, upload: unknown): GenericPart {
  const file = asRecord(upload);
  const name = fileName(asNonEmptyString(file?.name) ?? asNonEmptyString(file?.path) ?? urlPath(file?.url));
  const size = asNumber(file?.size);
  const mimeType = asNonEmptyString(file?.type);
  return {
    type: 'file_upload',
    modality,
    ...(name !== undefined && { name }),
    ...(size !== undefined && { size }),
    // A Response has a `type` too, but it is not a media type.
    ...(mimeType?.includes('/') && { mime_type: mimeType }),
  };
}

/** The last segment of a path. The client does not send the folders, which are the application's own business. */
function fileName(path: string | undefined): string | undefined {
  return asNonEmptyString(path?.split(/[\\/]/).at(-1));
}

function urlPath(url: unknown): string | undefined {
  const text = asNonEmptyString(url);
  return text !== undefined && URL.canParse(text) ? new URL(text).pathname : undefined;
}
