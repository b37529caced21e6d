import { defineCommand } from '../command.ts';

/** `berth init`: writes the files that `up` would do without. */
export const init = defineCommand({
  name: 'init',
  summary: 'detect the stack and write a compose.yaml',
  flags: {
    dockerfile: { summary: 'also write the Dockerfile and .dockerignore' },
    force: { summary: 'write over files that are there' },
  },
  examples: [
    ['berth init', 'a compose.yaml to start from'],
    ['berth init --dockerfile', 'also the Dockerfile that berth would use'],
  ],
  async run(context, { flags }) {
    const { initProject } = await import('../init-project.ts');
    return await initProject(context, flags);
  },
});
