import { makeAppImage, removeAppImage } from './image.ts';

/** Before the first end-to-end test: the image that they deploy. */
export async function setup(): Promise<void> {
  await makeAppImage();
}

/** After the last one. */
export async function teardown(): Promise<void> {
  await removeAppImage();
}
