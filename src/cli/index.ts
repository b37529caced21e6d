/**
 * The command line: verbs as data, loading a deployment from the user's directory, and what people see. Must never
 * build an adapter, read the process, or decide what a deploy is: that is the server's. Start reading at `main.ts`,
 * then `table.ts` and one file of `commands/`.
 */
export { main } from './main.ts';
export { generateCliReference } from './reference.ts';
export type { Files, Keyboard, Output, Servers, Sources, World } from './world.ts';
