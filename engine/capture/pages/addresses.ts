/** Which part of an address may be written down, and which addresses not at all. */
import { parameterNames, tidyAddress } from '../address';

/** Parameters that carry a session, a key or who somebody is. Compared without case, `-`, `_` and dots. */
const PERSONAL = new RegExp(
  '^(?:' +
    [
      'token|\\w*token|tokenid', // access_token, csrfToken
      'code|otp|pin|nonce|ticket|secret|\\w*secret|signature|sig|hmac|jwt|assertion|samlresponse|samlrequest|relaystate',
      '\\w*apikey|\\w*accesskey\\w*|authkey|authuser|auth|authorization|oauth\\w*|bearer|credentials?',
      'password|passwd|pass|pwd|passphrase',
      's?sid|session|sessionid|sess|\\w+sessid|jsessionid|aspsessionid\\w*|cfid|cftoken',
      'email|e?mailaddress|phone|phonenumber|tel|iban|ssn|username|login|loginhint|userid|customerid|accountid',
      'invite|invitation|invitecode|magic|magiclink|resetcode|resetkey|verificationcode|confirmationcode|activationcode|activationkey',
      'xamz\\w*|xgoog\\w*|awsaccesskeyid|keypairid', // signed links to stored files
      'sharekey|viewkey|guesttoken|prefill\\w*',
    ].join('|') +
    ')$',
  'u',
);
/** Parameters that may carry one, or a plain word: their value says. */
const PERHAPS_PERSONAL =
  /^(?:key|k|t|h|hash|state|user|uid|customer|account|mail|share|reset|verify|verification|confirm|confirmation|activation|expires|policy|id|ref|se|sp|sv|sr)$/u;
/** An address of a person, a signed token, or a long mixed word that nobody types. */
const SECRET_VALUE = /@|^eyJ[\w-]+\.|^(?=.*\d)(?=.*[a-z])[\w.~+/=-]{24,}$/iu;
/** Numbers of what is shown look like that too. */
const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu;

/** Parts of a path that are a step of something private, when they stand alone between slashes. */
const PRIVATE_STEP = new RegExp(
  '^(?:' +
    [
      'log-?in|log-?on|sign-?in|sign-?on|sign-?up|log-?out|sign-?out|register|registration|sso|saml2?|oauth2?|oidc|authorize|auth|authenticate|callback',
      'anmelden|anmeldung|connexion|iniciar-sesion|acceso|accedi|inloggen|logga-in|entrar',
      '(?:forgot|reset|change|set|lost)-?_?passwor[dt]|password(?:-?_?reset)?|reset|magic-?_?link|invites?|invitations?|verify(?:-?_?email)?|verification|confirm(?:ation)?|activate|activation|unsubscribe',
      'checkout|kasse|payments?|pay|billing|invoices?|rechnungen?|basket|cart|warenkorb|panier|orders?|my-?orders',
      'my-?account|account|accounts|konto|mein-konto|mon-compte|mi-cuenta|profile/edit|settings|preferences|einstellungen|inbox|messages|admin|wp-admin|wp-login\\.php|dashboard',
    ].join('|') +
    ')(?:\\.\\w{2,5})?$',
  'iu',
);

/** A step that stands for its subject where things are written about: an encyclopaedia's article on "Login". */
const ABOUT =
  /^(?:wiki|article|articles|blog|news|docs?|reference|guides?|manual|learn|tutorials?|help|glossary|dictionary|definition|topics?|tags?|questions|blob|tree|issues)$/iu;

/** Where a page of search results says so: in a path … */
const SEARCH_STEP =
  /^(?:search|searchresults?|search-results?|results|find|suche|suchen|suchergebnisse|recherche|rechercher|buscar|busca|busqueda|pesquisa|cerca|ricerca|zoeken|sok|s%C3%B6k|haku|szukaj|hledat|hledani|arama|poisk)(?:\.\w{2,5})?$/iu;
/** … and in the name of what was asked. */
const SEARCH_PARAMETER =
  /^(?:q|query|s|search|search_?query|searchterm|keywords?|term|text|wd|word|k|p|kw|ntt|as_q)$/iu;

function isPersonal(name: string, value: string): boolean {
  if (PERSONAL.test(plain(name)) || value.startsWith('eyJ')) return true;
  if (!PERHAPS_PERSONAL.test(plain(name)) || !SECRET_VALUE.test(value)) return false;
  return plain(name) !== 'id' || !UUID.test(value);
}

const plain = (name: string) => name.toLowerCase().replace(/[-_.]/gu, '');

/** Whether the address is of search results: what was found is kept when it is read, what was asked is nobody's affair. */
export function isSearch(url: URL): boolean {
  const steps = url.pathname.split('/').filter((step) => step !== '');
  const asks = parameterNames(url).some((name) => SEARCH_PARAMETER.test(name) && url.searchParams.get(name));
  // WordPress shows a post as `/?p=1`
  if (steps.length === 0) return parameterNames(url).some((name) => /^(?:q|query|s|search)$/iu.test(name));
  if (SEARCH_STEP.test(steps[0] ?? '')) return true;
  return asks && steps.some((step) => SEARCH_STEP.test(step));
}

/** Whether the address is a step of signing in, paying, or of an account; or carries what opens one. */
export function isPrivateStep(url: URL): boolean {
  const steps = url.pathname.split('/').filter((step) => step !== '');
  if (steps.some((step, index) => PRIVATE_STEP.test(step) && !steps.slice(0, index).some((one) => ABOUT.test(one))))
    return true;
  const names = new Set(parameterNames(url).map(plain));
  // an answer of OAuth or SAML on its way back, wherever it goes
  return (names.has('code') && names.has('state')) || names.has('samlresponse') || names.has('accesstoken');
}

/**
 * The address as it may be kept: without a fragment (save one that routes), user and password, tracking, sessions,
 * keys and names of persons. Null for what is no address of the web.
 */
export function keptAddress(address: string): string | null {
  const url = URL.parse(tidyAddress(address));
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  url.username = '';
  url.password = '';
  for (const name of parameterNames(url)) {
    if (isPersonal(name, url.searchParams.get(name) ?? '')) url.searchParams.delete(name);
  }
  url.pathname = url.pathname.replace(/;(?:jsessionid|phpsessid|sid)=[^/;]*/giu, '');
  if (/[?&](?:\w*token|code|key|sid)=/iu.test(url.hash)) url.hash = '';
  return url.href;
}
