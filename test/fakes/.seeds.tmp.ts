import { liveRandomly } from './random-rollouts.ts';
const [from, to] = process.argv.slice(2).map(Number);
let bad = 0;
for (let s = from; s < to; s++) {
  const t = Date.now();
  try {
    await liveRandomly(s);
  } catch (e) {
    bad++;
    console.log(
      'SEED',
      s,
      Date.now() - t,
      'ms',
      String(e.message).slice(0, 4000),
      (e.stack ?? '').split('\n').find((l: string) => /random-rollouts|src\/run/.test(l)),
    );
    if (bad > 12) break;
  }
}
console.log('bad', bad);
