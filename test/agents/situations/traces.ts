import * as agents from '@openai/agents';
import { failureOf, type Situation } from './situation.js';
import { toolA } from './tools.js';

const agentNamed = (name: string, model = 'says-hi', tools: agents.Tool[] = []) =>
  new agents.Agent({ name, model, tools });

/** Uses of the SDK's own traces and spans by the application. */
export const traces: readonly Situation[] = [
  {
    name: 'with-trace-two-runs',
    run: (tools) =>
      agents.withTrace(
        'outer workflow',
        async () => {
          await tools.runner().run(agentNamed('Main'), 'first');
          return (await tools.runner().run(agentNamed('Second'), 'second')).finalOutput;
        },
        { groupId: 'conv-9' },
      ),
  },
  {
    name: 'with-trace-two-runs-without-group',
    run: (tools) =>
      agents.withTrace('outer workflow', async () => {
        await tools.runner().run(agentNamed('Main'), 'first');
        return (await tools.runner().run(agentNamed('Second'), 'second')).finalOutput;
      }),
  },
  {
    name: 'with-trace-second-run-fails',
    run: (tools) =>
      agents.withTrace('outer workflow', async () => {
        await tools.runner().run(agentNamed('Main'), 'first');
        return failureOf(() => tools.runner().run(agentNamed('Second', 'no-such-model'), 'second'));
      }),
  },
  {
    name: 'with-trace-metadata',
    run: (tools) =>
      agents.withTrace(
        'outer workflow',
        async () => {
          await tools.runner().run(agentNamed('Main'), 'first');
          return (await tools.runner().run(agentNamed('Second'), 'second')).finalOutput;
        },
        {
          metadata: {
            tenant: 't2',
            attempt: 2,
            flags: ['a', 'b'],
            key: 'sk-proj-abcdefghijklmnopqrst123456',
          },
        },
      ),
  },
  {
    name: 'custom-span',
    run: (tools) =>
      agents.withTrace('outer', () =>
        agents.withCustomSpan(
          async () => (await tools.runner().run(agentNamed('Main'), 'hello')).finalOutput,
          { data: { name: 'my step', data: { order: 'A-1001' } } },
        ),
      ),
  },
  {
    name: 'custom-span-fails',
    run: () =>
      failureOf(() =>
        agents.withTrace('outer', () =>
          agents.withCustomSpan(
            async () => {
              throw new RangeError('my step broke');
            },
            { data: { name: 'my step' } },
          ),
        ),
      ),
  },
  {
    name: 'voice-spans',
    run: () =>
      agents.withTrace('call', () =>
        agents.withSpeechGroupSpan(async () => {
          await agents.withTranscriptionSpan(
            async (span) => {
              span.spanData.output = 'hello';
            },
            { data: { input: { data: 'UklGRg==', format: 'pcm' }, model: 'gpt-4o-transcribe' } },
          );
          await agents.withSpeechSpan(async () => {}, {
            data: {
              input: 'hello back',
              output: { data: 'UklGRg==', format: 'pcm' },
              model: 'gpt-4o-mini-tts',
            },
          });
          return 'spoken';
        }),
      ),
  },
  {
    name: 'voice-spans-around-calls',
    run: ({ client }) =>
      agents.withTrace('call', () =>
        agents.withSpeechGroupSpan(async () => {
          await agents.withTranscriptionSpan(
            async (span) => {
              const file = new File(['UklGRg=='], 'speech.wav', { type: 'audio/wav' });
              const { text } = await client.audio.transcriptions.create({ model: 'whisper-1', file });
              span.spanData.output = text;
            },
            { data: { input: { data: 'UklGRg==', format: 'pcm' }, model: 'whisper-1' } },
          );
          await agents.withSpeechSpan(
            async () => {
              // Another kind of call, which must not claim the span.
              await client.chat.completions.create({
                model: 'says-hi',
                messages: [{ role: 'user', content: 'hello' }],
              });
              const answer = await client.audio.speech.create({
                model: 'tts-1',
                voice: 'alloy',
                input: 'hello back',
              });
              await answer.arrayBuffer();
            },
            { data: { input: 'hello back', output: { data: '', format: 'pcm' }, model: 'tts-1' } },
          );
          return 'spoken';
        }),
      ),
  },
  {
    name: 'task-and-turn-spans-off',
    run: async (tools) => {
      const runner = tools.runner({ tracing: { includeTaskAndTurnSpans: false } });
      return (await runner.run(agentNamed('Main', 'calls-a', [toolA()]), 'go')).finalOutput;
    },
  },
];

/** Runs that are configured to record less. */
export const privacy: readonly Situation[] = [
  {
    name: 'no-sensitive-data',
    run: async (tools) =>
      (
        await tools
          .runner({ traceIncludeSensitiveData: false })
          .run(agentNamed('Main', 'calls-a', [toolA()]), 'go')
      ).finalOutput,
  },
];
