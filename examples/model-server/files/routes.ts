import { Hono } from 'hono';
import { z } from 'zod';
import { ApiError, invalidRequest } from '../api-error.js';
import { checkBody } from '../check-body.js';
import { answerJson, answerText } from '../http/answer.js';
import { type Environment, type Exchange, jsonBody } from '../http/environment.js';
import { listPage } from '../listing.js';
import type { Stage } from '../model-call.js';
import { unscriptedCall } from '../unscripted-call.js';
import { type FileDescription, type KeptFiles, MAX_FILE_BYTES } from './kept-files.js';

const uploadSchema = z.looseObject({
  file: z.looseObject({ filename: z.string(), size: z.number() }),
  purpose: z.enum(['assistants', 'batch', 'evals', 'fine-tune', 'user_data', 'vision']),
});
type Upload = z.infer<typeof uploadSchema>;

/** Files. Only batches read them. */
export function fileRoutes(kept: KeptFiles, stage: Stage): Hono<Environment> {
  const call = (name: string, act: (c: Exchange, id: string) => object) =>
    unscriptedCall<undefined>(
      {
        name: `files.${name}`,
        read: () => undefined,
        answer: (c, _request, faults) => answerJson(c, act(c, c.req.param('id') ?? ''), faults),
      },
      stage,
    );

  return new Hono<Environment>()
    .post(
      '/',
      unscriptedCall<Upload>(
        {
          name: 'files.create',
          read: (c) => checkUpload(checkBody(uploadSchema, jsonBody(c))),
          answer: async (c, upload, faults) => answerJson(c, await keepUpload(kept, c, upload), faults),
        },
        stage,
      ),
    )
    .get(
      '/',
      call('list', (c) => {
        const purpose = c.req.query('purpose');
        const files = kept.list().filter((file) => purpose === undefined || file.purpose === purpose);
        return listPage(files, c.req.query(), 10_000);
      }),
    )
    .get(
      '/:id',
      call('retrieve', (_c, id) => kept.get(id).description),
    )
    .delete(
      '/:id',
      call('delete', (_c, id) => {
        kept.delete(id);
        return { id, object: 'file', deleted: true };
      }),
    )
    .get(
      '/:id/content',
      unscriptedCall<string>(
        {
          name: 'files.content',
          read: (c) => new TextDecoder().decode(kept.get(c.req.param('id') ?? '').content),
          answer: (c, text, faults) => answerText(c, text, 'application/octet-stream', faults),
        },
        stage,
      ),
    );
}

function checkUpload(upload: Upload): Upload {
  if (upload.file.size > MAX_FILE_BYTES) {
    const message = `File is too large: ${upload.file.size} bytes. The maximum is ${MAX_FILE_BYTES} bytes.`;
    const { details } = invalidRequest(message, { param: 'file' });
    throw new ApiError(413, details);
  }
  if (upload.purpose === 'batch' && !upload.file.filename.endsWith('.jsonl')) {
    throw invalidRequest('Invalid file format for Batch API. Must be .jsonl', { param: 'file' });
  }
  return upload;
}

/** The record of the request has no bytes of files, so the form is read once more. */
async function keepUpload(kept: KeptFiles, c: Exchange, { purpose }: Upload): Promise<FileDescription> {
  const headers = { 'content-type': c.req.header('content-type') ?? '' };
  const form = await new Response(await c.req.arrayBuffer(), { headers }).formData();
  const file = form.get('file');
  if (file === null || typeof file === 'string') throw invalidRequest("Invalid value for 'file'.");
  return kept.add(file.name, purpose, new Uint8Array(await file.arrayBuffer()));
}
