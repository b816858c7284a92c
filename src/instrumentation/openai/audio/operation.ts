import { ATTR_GEN_AI_REQUEST_MODEL } from '../../../semconv/attributes.js';
import { SPAN_TYPE_TRANSCRIPTION, SPAN_TYPE_TRANSLATION } from '../../../semconv/operations.js';
import { bodyAndOptions, type ClientOperation } from '../client-operation.js';
import { speech } from './speech.js';
import {
  readTranscript,
  transcriptMessages,
  transcriptRequestAttributes,
  transcriptRequestDetails,
} from './transcript.js';
import { TranscriptChunks } from './transcript-chunks.js';

const TRANSCRIPT = {
  method: 'create',
  everywhere: true,
  spanTarget: ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: transcriptRequestAttributes,
  requestDetails: transcriptRequestDetails,
  readResponse: readTranscript,
  outputMessages: transcriptMessages,
} satisfies Partial<ClientOperation>;

export const audio: readonly ClientOperation[] = [
  speech,
  {
    ...TRANSCRIPT,
    resource: ['Audio', 'Transcriptions'],
    spanType: SPAN_TYPE_TRANSCRIPTION,
    accumulateChunks: (keepContent) => new TranscriptChunks(keepContent),
  },
  { ...TRANSCRIPT, resource: ['Audio', 'Translations'], spanType: SPAN_TYPE_TRANSLATION },
];
