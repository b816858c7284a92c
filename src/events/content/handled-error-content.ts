import type { EventContent } from '../../chaukas/event.js';
import type { HandledErrorSignal } from '../../signals/signal.js';

export function handledErrorContent({ failure, recoveryAction }: HandledErrorSignal): EventContent {
  return {
    error: {
      error_message: failure.message,
      error_code: failure.type,
      recoverable: true,
      recovery_action: recoveryAction,
    },
  };
}
