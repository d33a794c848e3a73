// @digitalbazaar/vc with its eddsa-rdfc-2022 suite and its reader of Bitstring Status Lists.
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {addressOf, manifest, webDocument} from './offline.mjs';

const suite = new DataIntegrityProof({cryptosuite});

async function documentLoader(url) {
  if(!url.startsWith('did:web:')) {
    return {contextUrl: null, documentUrl: url, document: webDocument(url)};
  }
  const [did, fragment] = url.split('#');
  const found = webDocument(addressOf(did));
  if(found.id !== did) {
    throw new Error('NotFoundError: the document is of another DID');
  }
  const method = found.verificationMethod.find(one => one.id === url);
  if(fragment !== undefined && method === undefined) {
    throw new Error('NotFoundError: no such verification method');
  }
  const document = fragment === undefined ?
    found : {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  return {contextUrl: null, documentUrl: url, document};
}

// The library answers what the bits are; that a set one is bad news is for its caller to say.
export async function judge(credential) {
  const verify = (now, status) => vc.verifyCredential({credential, suite, documentLoader, now, checkStatus: status});
  // The window is looked at before the proof: what is out of date is verified at the beginning of its time first.
  const genuine = await verify(credential.validFrom, async () => ({verified: true, results: []}));
  if(!genuine.verified) {
    return ['rejected', reason(genuine.error)];
  }
  if(!manifest.trusted.includes(credential.issuer.id ?? credential.issuer)) {
    return ['unknown issuer', 'genuine, by nobody on the list of the caller'];
  }
  const whole = await verify(manifest.at, checkStatus);
  if(whole.statusResult?.error) {
    return ['undetermined', reason(whole.statusResult.error)];
  }
  if(!whole.verified) {
    const message = reason(whole.error);
    return [/ is after "validUntil"/.test(message) ? 'expired' : 'rejected', message];
  }
  const set = (whole.statusResult?.results ?? []).filter(one => one.status)
    .map(one => one.credentialStatus.statusPurpose);
  const verdict = set.includes('revocation') ? 'revoked' : set.includes('suspension') ? 'suspended' : 'valid';
  return [verdict, ''];
}

function reason(error) {
  return (error?.errors?.[0] ?? error)?.message ?? '';
}
