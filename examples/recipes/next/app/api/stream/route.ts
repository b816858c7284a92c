import OpenAI from 'openai';

export async function POST(request: Request) {
  const client = new OpenAI();
  const stream = await client.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: await request.text() }],
    stream: true,
  });
  return new Response(stream.toReadableStream(), { headers: { 'content-type': 'application/x-ndjson' } });
}
