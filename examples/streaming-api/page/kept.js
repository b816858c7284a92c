/**
 * The part of a conversation that stays in this browser over a reload: `session`, `usage`, `traceId`, `counted`, and while a run
 * goes on `stream`, with its id and the user's message.
 */
export const kept = {
  read(agent) {
    try {
      return JSON.parse(localStorage.getItem(`streaming-api.${agent}`) ?? '{}');
    } catch {
      return {};
    }
  },
  write(agent, value) {
    try {
      localStorage.setItem(`streaming-api.${agent}`, JSON.stringify(value));
    } catch {
      // Without storage the page works until it is left.
    }
  },
};
