import { asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import type { MessagePart, ToolDefinition } from '../../semconv/messages.js';
import { responsesToolDefinitions } from '../openai/responses/tool-definitions.js';

/** How the provider has configured a session, as `session.created` and `session.updated` tell it. */
export interface SessionConfig {
  readonly id: string | undefined;
  readonly model: string | undefined;
  /** What makes a text of what the user says, beside the model that answers it. */
  readonly transcriptionModel: string | undefined;
  /** Content; absent where nobody wants it. */
  readonly systemInstructions: readonly MessagePart[] | undefined;
  readonly toolDefinitions: readonly ToolDefinition[] | undefined;
}

export function readSessionConfig(session: ForeignRecord, contentWanted: boolean): SessionConfig {
  const input = asRecord(asRecord(session.audio)?.input);
  // The second is the name that it had in the beta of the API.
  const transcription = asRecord(input?.transcription) ?? asRecord(session.input_audio_transcription);
  const instructions = contentWanted ? asText(session.instructions) : undefined;
  const tools = contentWanted ? responsesToolDefinitions(session.tools) : [];
  return {
    id: asText(session.id),
    model: asText(session.model),
    transcriptionModel: asText(transcription?.model),
    systemInstructions: instructions === undefined ? undefined : [{ type: 'text', content: instructions }],
    toolDefinitions: tools.length > 0 ? tools : undefined,
  };
}
