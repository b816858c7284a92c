export type { OpenAIAgentsInstrumentationConfig } from './instrumentation/instrumentation-config.js';
export type { ManuallyInstrumentedModules } from './instrumentation/openai-agents-instrumentation.js';
export { OpenAIAgentsInstrumentation } from './instrumentation/openai-agents-instrumentation.js';
