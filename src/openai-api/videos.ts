import type { Attributes } from '@opentelemetry/api';
import { presentMembers } from '../json/json.js';
import { asNonEmptyString, asRecord, isRecord, ownMembers, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../semconv/messages.js';
import { OPERATION_GENERATE_CONTENT } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type CallArguments, type ClientOperation } from './client-operation.js';
import { mediaPart, textParts, uploadPart } from './message-parts.js';
import { type ModelResponseDetails, reportedFailure } from './model-response.js';

/**
 * The methods that start the generation of a video: in openai 6.49.0 and later, not in 6.0.0. Each returns a job, which
 * has neither tokens nor finish reasons. Only `create` takes a model; for the others the job names it.
 */
export const videos: readonly ClientOperation[] = [
  videoOperation('create', bodyAndOptions),
  videoOperation('edit', bodyAndOptions),
  videoOperation('extend', bodyAndOptions),
  { ...videoOperation('remix', remixArguments), pathMembers: ([id]) => ({ video: { id } }) },
];

function videoOperation(method: string, readArguments: ClientOperation['readArguments']): ClientOperation {
  return {
    resource: ['Videos'],
    method,
    everywhere: false,
    operationName: OPERATION_GENERATE_CONTENT,
    targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
    readArguments,
    requestAttributes: videoRequestAttributes,
    requestDetails: videoRequestDetails,
    readResponse: readVideoJob,
    outputMessages: videoOutputMessages,
  };
}

/** `remix(videoID, body, options)`, read as if the body had the video as that of `edit` has. */
function remixArguments([videoId, body, options]: readonly unknown[]): CallArguments {
  return { body, members: { video: { id: videoId } }, options };
}

/** No `gen_ai.output.type`, because the convention has no value for videos. */
function videoRequestAttributes(request: UnknownRecord): Attributes {
  return { [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(request.model) };
}

/** One message: the prompt, and the image or video to start from. */
function videoRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const parts = [
    ...textParts(request.prompt),
    ...sourceParts('image', request.input_reference),
    ...sourceParts('video', request.video),
  ];
  return { messages: parts.length > 0 ? [{ role: 'user', parts }] : [] };
}

/** A source is an upload, or names a video or a file by its id, or an image by its URL. */
function sourceParts(modality: string, source: unknown): MessagePart[] {
  if (source === undefined || source === null) return [];
  const { id, file_id, image_url } = asRecord(source) ?? {};
  const fileId = asNonEmptyString(id) ?? asNonEmptyString(file_id);
  if (fileId !== undefined) return [{ type: 'file', modality, file_id: fileId }];
  const url = asNonEmptyString(image_url);
  return [url === undefined ? uploadPart(modality, source) : mediaPart(modality, url)];
}

function readVideoJob(value: unknown): ModelResponseDetails | undefined {
  if (!isRecord(value) || asNonEmptyString(value.id) === undefined) return undefined;
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    failure:
      value.status === 'failed'
        ? reportedFailure(value.error, 'the generation of the video failed')
        : undefined,
  };
}

/** A part type of its own, because the answer is a job and not yet the video. */
function videoOutputMessages(value: unknown): GenAiMessage[] {
  if (readVideoJob(value) === undefined) return [];
  const { id, status, seconds, size } = ownMembers(value);
  return [
    { role: 'assistant', parts: [{ type: 'video_job', ...presentMembers({ id, status, seconds, size }) }] },
  ];
}
