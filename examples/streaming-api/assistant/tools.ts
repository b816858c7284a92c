/** The tools of the assistant. They work on data in this file; a team replaces that with its own services. */
import { tool } from '@openai/agents';
import { z } from 'zod';

interface Weather {
  readonly celsius: number;
  readonly sky: string;
}

const WEATHER: ReadonlyMap<string, Weather> = new Map([
  ['paris', { celsius: 18, sky: 'light rain' }],
  ['tokyo', { celsius: 24, sky: 'clear' }],
  ['nairobi', { celsius: 22, sky: 'scattered clouds' }],
  ['lima', { celsius: 17, sky: 'fog' }],
  ['oslo', { celsius: 6, sky: 'snow showers' }],
]);

export const getWeather = tool({
  name: 'get_weather',
  description: 'Returns the current weather of a city.',
  parameters: z.object({ city: z.string().min(1).max(100) }),
  execute: ({ city }) => {
    const weather = WEATHER.get(city.trim().toLowerCase());
    if (weather === undefined) return `There is no weather station in ${city}.`;
    return `${weather.celsius} °C and ${weather.sky} in ${city}`;
  },
});

/** @param now - the clock, which a test can set. */
export function createGetTime(now: () => Date) {
  return tool({
    name: 'get_time',
    description: 'Returns the local time of an IANA time zone, such as Europe/Paris.',
    parameters: z.object({ timezone: z.string().min(1).max(64) }),
    execute: ({ timezone }) => {
      try {
        const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, timeStyle: 'short' });
        return `${format.format(now())} in ${timezone}`;
      } catch {
        return `"${timezone}" is not an IANA time zone; use a name such as Europe/Paris.`;
      }
    },
  });
}

/** Deletes a note. A person has to approve each call: the run pauses until then. */
export const deleteNote = tool({
  name: 'delete_note',
  description: 'Deletes a note for good.',
  parameters: z.object({ id: z.string().min(1).max(20) }),
  needsApproval: true,
  // Deleting twice gives the same result, so a run that is resumed twice does no harm.
  execute: ({ id }) => `Note ${id} is deleted.`,
});

export const findInvoice = tool({
  name: 'find_invoice',
  description: "Finds the customer's newest invoice.",
  parameters: z.object({}),
  execute: () => ({ invoice: '2026-0042', amount: '59.00 EUR', status: 'paid', paidOn: '2026-11-12' }),
});
