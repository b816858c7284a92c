import { register } from 'node:module';
import application from './application.cjs';

if (process.argv[2] === 'dd-trace') register('dd-trace/loader-hook.mjs', import.meta.url);
if (process.argv[4] !== 'preloaded') register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

await application.runApplication(async (withAgents) => ({
  OpenAI: (await import('openai')).OpenAI,
  agents: withAgents ? await import('@openai/agents') : undefined,
}));
