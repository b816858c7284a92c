import { asRecord, asString, asText, type ForeignRecord } from '../../foreign/read.js';
import type { MessagePart } from '../../semconv/messages.js';

/** A picture, sound or document by its address: a data URL holds the thing itself, any other names it. */
export function mediaPart(modality: string, url: string): MessagePart {
  // A data URL without a comma has no content, so it is none.
  const comma = /^data:/i.test(url) ? url.indexOf(',') : -1;
  if (comma < 0) return { type: 'uri', modality, uri: url };
  const header = url.slice('data:'.length, comma);
  const data = url.slice(comma + 1);
  const isBase64 = /;base64$/i.test(header.slice(-';base64'.length));
  const mimeType = asText(header.split(';', 1)[0]);
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
export function filePart(file: ForeignRecord): MessagePart {
  const fileId = asText(file.file_id);
  if (fileId !== undefined) return { type: 'file', modality: 'document', file_id: fileId };
  const data = asText(file.file_data);
  if (data === undefined) return mediaPart('document', asString(file.file_url) ?? '');
  return /^data:/i.test(data)
    ? mediaPart('document', data)
    : { type: 'blob', modality: 'document', content: data };
}

/** The `input_audio` of a part of either API. */
export function audioPart(inputAudio: unknown): MessagePart {
  const audio = asRecord(inputAudio);
  const format = asText(audio?.format) ?? 'wav';
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
