/** The output and the spans of `fixtures/app.mjs` and `fixtures/app.cjs` if everything in them is traced. */

export const WEATHER_APP_STDOUT = 'It is sunny in Paris.\nThe capital of France is Paris.\n';

export const WEATHER_APP_SPANS = [
  'invoke_workflow weather_agent [INTERNAL]',
  '  invoke_agent weather_agent [INTERNAL]',
  '    chat weather [CLIENT]',
  '    execute_tool get_weather [INTERNAL]',
  '    chat weather [CLIENT]',
  'chat plain [CLIENT]',
];
