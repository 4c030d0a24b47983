/**
 * Files under a password: standard age (age-encryption.org/v1, scrypt), read and written by its command line too. Its code, a fifth
 * of the engine's, is loaded when there is one.
 */
import { EngineError } from '../errors';

/**
 * 2^17 rounds take 128 MB and about a second, half of age's own default: an export must fit into less memory than the
 * default alone takes. Files of others are read up to age's own bound.
 */
const WORK_FACTOR = 17;
const MAGIC = 'age-encryption.org/v1\n';

export async function enciphered(
  bytes: ReadableStream<Uint8Array>,
  password: string,
  workFactor = WORK_FACTOR,
): Promise<ReadableStream<Uint8Array>> {
  if (password === '') throw new EngineError('bad_input', 'The password is empty.');
  const { Encrypter } = await import('age-encryption');
  const cipher = new Encrypter();
  cipher.setPassphrase(password);
  cipher.setScryptWorkFactor(workFactor);
  return cipher.encrypt(bytes);
}

export async function isEnciphered(file: Blob): Promise<boolean> {
  return (await file.slice(0, MAGIC.length).text()) === MAGIC;
}

/**
 * What was enciphered. A file that was cut or changed fails where it was, and what came before is right.
 * @throws EngineError `wrong_password`; `bad_input` when its head cannot be read
 */
export async function deciphered(file: Blob, password: string): Promise<ReadableStream<Uint8Array>> {
  const { Decrypter } = await import('age-encryption');
  const cipher = new Decrypter();
  cipher.addPassphrase(password);
  try {
    // In small pieces: a piece that fails takes with it what was deciphered of the same one and not read yet.
    return await cipher.decrypt(inPieces(file));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (/no identity matched|passphrase/iu.test(words)) {
      throw new EngineError('wrong_password', 'The password does not open this file.', { cause: error });
    }
    throw new EngineError('bad_input', `The head of this encrypted file cannot be read: ${words}`, { cause: error });
  }
}

function inPieces(file: Blob): ReadableStream<Uint8Array> {
  const PIECE = 64 * 1024;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= file.size) {
        controller.close();
        return;
      }
      controller.enqueue(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      at += PIECE;
    },
  });
}
