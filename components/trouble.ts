/** What went wrong, in words for a person. */
import type { ErrorCode } from '../engine/errors';
import { words, type WordKey } from './words';

const SENTENCES: Record<ErrorCode, WordKey> = {
  aborted: 'error_internal',
  bad_input: 'error_bad_input',
  not_found: 'error_not_found',
  store_unavailable: 'error_store_unavailable',
  store_corrupt: 'error_store_corrupt',
  store_full: 'error_store_full',
  store_locked: 'error_store_locked',
  query_failed: 'error_internal',
  outbox_full: 'error_outbox_full',
  embedder_unavailable: 'error_embedder',
  model_invalid: 'error_embedder',
  engine_restarting: 'error_restarting',
  not_signed_in: 'error_not_signed_in',
  rate_limited: 'error_rate_limited',
  timeout: 'error_timeout',
  provider_unreachable: 'error_provider_unreachable',
  provider_key: 'error_provider_key',
  provider_failed: 'error_provider_failed',
  model_missing: 'error_model_missing',
  model_failed: 'error_model_failed',
  context_full: 'error_context_full',
  answer_cut: 'error_answer_cut',
  consent_needed: 'error_consent_needed',
  vault_locked: 'error_vault_locked',
  password_needed: 'error_password_needed',
  wrong_password: 'error_wrong_password',
  pdf_locked: 'error_pdf_locked',
  pdf_without_text: 'error_pdf_without_text',
  pdf_not_at_hand: 'error_pdf_not_at_hand',
  pdf_not_readable: 'error_pdf_not_readable',
  internal: 'error_internal',
};

export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'internal';
}

export function isAborted(error: unknown): boolean {
  return errorCode(error) === 'aborted' || (error instanceof DOMException && error.name === 'AbortError');
}

export function sentenceFor(code: string): string {
  return words((SENTENCES as Record<string, WordKey>)[code] ?? 'error_internal');
}

/** Logs the error whole, for a report, and answers with the sentence to show. */
export function inPlainWords(error: unknown): string {
  console.error('commonplace:', error);
  return sentenceFor(errorCode(error));
}
