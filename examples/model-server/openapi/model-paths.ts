import { EVENTS, generation, operation } from './operation.js';

const text = { type: 'string' };
const flag = { type: 'boolean' };
const file = { type: 'string', format: 'binary' };
const format = { enum: ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] };

const picture = {
  model: text,
  n: { type: 'integer', minimum: 1, maximum: 10 },
  size: text,
  quality: text,
  background: text,
  output_format: { enum: ['png', 'webp', 'jpeg'] },
  response_format: { enum: ['url', 'b64_json'] },
};
const streamed = { stream: flag, partial_images: { type: 'integer', minimum: 0, maximum: 3 } };

/** The calls that go to one model, relative to the base path of the API. */
export const MODEL_PATHS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  '/chat/completions': { post: generation('Create a chat completion', 'messages', { type: 'array' }) },
  '/completions': { post: generation('Complete a text', 'prompt', { type: ['string', 'array'] }) },
  '/embeddings': {
    post: operation('Create embeddings: deterministic unit vectors without meaning', {
      body: {
        required: ['model', 'input'],
        properties: {
          model: text,
          input: { type: ['string', 'array'] },
          encoding_format: { enum: ['float', 'base64'] },
          dimensions: { type: 'integer', minimum: 1, maximum: 4096 },
        },
      },
      errors: [404],
    }),
  },
  '/images/generations': {
    post: operation('Make pictures, all of them one pixel', {
      body: { required: ['prompt'], properties: { prompt: text, ...picture, ...streamed } },
      answers: [EVENTS],
      errors: [404],
    }),
  },
  '/images/edits': {
    post: operation('Change pictures, into one pixel', {
      body: {
        required: ['image', 'prompt'],
        properties: { image: file, mask: file, prompt: text, ...picture, ...streamed },
      },
      form: true,
      answers: [EVENTS],
      errors: [404],
    }),
  },
  '/images/variations': {
    post: operation('Vary a picture, into one pixel', {
      body: { required: ['image'], properties: { image: file, ...picture } },
      form: true,
      errors: [404],
    }),
  },
  '/audio/speech': {
    post: operation('Read a text aloud, in bytes that are no sound', {
      body: {
        required: ['model', 'input', 'voice'],
        properties: {
          model: text,
          input: text,
          voice: { type: ['string', 'object'] },
          response_format: { enum: ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] },
          stream_format: { enum: ['sse', 'audio'] },
        },
      },
      answers: ['audio/*', EVENTS],
      errors: [404],
    }),
  },
  '/audio/transcriptions': {
    post: operation('Write down what was said: the same each time', {
      body: {
        required: ['file', 'model'],
        properties: { file, model: text, prompt: text, response_format: format, stream: flag },
      },
      form: true,
      answers: ['text/plain', EVENTS],
      errors: [404],
    }),
  },
  '/audio/translations': {
    post: operation('Write down in English what was said: the same each time', {
      body: {
        required: ['file', 'model'],
        properties: { file, model: text, prompt: text, response_format: format },
      },
      form: true,
      answers: ['text/plain'],
      errors: [404],
    }),
  },
};
