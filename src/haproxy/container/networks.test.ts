import { expect, it } from 'vitest';
import { joinNetworks } from './networks.ts';

const id = 'abcdef0123456789';

async function calls(
  there: Readonly<Record<string, { address: string; aliases: readonly string[] }>>,
  wanted: Parameters<typeof joinNetworks>[1]['wanted'],
): Promise<string[]> {
  const said: string[] = [];
  const networks = Object.fromEntries(Object.entries(there).map(([name, at]) => [name, { networkId: name, ...at }]));
  await joinNetworks(
    {
      connectNetwork: async (name, _id, body) =>
        void said.push(`+${name} ${body.IPAMConfig?.IPv4Address ?? ''} ${body.Aliases?.join(',') ?? ''}`),
      disconnectNetwork: async (name) => void said.push(`-${name}`),
      rejoinNetwork: async (name, _id, { endpoint, frozen }) =>
        void said.push(`~${name} ${endpoint.IPAMConfig?.IPv4Address ?? ''} ${endpoint.Aliases?.join(',') ?? ''}, ${frozen} paused`),
    },
    { container: { id, networks }, serving: 'front-2', wanted },
  );
  return said;
}

it.each([
  ['nothing to do, the engine’s own alias apart', { a: { address: '10.0.0.2', aliases: ['api', 'abcdef012345'] } }, ['a 10.0.0.2 api'], []],
  ['a container that does not run has no address yet', { a: { address: '', aliases: ['api'] } }, ['a 10.0.0.2 api'], []],
  ['one more network', { a: { address: '10.0.0.2', aliases: ['api'] } }, ['a 10.0.0.2 api', 'b 10.1.0.2 api'], ['+b 10.1.0.2 api']],
  ['another name', { a: { address: '10.0.0.2', aliases: ['api'] } }, ['a 10.0.0.2 api,shop'], ['~a 10.0.0.2 api,shop, front-2 paused']],
  ['another address', { a: { address: '10.0.0.3', aliases: ['api'] } }, ['a 10.0.0.2 api'], ['~a 10.0.0.2 api, front-2 paused']],
  [
    'one network less',
    { a: { address: '10.0.0.2', aliases: ['api'] }, b: { address: '10.1.0.2', aliases: [] } },
    ['a 10.0.0.2 api'],
    ['-b'],
  ],
])('puts a front on its networks: %s', async (_what, there, wanted, expected) => {
  const networks = wanted.map((text) => {
    const [name = '', address, aliases = ''] = text.split(' ');
    return { name, address, aliases: aliases.split(',') };
  });
  expect(await calls(there, networks)).toEqual(expected);
});
