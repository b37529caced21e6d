import { defineCommand } from '../command.ts';

/** `berth secret rotate`: another value for a secret, or another key for all of them. */
export const secretRotate = defineCommand({
  name: 'secret rotate',
  summary: 'give a secret that is there a new value; without a name, encrypt all of them with a new key',
  description:
    'With a name it is `secret set` for a secret that must be there already, so that a slip of the pen makes no other one. Without, the key of this installation is replaced and every version is encrypted anew: values, versions and releases stay as they are.',
  words: { name: 'NAME', min: 0, max: Infinity },
  flags: {
    file: { value: 'PATH', summary: 'take the bytes of this file as they are' },
    shared: { summary: 'one that every app of this installation may use' },
  },
  examples: [
    ['openssl rand -hex 32 | berth secret rotate SESSION_KEY', 'then `berth up` rolls the services that use it'],
    ['berth secret rotate', 'a new key in `keys/`, for instance when a backup of it was lost'],
  ],
  async run(context, { words, flags }) {
    if (words.length === 0) {
      const { versions } = await (await context.world.servers.ensure()).rotateSecretKey({});
      if (context.globals.json) context.printJson({ versions });
      else context.print(versions === 0 ? 'there are no secrets, and no key' : `a new key; encrypted anew: ${versions}`);
      return 0;
    }
    const { secretScope } = await import('../secret/scope.ts');
    const { needValue, refuseArgument } = await import('../secret/value.ts');
    const { setSecrets } = await import('../secret/set-secrets.ts');
    const name = refuseArgument('secret rotate', words);
    const scope = await secretScope(context, flags);
    return await setSecrets(context, new Map([[name, await needValue(context, name, flags.file)]]), { scope, known: true });
  },
});
