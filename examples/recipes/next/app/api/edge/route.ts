import OpenAI from 'openai';

export const runtime = 'edge';

// The edge runtime has no OpenTelemetry SDK: the call works, and is not recorded.
export async function POST(request: Request) {
  const client = new OpenAI();
  const completion = await client.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: await request.text() }],
  });
  return Response.json({ answer: completion.choices[0]?.message.content });
}
