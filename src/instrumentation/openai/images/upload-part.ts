import { asNumber, asRecord, asText, type ForeignRecord } from '../../../foreign/read.js';
import type { GenericPart } from '../../../semconv/messages.js';

/**
 * A file on its way to the API, by what can be told without reading it: it may be a stream, which only the client
 * may read, or a promise. Takes what the client takes (openai 7.55): `File`, `Blob`, `fs.ReadStream`, `Response`,
 * `toStreamingFile()`.
 */
export function uploadPart(modality: string, upload: unknown): GenericPart {
  const file = asRecord(upload);
  const name = fileName(
    asText(inherited(file, 'name')) ?? asText(inherited(file, 'path')) ?? urlPath(inherited(file, 'url')),
  );
  const size = asNumber(inherited(file, 'size'));
  const mimeType = asText(inherited(file, 'type'));
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
function inherited(file: ForeignRecord | undefined, member: string): unknown {
  try {
    return file?.[member];
  } catch {
    return undefined;
  }
}

/** Folders are the application's own and the client does not send them. */
function fileName(path: string | undefined): string | undefined {
  return asText(path?.split(/[\\/]/).at(-1));
}

function urlPath(url: unknown): string | undefined {
  const text = asText(url);
  return text !== undefined && URL.canParse(text) ? new URL(text).pathname : undefined;
}
