const { runApplication } = require('./application.cjs');

runApplication((withAgents) => ({
  OpenAI: require('openai').OpenAI,
  agents: withAgents ? require('@openai/agents') : undefined,
}));
