/**
 * Types of the entry `./openai`: those of `openai` itself, whose classes are namespaces of types as well, which a
 * derived class would lack.
 */
export * from 'openai';
export { default } from 'openai';
