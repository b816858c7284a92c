import type { Context } from '@opentelemetry/api';

/**
 * A context that can be exchanged while code runs in it: the session decides that a tool runs only after it has begun
 * to handle the call, and from then on the tool's span is the active one.
 */
export class SwitchingContext implements Context {
  constructor(public current: Context) {}

  getValue(key: symbol): unknown {
    return this.current.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.current.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.current.deleteValue(key);
  }
}
