import { child, itemsOf } from '../../text/node.ts';
import type { Found, Rule, ServiceFacts } from '../rule.ts';
import { textsOf, valuesOf } from '../values.ts';

const logName = /(?:^|_)(?:access|error)?_?log_?(?:file(?:name)?|path|dir(?:ectory)?|output|target)$/i;
const logFlag = /^--?(?:access-|error-)?log-?(?:file|path|dir)(?:=(.*))?$/i;
const standard = /^\/dev\/(?:stdout|stderr|null|fd\/)|^\/proc\/(?:self|1)\/fd\//;

/** Logs that go into a file of the container. */
export const fileLog: Rule = {
  id: 'file-log',
  severity: 'warning',
  finds: 'A service writes its log to a file: by a variable (`LOG_FILE`), a flag (`--log-file`), or a mount at a folder of logs.',
  why: '`berth logs` and the evidence of a failed deploy show what a service writes to its output; the file is elsewhere, grows without end, or goes with the container.',
  fix: 'Let it log to its output; where only a path can be given, `/dev/stdout`.',
  *find({ services }) {
    for (const service of services) {
      yield* byVariable(service);
      yield* byFlag(service);
      yield* byMount(service);
    }
  },
};

function* byVariable({ name, node }: ServiceFacts): Generator<Found> {
  for (const [variable, { node: value, text }] of textsOf(child(node, 'environment')))
    if (logName.test(variable) && text.includes('/') && !standard.test(text) && !text.includes('://'))
      yield { mark: value.mark, message: `\`services.${name}.environment.${variable}\` sends the log to the file \`${text}\`` };
}

function* byFlag({ name, node }: ServiceFacts): Generator<Found> {
  for (const key of ['command', 'entrypoint']) {
    const words = itemsOf(child(node, key)).flatMap((item) => [...valuesOf(item)]);
    for (const [index, { node: value, text }] of words.entries()) {
      const flag = logFlag.exec(text);
      const file = flag === null ? undefined : (flag[1] ?? words[index + 1]?.text);
      if (file !== undefined && file !== '-' && file !== '' && !file.startsWith('-') && !standard.test(file))
        yield { mark: value.mark, message: `\`services.${name}.${key}\` sends the log to the file \`${file}\`` };
    }
  }
}

function* byMount({ name, node }: ServiceFacts): Generator<Found> {
  for (const item of itemsOf(child(node, 'volumes'))) {
    const target = child(item, 'target');
    const isOfMachine = child(item, 'read_only')?.kind === 'scalar' && [...valuesOf(child(item, 'read_only'))][0]?.text === 'true';
    const [path] = valuesOf(target);
    if (path !== undefined && !isOfMachine && /^\/var\/log(?:\/|$)|\/logs?\/?$/.test(path.text))
      yield { mark: item.mark, message: `\`${name}\` keeps a folder of logs: \`${path.text}\` is mounted` };
  }
}
