import process from 'node:process';
import { makePackagedImage } from '../../src/build/index.ts';
import { connectEngine, findEngine } from '../../src/docker/index.ts';
import { ensureImage, proxyImage, type ImageSettings } from '../../src/haproxy/container/image.ts';
import { systemClock } from '../../src/kit/index.ts';
import type { Engine } from '../../src/ports/index.ts';

/** HAProxy's image as berth gets it, or one of the test's own by `reference`. */
export function imageSettings(engine: Engine, reference?: string): ImageSettings {
  return {
    bases: 'auto',
    reference,
    makeImage: (image, signal) => makePackagedImage({ engine, environment: ownEnvironment() }, image, signal),
  };
}

/** The name of the image that berth starts HAProxy from; the engine that berth finds has it when this returns. */
export async function ownHaproxyImage(): Promise<string> {
  const { socket } = await findEngine({ environment: process.env });
  const engine = connectEngine({ socket, clock: systemClock });
  try {
    const settings = imageSettings(engine);
    await ensureImage(engine, settings);
    return proxyImage(settings);
  } finally {
    engine.close();
  }
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
