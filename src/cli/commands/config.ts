import { defineCommand } from '../command.ts';

/** `berth config`: the file as berth understands it. */
export const config = defineCommand({
  name: 'config',
  summary: 'print the file as berth resolves it: merged, interpolated, checked',
  flags: {},
  examples: [
    ['berth config', 'as YAML, in the spelling of Compose'],
    ['berth -e staging config --json', 'another environment, as JSON'],
  ],
  async run(context) {
    const { printConfig } = await import('../print-config.ts');
    return await printConfig(context);
  },
});
