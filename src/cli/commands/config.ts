import { defineCommand } from '../command.ts';

/** `berth config`: the file as berth understands it, and why. */
export const config = defineCommand({
  name: 'config',
  summary: 'print the file as berth resolves it: merged, interpolated, checked',
  words: { name: 'PATH', min: 0, max: 1 },
  flags: {
    explain: { summary: 'say of each value, or of those under PATH, where it comes from: every layer, and who won' },
    diff: { summary: 'print what is different in another environment', value: 'ENV' },
  },
  examples: [
    ['berth config', 'as YAML, in the spelling of Compose'],
    ['berth -e staging config --json', 'another environment, as JSON'],
    ['berth config --explain services.web.environment.DB_HOST', 'where one value comes from'],
    ['berth -e dev config --diff prod', 'what changes from dev to prod'],
  ],
  async run(context, { flags, words }) {
    const { printConfig } = await import('../print-config.ts');
    return await printConfig(context, { explain: flags.explain, diff: flags.diff, path: words[0] });
  },
});
