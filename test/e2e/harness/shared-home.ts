import { afterAll, beforeAll } from 'vitest';
import { Site } from './site.ts';

/** Gives the tests of a file sites of one home: its server is started once, and the check that nothing is left comes at the end. */
export function sharedHome(): () => Promise<Site> {
  let owner: Site | undefined;
  beforeAll(async () => {
    owner = await Site.open();
  });
  afterAll(() => owner?.[Symbol.asyncDispose]());
  return () => {
    if (owner === undefined) throw new Error('Sites are opened inside tests.');
    return Site.open({ home: owner.home });
  };
}
