/**
 * What end-to-end tests and benches share: an application on a real engine, `berth` as its users start it, and a look from outside.
 * Must never import the product, save its labels. Start reading at `site.ts`.
 */
export { buildBerth, removeBerth } from './built.ts';
export { seenMount, web } from './compose.ts';
export { freePort } from './free-port.ts';
export { get } from './get.ts';
export { getSecure } from './get-secure.ts';
export { appImage, makeAppImage, removeAppImage } from './image.ts';
export { docker } from './program.ts';
export { Site } from './site.ts';
