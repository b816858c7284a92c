// A CommonJS application with a part that is an ES module: what app.mjs does, half and half.
const { OpenAI } = require('openai');

async function main() {
  const { askAgent } = await import('./agent.mjs');
  console.log(await askAgent());

  const completion = await new OpenAI({ apiKey: 'sk-local' }).chat.completions.create({
    model: 'plain',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
  });
  console.log(completion.choices[0].message.content);
}

main();
