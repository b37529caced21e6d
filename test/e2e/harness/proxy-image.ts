import { randomBytes } from 'node:crypto';
import { labels } from '../../../src/model/index.ts';
import { ownHaproxyImage } from '../../integration/haproxy-image.ts';
import { docker } from './program.ts';

/** An image of HAProxy under a name of its own, which can be made anew: other bytes, same programs. */
export async function openProxyImage(): Promise<AsyncDisposable & { readonly reference: string; renew(): Promise<void> }> {
  const reference = `berth-test/haproxy:${randomBytes(4).toString('hex')}`;
  const own = await ownHaproxyImage();
  const ids: string[] = [];
  const renew = async (): Promise<void> => {
    const container = await docker('create', own);
    try {
      ids.push(await docker('commit', '--change', `LABEL ${labels.build}=test-${ids.length}`, container, reference));
    } finally {
      await docker('rm', container);
    }
  };
  await renew();
  return {
    reference,
    renew,
    async [Symbol.asyncDispose]() {
      await docker('rmi', '-f', ...ids);
    },
  };
}
