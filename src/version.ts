/** Name of the instrumentation scope and of the npm package. */
export const PACKAGE_NAME = 'opentelemetry-instrumentation-openai-agents';

/** Version of the instrumentation scope. A test compares it with package.json. */
export const PACKAGE_VERSION = '0.1.0';
