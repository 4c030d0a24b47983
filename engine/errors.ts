/**
 * The one error tree of the engine.
 *
 * `code` is a stable string (the UI maps it to words in `_locales`); `message` says what was wrong and where,
 * for a log; `remedy` says what a person can do. `cause` keeps the native error.
 */
export const ERROR_CODES = [
  'aborted', // the caller's AbortSignal fired
  'bad_input', // what was given cannot be read; the message says what and where
  'not_found', // an id that is not (or no longer) there
  'store_unavailable', // the database cannot be opened on this machine now
  'store_corrupt', // the database is damaged; it was set aside, not deleted
  'store_full', // no space or no file handles left
  'store_locked', // another engine holds the database
  'query_failed', // Postgres refused a statement
  'outbox_full', // the outbox reached its bound
  'embedder_unavailable', // no backend passed its check; recall goes on with words
  'model_invalid', // a model file is missing or its sha256 is not the pinned one
  'engine_restarting', // the engine died or was replaced; the call may be repeated
  'not_signed_in', // the site knows no user in this tab
  'rate_limited', // the site or a model's server asks for patience; the message says until when
  'timeout', // no answer within the deadline
  'provider_unreachable', // a model's server cannot be reached, or broke off
  'provider_key', // a model's server refused the key
  'provider_failed', // a model's server failed, or answered with what is no answer
  'model_missing', // a model's server has no such model
  'model_failed', // a model in this browser failed or ran out of memory
  'context_full', // more was given than the model can read
  'answer_cut', // an answer ended before its end
  'consent_needed', // nothing is sent there before the person allows it
  'vault_locked', // the vault has to be opened with its passphrase
  'password_needed', // a file that is encrypted
  'wrong_password', // one that does not open it
  'pdf_locked', // a PDF that needs a password
  'pdf_without_text', // a PDF whose pages are pictures
  'pdf_not_at_hand', // the browser does not hold the file of the PDF it shows, and it is not asked for again
  'pdf_not_readable', // the browser lets no extension read the PDF it shows
  'internal', // a fault of ours
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What crosses a MessagePort: an EngineError as plain data. */
export interface SerialisedError {
  code: ErrorCode;
  message: string;
  remedy?: string;
  cause?: string;
}

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; remedy?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = 'EngineError';
    this.code = code;
    this.remedy = options.remedy;
  }

  serialise(): SerialisedError {
    return {
      code: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.cause === undefined ? {} : { cause: describeCause(this.cause) }),
    };
  }

  static revive(data: SerialisedError): EngineError {
    return new EngineError(data.code, data.message, {
      ...(data.cause === undefined ? {} : { cause: data.cause }),
      ...(data.remedy === undefined ? {} : { remedy: data.remedy }),
    });
  }

  /** Any thrown value as an EngineError; `code` is used where the value does not say better. */
  static from(value: unknown, code: ErrorCode = 'internal'): EngineError {
    if (value instanceof EngineError) return value;
    if (isAbort(value)) return new EngineError('aborted', 'The call was aborted.', { cause: value });
    return new EngineError(code, describeCause(value), { cause: value });
  }
}

function isAbort(value: unknown): boolean {
  return value instanceof DOMException && value.name === 'AbortError';
}

function describeCause(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message}` : String(value);
}
