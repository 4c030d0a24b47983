import { EngineError } from '../errors';

/** The vector scaled to length 1, in place. @throws EngineError `embedder_unavailable` for NaN or a zero vector. */
export function normalise(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const x of vector) squares += x * x;
  const length = Math.sqrt(squares);
  if (!(length > 0 && Number.isFinite(length))) {
    throw new EngineError('embedder_unavailable', 'The model returned a vector that is zero or not a number.');
  }
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return vector;
}
