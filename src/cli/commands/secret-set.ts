import { defineCommand } from '../command.ts';

/** `berth secret set`: gives a secret of an app a value. */
export const secretSet = defineCommand({
  name: 'secret set',
  summary: 'give a secret a value, from standard input, a file, or typed without echo',
  description:
    'It is for the app of this directory, and with `-e` for that environment of it only. Running instances keep the version of their release: `berth up` makes a release with the newest, and rolls the services that use it.',
  words: { name: 'NAME', min: 1, max: Infinity },
  flags: {
    file: { value: 'PATH', summary: 'take the bytes of this file as they are' },
    shared: { summary: 'one that every app of this installation may use' },
  },
  examples: [
    ['berth secret set DB_PASSWORD', 'asks for it without showing it'],
    ['openssl rand -hex 32 | berth secret set SESSION_KEY', 'from standard input; one line end at its end is left out'],
    ['berth -e prod secret set TLS_KEY --file key.pem', 'for one environment, from a file'],
  ],
  async run(context, { words, flags }) {
    const { secretScope } = await import('../secret/scope.ts');
    const { needValue, refuseArgument } = await import('../secret/value.ts');
    const { setSecrets } = await import('../secret/set-secrets.ts');
    const name = refuseArgument('secret set', words);
    const scope = await secretScope(context, flags);
    return await setSecrets(context, new Map([[name, await needValue(context, name, flags.file)]]), { scope, known: false });
  },
});
