import type * as agents from '@openai/agents';

const nothing = async () => {};

/** A computer on which nothing happens. */
export function idleComputer(screenshot: () => Promise<string>): agents.Computer {
  return {
    environment: 'browser',
    dimensions: [800, 600],
    screenshot,
    click: nothing,
    doubleClick: nothing,
    scroll: nothing,
    type: nothing,
    wait: nothing,
    move: nothing,
    keypress: nothing,
    drag: nothing,
  };
}
