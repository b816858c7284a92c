import { asString, asText, type ForeignRecord } from '../../foreign/read.js';
import type { MessagePart } from '../../semconv/messages.js';

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*?;base64,/;

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

/** A file part of either API: by id, by address, or as a data URL in `file_data`. */
export function filePart(file: ForeignRecord): MessagePart {
  const fileId = asText(file.file_id);
  if (fileId !== undefined) return { type: 'file', modality: 'document', file_id: fileId };
  return mediaPart('document', asString(file.file_data) ?? asString(file.file_url) ?? '');
}
