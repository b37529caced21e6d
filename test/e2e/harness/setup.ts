import { buildBerth, removeBerth } from './built.ts';
import { makeAppImage, removeAppImage } from './image.ts';

/** Before the first end-to-end test: the berth that they start and the image that they deploy. */
export async function setup(): Promise<void> {
  await Promise.all([buildBerth(), makeAppImage()]);
}

/** After the last one. */
export async function teardown(): Promise<void> {
  await Promise.all([removeBerth(), removeAppImage()]);
}
