import { asRecord, asString, asText, type ForeignRecord } from '../../foreign/read.js';
import type { MessagePart } from '../../semconv/messages.js';

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*?;base64,/i;

/** A picture, sound or document by its address: a data URL holds the thing itself, any other names it. */
export function mediaPart(modality: string, url: string): MessagePart {
  const header = DATA_URL.exec(url.slice(0, 256));
  if (header === null) return { type: 'uri', modality, uri: url };
  const mimeType = asText(header[1]);
  return {
    type: 'blob',
    modality,
    content: url.slice(header[0].length),
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
