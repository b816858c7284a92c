export { type AssistantOptions, createAssistantAgent } from './agent.js';
