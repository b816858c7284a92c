import * as agents from '@openai/agents';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';
import { startTelemetry } from 'opentelemetry-instrumentation-openai-agents/node';

startTelemetry();
new OpenAIAgentsInstrumentation().manuallyInstrument({ openai, agents });
