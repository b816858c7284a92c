/**
 * The types of the entry `./openai` are those of `openai` itself: its classes are namespaces of types as well, and a
 * derived class would lack those.
 */
export * from 'openai';
export { default } from 'openai';
