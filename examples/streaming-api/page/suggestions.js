/** Messages to start with, by the agent's name. The local model server has an answer to each. */
export const SUGGESTIONS = {
  assistant: [
    'What are the weather and the time in Paris?',
    'Please delete note 7',
    'Where is my invoice?',
    'Why is the sky blue?',
  ],
  chat: ['Why is the sky blue?', 'Tell me a story'],
  research: ['Are heat pumps worth it in cold climates?', 'Why do cities plant trees?'],
};
