import 'reflect-metadata';
import { Body, Controller, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Agent, run, tool } from '@openai/agents';
import { z } from 'zod';

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

@Injectable()
class WeatherService {
  private readonly agent = new Agent({ name: 'weather_agent', model: 'weather', tools: [getWeather] });

  async ask(question: string) {
    const result = await run(this.agent, question);
    return { answer: result.finalOutput };
  }
}

@Controller()
class WeatherController {
  constructor(private readonly weather: WeatherService) {}

  @Post('ask')
  ask(@Body() body: { question: string }) {
    return this.weather.ask(body.question);
  }
}

@Module({ controllers: [WeatherController], providers: [WeatherService] })
class AppModule {}

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
  console.log(await app.getUrl());
}

void main();
