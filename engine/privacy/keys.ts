/** Keys, tokens and passwords: by the beginnings that their makers gave them, or by what stands before them. */
import { type PersonalSpan, spansOf } from './spans';

/** Published forms of keys; no word of any language begins like this and goes on for so long. */
const FORMS = [
  /\bsk-(?:ant-|proj-|or-|svcacct-)?[\w-]{20,}/gu,
  /\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/gu,
  /\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{40,}/gu,
  /\bgl(?:pat|dt|rt|ptt|cbt)-[\w-]{18,}/gu,
  /\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b/gu,
  /\bAIza[\w-]{35}/gu,
  /\bya29\.[\w-]{20,}/gu,
  /\bGOCSPX-[\w-]{20,}/gu,
  /\bxox[abprse]-[\w-]{10,}|\bxapp-[\w-]{20,}/gu,
  /\b(?:npm|hf|gsk|dop_v1|dckr_pat|pypi|shpat|sq0atp|figd|lin_api|ntn|secret)_[A-Za-z0-9-]{20,}/gu,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/gu,
  /\b(?:AC|SK)[0-9a-f]{32}\b/gu,
  /\b\d{8,10}:AA[\w-]{32,}/gu, // Telegram
  /\bAGE-SECRET-KEY-1[A-Z0-9]{50,}/gu,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu, // JWT, RFC 7519
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|$)/gu,
];

/** RFC 3986: what stands between the colon and the @ of an address. */
const IN_ADDRESS = /\b[a-z][a-z\d+.-]*:\/\/[^\s:/@]*:([^\s/@]+)@/dgiu;
const IN_QUERY =
  /[?&;](?:access_token|auth|token|key|api_?key|apikey|secret|sig|signature|password|pwd|code)=([\w.~%+/-]{8,})/dgiu;
const BEARER = /\b(?:bearer|basic)\s+([\w.~+/-]{12,}=*)/dgiu;

const WORD =
  'passwords?|passwd|pwd|passphrases?|passcode|pass ?word|passwort|kennwort|pass(?:wort|phrase)?|contraseña|clave|mot de passe|mdp|parola(?: d’ordine)?|senha|wachtwoord|hasło|lösenord|adgangskode|salasana|heslo|şifre|пароль|密码|パスワード|비밀번호|' +
  '(?:api|access|secret|private|auth|client|encryption|licen[cs]e|signing|account|master|license)[ _-]?(?:access[ _-]?)?(?:key|token|secret)|secret|token|geheimnis|pin(?:[ -]?code)?|cvv2?|cvc|tan|otp|zugangscode';
/** "password: x", "PASSWORD=x", "the password is x", "das Passwort lautet x". */
const SAID = new RegExp(
  `(?:^|[^\\p{L}])[\\p{L}\\d_-]*?(?:${WORD})["'’]?(?: (?:of|for|to|zu|für|de|del|della|du|do) (?:(?:the|my|our|die|das|den|dem|la|le|el|il) )?[\\p{L}-]+)?(?:\\s*(?::=|[:=]|=>)\\s*|\\s+(?:is|was|lautet|ist|es|est|è|é|to|jest|är|er|je|это)\\s*:?\\s+|\\s*[：]\\s*)["'\`“‘]?([^\\s"'\`“”‘’,;<>(){}]{4,})`,
  'dgiu',
);

export function findKeys(text: string): PersonalSpan[] {
  return [
    ...FORMS.flatMap((form) => spansOf(text, 'key', form)),
    ...spansOf(text, 'key', IN_ADDRESS, undefined, 1),
    ...spansOf(text, 'key', IN_QUERY, undefined, 1),
    ...spansOf(text, 'key', BEARER, isToken, 1),
    ...spansOf(text, 'key', SAID, isSecret, 1).map((span) => withoutStop(text, span)),
  ];
}

/** Not the end of the sentence that a secret stands at the end of. */
function withoutStop(text: string, span: PersonalSpan): PersonalSpan {
  return /[.?:]/u.test(text[span.end - 1] ?? '') ? { ...span, end: span.end - 1 } : span;
}

function isToken(found: string): boolean {
  return /\d/u.test(found) && /\p{L}/u.test(found);
}

/** Whether it looks like one and not like a word, a type, a name of a variable or a number of something. */
function isSecret(found: string, match: RegExpExecArray): boolean {
  const secret = found.replace(/[.?:!]+$/u, '');
  if (secret.length < 4) return false;
  if (/^(?:process|os|env|config|req|res|self|this|ctx|settings)\b/u.test(secret) || /[([\]]/u.test(secret))
    return false;
  if (/^[$%]|^\*+$|^[x.•*…_-]+$/iu.test(secret)) return false; // a variable, or hidden already
  const digits = /\d/u.test(secret);
  if (/^\d+$/u.test(secret)) return /\b(?:pin|cvv2?|cvc|tan|otp|code|passcode|密码)/iu.test(match[0]);
  // a word, or the name of something in code
  if (/^\p{L}+$/u.test(secret) || /^[\p{L}_]\w*(?:\.\w+)+$/u.test(secret)) return false;
  return digits || /[^\p{L}\d_.:?!|/-]/u.test(secret) || (secret.length >= 12 && /-/u.test(secret));
}
