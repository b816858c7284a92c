import { asNonEmptyString, asNumber, asRecord, asString, type UnknownRecord } from '../json/readers.js';
import type { GenericPart, MessagePart } from '../semconv/messages.js';

/** A picture, sound or document by its address: a data URL holds the thing itself, any other names it. */
export function mediaPart(modality: string, url: string): MessagePart {
  // A data URL without a comma has no content, so it is none.
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
  if (comma < 0) return { type: 'uri', modality, uri: url };
  const header = url.slice('data:'.length, comma);
  const data = url.slice(comma + 1);
  const isBase64 = /;base64$/i.test(header.slice(-';base64'.length));
  const mimeType = asNonEmptyString(header.split(';', 1)[0]);
  return {
    type: 'blob',
    modality,
    content: isBase64
      ? unescapedBase64(data)
      : Buffer.from(percentDecoded(data), 'latin1').toString('base64'),
    ...(mimeType !== undefined && { mime_type: mimeType }),
  };
}

/** A file part of either API: by id, by address, or in `file_data`, as a data URL or the content alone. */
export function filePart(file: UnknownRecord): MessagePart {
  const fileId = asNonEmptyString(file.file_id);
  if (fileId !== undefined) return { type: 'file', modality: 'document', file_id: fileId };
  const data = asNonEmptyString(file.file_data);
  if (data === undefined) return mediaPart('document', asString(file.file_url) ?? '');
  return /^data:/i.test(data)
    ? mediaPart('document', data)
    : { type: 'blob', modality: 'document', content: data };
}

/** The `input_audio` of a part of either API. */
export function audioPart(inputAudio: unknown): MessagePart {
  const audio = asRecord(inputAudio);
  const format = asNonEmptyString(audio?.format) ?? 'wav';
  const mimeType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
  return { type: 'blob', modality: 'audio', content: asString(audio?.data) ?? '', mime_type: mimeType };
}

/** `+`, `/` and `=` may be escaped in an address; base64 itself has no `%`. */
function unescapedBase64(data: string): string {
  return data.includes('%') ? percentDecoded(data) : data;
}

/** The bytes, one in each character. Not `decodeURIComponent`, which throws where they are no UTF-8. */
function percentDecoded(data: string): string {
  return Buffer.from(data)
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * A file on its way to the API, by what can be told without reading it: it may be a stream, which only the client
 * may read, or a promise. Takes what the client takes (openai 7.55): `File`, `Blob`, `fs.ReadStream`, `Response`,
 * `toStreamingFile()`.
 */
export function uploadPart(modality: string, upload: unknown): GenericPart {
  const file = asRecord(upload);
  const name = fileName(
    asNonEmptyString(inherited(file, 'name')) ??
      asNonEmptyString(inherited(file, 'path')) ??
      urlPath(inherited(file, 'url')),
  );
  const size = asNumber(inherited(file, 'size'));
  const mimeType = asNonEmptyString(inherited(file, 'type'));
  return {
    type: 'file_upload',
    modality,
    ...(name !== undefined && { name }),
    ...(size !== undefined && { size }),
    // A Response has a type, too, and it is another thing.
    ...(mimeType?.includes('/') && { mime_type: mimeType }),
  };
}

/** A file's own getters are those of its class; what else has some may throw in them, which is no reason to say nothing. */
function inherited(file: UnknownRecord | undefined, member: string): unknown {
  try {
    return file?.[member];
  } catch {
    return undefined;
  }
}

/** Folders are the application's own and the client does not send them. */
function fileName(path: string | undefined): string | undefined {
  return asNonEmptyString(path?.split(/[\\/]/).at(-1));
}

function urlPath(url: unknown): string | undefined {
  const text = asNonEmptyString(url);
  return text !== undefined && URL.canParse(text) ? new URL(text).pathname : undefined;
}
