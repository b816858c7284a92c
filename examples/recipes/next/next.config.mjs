/** @type {import('next').NextConfig} */
export default {
  serverExternalPackages: ['openai', '@openai/agents', 'opentelemetry-instrumentation-openai-agents'],
};
