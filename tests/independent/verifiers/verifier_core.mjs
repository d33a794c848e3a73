// @digitalcredentials/verifier-core: the verifier of the Digital Credentials Consortium, used as it is.
// It has no option for a clock, a loader or a trust list of its own making: it reads the clock of the machine, asks the
// web through fetch, and takes the addresses of registries.
import {verifyCredential} from '@digitalcredentials/verifier-core';
import {manifest} from './offline.mjs';

const knownDIDRegistries = [{name: 'Corpus', type: 'dcc-legacy', url: manifest.registry}];

export async function judge(credential) {
  const result = await verifyCredential({credential, knownDIDRegistries});
  if(result.errors) {
    return ['rejected', result.errors.map(one => `${one.name}: ${one.message}`).join('; ')];
  }
  const step = id => result.log.find(one => one.id === id);
  const detail = JSON.stringify(result.log.map(({id, valid, error}) => [id, valid ?? error?.name]));
  if(!step('valid_signature')?.valid) {
    return ['rejected', detail];
  }
  if(!step('registered_issuer')?.valid) {
    return ['unknown issuer', detail];
  }
  if(result.log.some(one => one.error)) {
    return ['undetermined', detail];
  }
  if(step('revocation_status')?.valid === false) {
    return ['revoked', detail];
  }
  if(step('suspension_status')?.valid === false) {
    return ['suspended', detail];
  }
  return [step('expiration')?.valid ? 'valid' : 'expired', detail];
}
