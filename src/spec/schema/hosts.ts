import { dictionaryOf, either, formatted, listOf, string, type Shape } from './shape.ts';

/** `host=ip` lines, or a map of hosts to one or more addresses. */
export const extraHosts: Shape = either(dictionaryOf(either(string, listOf(string))), listOf(formatted('host')));
