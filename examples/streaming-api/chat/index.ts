export { type ChatOptions, createChatAgent } from './agent.js';
