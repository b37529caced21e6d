/**
 * The data plane of one host: HAProxy in a container, its configuration, its command line and its image. Must never
 * be needed for traffic: what it set up serves on without it. Start reading at `haproxy.ts` (apply), then `render.ts`
 * (the configuration), `sync.ts` (changes without a reload) and `drain.ts`.
 */
export { createHaproxy } from './haproxy.ts';
