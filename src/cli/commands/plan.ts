import { defineCommand } from '../command.ts';

/** `berth plan`: what `up` would do. */
export const plan = defineCommand({
  name: 'plan',
  summary: 'print exactly what `up` would do, step by step, and do nothing',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: { build: { negatable: true, summary: 'as for `up`' } },
  examples: [
    ['berth plan', 'the steps, each with its reason, and the gap to expect'],
    ['berth plan --json', 'the same as data'],
  ],
  async run(context, { words, flags }) {
    const { loadDeployment } = await import('../load/deployment.ts');
    const { planText } = await import('../render/plan-text.ts');
    const deployment = await loadDeployment(context);
    const build = flags.build === undefined ? 'auto' : flags.build ? 'always' : 'never';
    const engine = { socket: await context.world.engineSocket() };
    const client = await context.world.servers.ensure();
    const found = await client.plan({ engine, request: { kind: 'up', deployment, services: [...words], build } });
    if (context.globals.json) context.printJson(found);
    else context.print(planText(found, context.out));
    return 0;
  },
});
