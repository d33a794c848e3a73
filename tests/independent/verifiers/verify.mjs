// node verify.mjs CORPUS: one JSON object a line on standard output, {verifier, case, actual, detail}.
import {attempts, manifest, textOf} from './offline.mjs';

console.error = () => {}; // a verifier talks about schemas that it cannot fetch
const say = console.log;
console.log = () => {};

for(const [verifier, module] of [
  ['@digitalbazaar/vc', './digitalbazaar.mjs'], ['verifier-core', './verifier_core.mjs']
]) {
  const {judge} = await import(module);
  for(const {id, file} of manifest.cases) {
    let verdict;
    try {
      verdict = await judge(JSON.parse(textOf(file)));
    } catch(error) {
      verdict = ['error', String(error?.stack ?? error)];
    }
    say(JSON.stringify({verifier, case: id, actual: verdict[0], detail: verdict[1]}));
  }
}
if(attempts.length > 0) {
  process.stderr.write(`a connection was tried: ${attempts.join(', ')}\n`);
  process.exitCode = 3;
}
