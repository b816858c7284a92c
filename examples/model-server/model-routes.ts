import { Hono } from 'hono';
import { speech } from './audio/speech/api.js';
import { transcribe, translate } from './audio/transcriptions/api.js';
import { chatCompletions } from './chat-completions/api.js';
import { completions } from './completions/api.js';
import { embeddings } from './embeddings/route.js';
import type { Environment } from './http/environment.js';
import { editImage, generateImage, varyImage } from './images/api.js';
import { modelCall, type Stage } from './model-call.js';
import { unscriptedCall } from './unscripted-call.js';

/** The calls that go to one model. Azure also serves them under the name of a deployment. */
export function modelRoutes(stage: Stage): Hono<Environment> {
  return new Hono<Environment>()
    .post('/chat/completions', modelCall(chatCompletions, stage))
    .post('/completions', modelCall(completions, stage))
    .post('/embeddings', unscriptedCall(embeddings, stage))
    .post('/images/generations', unscriptedCall(generateImage, stage))
    .post('/images/edits', unscriptedCall(editImage, stage))
    .post('/images/variations', unscriptedCall(varyImage, stage))
    .post('/audio/speech', unscriptedCall(speech, stage))
    .post('/audio/transcriptions', unscriptedCall(transcribe, stage))
    .post('/audio/translations', unscriptedCall(translate, stage));
}
