import { run } from '@openai/agents';
import { weatherAgent } from '../agent';

export default function Page() {
  async function ask(data: FormData) {
    'use server';
    await run(weatherAgent, String(data.get('question')));
  }
  return (
    <form action={ask}>
      <input name="question" defaultValue="How is the weather in Paris?" />
      <button type="submit">Ask</button>
    </form>
  );
}
